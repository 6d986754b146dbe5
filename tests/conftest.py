"""Where tests write, and in which order they run: what is quick and pure first, real browsers last."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

import pytest

RUNGS: Final = {"unit": 0, "integration": 1, "browser": 2}
HERE: Final = Path(__file__).parent

LONGEST: Final = (
    *("test_tape_to_bars", "test_order_soak", "test_trading", "test_lesson", "test_run", "test_journal_commands"),
    *("test_feed_states", "test_feed_silence", "test_secrets", "test_recorder", "test_users", "test_logs"),
    *("test_feed_plan", "test_cache_on_redis", "test_feed_worker", "test_order_protocol", "test_orders_faults"),
)
"""Files of integration tests that begin first, so that none of them is still running when the others are done."""

MEMORY: Final = Path("/dev/shm")
ROOM: Final = 2 << 30
"""Bytes that must be free there; tests use a few hundred million."""


def pytest_configure() -> None:
    """Write to memory where there is room: what waits for a disk proves nothing more here, and takes a minute in all."""
    if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ROOM:
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None  # it is looked up once


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Climb from unit to browser. Playwright keeps an event loop running in this thread, so tests with a loop of their own
    must be over when it begins."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> tuple[int, int]:
    rung, stem = RUNGS.get(item.path.relative_to(HERE).parts[0], 0), item.path.stem
    return rung, LONGEST.index(stem) if rung == RUNGS["integration"] and stem in LONGEST else len(LONGEST)
