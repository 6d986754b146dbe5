"""Minutes that history does not answer for: kept in order, and not without end."""

from __future__ import annotations

from stream_worker.open_minutes import OpenMinutes


def test_the_oldest_minutes_give_way_and_are_counted() -> None:
    minutes = OpenMinutes("differing", 3)
    assert minutes.add([("A", 1), ("B", 1), ("A", 2)]) == 0
    assert minutes.add([("A", 2)]) == 0, "it is there already"
    assert minutes.add([("B", 2), ("B", 3)]) == 2
    assert minutes.told() == [("A", 2), ("B", 2), ("B", 3)]
    assert (len(minutes), minutes.symbols, minutes.first) == (3, {"A", "B"}, 2)


def test_what_came_while_history_answered_stays() -> None:
    minutes = OpenMinutes("differing")
    minutes.add([("A", 1)])
    asked = minutes.told()
    minutes.add([("A", 2)])
    minutes.answered(asked)
    assert minutes.told() == [("A", 2)] and minutes
    minutes.answered([("A", 2)])
    assert not minutes
