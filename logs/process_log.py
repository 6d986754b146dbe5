"""The log of a process: what is logged where, with which fields. Never a line a tick, never a secret."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Collection
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import structlog

from logs.day_file import DayFile
from logs.redaction import Redaction
from logs.repeats import Repeats

QUIET: Final = ("websockets", "gunicorn", "werkzeug", "asyncio", "numba")
"""Never below WARNING: at DEBUG websockets prints the login as numbers, in which no secret can be recognised; our own
lines of messages stand for its."""

CHATTY: Final = ("urllib3", "alpaca")
"""Heard at DEBUG only."""

FIRST: Final = ("timestamp", "level", "process", "run_id", "event")


def begin_log(
    process: str,
    level: str,
    folder: Path | None = None,
    run_id: str = "",
    secrets: Collection[str] = (),
    console_level: str = "",
) -> None:
    """Log this process, and the libraries in it: to standard error, and as JSON to a file of the day in `folder`.

    `level` counts for both, unless `console_level` says otherwise for the first. Every line has time (UTC), level, process and
    run_id. A folder that cannot be written is said once; the process goes on without.
    """
    stamp: list[Any] = [
        structlog.contextvars.merge_contextvars,
        _Origin(process, run_id),
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    redaction = Redaction(secrets)
    handlers = [_to_console(stamp, redaction, console_level or level)]
    if folder is not None:
        handlers.append(_to_file(stamp, redaction, folder, level))
    repeats = Repeats()
    for handler in handlers:
        handler.addFilter(repeats)
    logging.basicConfig(handlers=handlers, level=level, force=True)
    for name in (*QUIET, *CHATTY):
        heard = level == "DEBUG" and name in CHATTY
        logging.getLogger(name).setLevel(logging.DEBUG if heard else max(logging.WARNING, logging.getLevelName(level)))
    structlog.configure(
        processors=[*stamp, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
    )
    sys.excepthook = _log_crash
    threading.excepthook = lambda crash: _log_crash(crash.exc_type, crash.exc_value, crash.exc_traceback)


class _Origin:
    """Adds where a line comes from; in every thread, which context variables do not reach."""

    def __init__(self, process: str, run_id: str) -> None:
        self._fields = {"process": process, "run_id": run_id} if run_id else {"process": process}

    def __call__(self, _logger: Any, _name: str, event: dict[str, Any]) -> dict[str, Any]:
        """The event with its origin."""
        return {**self._fields, **event}


def _to_console(stamp: list[Any], redaction: Redaction, level: str) -> logging.Handler:
    # its own way to print an error would show the local variables of every frame
    renderer = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), pad_event_to=28, exception_formatter=structlog.dev.plain_traceback
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(level)
    handler.setFormatter(_formatter(stamp, [redaction, _without_run_id, renderer]))
    return handler


def _to_file(stamp: list[Any], redaction: Redaction, folder: Path, level: str) -> logging.Handler:
    handler = DayFile(folder)
    handler.setLevel(level)
    handler.setFormatter(
        _formatter(stamp, [redaction, _in_order, structlog.processors.JSONRenderer(ensure_ascii=False)])
    )
    return handler


def _formatter(stamp: list[Any], last: list[Any]) -> logging.Formatter:
    meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*stamp, structlog.stdlib.add_logger_name],
        processors=[meta, structlog.processors.format_exc_info, *last],
    )


def _without_run_id(_logger: Any, _name: str, event: dict[str, Any]) -> dict[str, Any]:
    """A person sees one run at a time."""
    return {name: value for name, value in event.items() if name != "run_id"}


def _in_order(_logger: Any, _name: str, event: dict[str, Any]) -> dict[str, Any]:
    """What every line has comes first."""
    return {**{name: event[name] for name in FIRST if name in event}, **event}


def _log_crash(kind: type[BaseException], error: BaseException | None, traceback: TracebackType | None) -> None:
    """Say what ended a process or thread, without its secrets."""
    if error is None or issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    structlog.get_logger("crash").critical("crashed", exc_info=(kind, error, traceback))
