"""File systems: which kind is under a path, and that a journal is not put where locks do not hold."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from domain.errors import SettingsError
from orders import file_system
from orders.file_system import file_system_of
from orders.journal import Journal

ROOT_LINE = "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw"


def mounted(tmp_path: Path, *mounts: tuple[str | Path, str]) -> Path:
    """A list of mounts as Linux writes it, with these on top of a local disk."""
    lines = [ROOT_LINE]
    for number, (place, kind) in enumerate(mounts):
        escaped = str(place).replace("\\", "\\134").replace(" ", "\\040")
        lines.append(
            f"{40 + number} 22 0:{50 + number} / {escaped} rw,relatime shared:{number} master:1 - {kind} host:/x rw"
        )
    written = tmp_path / "mountinfo"
    written.write_text("\n".join([*lines, "", "strange", "1 2 3 - x"]))
    return written


def test_the_innermost_mount_counts(tmp_path: Path) -> None:
    deep = tmp_path / "a b" / "c"
    deep.mkdir(parents=True)
    mounts = mounted(tmp_path, (tmp_path, "nfs4"), (tmp_path / "a b", "xfs"), (deep, "cifs"), (tmp_path / "a", "9p"))
    found = [file_system_of(path, mounts) for path in (Path("/"), tmp_path / "x", tmp_path / "a b" / "x", deep / "x")]
    assert found == ["ext4", "nfs4", "xfs", "cifs"]


def test_the_later_of_two_mounts_on_one_place_covers_the_other(tmp_path: Path) -> None:
    assert file_system_of(tmp_path / "x", mounted(tmp_path, (tmp_path, "nfs"), (tmp_path, "tmpfs"))) == "tmpfs"


def test_a_link_is_followed(tmp_path: Path) -> None:
    far = tmp_path / "far"
    far.mkdir()
    (tmp_path / "near").symlink_to(far)
    assert file_system_of(tmp_path / "near" / "journal.db", mounted(tmp_path, (far, "fuse.sshfs"))) == "fuse.sshfs"


@pytest.mark.skipif(not file_system.MOUNTS.exists(), reason="this system does not list its mounts")
def test_the_real_list_of_this_machine_is_understood(tmp_path: Path) -> None:
    assert file_system_of(Path("/proc/self/stat")) == "proc"
    assert file_system_of(tmp_path) not in ("", *file_system.NETWORK)


def test_without_a_list_nothing_is_known(tmp_path: Path) -> None:
    assert file_system_of(tmp_path, tmp_path / "nothing") == ""


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "smb3", "fuse.sshfs", "9p"])
def test_a_journal_on_a_network_file_system_is_refused_unless_forced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    share = tmp_path / "share"
    share.mkdir()
    monkeypatch.setattr(file_system, "MOUNTS", mounted(tmp_path, (share, kind)))
    with pytest.raises(SettingsError, match=f"JOURNAL_URL: .*share.*network file system .{kind}.*PostgreSQL"):
        Journal(f"sqlite:///{share / 'journal.db'}")
    assert list(share.iterdir()) == []
    Journal(f"sqlite:///{share / 'journal.db'}?force_network_fs=true").close()
    Journal(f"sqlite:///{tmp_path / 'journal.db'}").close()
    assert os.path.getsize(share / "journal.db") > 0
