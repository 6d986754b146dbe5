"""Frames as a faulty network or server delivers them: twice, in the wrong order, beside broken ones, or not at all."""

from __future__ import annotations

from simulator.fault import Faults
from simulator.wire import Codec

BROKEN: dict[Codec, bytes] = {"json": b'[{"T":"t","S":"AAPL","p":', "msgpack": b"\x92\x83\xa1T\xa1t\xa1S"}
"""Frames that end in the middle of a message."""


class FrameFaults:
    """Of one connection; without an armed fault a frame passes as it is."""

    def __init__(self, faults: Faults, feed: str, codec: Codec) -> None:
        self._faults, self._feed, self._codec = faults, feed, codec
        self._late: list[bytes] = []

    def pass_on(self, frame: bytes) -> list[bytes]:
        """The frames to send in place of one; one that is held back follows the next."""
        if not self._faults.armed and not self._late:
            return [frame]
        if self._is("data_mute"):
            return []
        if not self._late and self._is("data_reorder"):
            self._late = [frame]
            return []
        late, self._late = self._late, []
        before = [BROKEN[self._codec]] if self._is("data_garbage") else []
        return [*before, *([frame] * (2 if self._is("data_duplicate") else 1)), *late]

    def _is(self, name: str) -> bool:
        return self._faults.use(name, self._feed) is not None
