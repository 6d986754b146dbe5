"""The hub: every connection to one feed's data stream, and the fan-out to them."""

from __future__ import annotations

from collections.abc import Sequence

from domain.news import NewsItem
from simulator.connection import GOING_AWAY, Connection
from simulator.fault import Faults
from simulator.message import Message
from simulator.notice import DepthChange
from simulator.subscriptions import Subscriptions
from simulator.wire import CHANNEL_OF, Codec, encode, frame

MESSAGES_A_FRAME = 1_000  # about 110 kB: clients refuse frames above 1 MiB by default


class _Encoded:
    """Messages encoded at most once for each codec, and only if somebody wants them."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self._messages = [(CHANNEL_OF[type(message)], message) for message in messages]
        self._done: dict[Codec, list[bytes | None]] = {}
        self._frames: dict[tuple[Codec, Subscriptions], bytes | None] = {}

    def frame_for(self, codec: Codec, subscriptions: Subscriptions) -> bytes | None:
        key = (codec, subscriptions)
        if key not in self._frames:
            wanted = self._wanted(codec, subscriptions)
            self._frames[key] = frame(wanted, codec) if wanted else None
        return self._frames[key]

    def _wanted(self, codec: Codec, subscriptions: Subscriptions) -> list[bytes]:
        done = self._done.setdefault(codec, [None] * len(self._messages))
        wanted: list[bytes] = []
        for index, (channel, message) in enumerate(self._messages):
            if _is_wanted(subscriptions, channel, message):
                encoded = done[index] or encode(message, codec)
                done[index] = encoded
                wanted.append(encoded)
        return wanted


def _is_wanted(subscriptions: Subscriptions, channel: str, message: Message) -> bool:
    if isinstance(message, NewsItem):
        return subscriptions.wants_any(channel, message.symbols)
    return subscriptions.wants(channel, message.symbol)


class Hub:
    """Of one feed, which `feed` names among the faults. Publishing never waits for a client."""

    def __init__(self, feed: str, faults: Faults) -> None:
        self.feed, self.faults = feed, faults
        self._connections: set[Connection] = set()

    def __len__(self) -> int:
        return len(self._connections)

    def add(self, connection: Connection) -> None:
        """From now on it receives what it subscribes."""
        self._connections.add(connection)

    def remove(self, connection: Connection) -> None:
        """It receives nothing more."""
        self._connections.discard(connection)

    def listeners(self) -> list[Connection]:
        """The connections that have subscribed anything."""
        return [connection for connection in self._connections if connection.session.subscriptions]

    def wanted(self, channel: str) -> set[str]:
        """The symbols that anybody has subscribed on a channel, "*" among them."""
        return set().union(*(connection.session.subscriptions.of(channel) for connection in self._connections))

    def publish(self, messages: Sequence[Message]) -> None:
        """Sends each connection what it wants of the messages, in their order, in as few frames as may be."""
        listeners = self.listeners()
        if not listeners:
            return
        for first in range(0, len(messages), MESSAGES_A_FRAME):
            encoded = _Encoded(messages[first : first + MESSAGES_A_FRAME])
            for connection in listeners:
                data = encoded.frame_for(connection.codec, connection.session.subscriptions)
                if data is not None:
                    connection.send_data(data)

    def publish_depth(self, whole: DepthChange, change: DepthChange) -> None:
        """To each that wants the symbol's book: all of it the first time, then what changed."""
        for connection in self.listeners():
            if not connection.session.subscriptions.wants("orderbooks", whole.symbol):
                continue
            if whole.symbol not in connection.books:
                connection.books.add(whole.symbol)
                connection.send_data(frame([encode(whole, connection.codec)], connection.codec))
            elif change.bids or change.asks:
                connection.send_data(frame([encode(change, connection.codec)], connection.codec))

    def close_all(self) -> None:
        """Tells every client that the server goes away."""
        for connection in list(self._connections):
            connection.close(GOING_AWAY)

    def drop_all(self) -> None:
        """Breaks every connection without a word."""
        for connection in list(self._connections):
            connection.drop()
