"""Users and the guard on a real server: who is let in from where, and what strangers get who send nonsense."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.desk import PROGRAM, Desk, desk, wait_until

pytestmark = pytest.mark.slow

PASSWORD = "correct horse battery"


def user(made: Desk, *words: str, password: str = PASSWORD) -> subprocess.CompletedProcess[str]:
    """`tickdesk.py user WORDS`, with the password by standard input."""
    command = [sys.executable, str(PROGRAM), "user", *words]
    given = {"cwd": made.folder, "env": made.environment, "input": f"{password}\n"}
    return subprocess.run(command, capture_output=True, text=True, timeout=20, **given)  # type: ignore[call-overload,no-any-return]


def add(made: Desk, name: str, role: str) -> None:
    answer = user(made, "add", name, "--role", role, "--password-stdin")
    assert answer.returncode == 0, answer.stderr


class Client:
    """A client that keeps cookies as a browser does, and sends what it likes."""

    def __init__(self, made: Desk, host: str = "127.0.0.1") -> None:
        self.host, self.port = host, made.dashboard_port
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, str], str]:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=20)
        token = self.cookies.get(f"tickdesk_token_{self.port}", "")
        usual = {"Cookie": "; ".join(f"{key}={value}" for key, value in self.cookies.items()), "X-CSRFToken": token}
        text = None if body is None else json.dumps(body) if not isinstance(body, str | bytes) else body
        kind = {} if body is None else {"Content-Type": "application/json"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, text, {**usual, **kind, **named})
        answer = connection.getresponse()
        for name, value in answer.getheaders():
            if name == "Set-Cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        return answer.status, dict(answer.getheaders()), answer.read().decode(errors="replace")

    def log_in(self, name: str, password: str = PASSWORD) -> int:
        self.ask("GET", "/login")
        return self.ask("POST", "/login", {"name": name, "password": password})[0]


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Desk]:
    with desk(tmp_path) as one:
        yield one


def served(made: Desk) -> Desk:
    """The desk's page, without a worker: it answers all the same."""
    made.start("dashboard")
    client = Client(made)

    def answers() -> bool:
        try:
            return client.ask("GET", "/healthz")[0] == 200
        except OSError:
            return False

    wait_until(answers, 15, "the page answers")
    return made


@pytest.mark.parametrize("command", ["run", "dashboard"])
@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_others_are_let_in_only_if_there_are_users(made: Desk, command: str, host: str) -> None:
    made.environment["DASHBOARD_HOST"] = host
    answer = made.call(command)
    assert answer.returncode == 2 and "Traceback" not in answer.stderr
    assert "DASHBOARD_HOST" in answer.stderr and "user add NAME --role instructor --password-stdin" in answer.stderr


def test_an_address_of_another_machine_is_told_by_name(made: Desk) -> None:
    made.environment["DASHBOARD_HOST"] = "203.0.113.7"
    answer = made.call("run")
    assert answer.returncode == 2 and "DASHBOARD_HOST: 203.0.113.7" in answer.stderr


def test_with_users_the_desk_is_served_to_who_logs_in(made: Desk) -> None:
    add(made, "alice", "trader")
    made.environment["DASHBOARD_HOST"] = "0.0.0.0"
    client = Client(served(made))
    status, headers, _ = client.ask("GET", "/")
    assert (status, headers["Location"]) == (303, "/login")
    assert Client(made).log_in("alice", "wrong password") == 401
    assert client.log_in("alice") == 200
    status, _, page = client.ask("GET", "/")
    assert status == 200 and 'data-user="alice"' in page
    assert Client(made).ask("GET", "/", Host=f"evil.example:{made.dashboard_port}")[0] == 421
    assert Client(made).ask("GET", "/login", Host=f"192.0.2.1:{made.dashboard_port}")[0] == 200


