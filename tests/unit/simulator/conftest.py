"""Small markets and tapes for the unit tests."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

HEADER = "ts_ns,kind,symbol,bid,bid_size,ask,ask_size,price,size,resting_side"


@pytest.fixture
def tape_file(tmp_path: Path) -> Callable[..., Path]:
    def write(*rows: str, header: str = HEADER) -> Path:
        path = tmp_path / "tape.csv.gz"
        path.write_bytes(gzip.compress("\n".join([header, *rows, ""]).encode()))
        return path

    return write
