"""Every test, in lanes beside each other, because most of them wait most of the time; then those whose bound is a time, alone.

    python -m tests.lanes

Lanes on two processors now and then delay a test past its bound, and so does a stranger's load on a shared machine. So the few
that failed are run once more by themselves: what fails there too, fails. They are named in either case.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SECOND_CHANCES: Final = 5
"""More failures than these in one lane are no accident of timing and are not run again."""

CACHE: Final = Path(".pytest_cache")

IN_THREES: Final = "-n", "3", "--dist", "loadgroup", "--no-loadscope-reorder"
"""Three at once for two processors: integration tests wait for sockets and processes. tests/conftest.py has their order."""

LAST: Final = "nice", "-n", "5"
"""Unit tests wait for nothing: they take what the others leave, so that nobody is late because of them."""


@dataclass(frozen=True, slots=True)
class Lane:
    """Some of the tests; its name is that of its output and of what it remembers."""

    name: str
    options: tuple[str, ...]
    prefix: tuple[str, ...] = ()

    @property
    def command(self) -> list[str]:
        """pytest, which remembers this lane's failures apart from the others'."""
        prefix = self.prefix if self.prefix and shutil.which(self.prefix[0]) else ()
        cache = f"cache_dir={CACHE / self.name}"
        return [*prefix, sys.executable, "-m", "pytest", "--durations=12", "-q", "-o", cache, *self.options]

    @property
    def output(self) -> Path:
        """Where its output is kept until it has ended."""
        return CACHE / f"{self.name}.txt"

    @property
    def failures(self) -> list[str]:
        """The ids of the tests that failed in the last run, without the group that they ran in."""
        remembered = CACHE / self.name / "v" / "cache" / "lastfailed"
        return [_without_group(name) for name in json.loads(remembered.read_text())] if remembered.exists() else []


BESIDE: Final = (
    Lane("integration", ("tests/integration", "-m", "not alone", *IN_THREES)),
    Lane("browser", ("tests/browser", "-m", "not alone")),
    Lane("unit", ("tests/unit", "-m", "not alone"), LAST),
)
ALONE: Final = Lane("alone", ("tests", "-m", "alone"))


def main() -> int:
    """0 where every test passed, beside the others or alone; else pytest's exit code."""
    CACHE.mkdir(exist_ok=True)
    codes = run(*BESIDE) | run(ALONE)
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


def _without_group(name: str) -> str:
    """pytest-xdist writes the group behind the id of a test. Groups are named after their file (tests/conftest.py)."""
    return name.removesuffix(f"@{Path(name.partition('::')[0]).stem}")


if __name__ == "__main__":
    sys.exit(main())
