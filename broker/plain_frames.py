"""Plain frames: a websocket whose whole binary frames are taken out of what was read at one go.

websockets reads a frame by a dozen steps of coroutines, which costs more than decoding the messages in it. Market data comes in
whole binary frames, and those need none of that: a length, and that many bytes. Everything else (pings, a close, fragments,
compressed frames, text) is left to websockets, as the bytes that came.
"""

from __future__ import annotations

from typing import Any, Final

from websockets.legacy.client import WebSocketClientProtocol
from websockets.protocol import State

END_OF_HEADERS: Final = b"\r\n\r\n"
BINARY: Final = 0x82
"""First byte of a whole binary frame without extensions (RFC 6455, section 5.2)."""

PING_OR_PONG: Final = frozenset({0x89, 0x8A})
"""First bytes of those frames. They are short and need no further bytes for their length."""

LONGEST_CONTROL: Final = 125
NO_LIMIT: Final = 2**62


class PlainFrames(WebSocketClientProtocol):
    """As websockets' own protocol, in a fraction of the time.

    From the first frame on that is neither plain nor ping nor pong, all of the connection is websockets': two ways side by side
    would change the order of messages. Frames beyond `max_queue` stay in the bytes, and reading stops, as it does there.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._head: bytes | None = b""
        self._parts: list[bytes] = []
        self._held_bytes = self._needed = 0
        self._plain, self._stopped = True, False

    def data_received(self, data: bytes) -> None:
        """What was read: the end of the handshake first, then frames."""
        if self._head is not None:
            data = self._after_headers(self._head, data)
        if not self._plain:
            super().data_received(data)
        elif data:
            self._parts.append(data)
            self._held_bytes += len(data)
            if self._held_bytes >= self._needed:
                self._split()

    async def recv(self) -> Any:
        """The next message."""
        message = await super().recv()
        self._go_on()
        return message

    def take_all(self) -> list[Any]:
        """Every message that is here by now."""
        taken: list[Any] = []
        while self._plain and self.messages:
            taken += self.messages
            self.messages.clear()
            self._go_on()
        return taken

    def eof_received(self) -> None:
        """What is cut off is an error to websockets."""
        self._leave_to_websockets()
        super().eof_received()

    def _after_headers(self, head: bytes, data: bytes) -> bytes:
        """Hand over what belongs to the handshake; the bytes behind it."""
        whole = head + data
        end = whole.find(END_OF_HEADERS)
        if end < 0:
            self._head = whole[-len(END_OF_HEADERS) + 1 :]
            super().data_received(data)
            return b""
        behind = end + len(END_OF_HEADERS) - len(head)
        self._head = None
        super().data_received(data[:behind])
        return data[behind:]

    def _go_on(self) -> None:
        """Look for more frames when the ones before were taken, and read on."""
        if self.messages or not self._plain:
            return
        if self._held_bytes and self._held_bytes >= self._needed:
            self._split()
        if self._stopped and not self._is_full:
            self._stopped = False
            self.transport.resume_reading()

    @property
    def _is_full(self) -> bool:
        return self.max_queue is not None and len(self.messages) >= self.max_queue

    def _split(self) -> None:
        """Take whole frames out of the bytes."""
        data = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        at, end, messages, self._needed = 0, len(data), self.messages, 0
        for _ in range((self.max_queue or NO_LIMIT) - len(messages)):
            begin, stop = _extent(data, at, end)
            if not begin:
                break
            if self._is_of_websockets(data[at], data[at + 1], stop - begin):
                self._keep(data[at:])
                self._leave_to_websockets()
                return
            if stop > end:
                self._needed = stop - at
                break
            if data[at] == BINARY:
                messages.append(data[begin:stop])
            else:
                self._hand_over(data[at:stop])
            at = stop
        self._keep(data[at:])
        self._wake()

    def _is_of_websockets(self, first: int, second: int, length: int) -> bool:
        """Whether a frame is none that is understood here: then neither are those behind it."""
        if first == BINARY:
            return second > 0x7F or length > (self.max_size or NO_LIMIT)
        return first not in PING_OR_PONG or second > LONGEST_CONTROL

    def _hand_over(self, data: bytes) -> None:
        if self.state is not State.CLOSED:  # then nobody reads any more
            super().data_received(data)

    def _keep(self, rest: bytes) -> None:
        self._parts, self._held_bytes = ([rest] if rest else []), len(rest)

    def _leave_to_websockets(self) -> None:
        self._plain, parts = False, self._parts
        self._keep(b"")
        for part in parts:
            self._hand_over(part)
        self._wake()

    def _wake(self) -> None:
        """Tell who waits for a message, and stop reading while there are too many."""
        if self.messages and self._pop_message_waiter is not None:
            self._pop_message_waiter.set_result(None)
            self._pop_message_waiter = None
        if self._is_full and self._plain and self.state is State.OPEN:
            self._stopped = True
            self.transport.pause_reading()


def _extent(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Where the payload of the frame at a place begins and where it ends; (0, 0) if that is not told yet."""
    if end < at + 2:
        return 0, 0
    short = data[at + 1] & 0x7F
    if short < 126:
        return at + 2, at + 2 + short
    begin = at + 2 + (2 if short == 126 else 8)
    return (begin, begin + int.from_bytes(data[at + 2 : begin], "big")) if begin <= end else (0, 0)
