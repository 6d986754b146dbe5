"""The desk's folder: closed to others, whatever it was before, or refused where it is not the desk's to close."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from domain.errors import SettingsError
from private_folder import make_private


def modes(*paths: Path) -> list[int]:
    return [stat.S_IMODE(path.stat().st_mode) for path in paths]


def made(folder: Path, mode: int) -> Path:
    folder.mkdir()
    folder.chmod(mode)
    return folder


def test_a_new_folder_is_its_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        assert make_private(tmp_path / "a" / "data", "DATA_DIR") == []
    finally:
        os.umask(before)
    assert modes(tmp_path / "a" / "data") == [0o700]


@pytest.mark.parametrize("mode", [0o755, 0o777, 0o750, 0o701])
def test_a_folder_that_was_open_is_closed_with_all_that_is_the_desks_in_it_and_told(tmp_path: Path, mode: int) -> None:
    data = made(tmp_path / "data", mode)
    logs, journal, other = made(data / "logs", 0o755), data / "journal.db-wal", data / "notes.txt"
    for path in (journal, other):
        path.write_text("x")
        path.chmod(0o644)
    told = make_private(data, "DATA_DIR")
    assert modes(data, logs, journal, other) == [0o700, 0o700, 0o600, 0o644]
    assert len(told) == 3 and str(data) in told[0] and "is closed" in told[0]
    assert make_private(data, "DATA_DIR") == []


def test_a_folder_that_many_share_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    shared = made(tmp_path / "shared", 0o1777)
    with pytest.raises(SettingsError, match=r"DATA_DIR: others may write to .*shared \(drwxrwxrwt\).*shared/tickdesk"):
        make_private(shared, "DATA_DIR")
    assert modes(shared) == [0o1777]


def test_the_current_folder_is_not_closed_and_refused_only_if_others_may_write_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = made(tmp_path / "here", 0o755)
    secret = here / "secret"
    secret.write_text("x")
    secret.chmod(0o644)
    monkeypatch.chdir(here)
    assert len(make_private(Path("."), "DATA_DIR")) == 1 and modes(here, secret) == [0o755, 0o600]
    here.chmod(0o775)
    with pytest.raises(SettingsError, match="others may write"):
        make_private(here, "DATA_DIR")


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    elsewhere, data = tmp_path / "elsewhere", made(tmp_path / "data", 0o700)
    elsewhere.write_text("x")
    elsewhere.chmod(0o644)
    (data / "secret").symlink_to(elsewhere)
    assert make_private(data, "DATA_DIR") == [] and modes(elsewhere) == [0o644]


def test_a_folder_that_cannot_be_made_is_told_by_its_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(SettingsError, match=r"DATA_DIR: .*cannot be used"):
        make_private(tmp_path / "file" / "data", "DATA_DIR")
