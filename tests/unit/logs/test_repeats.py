"""Repeats: a journal that is away for an hour is told every ten seconds, not at every look of every page."""

from __future__ import annotations

import logging
from typing import Any

from logs.repeats import Repeats


class Clock:
    """A clock that a test sets."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def record(message: Any, failed: bool = True, name: str = "page") -> logging.LogRecord:
    error = ValueError("x")
    info = (ValueError, error, None) if failed else None
    return logging.LogRecord(name, logging.ERROR, "", 0, message, (), info)


def test_the_same_error_is_told_once_in_ten_seconds_with_how_often_it_was() -> None:
    clock = Clock()
    repeats = Repeats(clock)
    passed = []
    for second in range(25):
        clock.now = 100.0 + second
        line = record({"event": "failed", "n": second})
        through = {repeats.filter(line) for _ in ("console", "file")}
        assert len(through) == 1
        passed += [line.msg] if through == {True} else []
    assert passed == [
        {"event": "failed", "n": 0},
        {"event": "failed", "n": 10, "left_out": 9},
        {"event": "failed", "n": 20, "left_out": 9},
    ]


def test_lines_of_libraries_too() -> None:
    clock = Clock()
    repeats = Repeats(clock)
    assert repeats.filter(record("failed")) and not repeats.filter(record("failed"))
    clock.now += 11
    line = record("failed")
    assert repeats.filter(line) and repeats.filter(line)
    assert line.getMessage() == "failed (1 more were left out)"


def test_other_errors_and_lines_without_one_always_pass() -> None:
    repeats = Repeats(Clock())
    assert repeats.filter(record({"event": "failed"}))
    assert repeats.filter(record({"event": "failed too"}))
    assert repeats.filter(record({"event": "failed"}, name="worker"))
    assert all(repeats.filter(record({"event": "order", "n": number}, failed=False)) for number in range(100))
