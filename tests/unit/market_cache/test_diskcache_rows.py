"""What the store puts into its file is what diskcache itself would have put there, and can be read with it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import diskcache
import pytest

from market_cache.diskcache_store import BytesDisk, DiskcacheStore

COLUMNS = "key, raw, expire_time, access_count, tag, size, mode, filename, value, typeof(key), typeof(store_time)"
VALUES: dict[str | int, bytes] = {"head": b"1", 7: b"\0" * 70_000, "empty": b""}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DiskcacheStore]:
    store = DiskcacheStore(tmp_path / "ours")
    yield store
    store.close()


def rows(folder: Path) -> list[Any]:
    connection = sqlite3.connect(folder / "cache.db")
    found = connection.execute(f"SELECT {COLUMNS} FROM Cache ORDER BY rowid").fetchall()
    connection.close()
    return found


def test_new_rows_and_changed_ones_are_those_of_diskcache(store: DiskcacheStore, tmp_path: Path) -> None:
    theirs = diskcache.Cache(str(tmp_path / "theirs"), disk=BytesDisk, disk_min_file_size=2**30)
    for changed in (b"", b"x"):
        for key, value in VALUES.items():
            store.put(key, value + changed)
            theirs.set(key, value + changed)
        assert rows(tmp_path / "ours") == rows(tmp_path / "theirs")
    theirs.close()


def test_diskcache_reads_counts_and_deletes_them(store: DiskcacheStore, tmp_path: Path) -> None:
    for key, value in VALUES.items():
        store.put(key, value)
    theirs = diskcache.Cache(str(tmp_path / "ours"), disk=BytesDisk)
    assert {key: theirs.get(key) for key in VALUES} == VALUES and len(theirs) == len(VALUES)
    store.delete([7, "empty", "never there"])
    assert list(theirs) == ["head"] and len(theirs) == 1
    theirs.close()


def test_a_row_that_a_stranger_changed_is_ours_again_once_it_is_put(store: DiskcacheStore, tmp_path: Path) -> None:
    store.put("head", b"1")
    before = rows(tmp_path / "ours")
    other = sqlite3.connect(tmp_path / "ours" / "cache.db", isolation_level=None)
    other.execute("UPDATE Cache SET expire_time = 1, tag = 'x', size = 9, mode = 4, filename = 'f', access_count = 5")
    other.close()
    store.put("head", b"1")
    assert rows(tmp_path / "ours") == before


@pytest.mark.parametrize(("key", "value"), [(1.5, b"1"), (b"k", b"1"), ("k", "text"), ("k", 1), ("k", None)])
def test_only_bytes_under_text_and_integers_are_taken(store: DiskcacheStore, key: Any, value: Any) -> None:
    with pytest.raises(TypeError):
        store.put(key, value)
    assert store.get("k") is None
