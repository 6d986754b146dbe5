"""What compares answers with examples finds every kind of difference."""

from __future__ import annotations

import pytest

from tests.wire_shape import differences

UUID = "7b08df51-c1ac-453c-99f9-323a5f075f0d"


@pytest.mark.parametrize(
    ("example", "found"),
    [
        ({"a": 1, "b": None}, {"a": 2, "b": "x"}),
        ([{"a": "1.5"}], [{"a": "-100"}, {"b": 1}]),
        (1.5, 2),
        ([], [1]),
        ("2023-12-12T22:31:24.668464435Z", "2026-11-20T00:00:00Z"),
        ("0400", "2359"),
        (UUID, UUID[::-1].replace(UUID[::-1], UUID)),
    ],
)
def test_what_is_alike(example, found):
    assert differences(example, found) == []


@pytest.mark.parametrize(
    ("example", "found"),
    [
        ({"a": 1}, {}),
        ({}, {"a": 1}),
        ({"a": "1"}, {"a": 1}),
        ({"a": 1}, {"a": "1"}),
        ({"a": 1}, {"a": 1.5}),
        ({"a": 1.5}, {"a": True}),
        ({"a": 1}, {"a": None}),
        ({"a": {"b": [{"c": True}]}}, {"a": {"b": [{"c": 1}]}}),
        ("2023-12-12T22:31:24.668Z", "2026-11-20T00:00:00.500Z"),
        ("2023-12-12T22:31:24Z", "2026-11-20T00:00:00+00:00"),
        ("2026-11-27", "2026-11-27T00:00:00Z"),
        ("1.5", "1.5 USD"),
        ("09:30", "0930"),
        (UUID, "1"),
    ],
)
def test_what_is_different(example, found):
    assert len(differences(example, found)) == 1
