"""History: the bars of one share from before the practice market began to trade, drawn from its path."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from domain.session import Session, midnight, trading_day
from simulator.bar import NS_PER_MINUTE
from simulator.columns import BarColumns
from simulator.hours import Hours
from simulator.listing import Listing
from simulator.path import FundamentalPath, hashed_normals
from simulator.tide import Tide

MINUTE_SESSIONS = 5
DAILY_DAYS = 365
SHARES_A_TRADE = 72
_MINUTE_GRID = 2  # 16 points a minute
_DAY_GRID = 8  # a point every 4 minutes
_COUNT_STREAM, _SIZE_STREAM, _DAY_STREAM = 101, 102, 103


class History:
    """Minute bars of five sessions and the current one up to `until`; daily bars of a year before them.

    Nothing is drawn before it is asked for. The same for every start, but for where it ends.
    """

    def __init__(self, listing: Listing, path: FundamentalPath, hours: Hours, until: int) -> None:
        self._listing = listing
        self._path = path
        self._hours = hours
        self._until = until
        self._tide = Tide(hours)

    @cached_property
    def _sessions(self) -> list[Session]:
        today = trading_day(self._until)
        found = self._hours.sessions(today - timedelta(days=DAILY_DAYS), today)
        return [session for session in found if session.opens_at < self._until]

    @cached_property
    def minutes(self) -> BarColumns:
        """The minute bars up to `until`."""
        sessions = self._sessions[-MINUTE_SESSIONS - 1 :]
        if not sessions:
            return BarColumns.empty()
        first = sessions[0].opens_at // NS_PER_MINUTE
        last = min(self._until, sessions[-1].closes_at) // NS_PER_MINUTE
        points = self._path.grid(first * 16, last * 16 - 1, _MINUTE_GRID)
        minutes = np.arange(first, last, dtype=np.int64)
        stamps = minutes * NS_PER_MINUTE
        traded = np.zeros(len(minutes), dtype=bool)
        for session in sessions:
            traded |= (stamps >= session.opens_at) & (stamps < session.closes_at)
        return self._minute_bars(stamps[traded], minutes[traded], points.reshape(-1, 16)[traded])

    def _minute_bars(
        self, stamps: NDArray[np.int64], minutes: NDArray[np.int64], points: NDArray[np.float64]
    ) -> BarColumns:
        cents = np.round(points, 2)
        high, low = cents.max(axis=1), cents.min(axis=1)
        activity = 0.75 + 0.25 * (high - low) / np.mean(high - low)
        drawn = np.exp(0.45 * hashed_normals(self._path.key, _COUNT_STREAM, minutes) - 0.1)
        tide = np.array([self._tide.factor(stamp) for stamp in stamps.tolist()])
        counts = np.maximum(1, self._listing.pace * 60 * tide * activity * drawn).astype(np.int64)
        sizes = SHARES_A_TRADE * np.exp(0.15 * hashed_normals(self._path.key, _SIZE_STREAM, minutes))
        volumes = self._sizes(np.maximum(counts, counts * sizes).astype(np.int64))
        vwap = np.clip(np.round(points.mean(axis=1), 4), low, high)
        return BarColumns(stamps, cents[:, 0], high, low, cents[:, -1], volumes, counts, vwap)

    @cached_property
    def days(self) -> BarColumns:
        """The daily bars of the sessions before those that have minute bars."""
        sessions = self._sessions[: -MINUTE_SESSIONS - 1]
        if not sessions:
            return BarColumns.empty()
        step = NS_PER_MINUTE * 4
        opens = np.array([session.opens_at // step for session in sessions], dtype=np.int64)
        closes = np.array([session.closes_at // step for session in sessions], dtype=np.int64)
        points = self._path.grid(int(opens[0]), int(closes[-1]), _DAY_GRID)
        return self._day_bars(sessions, opens - opens[0], closes - opens[0], points)

    def _day_bars(
        self, sessions: list[Session], opens: NDArray[np.int64], closes: NDArray[np.int64], points: NDArray[np.float64]
    ) -> BarColumns:
        stamps = np.array([midnight(session.day) for session in sessions], dtype=np.int64)
        cents = np.round(points, 2)
        spans = np.column_stack([opens, closes]).ravel()
        spans[-1] = min(spans[-1], len(points) - 1)
        high = np.maximum.reduceat(cents, spans)[::2]
        low = np.minimum.reduceat(cents, spans)[::2]
        seconds = (closes - opens) * 240
        drawn = np.exp(0.2 * hashed_normals(self._path.key, _DAY_STREAM, stamps // NS_PER_MINUTE))
        counts = (self._listing.pace * seconds * drawn).astype(np.int64)
        vwap = np.clip(np.round(np.add.reduceat(points, spans)[::2] / (closes - opens), 4), low, high)
        close = cents[np.maximum(opens, closes - 1)]
        return BarColumns(stamps, cents[opens], high, low, close, self._sizes(counts * SHARES_A_TRADE), counts, vwap)

    def _sizes(self, quantities: NDArray[np.int64]) -> NDArray[np.int64] | NDArray[np.float64]:
        """Shares as whole numbers, coins as fractions, of quantities in lots."""
        return np.round(quantities * self._listing.lot, 9) if self._listing.is_crypto else quantities
