"""The kill switch: any one hand is enough to turn it on, and what cannot be looked at counts as on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orders.journal import DESK, Journal
from orders.kill_switch import KillSwitch, _there


def switch(journal: Journal, *files: Path, by_environment: bool = False) -> KillSwitch:
    return KillSwitch(journal, files, by_environment)


def test_it_is_off_at_first(journal: Journal, tmp_path: Path) -> None:
    assert switch(journal, tmp_path / "KILL").on_by() == ""


def test_the_environment_holds_it_on_for_good(journal: Journal) -> None:
    held = switch(journal, by_environment=True)
    held.turn(False, "by the button")
    assert held.on_by() == "by KILL_SWITCH"


def made(kind: str, path: Path) -> None:
    if kind == "empty file":
        path.touch()
    elif kind == "unreadable file":
        path.touch(mode=0)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("nowhere")


@pytest.mark.parametrize("kind", ["empty file", "unreadable file", "folder", "link to nothing"])
def test_any_file_turns_it_on_and_off_again_when_it_is_gone(journal: Journal, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "KILL"
    held = switch(journal, tmp_path / "other", path)
    made(kind, path)
    assert held.on_by() == "by the file KILL"
    path.rmdir() if kind == "folder" else path.unlink()
    assert held.on_by() == ""


def test_a_place_that_cannot_be_looked_at_counts_as_on(journal: Journal, tmp_path: Path) -> None:
    looped = tmp_path / "loop"
    looped.symlink_to(looped)
    assert switch(journal, looped / "KILL").on_by() == "by the file KILL"
    assert switch(journal, tmp_path / ("x" * 300)).on_by().startswith("by the file")
    assert switch(journal, tmp_path / "no folder" / "KILL").on_by() == ""


def test_a_folder_that_is_closed_to_this_user_counts_as_on(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0)
    child = os.fork()
    if not child:  # root may look everywhere, so somebody else has to
        if os.geteuid() == 0:
            os.setuid(65534)
        os._exit(42 if _there(folder / "KILL") else 0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 42


def test_the_journal_holds_it_for_every_process_and_says_who(journal: Journal, tmp_path: Path) -> None:
    one, other = switch(journal), switch(Journal(f"sqlite:///{tmp_path / 'journal.db'}"))
    one.turn(True, "by the button")
    assert other.on_by() == "by the button"
    with journal.writing() as rows:
        assert other.on_by(rows) == "by the button"
    other.turn(False, "from the command line")
    assert one.on_by() == ""


def test_turning_it_is_written_down_and_noted_for_pages(journal: Journal) -> None:
    switch(journal).turn(True, "by the button")
    switch(journal).turn(False, "by the button")
    assert [(kind, key) for _, account, kind, key in journal.changes_since(0) if account == DESK] == [
        ("kill", "on"),
        ("kill", "off"),
    ]
    with journal.writing() as rows:
        written = rows._connection.exec_driver_sql("SELECT what, details FROM audit ORDER BY id").all()
    assert [what for what, _ in written] == ["kill_switch"] * 2 and "by the button" in written[0][1]
