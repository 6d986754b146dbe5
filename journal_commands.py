"""The commands on the journal: a copy of it while the desk runs, a check of it, and its audit."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from domain.errors import SettingsError, TickdeskError
from settings import Settings


def register(app: typer.Typer, load: Callable[[], Settings], fail: Callable[[Exception], None]) -> None:
    """Add the commands. `load` gives the settings, `fail` ends with the exit code of an error."""
    journal = typer.Typer(help="The journal of orders: a copy of it, and a check.", no_args_is_help=True)
    app.add_typer(journal, name="journal")

    @journal.command()
    def backup(file: Annotated[Path, typer.Argument(help="The copy; must not be there yet.")]) -> None:
        """Copy the journal as of one moment, while the desk runs. For PostgreSQL it says which command does that."""
        print(json.dumps(_guarded(fail, lambda: _backup(load(), file))))

    @journal.command()
    def check() -> None:
        """Check the file, and that fills, orders and positions agree; exit code 1 if something is wrong."""
        found = _guarded(fail, lambda: _check(load()))
        print(json.dumps(found, indent=2))
        raise typer.Exit(0 if found["ok"] else 1)

    @app.command()
    def audit(
        limit: Annotated[int, typer.Option(min=1, help="The newest so many lines.")] = 100,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    ) -> None:
        """Print who changed a limit, the kill switch, the breaker or a user, oldest first. Times are ISO 8601, UTC."""
        lines = _guarded(fail, lambda: _audit(load(), limit))
        print(json.dumps(lines, indent=2) if as_json else "\n".join(_one_line(line) for line in lines))


def _guarded(fail: Callable[[Exception], None], act: Callable[[], Any]) -> Any:
    try:
        return act()
    except TickdeskError as error:
        fail(error)


def _open(settings: Settings) -> Any:
    from orders.journal import Journal

    return Journal(settings.journal)


def _backup(settings: Settings, file: Path) -> dict[str, Any]:
    import sqlite3

    from orders.place import POSTGRES
    from orders.sqlite_file import copy_file

    journal = _open(settings)
    if journal.place.dialect == POSTGRES:
        url = journal.place.url.set(drivername="postgresql", password=None)
        raise SettingsError(
            f"The journal is a PostgreSQL database. Copy it with: pg_dump --format=custom --file={file} {url}"
        )
    try:
        copy_file(journal.place.path, file)
    except (OSError, sqlite3.Error) as error:
        raise SettingsError(f"{file}: the copy cannot be made: {error}") from error
    return {"file": str(file), "bytes": file.stat().st_size}


def _check(settings: Settings) -> dict[str, Any]:
    from orders.journal_check import check_journal
    from orders.schema import VERSION

    journal = _open(settings)
    findings = [asdict(finding) for finding in check_journal(journal)]
    return {"journal": journal.place.name, "version": VERSION, "ok": not findings, "findings": findings}


def _audit(settings: Settings, limit: int) -> list[dict[str, Any]]:
    from broker.rfc3339 import rfc3339
    from orders.audit import audit_lines

    lines = audit_lines(_open(settings), limit)
    return [
        {"time": rfc3339(line.ts_wall), "account_id": line.account_id, "what": line.what, "details": line.details}
        for line in lines
    ]


def _one_line(line: dict[str, Any]) -> str:
    details = " ".join(f"{name}={json.dumps(value)}" for name, value in line["details"].items())
    return f"{line['time']}  {line['account_id']}  {line['what']}  {details}"
