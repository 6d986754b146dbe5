"""The press: invented headlines about the practice companies, decided by seed and market time, and those told on request.

Nothing is kept of the invented ones: any stretch of time comes out the same whenever it is asked for.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Iterator
from hashlib import blake2b
from heapq import merge

from domain.news import NewsItem
from domain.session import NS_PER_SECOND
from simulator.listing import Listing

SLOT_NS = 30 * NS_PER_SECOND
CHANCE = 0.35  # of an item in a slot: about two in three minutes
REACH_NS = 7 * 86_400 * NS_PER_SECOND
SOURCE = "practice"
SUMMARY = "Invented for the practice market: nothing of this has happened."
_STORIES = (
    "{one} shows a new product to its suppliers",
    "{one} opens a research centre",
    "{one} and {other} agree to work together on standards",
    "Analysts ask {one} about its margins",
    "{one} names a new head of operations",
    "{one} moves its yearly meeting by a week",
    "A court hears {one} in a dispute with {other} over a patent",
    "{one} buys back some of its shares",
    "{one} repeats what it expects of this quarter",
    "{one} recalls a small series of one product",
)
_FORM = re.compile(r"( Class [A-Z])?( Common Stock)?$")


def _moment(item: NewsItem) -> int:
    return item.created_at


class Press:
    """`listings` are those it writes about; none = it invents nothing. Ids are microseconds of market time."""

    def __init__(self, seed: int, listings: tuple[Listing, ...]) -> None:
        self._seed = seed
        self._companies = [(each.symbol, _FORM.sub("", each.name)) for each in listings if each.exchange != "ARCA"]
        self._told: list[NewsItem] = []
        self._fresh: list[NewsItem] = []
        self._until = 0

    def tell(self, headline: str, symbols: tuple[str, ...], moment: int) -> NewsItem:
        """An item that somebody asked for; it leaves with the next `turn`."""
        last_id = max((item.id for item in self._told), default=0)
        number = max(moment // 1_000, last_id + 1)
        item = NewsItem(number, headline, SUMMARY, "Practice market", SOURCE, "", symbols, moment, moment)
        insort(self._told, item, key=_moment)
        self._fresh.append(item)
        return item

    def turn(self, until: int) -> list[NewsItem]:
        """What is new since the last turn, oldest first; a first turn, or one after a leap of the clock, tells nothing old."""
        start, self._until = self._until, until
        invented = list(self._invented(start, until - 1)) if 0 < until - start < SLOT_NS * 120 else []
        fresh, self._fresh = self._fresh, []
        return sorted([*invented, *fresh], key=_moment)

    def items(self, start: int, end: int, *, newest_first: bool) -> Iterator[NewsItem]:
        """Everything of `start`..`end`, both included, as it is read: what nobody reads costs nothing."""
        told = self._told[bisect_left(self._told, start, key=_moment) : bisect_left(self._told, end + 1, key=_moment)]
        if newest_first:
            told.reverse()
        invented = self._invented(start, end, newest_first=newest_first)
        return merge(invented, told, key=_moment, reverse=newest_first)

    def _invented(self, start: int, end: int, *, newest_first: bool = False) -> Iterator[NewsItem]:
        slots = range(start // SLOT_NS, end // SLOT_NS + 1)
        for slot in reversed(slots) if newest_first else slots:
            item = self._item(slot)
            if item is not None and start <= item.created_at <= end:
                yield item

    def _item(self, slot: int) -> NewsItem | None:
        drawn = blake2b(f"{self._seed}:news:{slot}".encode(), digest_size=10).digest()
        if not self._companies or drawn[0] >= CHANCE * 256:
            return None
        story = _STORIES[drawn[1] % len(_STORIES)]
        place, step = drawn[2] % len(self._companies), 1 + drawn[3] % max(1, len(self._companies) - 1)
        one, other = self._companies[place], self._companies[(place + step) % len(self._companies)]
        symbols = (one[0], other[0]) if "{other}" in story and one != other else (one[0],)
        moment = slot * SLOT_NS + int.from_bytes(drawn[4:10], "big") % (SLOT_NS // 1_000_000) * 1_000_000
        headline = f"{story.format(one=one[1], other=other[1])} (invented)"
        return NewsItem(moment // 1_000, headline, SUMMARY, "Practice market", SOURCE, "", symbols, moment, moment)
