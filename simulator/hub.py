"""The hub: every connection to the market data stream, and the fan-out to them."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.connection import GOING_AWAY, Connection
from simulator.market import Message
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
            if subscriptions.wants(channel, message.symbol):
                encoded = done[index] or encode(message, codec)
                done[index] = encoded
                wanted.append(encoded)
        return wanted


class Hub:
    """Publishing never waits for a client."""

    def __init__(self) -> None:
        self._connections: set[Connection] = set()

    def __len__(self) -> int:
        return len(self._connections)

    def add(self, connection: Connection) -> None:
        """From now on it receives what it subscribes."""
        self._connections.add(connection)

    def remove(self, connection: Connection) -> None:
        """It receives nothing more."""
        self._connections.discard(connection)

    def publish(self, messages: Sequence[Message]) -> None:
        """Sends each connection what it wants of the messages, in their order, in as few frames as may be."""
        listeners = [connection for connection in self._connections if connection.session.subscriptions]
        if not listeners:
            return
        for first in range(0, len(messages), MESSAGES_A_FRAME):
            encoded = _Encoded(messages[first : first + MESSAGES_A_FRAME])
            for connection in listeners:
                data = encoded.frame_for(connection.codec, connection.session.subscriptions)
                if data is not None:
                    connection.send(data)

    def close_all(self) -> None:
        """Tells every client that the server goes away."""
        for connection in list(self._connections):
            connection.close(GOING_AWAY)
