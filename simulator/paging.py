"""Paging: the rows of several symbols in pages with a limit over all of them, as Alpaca's data API does it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypeVar


class Rows(Protocol):
    """Rows of one symbol in growing order of their keys."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice) -> Self: ...

    def key(self, index: int) -> tuple[int, int]: ...

    def count_until(self, key: tuple[int, int], *, included: bool) -> int: ...


RowsT = TypeVar("RowsT", bound=Rows)


@dataclass(frozen=True, slots=True)
class Position:
    """The last row that a page gave."""

    symbol: str
    key: tuple[int, int]

    def token(self) -> str:
        """The position as a client carries it, opaque."""
        return base64.urlsafe_b64encode(f"{self.symbol}|{self.key[0]}|{self.key[1]}".encode()).decode()

    @classmethod
    def parse(cls, token: str) -> Self:
        """Raises ValueError for a token that no page gave."""
        try:
            symbol, ts_event, number = base64.urlsafe_b64decode(token.encode()).decode().split("|")
            return cls(symbol, (int(ts_event), int(number)))
        except (binascii.Error, UnicodeError, ValueError) as problem:
            raise ValueError("page_token is not valid") from problem


@dataclass(frozen=True, slots=True)
class Page(Generic[RowsT]):
    """`rows` by symbol, never empty, in growing order even if descending; `token` is None on the last page."""

    rows: dict[str, RowsT]
    token: str | None


class Cut(Protocol):
    """Which rows a page is to have: at most `limit` over all symbols, from after a position on."""

    @property
    def limit(self) -> int: ...

    @property
    def descending(self) -> bool: ...

    @property
    def after(self) -> Position | None: ...


def page(symbols: list[str], rows_of: Callable[[str], RowsT], cut: Cut) -> Page[RowsT]:
    """The rows of a page, symbol after symbol in alphabetical order whichever way the times run."""
    found: dict[str, RowsT] = {}
    last: Position | None = None
    room = cut.limit
    for symbol in sorted(set(symbols)):
        rows = _remaining(symbol, rows_of, cut)
        if rows is None or not len(rows):
            continue
        if not room:
            return Page(found, last.token() if last else None)
        taken = rows[-room:] if cut.descending else rows[:room]
        found[symbol] = taken
        last = Position(symbol, taken.key(0 if cut.descending else len(taken) - 1))
        if len(taken) < len(rows):
            return Page(found, last.token())
        room -= len(taken)
    return Page(found, None)


def _remaining(symbol: str, rows_of: Callable[[str], RowsT], cut: Cut) -> RowsT | None:
    """A symbol's rows after the position; None for a symbol that comes before it."""
    if cut.after is None or symbol > cut.after.symbol:
        return rows_of(symbol)
    if symbol < cut.after.symbol:
        return None
    rows, key = rows_of(symbol), cut.after.key
    if cut.descending:
        return rows[: rows.count_until(key, included=False)]
    return rows[rows.count_until(key, included=True) :]
