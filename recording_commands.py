"""The commands on recordings: what has been recorded, and a day of it as a tape in one file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from domain.errors import SettingsError
from settings import Settings


def register(app: typer.Typer, load: Callable[[], Settings], fail: Callable[[Exception], None]) -> None:
    """Add the commands. `load` gives the settings, `fail` ends with the exit code of an error."""
    record = typer.Typer(
        help="What was recorded (RECORD=true), and a day of it as a tape.", invoke_without_command=True
    )
    app.add_typer(record, name="record")

    @record.callback()
    def listing(
        context: typer.Context,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    ) -> None:
        """List the recorded days: symbols, files and size."""
        if context.invoked_subcommand is None:
            settings = load()
            days = _days(settings)
            print(json.dumps(days, indent=2) if as_json else _table(days, settings))

    @record.command()
    def export(
        day: Annotated[str, typer.Argument(help="The day as `record` lists it: 2026-11-20.")],
        symbols: Annotated[list[str] | None, typer.Argument(help="Symbols; all if none is named.")] = None,
        out: Annotated[Path | None, typer.Option(help="The file; DAY.csv.gz if it is not given.")] = None,
    ) -> None:
        """Write a day as a tape: a gzip CSV that SIMULATOR_TAPE can name on any machine."""
        settings, path = load(), out or Path(f"{day}.csv.gz")
        try:
            rows = _export(settings, day, tuple(symbol.upper() for symbol in symbols or ()), path)
        except (ValueError, OSError) as error:
            fail(SettingsError(str(error)))
            raise
        print(json.dumps({"file": str(path), "rows": rows, "bytes": path.stat().st_size}))


def _days(settings: Settings) -> list[dict[str, Any]]:
    from stream_worker.recording_days import recorded_days
    from stream_worker.recording_writer import RecordingWriter

    # what a killed worker left is made readable now, not only when the next one starts
    RecordingWriter(settings.recordings, settings.record_days, settings.record_max_mb * 10**6).begin()
    return [
        {
            "day": day.day,
            "folder": str(day.folder),
            "symbols": day.symbols,
            "files": day.files,
            "mb": round(day.size / 1e6, 1),
        }
        for day in sorted(recorded_days(settings.recordings), key=lambda day: day.day)
    ]


def _export(settings: Settings, day: str, symbols: tuple[str, ...], path: Path) -> int:
    from simulator.tape_export import export_tape

    known = [row["day"] for row in _days(settings)]
    if day not in known:
        raise ValueError(f"{day!r} was not recorded; there is {', '.join(known) or 'nothing yet: set RECORD=true'}")
    return export_tape(settings.recordings / day, path, symbols)


def _table(days: list[dict[str, Any]], settings: Settings) -> str:
    if not days:
        return f"Nothing is recorded in {settings.recordings}. RECORD=true records from the next start on."
    rows = [f"{row['day']}  {row['symbols']:>4} symbols  {row['files']:>6} files  {row['mb']:>9.1f} MB" for row in days]
    return "\n".join([*rows, f"Play one: SIMULATOR_TAPE={days[-1]['folder']} make run"])
