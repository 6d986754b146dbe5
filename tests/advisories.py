"""Whether there are advisories about the installed packages, by pip-audit; a part of `make check`.

    python -m tests.advisories

Where the service of advisories cannot be reached this is skipped, and says so: a machine without internet can check the rest.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.request import urlopen

SERVICE: Final = "https://pypi.org/pypi/diskcache/5.6.3/json"
"""One answer of the service that pip-audit asks, of a version of ours for which there is an advisory."""

ACCEPTED: Final = Path("docs/advisories.toml")
REACH_LIMIT_S: Final = 5.0
AUDIT_LIMIT_S: Final = 90.0


@dataclass(frozen=True, slots=True)
class Accepted:
    """An advisory that is known and accepted."""

    id: str
    package: str
    reason: str


def main(service: str = SERVICE) -> int:
    """0 where nothing is wrong that is not accepted, or nobody could be asked; else 1."""
    accepted = read_accepted(ACCEPTED)
    if not tells_advisories(service):
        print(f"pip-audit: SKIPPED, the service of advisories cannot be reached ({service})")
        return 0
    report = audit()
    if report is None:
        print("pip-audit: SKIPPED, the service of advisories broke off")
        return 0
    faults, stale = judged(report, accepted)
    for line in [*faults, *stale]:
        print(f"pip-audit: {line}")
    print(f"pip-audit: {len(report['dependencies'])} packages, {len(faults)} advisories that are not accepted")
    return 1 if faults else 0


def read_accepted(path: Path) -> list[Accepted]:
    """The accepted advisories. ValueError for one without a reason."""
    accepted = [Accepted(**entry) for entry in tomllib.loads(path.read_text()).get("accepted", [])]
    for each in accepted:
        if not each.reason.strip():
            raise ValueError(f"{path}: {each.id} has no reason")
    return accepted


def tells_advisories(service: str) -> bool:
    """Whether the service answers, and with advisories: a mirror of packages often has none."""
    try:
        with urlopen(service, timeout=REACH_LIMIT_S) as answer:
            return "vulnerabilities" in json.load(answer)
    except (OSError, ValueError):
        return False


def audit() -> dict[str, Any] | None:
    """pip-audit's report on what is installed; None where it could not finish it."""
    command = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off", "--timeout", "10"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=AUDIT_LIMIT_S)
        report: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return None
    return report


def judged(report: dict[str, Any], accepted: list[Accepted]) -> tuple[list[str], list[str]]:
    """Advisories that nobody accepted, and acceptances of which nothing is found any more."""
    known = {(each.package, each.id) for each in accepted}
    faults, met = [], set()
    for package in report["dependencies"]:
        for advisory in package.get("vulns", []):
            names = {(package["name"], name) for name in (advisory["id"], *advisory.get("aliases", []))}
            if names & known:
                met |= names & known
                continue
            mended = ", ".join(advisory.get("fix_versions", [])) or "no version"
            faults.append(f"{package['name']} {package['version']}: {advisory['id']}, mended in {mended}")
    return faults, [
        f"{name}: {package} has it no more; take it out of {ACCEPTED}" for package, name in sorted(known - met)
    ]


if __name__ == "__main__":
    sys.exit(main())
