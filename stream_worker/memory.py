"""The memory that this process holds."""

from __future__ import annotations

import os
from pathlib import Path


def resident_mb() -> float:
    """Resident memory in MiB; 0.0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0.0
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)
