"""What an error frame means for the one who wants to connect again."""

from __future__ import annotations

import pytest

from broker.refusal import SlotTakenError, error_of
from domain.errors import RefusedError, StreamError, TickdeskError


@pytest.mark.parametrize(
    ("code", "kind", "says"),
    [
        (400, StreamError, "invalid syntax"),
        (401, StreamError, "invalid syntax"),
        (402, RefusedError, "ALPACA_SECRET_KEY"),
        (403, StreamError, "invalid syntax"),
        (404, StreamError, "too long"),
        (405, StreamError, "Shorten SYMBOLS"),
        (406, SlotTakenError, "about 90 s"),
        (407, StreamError, "too slowly"),
        (409, RefusedError, "STREAM_FEED=iex"),
        (410, StreamError, "invalid syntax"),
        (411, RefusedError, "invalid syntax"),
        (412, RefusedError, "invalid syntax"),
        (500, StreamError, "invalid syntax"),
        (0, StreamError, "invalid syntax"),
        (99_999, StreamError, "invalid syntax"),
    ],
)
def test_an_error_frame_is_refused_for_good_or_tried_again(code: int, kind: type[Exception], says: str) -> None:
    error = error_of(code, "invalid syntax")
    assert type(error) is kind and isinstance(error, TickdeskError)
    assert says in str(error) and (str(code) in str(error))


def test_a_taken_place_is_tried_again() -> None:
    assert issubclass(SlotTakenError, StreamError)
