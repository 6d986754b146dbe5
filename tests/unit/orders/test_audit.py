"""The audit: a line for each limit that changed since the last run, and none for one that did not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from orders.audit import audit_lines, note_limits
from orders.journal import DESK, Journal
from orders.kill_switch import KillSwitch

BACKENDS: Final = ("sqlite", "postgresql")


def told(journal: Journal) -> list[tuple[str, dict[str, Any]]]:
    return [(line.what, line.details) for line in audit_lines(journal)]


def test_the_first_run_of_a_mode_is_what_the_next_is_compared_with(journal: Journal) -> None:
    assert note_limits(journal, "paper", {"max_order_qty": Decimal("10"), "dry_run": False}) == []
    assert note_limits(journal, "paper", {"max_order_qty": Decimal("10"), "dry_run": False}) == []
    assert note_limits(journal, "live", {"max_order_qty": Decimal("99"), "dry_run": True}) == []
    assert told(journal) == []


def test_each_limit_that_changed_has_its_line(journal: Journal) -> None:
    note_limits(journal, "paper", {"max_order_qty": Decimal("10"), "dry_run": False, "gone": 1, "same": 2})
    changed = note_limits(journal, "paper", {"max_order_qty": Decimal("20"), "dry_run": True, "same": 2, "new": "x"})
    assert changed == ["dry_run", "gone", "max_order_qty", "new"]
    assert told(journal) == [
        ("limit", {"limit": "dry_run", "before": "False", "now": "True", "mode": "paper"}),
        ("limit", {"limit": "gone", "before": "1", "now": None, "mode": "paper"}),
        ("limit", {"limit": "max_order_qty", "before": "10", "now": "20", "mode": "paper"}),
        ("limit", {"limit": "new", "before": None, "now": "x", "mode": "paper"}),
    ]
    assert note_limits(journal, "paper", {"max_order_qty": Decimal("20"), "dry_run": True, "same": 2, "new": "x"}) == []
    assert len(told(journal)) == 4


def test_the_newest_lines_are_told_oldest_first(journal: Journal) -> None:
    switch = KillSwitch(journal, (), by_environment=False)
    for on in (True, False, True):
        switch.turn(on, "by the button")
    lines = audit_lines(journal, 2)
    assert [(line.account_id, line.what, line.details["on"]) for line in lines] == [
        (DESK, "kill_switch", False),
        (DESK, "kill_switch", True),
    ]
    assert lines[0].number < lines[1].number and 0 < lines[0].ts_wall <= lines[1].ts_wall
