"""The example of docs/client.md, run as it stands against a practice market in a process of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.desk import ROOT, desk, wait_until
from tests.integration.test_run import port_answers

pytestmark = pytest.mark.slow


@pytest.mark.timeout(60)
def test_the_example_of_the_page_runs(tmp_path: Path) -> None:
    example = (ROOT / "docs/client.md").read_text().split("```python\n")[1].split("```")[0]
    with desk(tmp_path) as made:
        made.start("simulator")
        wait_until(lambda: port_answers(made.simulator_port), 10, "the practice market")
        script = tmp_path / "example.py"
        script.write_text(example.replace("127.0.0.1:8060", f"127.0.0.1:{made.simulator_port}"))
        printed = tmp_path / "printed.txt"
        with printed.open("w") as output:
            running = subprocess.Popen(
                [sys.executable, "-u", str(script)], env={"PYTHONPATH": str(ROOT)}, stdout=output, stderr=output
            )
        try:
            for line in (r"AAPL: \$[\d,.]+, volume \d", r"BTC/USD: spread \d"):
                wait_until(lambda line=line: re.search(line, printed.read_text()), 15, line)
        finally:
            running.terminate()
            running.wait(10)
    assert "Traceback" not in printed.read_text()
