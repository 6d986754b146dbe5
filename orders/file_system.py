"""File systems: of which kind the one under a path is. SQLite must not run on those of other machines: their locks do not hold."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

MOUNTS: Final = Path("/proc/self/mountinfo")
"""Linux names the kind there (proc(5)), also that of FUSE, which statfs(2) does not tell apart. Elsewhere nothing is known."""

NETWORK: Final = frozenset(
    {
        *(
            "nfs",
            "nfs4",
            "cifs",
            "smb3",
            "smbfs",
            "ncpfs",
            "afs",
            "9p",
            "virtiofs",
            "ceph",
            "lustre",
            "glusterfs",
            "beegfs",
        ),
        *(
            "gfs2",
            "ocfs2",
            "davfs",
            "fuse.sshfs",
            "fuse.rclone",
            "fuse.s3fs",
            "fuse.glusterfs",
            "fuse.ceph",
            "fuse.davfs2",
        ),
        *("fuse.gcsfuse", "fuse.juicefs", "fuse.smbnetfs", "fuse.nfs", "fuse.curlftpfs", "drvfs", "prl_fs", "vboxsf"),
    }
)
"""Kinds that other machines, or the host of a virtual one, may write too (sqlite.org/useovernet.html)."""


def file_system_of(path: Path, mounts: Path | None = None) -> str:
    """The kind of file system that a path is on, as Linux names it; empty where that cannot be found out."""
    try:
        lines = (mounts or MOUNTS).read_text(errors="surrogateescape").splitlines()
        real = path.resolve()
    except (OSError, RuntimeError, ValueError):
        return ""
    kind, depth = "", -1
    for line in lines:
        place, found = _mount_of(line)
        if place is not None and real.is_relative_to(place) and len(place.parts) >= depth:
            kind, depth = found, len(place.parts)  # the later of two on one place covers the earlier
    return kind


def _mount_of(line: str) -> tuple[Path | None, str]:
    """Mount point and kind of a line: `36 35 98:0 /root /mnt rw,noatime shared:1 - ext3 /dev/root rw`."""
    before, _, after = line.partition(" - ")
    fields, kind = before.split(" "), after.split(" ")[0]
    return (Path(_unescaped(fields[4])), kind) if len(fields) > 4 and kind else (None, "")


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)
