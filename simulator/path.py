"""The path: what a share is worth at an instant, as a pure function of seed, symbol and market time.

A Brownian bridge over cells of 182 days, halved 24 times down to 0.9375 s. Every midpoint's displacement is hashed from
its place, so any stretch at any fineness can be computed alone and always comes out the same. A restart continues the
path because nothing is remembered.
"""

from __future__ import annotations

import math
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from simulator.moves import Moves

UNIT_NS = 937_500_000  # a 64th of a minute
STRETCH_UNITS = 256  # drawn at once: four minutes
STRETCHES_KEPT = 640
LIVE_STRETCHES = 5
LEVELS = 24
MINUTE_LEVEL = 6
ANCHOR_DEVIATION = 0.08
MINUTE_DEVIATION = 5.5e-4
SPELLS = 0.12
JOLTS, JOLT_LEVELS = 1.0, 5
_HALF_HOURS, _TWO_MINUTES, _JOLT_STREAM = 51, 52, 60

Floats = NDArray[np.float64]
Words = NDArray[np.uint64]


def path_key(seed: int, symbol: str) -> int:
    """The 64 bits that tell one share's path from another's."""
    return int.from_bytes(blake2b(f"{seed}:{symbol}".encode(), digest_size=8).digest(), "big")


def _mix(words: Words) -> Words:
    """The finalizer of SplitMix64 (Steele, Lea and Flood, 2014)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def hashed_normals(key: int, stream: int, places: NDArray[np.int64]) -> Floats:
    """Near-normal numbers (mean 0, deviation 1, none beyond 3.5) fixed by key, stream and place."""
    salt = np.uint64((key + stream * 0x9E3779B97F4A7C15) % 2**64)
    words = _mix(places.astype(np.uint64) + salt)
    total = np.zeros(len(places))
    for shift in (0, 16, 32, 48):
        total += (words >> np.uint64(shift)) & np.uint64(0xFFFF)
    return (total / 65_535.0 - 2.0) * math.sqrt(3.0)


def _weather(key: int, level: int, middles: NDArray[np.int64]) -> Floats | float:
    """By how much more or less than usual the path moves at a place: calm and lively spells, as real markets have them.

    A factor for each cell of half an hour and of two minutes, with a mean square of 1.
    """
    factor: Floats | float = 1.0
    for stream, spell in ((_HALF_HOURS, 11), (_TWO_MINUTES, 7)):
        if level < spell:
            cells = middles >> (spell - level)
            drawn = hashed_normals(key, stream, np.arange(cells[0], cells[-1] + 1, dtype=np.int64))
            factor = factor * np.exp(SPELLS * drawn - SPELLS**2)[cells - cells[0]]
    return factor


def _jolts(key: int, level: int, middles: NDArray[np.int64]) -> Floats | float:
    """News: now and then the path moves much more than usual within seconds, beside calm places. Mean square 1."""
    if level >= JOLT_LEVELS or not JOLTS:
        return 1.0
    return np.asarray(np.exp(JOLTS * hashed_normals(key, _JOLT_STREAM + level, middles) - JOLTS**2), dtype=np.float64)


def _halve(values: Floats, key: int, level: int, first: int) -> Floats:
    """The grid one level finer: the points of `values`, the first at index `first`, with midpoints between them."""
    middles = np.arange(2 * first + 1, 2 * (first + len(values) - 1), 2, dtype=np.int64)
    deviation = MINUTE_DEVIATION * math.sqrt(2.0 ** (level - MINUTE_LEVEL)) / math.sqrt(2.0)
    drawn = hashed_normals(key, level, middles)
    finer = np.empty(2 * len(values) - 1)
    finer[0::2] = values
    finer[1::2] = (values[:-1] + values[1:]) / 2 + deviation * _weather(key, level, middles) * _jolts(
        key, level, middles
    ) * drawn
    return finer


def log_path(key: int, first: int, last: int, level: int) -> Floats:
    """The path's logarithm at grid points `first`..`last`, both included; a step is 2**level units of 0.9375 s."""
    depth = LEVELS - level
    low, high = first >> depth, -(-last >> depth)
    high = max(high, low + 1)
    values = ANCHOR_DEVIATION * hashed_normals(key, LEVELS, np.arange(low, high + 1, dtype=np.int64))
    for finer_level in range(LEVELS - 1, level - 1, -1):
        values = _halve(values, key, finer_level, low)
        shift = finer_level - level
        wanted_low = first >> shift
        wanted_high = max(-(-last >> shift), wanted_low + 1)
        values = values[wanted_low - 2 * low : wanted_high - 2 * low + 1]
        low = wanted_low
    return values[: last - first + 1]


