"""The log of a process: what stands in a line, in every thread and for every library, and what ended the process."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[3]
CANARY: Final = "c4n4ry-S3cr3t"

BEGIN: Final = f"""
import logging, sys, threading
from pathlib import Path
import structlog
from logs.process_log import begin_log
folder, level, console = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
begin_log("worker", level, folder, "run-7", ["{CANARY}"], console)
log = structlog.get_logger()
"""


def logged(folder: Path, program: str, level: str = "INFO", console: str = "") -> tuple[list[dict[str, Any]], str]:
    """The lines of the file, and what was printed."""
    command = [sys.executable, "-c", BEGIN + program, str(folder / "logs"), level, console]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert CANARY not in ended.stderr + ended.stdout
    files = list((folder / "logs").glob("*.jsonl"))
    text = "".join(path.read_text() for path in files)
    assert CANARY not in text
    return [json.loads(line) for line in text.splitlines()], ended.stderr


def test_a_line_says_when_how_bad_who_and_what_about(tmp_path: Path) -> None:
    (line,), printed = logged(tmp_path, 'log.warning("order", symbol="AAPL", side="buy", qty="10", text="ü€")')
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line.pop("timestamp"))
    assert line == {
        "event": "order",
        "level": "warning",
        "process": "worker",
        "run_id": "run-7",
        **{"symbol": "AAPL", "side": "buy", "qty": "10", "text": "ü€"},
    }
    assert "order" in printed and "symbol=AAPL" in printed and "\x1b[" not in printed and "run_id" not in printed


def test_every_thread_and_library_says_the_same(tmp_path: Path) -> None:
    program = """
threading.Thread(target=lambda: log.info("in a thread")).start()
logging.getLogger("some.library").error("failed with %s", "it")
"""
    found, _ = logged(tmp_path, program)
    assert {(line["event"], line["process"], line["run_id"], line["level"]) for line in found} == {
        ("in a thread", "worker", "run-7", "info"),
        ("failed with it", "worker", "run-7", "error"),
    }
    assert all(line["timestamp"].endswith("Z") for line in found)


def test_the_level_counts_and_the_console_may_hear_less(tmp_path: Path) -> None:
    program = "for level in ('debug', 'info', 'warning', 'error', 'critical'): getattr(log, level)(f'it is {level}')"
    found, printed = logged(tmp_path, program, "INFO", "ERROR")
    assert [line["level"] for line in found] == ["info", "warning", "error", "critical"]
    assert [word for word in ("info", "warning", "error", "critical") if f"it is {word}" in printed] == [
        "error",
        "critical",
    ]


def test_an_error_is_told_without_the_values_of_its_frames(tmp_path: Path) -> None:
    program = f"""
def fails(given):
    hidden = "local-value-" + "of-a-frame"
    raise ValueError("could not use " + given)
try:
    fails("{CANARY}")
except ValueError:
    log.exception("failed", password="{CANARY}")
    logging.getLogger("library").exception("failed too")
"""
    found, printed = logged(tmp_path, program)
    assert [line["event"] for line in found] == ["failed", "failed too"]
    for text in (*(line["exception"] for line in found), printed):
        assert "ValueError: could not use ***" in text and "local-value-of-a-frame" not in text


def test_an_error_at_every_look_is_told_once_and_a_line_at_every_step_each_time(tmp_path: Path) -> None:
    program = """
for number in range(20):
    log.info("order", number=number)
    try:
        1 / 0
    except ZeroDivisionError:
        log.exception("the journal cannot be read")
"""
    found, printed = logged(tmp_path, program)
    assert [line["event"] for line in found].count("order") == 20
    assert (
        [line["event"] for line in found].count("the journal cannot be read")
        == printed.count("ZeroDivisionError:")
        == 1
    )


def test_what_ends_a_process_or_a_thread_is_logged(tmp_path: Path) -> None:
    program = f"""
def crash():
    raise RuntimeError("{CANARY} in a thread")
thread = threading.Thread(target=crash)
thread.start()
thread.join()
raise RuntimeError("{CANARY} at the end")
"""
    found, printed = logged(tmp_path, program)
    assert [(line["event"], line["level"]) for line in found] == [("crashed", "critical")] * 2
    assert "RuntimeError: *** in a thread" in found[0]["exception"] and "*** at the end" in found[1]["exception"]
    assert printed.count("RuntimeError: ***") == 2


def test_libraries_that_would_print_frames_are_quiet_at_debug(tmp_path: Path) -> None:
    program = f"""
logging.getLogger("websockets.client").debug("> BINARY 63 34 6e 34 72 79")
logging.getLogger("numba.core").debug("bytecode")
logging.getLogger("urllib3.connectionpool").debug("GET /v2/account?token={CANARY} 200")
log.debug("ours")
"""
    found, _ = logged(tmp_path, program, "DEBUG")
    assert [line["event"] for line in found] == ["GET /v2/account?token=*** 200", "ours"]


def test_a_folder_that_cannot_be_written_does_not_stop_the_process(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file")
    found, printed = logged(tmp_path, 'log.warning("one"); log.warning("two")')
    assert found == [] and printed.count("the log cannot be written") == 1 and "two" in printed
