"""Every test, in lanes: the slow ones, which mostly wait, beside the others; then, on a quiet machine, those whose bound is a time.

    python -m tests.lanes

Two lanes on two processors now and then delay a test past its bound, and so does a stranger's load on a shared machine. So the
few that failed are run once more by themselves: what fails there too, fails. They are named in either case.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

SECOND_CHANCES: Final = 5
"""More failures than these in one lane are no accident of timing and are not run again."""

CACHE: Final = Path(".pytest_cache")


def main() -> int:
    """0 where every test passed, beside the others or alone; else pytest's exit code."""
    with log_of("slow").open("w") as slow_output:
        slow = subprocess.Popen(pytest_of("slow", "-m", "slow", "-q"), stdout=slow_output, stderr=subprocess.STDOUT)
        rest_code = subprocess.call(pytest_of("rest", "-m", "not slow and not alone"))
        slow_code = slow.wait()
    print("The slow ones, which ran beside:", log_of("slow").read_text(), sep="\n", flush=True)
    print("Those whose bound is a time, alone:", flush=True)
    alone_code = subprocess.call(pytest_of("alone", "-m", "alone", "-q"))
    return again("alone", alone_code) or again("rest", rest_code) or again("slow", slow_code)


def pytest_of(lane: str, *options: str) -> list[str]:
    """The command of a lane, whose failures are remembered apart from the other's."""
    return [sys.executable, "-m", "pytest", "--durations=12", "-o", f"cache_dir={CACHE / lane}", *options]


def log_of(lane: str) -> Path:
    """Where the output of the lane that runs beside is kept until the other has ended."""
    CACHE.mkdir(exist_ok=True)
    return CACHE / f"{lane}.txt"


def again(lane: str, code: int) -> int:
    """A lane's exit code, or that of its few failures run by themselves."""
    failed = failures(lane)
    if code != 1 or not 0 < len(failed) <= SECOND_CHANCES:
        return code
    print(f"Failed, run again alone ({lane}):", *failed, sep="\n  ", flush=True)
    return subprocess.call([sys.executable, "-m", "pytest", "-o", f"cache_dir={CACHE / 'again'}", "-q", *failed])


def failures(lane: str) -> list[str]:
    """The ids of the tests that failed in the lane's last run."""
    remembered = CACHE / lane / "v" / "cache" / "lastfailed"
    return list(json.loads(remembered.read_text())) if remembered.exists() else []


if __name__ == "__main__":
    sys.exit(main())
