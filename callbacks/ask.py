"""The ask: what a page holds and what it looks at. Everything in it came from outside and is checked here.

`parse_ask` never raises: what makes no sense is left out, and who holds nothing gets a whole window.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from layouts.timeframe import DEFAULT, LABELS

PAGES: Final = ("trade", "health")

LONGEST_TEXT = 32
LONGEST_ACCOUNT = 64
MOST_TEXTS = 16
LARGEST_NUMBER = 2**53
"""Beyond this a browser does not count exactly; no honest page sends it."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """What the page has applied: everything of `symbol` and `interval` up to `seq` of `epoch`.

    Its bars are the newest ones, or those up to the ordinal `until`.
    """

    epoch: int
    seq: int
    symbol: str
    interval: str
    until: int | None = None

    @property
    def window(self) -> tuple[int, str, str, int | None]:
        """Which bars these are."""
        return self.epoch, self.symbol, self.interval, self.until


@dataclass(frozen=True, slots=True)
class Held:
    """What the page has applied of an account's orders and fills: everything up to `change`."""

    account: str
    change: int


@dataclass(frozen=True, slots=True)
class Marks:
    """Of what changes rarely: which version the page holds. News and depth by the publication that brought them, the depth
    that of the cursor's symbol; the indicators whose values the page has of the cursor's bars."""

    connection: str = ""
    news: int = -1
    depth: int = -1
    indicators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ask:
    """`symbol` is None when the page has not chosen yet; `n` numbers the asks of a page and comes back in the answer.

    `until` is the ordinal of the newest bar that the page wants to see, None for the newest there is; `indicators` are texts.
    """

    symbol: str | None = None
    interval: str = DEFAULT
    cursor: Cursor | None = None
    n: int = 0
    held: Held | None = None
    marks: Marks = field(default_factory=Marks)
    page: str = PAGES[0]
    until: int | None = None
    indicators: tuple[str, ...] = ()


def parse_ask(data: object) -> Ask:
    """The ask in what a client posted, whatever it is."""
    posted = data if isinstance(data, dict) else {}
    looks_at = posted.get("view")
    view = looks_at if isinstance(looks_at, dict) else {}
    symbol, interval = text(view.get("symbol")), text(view.get("interval"))
    known = interval if interval in LABELS else DEFAULT
    cursor, held = parse_cursor(posted.get("cursor")), parse_held(posted.get("orders"))
    page = view.get("page")
    shown = page if isinstance(page, str) and page in PAGES else PAGES[0]
    marks, n = parse_marks(posted.get("marks")), number(posted.get("n")) or 0
    return Ask(symbol, known, cursor, n, held, marks, shown, ordinal(view.get("until")), texts(view.get("indicators")))


def parse_cursor(data: Any) -> Cursor | None:
    """The cursor, or None where a part is missing or impossible."""
    if not isinstance(data, dict):
        return None
    epoch, seq = text(data.get("epoch")), number(data.get("seq"))
    symbol, interval = text(data.get("symbol")), text(data.get("interval"))
    if not (epoch and epoch.isascii() and epoch.isdigit() and seq is not None and symbol and interval):
        return None
    return Cursor(int(epoch), seq, symbol, interval, ordinal(data.get("until")))


def parse_held(data: Any) -> Held | None:
    """What is held of orders, or None where a part is missing or impossible."""
    if not isinstance(data, dict):
        return None
    account, change = data.get("account"), number(data.get("change"))
    honest = isinstance(account, str) and 0 < len(account) <= LONGEST_ACCOUNT
    return Held(account, change) if honest and isinstance(account, str) and change is not None else None


def parse_marks(data: Any) -> Marks:
    """The marks; what is missing or impossible is not held."""
    posted = data if isinstance(data, dict) else {}
    news, depth = number(posted.get("news")), number(posted.get("depth"))
    versions = -1 if news is None else news, -1 if depth is None else depth
    return Marks(text(posted.get("connection")) or "", *versions, texts(posted.get("indicators")))


def text(value: object) -> str | None:
    """A short text, or None."""
    return value if isinstance(value, str) and 0 < len(value) <= LONGEST_TEXT else None


def texts(value: object) -> tuple[str, ...]:
    """Short texts, at most 16; what is none of them is left out."""
    given = value[:MOST_TEXTS] if isinstance(value, list) else []
    return tuple(dict.fromkeys(found for found in map(text, given) if found))


def ordinal(value: object) -> int | None:
    """A whole number, also below 0 (older bars may get such ordinals), or None."""
    return -found if isinstance(value, int) and (found := number(-value)) else number(value)


def number(value: object) -> int | None:
    """A whole number from 0 to 2**53, or None; True is not a number."""
    plain = isinstance(value, int) and not isinstance(value, bool)
    return value if plain and isinstance(value, int) and 0 <= value <= LARGEST_NUMBER else None
