"""`run` and its children: refuse by name, start, restart, stop; and what is left when somebody is killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from tests.desk import Desk, desk, wait_until

pytestmark = pytest.mark.slow


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Desk]:
    """A desk on the generated market, not started."""
    with desk(tmp_path) as one:
        yield one


def ready(made: Desk) -> Desk:
    """The desk, once it is started and ready."""
    made.start("run")
    wait_until(lambda: "ready http" in made.log and "(SIM)" in made.log, 60, "ready, and what it runs on")
    return made


@pytest.fixture
def running(made: Desk) -> Desk:
    """A desk that is ready, for a test that ends it."""
    return ready(made)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk for all that leave it whole."""
    with desk(tmp_path_factory.mktemp("shared")) as one:
        yield ready(one)


def test_ready_names_the_page_and_what_it_runs_on(shared: Desk) -> None:
    assert f"ready {shared.url}" in shared.log
    assert "practice market (SIM)" in shared.log
    status = shared.status()
    assert status["ready"] and status["mode"] == "sim" and status["stream"]["state"] == "live"
    with urlopen(f"{shared.url}/healthz", timeout=5) as answer:
        assert json.load(answer)["ready"] is True


def test_a_desk_that_does_not_run_is_not_ready(made: Desk) -> None:
    answer = made.call("status", "--json")
    assert answer.returncode == 1
    assert json.loads(answer.stdout)["stream"]["state"] == "down"


@pytest.mark.alone
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_everything_within_5_s(running: Desk, number: int) -> None:
    children = child_pids(running)
    process = running.start("status")  # so that the log shows the state before
    process.wait(10)
    run = running.process("run")
    began = time.monotonic()
    run.send_signal(number)
    assert run.wait(6) == 0
    assert time.monotonic() - began < 5
    assert not [pid for pid in children if alive(pid)]


def test_children_end_when_run_is_killed(running: Desk) -> None:
    children = child_pids(running)
    running.process("run").kill()
    wait_until(lambda: not [pid for pid in children if alive(pid)], 6, "all children have ended")


def test_a_killed_worker_and_a_killed_market_come_back(shared: Desk) -> None:
    worker = shared.status()["worker"]["pid"]
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: ready_with_another_worker(shared, worker), 12, "another worker is live")
    connects = shared.status()["stream"]["connects"]
    os.kill(child_pid(shared, "simulator"), signal.SIGKILL)
    wait_until(lambda: shared.status()["stream"]["state"] == "reconnecting", 5, "the loss is said")
    wait_until(lambda: shared.status()["stream"]["connects"] > connects, 15, "connected again")
    wait_until(lambda: shared.status()["ready"], 10, "ready again")
    gaps = shared.status()["stream"]["gaps"]
    assert gaps and gaps[-1]["filled"] is True


def test_a_deleted_cache_is_filled_again(shared: Desk) -> None:
    before = len(shared.bars("AAPL", "1Min"))
    shutil.rmtree(shared.folder / "data" / "cache")
    wait_until(lambda: shared.status()["ready"], 5, "ready again")
    assert len(shared.bars("AAPL", "1Min")) >= before


def test_a_stopped_worker_is_not_called_live(shared: Desk) -> None:
    worker = shared.status()["worker"]["pid"]
    os.kill(worker, signal.SIGSTOP)
    try:
        wait_until(lambda: shared.status()["stream"]["state"] == "stale", 5, "stale")
        wait_until(lambda: shared.status()["stream"]["state"] == "down", 6, "down")
    finally:
        os.kill(worker, signal.SIGCONT)
    wait_until(lambda: shared.status()["stream"]["state"] == "live", 5, "live again")


@pytest.mark.parametrize("name", ["DASHBOARD_PORT", "SIMULATOR_PORT"])
def test_a_port_in_use_is_refused_by_name(made: Desk, name: str) -> None:
    with socket.create_server(("127.0.0.1", int(made.environment[name]))):
        answer = made.call("run")
    assert answer.returncode == 2
    assert name in answer.stderr and "in use" in answer.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REFRESH_MS", "fast"),
        ("SIMULATOR_SPEED", "0"),
        ("DASHBOARD_HOST", "0.0.0.0"),
        ("ALPACA_PAPER", "False "),
        ("CACHE_URL", "memcached:x"),
        ("SIMULATOR_TAPE", "no-such-file.csv.gz"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(made: Desk, name: str, value: str) -> None:
    made.environment[name] = value
    answer = made.call("run")
    assert answer.returncode == 2
    assert name in answer.stderr and "Traceback" not in answer.stderr


def test_an_unknown_name_in_the_env_file_is_refused(made: Desk) -> None:
    (made.folder / ".env").write_text("REFRESH=200\n")
    answer = made.call("run")
    assert answer.returncode == 2
    assert "REFRESH: is not a setting" in answer.stderr and "did you mean" in answer.stderr


def test_a_broken_tape_is_refused_with_its_row(made: Desk) -> None:
    tape = made.folder / "tape.csv"
    tape.write_text("ts_ns,kind,symbol,bid,bid_size,ask,ask_size,price,size,resting_side\n1,t,AMZN,,,,,abc,1,1\n")
    made.environment["SIMULATOR_TAPE"] = str(tape)
    answer = made.call("run")
    assert answer.returncode == 2
    assert "SIMULATOR_TAPE" in answer.stderr and "Traceback" not in answer.stderr


def test_a_second_worker_is_refused(shared: Desk) -> None:
    answer = shared.call("worker")
    assert answer.returncode == 4
    assert str(shared.status()["worker"]["pid"]) in answer.stderr


def test_a_refused_worker_alone_ends_with_3(made: Desk) -> None:
    made.start("simulator")
    wait_until(lambda: port_answers(made.simulator_port), 10, "the practice market")
    use_wrong_keys(made)
    answer = made.call("worker", limit_s=30)
    assert answer.returncode == 3
    assert "refused the keys" in answer.stderr and "not-the-secret" not in answer.stderr


def test_a_refused_worker_under_run_stays_and_says_why(made: Desk) -> None:
    made.start("simulator")
    wait_until(lambda: port_answers(made.simulator_port), 10, "the practice market")
    use_wrong_keys(made)
    made.start("run")
    state = wait_until(lambda: refused(made), 30, "refused")
    assert "refused the keys" in state["why"]
    assert "not-the-secret" not in made.log


def use_wrong_keys(made: Desk) -> None:
    host = f"127.0.0.1:{made.simulator_port}"
    made.environment |= {
        "ALPACA_API_KEY": "not-the-key",
        "ALPACA_SECRET_KEY": "not-the-secret",
        "ALPACA_TRADING_URL": f"http://{host}",
        "ALPACA_DATA_URL": f"http://{host}",
        "ALPACA_DATA_STREAM_URL": f"ws://{host}",
    }


def refused(made: Desk) -> Any:
    stream = made.status()["stream"]
    return stream if stream["state"] == "refused" else None


def ready_with_another_worker(running: Desk, worker: int) -> bool:
    status = running.status()
    return bool(status["ready"] and status["worker"]["pid"] != worker)


def port_answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def child_pids(running: Desk) -> list[int]:
    listed = subprocess.run(["pgrep", "-P", str(running.process("run").pid)], capture_output=True, text=True)
    return [int(line) for line in listed.stdout.split()]


def child_pid(running: Desk, command: str) -> int:
    found = [
        pid for pid in child_pids(running) if f"tickdesk.py\0{command}" in Path(f"/proc/{pid}/cmdline").read_text()
    ]
    assert found, f"no process for {command}"
    return found[0]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
