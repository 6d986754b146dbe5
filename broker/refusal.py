"""The refusal: what an error frame of the data websocket means for the one who wants to connect again.

Codes after docs.alpaca.markets, streaming market data. 402 and 409 stay what they are until a person changes something.
406 lasts until Alpaca lets the old connection go: about 90 s after an unclean drop (forum.alpaca.markets 10896).
"""

from __future__ import annotations

from typing import Final

from domain.errors import RefusedError, StreamError

FOR_GOOD: Final = frozenset({402, 409, 411, 412})

SYMBOL_LIMIT: Final = 405
SLOT_TAKEN: Final = 406
SLOT_WAIT_S: Final = 90.0

NOT_OFFERED_WAIT_S: Final = 60.0
RATE_WAIT_S: Final = 30.0
"""Too many connects (429 on the upgrade): a storm of tries makes it worse."""

ADVICE: Final = {
    402: "Alpaca refused the keys (402). Check ALPACA_API_KEY and ALPACA_SECRET_KEY.",
    404: "Alpaca closed the connection because the login took too long (404).",
    405: "Alpaca allows fewer symbols than were asked for (405). Shorten SYMBOLS.",
    406: "Another program uses these keys (406). Stop it, or wait: Alpaca frees the place after about 90 s.",
    407: "Alpaca closed the connection because the desk read too slowly (407).",
    409: "The account's plan does not include this feed (409). Set STREAM_FEED=iex.",
}


class SlotTakenError(StreamError):
    """Not now: `wait_s` seconds must pass before the next try."""

    wait_s = SLOT_WAIT_S


class TooManyConnectsError(SlotTakenError):
    """The server asks for patience (429)."""

    wait_s = RATE_WAIT_S


class NotOfferedError(SlotTakenError):
    """There is no such feed at this address (404), perhaps not yet."""

    wait_s = NOT_OFFERED_WAIT_S


def error_of(code: int, message: str) -> StreamError | RefusedError:
    """The exception that an error frame calls for."""
    text = ADVICE.get(code, f"Alpaca answered: {message} ({code}).")
    if code in FOR_GOOD:
        return RefusedError(text)
    return SlotTakenError(text) if code == SLOT_TAKEN else StreamError(text)


def error_of_status(status: int) -> StreamError | RefusedError:
    """The exception that an HTTP answer to the wish for a websocket calls for."""
    if status in (401, 403):
        return RefusedError(ADVICE[402].replace("402", str(status)))
    if status == 404:
        return NotOfferedError("The server does not offer this feed (404).")
    if status == 429:
        return TooManyConnectsError("Alpaca takes no more connects for now (429).")
    return StreamError(f"The feed answered the connect with {status}.")