def test_a_lock_and_a_login_outlive_a_kill(made: Desk) -> None:
    add(made, "alice", "trader")
    add(made, "bob", "viewer")
    served(made)
    bob = Client(made)
    assert bob.log_in("bob") == 200
    statuses = [Client(made).log_in("alice", f"guess {number}") for number in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    os.killpg(made.process("dashboard").pid, signal.SIGKILL)
    made.process("dashboard").wait()
    served(made)
    assert Client(made).log_in("alice") == 429 and bob.ask("GET", "/")[0] == 200
    assert user(made, "password", "bob", "--password-stdin", password=PASSWORD + "2").returncode == 0
    wait_until(lambda: bob.ask("GET", "/")[0] == 303, 3, "the old password's session has ended")
    assert bob.log_in("bob") == 401 and bob.log_in("bob", PASSWORD + "2") == 200


def test_the_commands_say_what_they_did(made: Desk) -> None:
    add(made, "Alice", "trader")
    assert json.loads(user(made, "list").stdout) == [{"name": "alice", "role": "trader"}]
    for words, password, code in (
        (("add", "alice", "--role", "viewer", "--password-stdin"), PASSWORD, 1),
        (("add", "bob", "--role", "viewer", "--password-stdin"), "short", 1),
        (("add", "bob", "--role", "king", "--password-stdin"), PASSWORD, 2),
        (("add", "bob", "--role", "viewer"), PASSWORD, 2),
        (("remove", "bob"), "", 1),
    ):
        answer = user(made, *words, password=password)
        assert answer.returncode == code and "Traceback" not in answer.stderr and PASSWORD not in answer.stderr
    assert user(made, "remove", "alice").returncode == 0 and json.loads(user(made, "list").stdout) == []


NONSENSE: list[bytes] = [
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"POST /_dash-update-component HTTP/1.1\r\nHost: {host}\r\nContent-Length: 99999999\r\n\r\n",
    b"POST /_dash-update-component HTTP/1.1\r\nHost: {host}\r\nContent-Length: -1\r\n\r\n",
    b"POST /_dash-update-component HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    b"POST /login HTTP/1.1\r\nHost: {host}\r\nContent-Type: multipart/form-data\r\nContent-Length: 3\r\n\r\nabc",
    b"POST /logout HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\n%ff",
    b"TRACE / HTTP/1.1\r\nHost: {host}\r\n\r\n",
    b"GET /assets/../../settings.py HTTP/1.1\r\nHost: {host}\r\n\r\n",
    b"GET /assets/%2e%2e/%2e%2e/data/secret HTTP/1.1\r\nHost: {host}\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64) + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: {host}\r\nCookie: " + b"x" * 20_000 + b"\r\n\r\n",
]


def raw(made: Desk, sent: bytes) -> str:
    """What the server answers to these bytes."""
    host = f"127.0.0.1:{made.dashboard_port}".encode()
    with socket.create_connection(("127.0.0.1", made.dashboard_port), timeout=10) as connection:
        connection.sendall(sent.replace(b"{host}", host))
        connection.settimeout(3)
        try:
            return connection.recv(65_536).decode(errors="replace")
        except TimeoutError:
            return ""


def test_nonsense_gets_an_answer_of_the_4xx_or_none_and_the_desk_goes_on(made: Desk) -> None:
    served(made)
    for sent in NONSENSE:
        answer = raw(made, sent)
        assert not answer or re.match(r"HTTP/1\.[01] 4\d\d", answer), (sent[:80], answer[:80])
        assert "Traceback" not in answer and not re.search(r"(?i)server:.*\d", answer)
    status, headers, _ = Client(made).ask("GET", "/")
    assert status == 200 and not re.search(r"\d", headers["Server"])


def test_what_is_no_http_is_refused_with_our_headers_and_logged_with_ours_without_its_secrets(made: Desk) -> None:
    """gunicorn answers that by itself: no code of the app ever sees it."""
    served(made)
    answer = raw(made, b"GET / HTTP/1.1\r\nHost: x\r\nbad header: password=canary-of-a-header\r\n\r\n")
    head, _, body = answer.partition("\r\n\r\n")
    lines = head.split("\r\n")
    names = {line.partition(":")[0] for line in lines[1:]}
    assert lines[0].startswith("HTTP/1.1 400") and "<html>" in body
    assert {"Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Content-Length"} <= names

    def refusals() -> list[dict[str, Any]]:
        files = (made.folder / "data" / "logs").glob("*.jsonl")
        lines = [json.loads(line) for file in files for line in file.read_text().splitlines()]
        return [line for line in lines if "Invalid request" in line["event"]]

    (line,) = wait_until(refusals, 5, "the refusal is in the log")
    assert line["process"] == "dashboard" and line["level"] == "warning" and "127.0.0.1" in line["event"]
    assert "canary-of-a-header" not in made.log + json.dumps(line)


def test_debug_by_the_environment_changes_nothing(made: Desk) -> None:
    """DASH_DEBUG and FLASK_DEBUG open a console to whoever makes the server fail."""
    debug = {
        "DASH_DEBUG": "true",
        "FLASK_DEBUG": "1",
        "DASH_ENABLE_MCP": "true",
        "DASH_MCP_ENABLED": "true",
        "DASH_HOT_RELOAD": "1",
    }
    made.environment |= debug
    served(made)
    client = Client(made)
    for path in ("/console", "/?__debugger__=yes&cmd=resource&f=style.css", "/_mcp", "/_reload-hash", "/mcp"):
        status, _, page = client.ask("GET", path)
        assert (status == 404) if "?" not in path else "Console" not in page and "debugger" not in page.lower()
    status, _, answer = client.ask("GET", "/_dash-component-suites/dash/nothing.js")
    assert status == 404 and "Traceback" not in answer
    assert "_dash-config" in client.ask("GET", "/")[2] and '"ui": true' not in client.ask("GET", "/")[2]
