"""The tail of a symbol: its last prints, spreads and closed bars, as one reader has seen them go by."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from domain.bar import Bar
from domain.session import NS_PER_SECOND
from domain.tick import QUOTE, TRADE, Kind, Records

PRINTS: Final = 200
SPREADS: Final = 600
CLOSED: Final = 600

_TRADE: Final = int(Kind.TRADE)
_QUOTE: Final = int(Kind.QUOTE)


class Print(NamedTuple):
    """One trade as the tape shows it. `flags` holds Flag.AT_ASK or Flag.AT_BID."""

    seq: int
    ts_event: int
    price: float
    size: float
    flags: int


class Tail:
    """What happened last to one symbol."""

    def __init__(self) -> None:
        self.prints: deque[Print] = deque(maxlen=PRINTS)
        self.spreads: deque[tuple[int, int, float]] = deque(maxlen=SPREADS)
        self.closed: dict[str, deque[tuple[int, int, Bar]]] = {}

    def add_ticks(self, seqs: NDArray[np.int64], ticks: Records) -> None:
        """Take ticks of this symbol in order, each with the seq of its publication."""
        trade_rows = np.flatnonzero(ticks["kind"] == _TRADE)[-PRINTS:]
        trades = ticks[trade_rows].view(TRADE)
        columns = (trades[name].tolist() for name in ("ts_event", "price", "size", "flags"))
        self.prints.extend(map(Print, seqs[trade_rows].tolist(), *columns))
        quote_rows = np.flatnonzero(ticks["kind"] == _QUOTE)
        self._add_spreads(seqs[quote_rows], ticks[quote_rows].view(QUOTE))

    def add_closed(self, seq: int, interval: str, ordinal: int, bar: Bar) -> None:
        """Take one bar that closed or changed."""
        self.closed.setdefault(interval, deque(maxlen=CLOSED)).append((seq, ordinal, bar))

    def forget_after(self, ts_event: int) -> None:
        """Keep of the spreads only those up to an instant: what comes later belongs to another run of the market."""
        kept = [spread for spread in self.spreads if spread[1] <= ts_event]
        self.spreads = deque(kept, maxlen=SPREADS)

    def _add_spreads(self, seqs: NDArray[np.int64], quotes: Records) -> None:
        seconds = quotes["ts_event"] // NS_PER_SECOND
        last_of_second = np.append(seconds[1:] != seconds[:-1], True)[: len(quotes)]
        for seq, quote in zip(seqs[last_of_second].tolist(), quotes[last_of_second], strict=True):
            self._add_spread(seq, int(quote["ts_event"]), float(quote["ask_price"] - quote["bid_price"]))

    def _add_spread(self, seq: int, ts_event: int, spread: float) -> None:
        if self.spreads and ts_event // NS_PER_SECOND < self.spreads[-1][1] // NS_PER_SECOND:
            return
        if self.spreads and self.spreads[-1][1] // NS_PER_SECOND == ts_event // NS_PER_SECOND:
            self.spreads.pop()
        self.spreads.append((seq, ts_event, spread))


def newer(rows: Iterable[Any], seq: int) -> list[Any]:
    """The rows that came after `seq`; rows start with their seq."""
    return [row for row in rows if row[0] > seq]
