"""A real PostgreSQL for a test: a cluster of its own on a free port of loopback, with a password, in a temporary folder."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.desk import free_ports, wait_until

PASSWORD = "journal-canary-password"
HOMES = [path.parent for path in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)]
FOUND = shutil.which("initdb")
PROGRAMS = Path(FOUND).parent if FOUND else HOMES[0] if HOMES else None
AS_POSTGRES: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
"""initdb refuses root."""


def need_postgres() -> None:
    """Without PostgreSQL the test is skipped by name; in CI that is a failure."""
    if PROGRAMS is None:
        if os.environ.get("CI") == "true":
            pytest.fail("PostgreSQL is not installed; `make postgresql` installs it as root")
        pytest.skip("PostgreSQL is not installed")


class PostgresServer:
    """Started at once. `stop`, `start`, `freeze` and `thaw` are what a test does to it."""

    def __init__(self) -> None:
        need_postgres()
        self.folder = Path(tempfile.mkdtemp(prefix="tickdesk-postgres-"))  # pytest's own folders are closed to others
        (self.port,) = free_ports(1)
        self._databases = 0
        if AS_POSTGRES:
            shutil.chown(self.folder, "postgres")
        password = self.folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        options = f"--username=desk --auth=scram-sha-256 --pwfile={password} --no-sync -E UTF8 --locale=C"
        self._run("initdb", "-D", str(self.folder / "cluster"), *options.split())
        self.start()

    def url(self, database: str = "postgres", port: int = 0) -> str:
        """The JOURNAL_URL of a database."""
        return f"postgresql+psycopg://desk:{PASSWORD}@127.0.0.1:{port or self.port}/{database}"

    def new_database(self) -> str:
        """The JOURNAL_URL of a new, empty database."""
        self._databases += 1
        name = f"journal_{self._databases}"
        with self.connection() as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def connection(self, database: str = "postgres") -> psycopg.Connection[Any]:
        """A connection, for looking and for doing damage."""
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user="desk", password=PASSWORD, dbname=database, autocommit=True
        )

    def start(self) -> None:
        """Start it, with what it held, and wait until it answers."""
        options = f"-p {self.port} -h 127.0.0.1 -k {self.folder} -c shared_buffers=16MB -c max_connections=60"
        self.process = subprocess.Popen(
            [self._program("postgres"), "-D", self.folder / "cluster", *options.split()],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            **AS_POSTGRES,
        )
        wait_until(self._answers, 15, "PostgreSQL answers")

    def stop(self) -> None:
        """Stop it at once; what was committed stays."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(10)

    def freeze(self) -> None:
        """Stop every process of it where it stands: connections stay open, nothing is answered."""
        self.process.send_signal(signal.SIGSTOP)  # first, so that it starts no other
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal_all(signal.SIGCONT)

    def close(self) -> None:
        """Stop it and remove its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            self.connection().close()
        except psycopg.Error:
            return False
        return True

    def _signal_all(self, number: int) -> None:
        for pid in self._processes():
            with contextlib.suppress(ProcessLookupError):  # those that tidy up come and go
                os.kill(pid, number)

    def _processes(self) -> list[int]:
        postmaster = self.process.pid
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text()
        return [postmaster, *(int(pid) for pid in children.split())]

    def _program(self, name: str) -> Path:
        assert PROGRAMS is not None
        return PROGRAMS / name

    def _run(self, name: str, *arguments: str) -> None:
        subprocess.run(
            [self._program(name), *arguments], cwd=self.folder, check=True, capture_output=True, **AS_POSTGRES
        )
