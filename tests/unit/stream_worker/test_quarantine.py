"""The quarantine on disk: lines that a person can read, bounded in size and rate, and never an error."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from broker.quarantined import Quarantined
from domain.feed import Feed
from stream_worker.quarantine import FILE_BYTES, LINES_A_MINUTE, RAW_BYTES, Quarantine


def left_out(*raws: bytes, cause: str = "undecodable") -> Quarantined:
    made = Quarantined()
    for raw in raws:
        made.add(cause, raw)
    return made


def lines(folder: Path, name: str = "quarantine.jsonl") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / name).read_text().splitlines()]


def another_minute(quarantine: Quarantine) -> None:
    quarantine._minute -= 1


def test_a_line_tells_when_where_why_and_what(tmp_path: Path) -> None:
    Quarantine(tmp_path).take(Feed.CRYPTO, left_out(b"\xc1\x00raw", cause="impossible trade"))
    (line,) = lines(tmp_path)
    assert (line["feed"], line["cause"], line["length"]) == ("crypto", "impossible trade", 5)
    assert base64.b64decode(line["raw"]) == b"\xc1\x00raw" and line["ts"] > 1_700_000_000 * 10**9


def test_of_a_long_message_the_beginning_is_kept(tmp_path: Path) -> None:
    Quarantine(tmp_path).take(Feed.STOCKS, left_out(b"x" * (RAW_BYTES + 999)))
    (line,) = lines(tmp_path)
    assert line["length"] == RAW_BYTES + 999 and len(base64.b64decode(line["raw"])) == RAW_BYTES


def test_nothing_left_out_writes_nothing(tmp_path: Path) -> None:
    Quarantine(tmp_path).take(Feed.STOCKS, Quarantined())
    assert list(tmp_path.iterdir()) == []


def test_lines_are_added_and_a_new_worker_adds_to_those_of_the_last(tmp_path: Path) -> None:
    for raw in b"a", b"b":
        Quarantine(tmp_path).take(Feed.STOCKS, left_out(raw))
    assert [base64.b64decode(line["raw"]) for line in lines(tmp_path)] == [b"a", b"b"]


def test_a_minute_has_so_many_lines_and_the_next_has_them_again(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path)
    for _ in range(LINES_A_MINUTE):
        quarantine.take(Feed.STOCKS, left_out(b"a", b"b"))
    assert len(lines(tmp_path)) == LINES_A_MINUTE
    another_minute(quarantine)
    quarantine.take(Feed.STOCKS, left_out(b"a", b"b"))
    assert len(lines(tmp_path)) == LINES_A_MINUTE + 2


def test_the_files_never_grow_beyond_two_times_the_bound(tmp_path: Path) -> None:
    quarantine, longest = Quarantine(tmp_path), left_out(*[b"x" * RAW_BYTES] * 20)
    for _ in range(30):
        another_minute(quarantine)
        quarantine.take(Feed.STOCKS, longest)
        assert all(path.stat().st_size <= FILE_BYTES for path in tmp_path.iterdir())
    assert {path.name for path in tmp_path.iterdir()} == {"quarantine.jsonl", "quarantine.jsonl.1"}
    assert len(lines(tmp_path)) % 20 == 0 and len(lines(tmp_path, "quarantine.jsonl.1")) % 20 == 0


@pytest.mark.parametrize("trouble", ["no folder", "a folder in the way"])
def test_a_disk_that_takes_nothing_costs_the_line_and_not_the_feed(tmp_path: Path, trouble: str) -> None:
    folder = tmp_path / "data"
    quarantine = Quarantine(folder)
    if trouble == "a folder in the way":
        (folder / "quarantine.jsonl").mkdir(parents=True)
    quarantine.take(Feed.STOCKS, left_out(b"a"))
    if trouble == "no folder":
        folder.mkdir()
        quarantine.take(Feed.STOCKS, left_out(b"b"))
        assert len(lines(folder)) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is a thing of Linux")
def test_a_full_disk_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "quarantine.jsonl").symlink_to("/dev/full")
    with capture_logs() as said:
        Quarantine(tmp_path).take(Feed.STOCKS, left_out(b"a"))
    assert [line["event"] for line in said if line["log_level"] == "error"] == ["quarantine cannot be written"]
