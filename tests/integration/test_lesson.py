"""Code written for Alpaca runs against the practice market unchanged: only the addresses differ."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.desk import desk, wait_until
from tests.integration.test_run import port_answers

pytestmark = pytest.mark.slow

LESSON = Path(__file__).with_name("lesson_example.py")


@pytest.mark.timeout(120)
def test_the_first_lesson_runs_unchanged(tmp_path: Path) -> None:
    printed = tmp_path / "printed.txt"
    with desk(tmp_path) as made, printed.open("w") as output:
        made.start("simulator")
        wait_until(lambda: port_answers(made.simulator_port), 10, "the practice market")
        address = f"127.0.0.1:{made.simulator_port}"
        command = [sys.executable, str(LESSON), f"ws://{address}/v2/iex", f"http://{address}"]
        lesson = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            for what in (
                r"history: \d\d bars of SPY",
                r"SPY: \$[\d,.]+, volume [\d,]+, at \d{4}-",
                r"TSLA: bid [\d.]+ ask [\d.]+",
            ):
                wait_until(lambda w=what: re.search(w, printed.read_text()), 15, what)
            wait_until(lambda: re.search(r"bar (SPY|TSLA): close [\d.]+", printed.read_text()), 75, "a minute bar")
        finally:
            lesson.terminate()
            lesson.wait(10)
    assert "Traceback" not in printed.read_text()
