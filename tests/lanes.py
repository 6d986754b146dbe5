"""Every test: first those that mostly wait, in lanes beside each other; then unit tests; then those whose bound is a time, alone.

    python -m tests.lanes

Lanes on two processors now and then delay a test past its bound, and so does a stranger's load on a shared machine. So the few
that failed are run once more by themselves: what fails there too, fails. They are named in either case.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SECOND_CHANCES: Final = 5
"""More failures than these in one lane are no accident of timing and are not run again."""

CACHE: Final = Path(".pytest_cache")

IN_TWOS: Final = "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"
"""Two at once, a file each: tests of a file share what they have started. tests/conftest.py has the order of the files."""


@dataclass(frozen=True, slots=True)
class Lane:
    """Some of the tests; its name is that of its output and of what it remembers."""

    name: str
    options: tuple[str, ...]

    @property
    def command(self) -> list[str]:
        """pytest, which remembers this lane's failures apart from the others'."""
        cache = f"cache_dir={CACHE / self.name}"
        return [sys.executable, "-m", "pytest", "--durations=12", "-q", "-o", cache, *self.options]

    @property
    def output(self) -> Path:
        """Where its output is kept until it has ended."""
        return CACHE / f"{self.name}.txt"

    @property
    def failures(self) -> list[str]:
        """The ids of the tests that failed in the last run."""
        remembered = CACHE / self.name / "v" / "cache" / "lastfailed"
        return list(json.loads(remembered.read_text())) if remembered.exists() else []


BESIDE: Final = (
    Lane("integration", ("tests/integration", "-m", "not alone", *IN_TWOS)),
    Lane("browser", ("tests/browser", "-m", "not alone")),
)
UNIT: Final = Lane("unit", ("tests/unit", "-m", "not alone", *IN_TWOS))
"""After the others: unit tests wait for nothing, and would take the time of those that do."""

ALONE: Final = Lane("alone", ("tests", "-m", "alone"))


def main() -> int:
    """0 where every test passed, beside the others or alone; else pytest's exit code."""
    CACHE.mkdir(exist_ok=True)
    codes = run(*BESIDE) | run(UNIT) | run(ALONE)
    return next((code for code in [again(lane, codes[lane]) for lane in codes] if code), 0)


def run(*lanes: Lane) -> dict[Lane, int]:
    """The exit code of each, all at once; what they said, and how long they took, in the order in which they ended."""
    began = time.monotonic()
    running = {lane: _started(lane) for lane in lanes}
    codes: dict[Lane, int] = {}
    while len(codes) < len(lanes):
        time.sleep(0.2)
        for lane in lanes:
            code = running[lane].poll()
            if code is not None and lane not in codes:
                codes[lane] = code
                print(lane.output.read_text(), f"{lane.name}: {time.monotonic() - began:.0f} s\n", sep="\n", flush=True)
    return codes


def again(lane: Lane, code: int) -> int:
    """A lane's exit code, or that of its few failures run by themselves."""
    failed = lane.failures
    if code != 1 or not 0 < len(failed) <= SECOND_CHANCES:
        return code
    print(f"Failed, run again alone ({lane.name}):", *failed, sep="\n  ", flush=True)
    return subprocess.call([sys.executable, "-m", "pytest", "-o", f"cache_dir={CACHE / 'again'}", "-q", *failed])


def _started(lane: Lane) -> subprocess.Popen[bytes]:
    with lane.output.open("wb") as output:
        return subprocess.Popen(lane.command, stdout=output, stderr=subprocess.STDOUT)


if __name__ == "__main__":
    sys.exit(main())
