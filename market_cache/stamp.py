"""The stamp: whose market data the cache holds. Under another stamp it is wiped before anything is shown."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Final

import msgspec

from market_cache.layout import LAYOUT
from market_cache.seal import seal, unseal

KEY: Final = "stamp"


@dataclass(frozen=True, slots=True)
class Stamp:
    """Mode, servers and account that the content came from; `account_id` is empty until the server has named it."""

    mode: str
    trading_url: str
    data_url: str
    data_stream_url: str
    account_id: str = ""
    layout: int = LAYOUT

    def pack(self) -> bytes:
        """The stamp as bytes."""
        return seal(msgspec.json.encode(asdict(self)))

    def admits(self, stored: bytes | None) -> bool:
        """Whether content under the stored stamp may be kept: same mode, servers and layout, and no other account."""
        try:
            other = msgspec.json.decode(unseal(stored) or b"", type=Stamp)
        except msgspec.DecodeError:
            return False
        same_place = replace(self, account_id="") == replace(other, account_id="")
        return same_place and (not self.account_id or other.account_id in ("", self.account_id))
