"""The refusal: what an error frame of the data websocket means for the one who wants to connect again.

Codes after docs.alpaca.markets, streaming market data. 402 and 409 stay what they are until a person changes something.
406 lasts until Alpaca lets the old connection go: about 90 s after an unclean drop (forum.alpaca.markets 10896).
"""

from __future__ import annotations

from typing import Final

from domain.errors import RefusedError, StreamError

FOR_GOOD: Final = frozenset({402, 409, 411, 412})

SLOT_TAKEN: Final = 406
SLOT_WAIT_S: Final = 90.0

ADVICE: Final = {
    402: "Alpaca refused the keys (402). Check ALPACA_API_KEY and ALPACA_SECRET_KEY.",
    404: "Alpaca closed the connection because the login took too long (404).",
    405: "Alpaca allows fewer symbols than were asked for (405). Shorten SYMBOLS.",
    406: "Another program uses these keys (406). Stop it, or wait: Alpaca frees the place after about 90 s.",
    409: "The account's plan does not include this feed (409). Set STREAM_FEED=iex.",
}


class SlotTakenError(StreamError):
    """The account's one connection is in use (406). Will be tried again, slowly."""


def error_of(code: int, message: str) -> StreamError | RefusedError:
    """The exception that an error frame calls for."""
    text = ADVICE.get(code, f"Alpaca answered: {message} ({code}).")
    if code in FOR_GOOD:
        return RefusedError(text)
    return SlotTakenError(text) if code == SLOT_TAKEN else StreamError(text)
