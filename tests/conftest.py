"""The order of the tests: what is quick and pure first, real browsers last."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

RUNGS: Final = {"unit": 0, "integration": 1, "browser": 2}
HERE: Final = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Climb from unit to browser. Playwright keeps an event loop running in this thread, so tests with a loop of their own
    must be over when it begins."""
    items.sort(key=lambda item: RUNGS.get(item.path.relative_to(HERE).parts[0], 0))
