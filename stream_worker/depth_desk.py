"""The order books as the worker holds them, published as depth at most four times a second a symbol."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Final

from broker.messages import Book
from broker.wire_time import time as event_time
from domain.depth import OrderBook
from market_cache import document
from stream_worker.publisher import Publisher

DEPTH_S: Final = 0.25


class DepthDesk:
    """Keeps one book a symbol. `forget` when the connection is new: a full message follows."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._books: dict[str, OrderBook] = {}
        self._changed: set[str] = set()
        self._published_at = -1e9

    def take(self, message: Book) -> None:
        """Take one message of a book."""
        book = self._books.setdefault(message.S, OrderBook(message.S))
        bids, asks = ([(level.p, level.s) for level in side] for side in (message.b, message.a))
        book.take(event_time(message.t), bids, asks, message.r)
        if book.whole:
            self._changed.add(message.S)

    def publish(self) -> None:
        """Publish what changed, if it is time."""
        if not self._changed or time.monotonic() - self._published_at < DEPTH_S:
            return
        self._published_at = time.monotonic()
        for symbol in self._changed:
            self._publisher.show(document.depth_name(symbol), document.pack_depth(self._books[symbol].depth()))
        self._changed.clear()

    def keep_only(self, symbols: Iterable[str]) -> None:
        """Take away the depth of all others: nobody watches them any more."""
        for symbol in self._books.keys() - set(symbols):
            del self._books[symbol]
            self._changed.discard(symbol)
            self._publisher.show(document.depth_name(symbol), b"")

    def forget(self) -> None:
        """The connection is another: the books are not known until their full messages come."""
        self._books.clear()
        self._changed.clear()
