"""The live gate: real money is traded only if every sign says so. Any other combination is refused, never guessed at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

PAPER_HOST: Final = "paper-api.alpaca.markets"
LIVE_HOST: Final = "api.alpaca.markets"

PREFIXES: Final = {PAPER_HOST: "PK", LIVE_HOST: "AK"}
"""How the keys of a host begin."""


@dataclass(frozen=True, slots=True)
class LiveGate:
    """The signs: where orders go, the two flags, and the two letters that their key begins with."""

    trading_url: str
    paper: bool
    allow_live: bool
    key_prefix: str

    def refusal(self) -> tuple[str, str]:
        """The setting that is wrong and why; two empty texts if orders may be sent."""
        parts = urlsplit(self.trading_url)
        if self.paper is self.allow_live:
            return "ALLOW_LIVE_TRADING", (
                "real money needs both ALPACA_PAPER=false and ALLOW_LIVE_TRADING=true; "
                "paper needs ALPACA_PAPER=true and ALLOW_LIVE_TRADING=false"
            )
        if parts.hostname not in PREFIXES:
            return "", ""
        kind = "live" if parts.hostname == LIVE_HOST else "paper"
        if (kind == "live") is self.paper:
            said = "is the host of Alpaca's {} trading, but ALPACA_PAPER and ALLOW_LIVE_TRADING say otherwise"
            return "ALPACA_TRADING_URL", said.format(kind)
        if parts.scheme != "https":
            return "ALPACA_TRADING_URL", "Alpaca is reached by https only: the keys would travel in the clear"
        return self._wrong_key(kind, PREFIXES[parts.hostname])

    def _wrong_key(self, kind: str, prefix: str) -> tuple[str, str]:
        """Real money asks for a key that is known to be a live one; paper only that it is not."""
        wrong = self.key_prefix != prefix if kind == "live" else self.key_prefix == PREFIXES[LIVE_HOST]
        return ("ALPACA_API_KEY", f"is not a key for {kind} trading: those begin with {prefix}") if wrong else ("", "")
