"""The lease: one writer a host, and the kernel takes it back."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.errors import LeaseHeldError, SettingsError
from market_cache.lease import WorkerLease

ROOT = Path(__file__).resolve().parents[3]

HOLDER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from market_cache.lease import WorkerLease
lease = WorkerLease(Path(sys.argv[2]))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lease of the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(ROOT), str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout and process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_worker_is_told_which_process_holds_the_lease(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    with pytest.raises(LeaseHeldError, match=f"process {holder.pid}\\b"):
        WorkerLease(tmp_path)


def test_a_lease_is_free_again_when_its_holder_was_killed(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    WorkerLease(tmp_path).release()


def test_a_lease_that_was_released_can_be_taken_again(tmp_path: Path) -> None:
    WorkerLease(tmp_path).release()
    second = WorkerLease(tmp_path)
    with pytest.raises(LeaseHeldError):
        WorkerLease(tmp_path)
    second.release()


def test_the_folder_is_made_for_its_owner_only(tmp_path: Path) -> None:
    WorkerLease(tmp_path / "new" / "data").release()
    assert (tmp_path / "new" / "data").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "new" / "data" / "worker.lock").stat().st_mode & 0o777 == 0o600


def test_a_folder_that_cannot_be_used_is_a_wrong_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="DATA_DIR"):
        WorkerLease(tmp_path / "file")
