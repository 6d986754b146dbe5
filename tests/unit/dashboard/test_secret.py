"""The secret: made once, by whoever comes first, and for nobody else to read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.secret import secret_key
from domain.errors import SettingsError

ROOT = Path(__file__).resolve().parents[3]

RACER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from dashboard.secret import secret_key
print("there", flush=True)
sys.stdin.readline()
print(secret_key("", Path(sys.argv[2])).decode(), flush=True)
"""


def test_eight_processes_that_start_at_once_agree_on_one(tmp_path: Path) -> None:
    command = [sys.executable, "-c", RACER, str(ROOT), str(tmp_path / "data")]
    racers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(8)]
    for racer in racers:
        assert racer.stdout and racer.stdout.readline() == "there\n"
    for racer in racers:
        assert racer.stdin
        racer.stdin.write("\n")
        racer.stdin.flush()
    said = {racer.communicate()[0].strip() for racer in racers}
    assert len(said) == 1 and len(said.pop()) == 64
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["secret"]


def test_only_its_owner_can_read_it_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        secret_key("", tmp_path / "data")
    finally:
        os.umask(before)
    assert (tmp_path / "data" / "secret").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_it_outlives_a_restart_and_a_setting_goes_before_it(tmp_path: Path) -> None:
    first = secret_key("", tmp_path)
    assert secret_key("", tmp_path) == first and secret_key("chosen", tmp_path) == b"chosen"
    assert secret_key("", tmp_path / "other") != first


def test_one_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    first = secret_key("", tmp_path)
    (tmp_path / "secret").chmod(0o644)
    assert secret_key("", tmp_path) == first
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"short"])
def test_a_file_without_a_secret_in_it_signs_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "secret").write_bytes(content)
    with pytest.raises(SettingsError, match="secret"):
        secret_key("", tmp_path)


def test_a_place_that_cannot_be_used_is_told_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(SettingsError, match="DATA_DIR"):
            secret_key("", place)
    (tmp_path / "secret").mkdir()
    with pytest.raises(SettingsError, match="DATA_DIR"):
        secret_key("", tmp_path)
