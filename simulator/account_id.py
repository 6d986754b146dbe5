"""The id of the practice account: kept in the data folder, so that a restart finds the same account; new for each tape."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from simulator.config import PracticeMarketConfig

FILE: Final = "practice-account"


def practice_account_id(config: PracticeMarketConfig) -> UUID:
    """The id for this start. A tape begins anew each time, and so does its account: nothing of an earlier run may mix in."""
    if config.tape is not None:
        return uuid4()
    path = config.data_dir / FILE
    try:
        return UUID(path.read_text().strip())
    except (OSError, ValueError):
        return _kept(path, uuid4())


def _kept(path: Path, account_id: UUID) -> UUID:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(f"{account_id}\n")
    os.replace(fresh, path)
    return account_id
