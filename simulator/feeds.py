"""The feeds: a hub for each kind of data stream."""

from __future__ import annotations

from simulator.fault import Faults
from simulator.hub import Hub


class Feeds:
    """All hubs of one practice market; they share its faults."""

    def __init__(self, faults: Faults) -> None:
        self.stocks = Hub("stocks", faults)
        self.crypto = Hub("crypto", faults)
        self.options = Hub("options", faults)
        self.news = Hub("news", faults)
        self.test = Hub("test", faults)
        self.delayed = Hub("stocks", faults)
        self.all = (self.stocks, self.delayed, self.crypto, self.options, self.news, self.test)

    def __len__(self) -> int:
        return sum(len(hub) for hub in self.all)

    def close_all(self) -> None:
        """Tells every client that the server goes away."""
        for hub in self.all:
            hub.close_all()

    def drop_all(self, feed: str | None) -> None:
        """Breaks the connections of one feed, or of all, without a word."""
        for hub in self.all:
            if feed in (None, hub.feed):
                hub.drop_all()
