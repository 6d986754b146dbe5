"""Times as Alpaca's REST writes them, both ways."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.rfc3339 import parse_time, parse_times, rfc3339

instants = st.integers(0, 2**63 - 1)


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2024-03-08T14:30:00.123456789Z", 1_709_908_200_123_456_789),
        ("2024-03-08T14:30:00.1Z", 1_709_908_200_100_000_000),
        ("2024-03-08T09:30:00.000000001-05:00", 1_709_908_200_000_000_001),
        ("2024-07-08T09:30:00-04:00", 1_720_445_400_000_000_000),
        ("2012-06-21T13:30:00+00:00", 1_340_285_400_000_000_000),
        ("2024-02-29T23:59:59.999999999Z", 1_709_251_199_999_999_999),
    ],
)
def test_a_time_is_read_to_the_nanosecond(text: str, ns: int) -> None:
    assert parse_time(text) == ns
    assert parse_times([text, text]).tolist() == [ns, ns]


@settings(max_examples=80, deadline=None)
@given(st.lists(instants, max_size=5))
def test_what_is_written_is_read_again(times: list[int]) -> None:
    texts = [rfc3339(at) for at in times]
    assert [parse_time(text) for text in texts] == times
    assert parse_times(texts).tolist() == times


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1_709_908_200_123_456_789, "2024-03-08T14:30:00.123456789Z"),
        (1_709_908_200_120_000_000, "2024-03-08T14:30:00.12Z"),
        (1, "1970-01-01T00:00:00.000000001Z"),
    ],
)
def test_trailing_zeros_of_the_second_are_cut_off(ns: int, text: str) -> None:
    assert rfc3339(ns) == text


@pytest.mark.parametrize(
    "text",
    [
        "", "now", "2024-03-08", "2024-03-08T14:30:00", "2024-03-08 14:30:00Z", "2024-13-08T14:30:00Z",
        "2024-02-30T14:30:00Z", "2024-03-08T25:30:00Z", "2024-03-08T14:30:00.Z", "2024-03-08T14:30:00.1234567890Z",
        "2024-03-08T14:30:00Zulu", "1700000000",
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_time(text)


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=40))
def test_text_of_any_kind_is_a_time_or_a_value_error(text: str) -> None:
    try:
        parse_time(text)
    except ValueError:
        return
    assert text[-1] == "Z" or text[-3] == ":"