class Wind:
    """The path that many shares follow in part; keeps what it was asked for last, because they all ask for the same."""

    def __init__(self, seed: int, symbol: str) -> None:
        self.key = path_key(seed, symbol)
        self._known: dict[tuple[int, int, int], Floats] = {}

    def log_path(self, first: int, last: int, level: int) -> Floats:
        """As `log_path`."""
        place = (first, last, level)
        if place not in self._known:
            if len(self._known) >= STRETCHES_KEPT:
                del self._known[next(iter(self._known))]
            self._known[place] = log_path(self.key, first, last, level)
        return self._known[place]


class FundamentalPath:
    """What one share is worth; remembers nothing but the stretches it was last asked for.

    `volatility` stretches its moves. `follows` is how much of them is the `wind`'s: the correlation with it, from 0
    (none) to 1 (all). `shift` is by how much more it is worth live than the path says: a move that a scenario made;
    `moves` are those that take their time. History knows them not.
    """

    def __init__(
        self,
        seed: int,
        symbol: str,
        level_price: float,
        *,
        volatility: float = 1.0,
        wind: Wind | None = None,
        follows: float = 0.0,
    ) -> None:
        self.key = path_key(seed, symbol)
        self._level_price = level_price
        self._volatility = volatility
        self._wind, self._follows = wind, follows if wind is not None else 0.0
        self.shift = 1.0
        self.moves = Moves()
        # Not all shares draw their next stretch at the same instant.
        self._phase = self.key % STRETCH_UNITS
        self._stretches: dict[int, list[float]] = {}

    def price_at(self, ts_event: int) -> float:
        """USD, not rounded; continuous in time."""
        worth = self.undisturbed(ts_event) * self.shift
        return worth * self.moves.factor(ts_event, self.undisturbed) if self.moves else worth

    def undisturbed(self, ts_event: int) -> float:
        """The same without what scenarios have done."""
        unit, rest = divmod(ts_event, UNIT_NS)
        stretch, index = divmod(unit + self._phase, STRETCH_UNITS)
        prices = self._stretches.get(stretch)
        if prices is None:
            prices = self._draw(stretch)
        left, right = prices[index], prices[index + 1]
        return left + (right - left) * (rest / UNIT_NS)

    def _draw(self, stretch: int) -> list[float]:
        if len(self._stretches) >= LIVE_STRETCHES:
            del self._stretches[next(iter(self._stretches))]
        first = stretch * STRETCH_UNITS - self._phase
        prices: list[float] = self.grid(first, first + STRETCH_UNITS, 0).tolist()
        self._stretches[stretch] = prices
        return prices

    def grid(self, first: int, last: int, level: int) -> Floats:
        """USD at the grid points `first`..`last` of a level, both included."""
        return np.asarray(
            self._level_price * np.exp(self._volatility * self._log(first, last, level)), dtype=np.float64
        )

    def _log(self, first: int, last: int, level: int) -> Floats:
        if self._wind is None or not self._follows:
            return log_path(self.key, first, last, level)
        shared = self._follows * self._wind.log_path(first, last, level)
        alone = math.sqrt(1 - self._follows**2)
        return shared + alone * log_path(self.key, first, last, level) if alone else shared
