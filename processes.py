"""The processes of `run`: started in order, watched, restarted when they die, stopped in reverse order.

Each child runs in a session of its own, so that Ctrl-C reaches only the parent, and holds one end of a pipe: when the
parent is gone, however it died, the pipe closes and the child stops itself.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog

FINAL_EXITS: Final = frozenset({0, 2, 3, 4})
"""Bad settings, refused, lease held: starting again changes nothing. 0 is a stop that somebody asked for."""

RESTART_FIRST_S: Final = 0.5
RESTART_LONGEST_S: Final = 10.0
STEADY_S: Final = 30.0
"""A process that ran this long begins again with the shortest wait."""

STOP_LIMIT_S: Final = 4.0
BEFORE_THE_NEXT_S: Final = 0.8
"""So long the next one waits for the one before it to stop; a slow one is waited for beside the others."""

log = structlog.get_logger()


@dataclass(slots=True)
class Child:
    """One process of the desk. `command` is the word that tickdesk.py takes."""

    command: str
    arguments: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    deaths: int = 0
    restart_at: float | None = None

    @property
    def name(self) -> str:
        """The word for logs."""
        return self.command


@dataclass(slots=True)
class DeskProcesses:
    """The children of one `run`, in the order in which they start."""

    program: Path
    children: list[Child] = field(default_factory=list)
    _pipe: tuple[int, int] = field(default_factory=os.pipe)

    def start(self, child: Child) -> None:
        """Start a process; it is watched from now on."""
        if child not in self.children:
            self.children.append(child)
        held, _ = self._pipe
        child.process = subprocess.Popen(
            [sys.executable, str(self.program), child.command, *child.arguments],
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            pass_fds=(held,),
            env={**os.environ, PARENT_PIPE: str(held)},
        )
        child.started_at, child.restart_at = time.monotonic(), None
        log.info("started", child=child.name, child_pid=child.process.pid)

    def watch(self) -> int | None:
        """Look after the children once. The exit code of one that ended for good, or None while all is well."""
        for child in self.children:
            if child.restart_at is not None:
                if time.monotonic() >= child.restart_at:
                    self.start(child)
                continue
            code = child.process.poll() if child.process else None
            if code in FINAL_EXITS:
                return code
            if code is not None:
                self._died(child, code)
        return None

    def stop(self) -> None:
        """Stop all of them, the last first; who does not stop in time is killed. Done within 5 s."""
        deadline = time.monotonic() + STOP_LIMIT_S
        running = [child.process for child in reversed(self.children) if child.process is not None]
        for process in running:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(BEFORE_THE_NEXT_S)
        for process in running:
            _wait(process, max(deadline - time.monotonic(), 0.2))
        for end in self._pipe:
            os.close(end)

    def _died(self, child: Child, code: int) -> None:
        steady = time.monotonic() - child.started_at >= STEADY_S
        child.deaths = 1 if steady else child.deaths + 1
        wait_s = min(RESTART_FIRST_S * 2 ** (child.deaths - 1), RESTART_LONGEST_S)
        child.restart_at = time.monotonic() + wait_s
        log.error("died; it is started again", child=child.name, exit_code=code, wait_s=wait_s)


PARENT_PIPE: Final = "TICKDESK_PARENT_PIPE"
RUN_ID: Final = "TICKDESK_RUN_ID"


def run_id() -> str:
    """The mark of this run, the same in all of its processes: the first makes it, children inherit it."""
    return os.environ.setdefault(RUN_ID, secrets.token_hex(4))


def end_with_parent() -> None:
    """In a child: send this process SIGTERM as soon as its parent is gone. Does nothing for a process that stands alone."""
    held = os.environ.pop(PARENT_PIPE, None)
    if held is not None:
        threading.Thread(target=_wait_for_parent, args=(int(held),), name="parent", daemon=True).start()


def _wait_for_parent(held: int) -> None:
    os.read(held, 1)
    os.kill(os.getpid(), signal.SIGTERM)


def _wait(process: subprocess.Popen[bytes], limit_s: float) -> None:
    try:
        process.wait(limit_s)
    except subprocess.TimeoutExpired:
        log.error("did not stop in time; killed", pid=process.pid)
        process.kill()
        process.wait()
