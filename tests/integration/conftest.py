"""The referee and an order desk on it, for whoever tests orders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.order_bench import Bench
from tests.referee import Referee


@pytest.fixture
def referee() -> Iterator[Referee]:
    """A broker of the tests' own, with an account that nobody has used."""
    with Referee() as made:
        yield made
        made.release()


@pytest.fixture
def bench(referee: Referee, tmp_path: Path) -> Iterator[Bench]:
    """An order desk on the referee's account, with an empty journal."""
    made = Bench(referee, tmp_path)
    yield made
    made.journal.close()
