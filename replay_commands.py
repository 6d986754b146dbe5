"""The command that replays a tape with the actions of a log, and prints the report."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from domain.errors import SettingsError
from settings import Settings


def register(app: typer.Typer, load: Callable[[], Settings], fail: Callable[[Exception], None]) -> None:
    """Add the command. `load` gives the settings, `fail` ends with the exit code of an error."""

    @app.command()
    def replay(
        tape: Annotated[Path, typer.Argument(help="A tape: gzip CSV, or the folder of a recording.")],
        actions: Annotated[Path | None, typer.Option(help="A log of actions, as in DATA_DIR/replays.")] = None,
        speed: Annotated[
            float | None,
            typer.Option(min=0.1, max=100_000, help="Tape seconds a second; as fast as it goes if not given."),
        ] = None,
        fill_model: Annotated[
            Literal["quote", "queue"] | None,
            typer.Option(help="How orders are filled; as SIMULATOR_FILL_MODEL says if not given."),
        ] = None,
        keep: Annotated[bool, typer.Option(help="Write the report to DATA_DIR/replays too.")] = True,
    ) -> None:
        """Play a tape without a server, orders matched against it, and print the report with its hash."""
        settings = load()
        try:
            report = _report(tape, actions, speed, fill_model or settings.simulator_fill_model)
            if keep:
                _keep(settings.data_dir / "replays", tape, report)
        except (ValueError, OSError) as error:
            fail(SettingsError(str(error)))
            raise
        print(json.dumps(report, indent=2))


def _report(
    tape: Path, actions: Path | None, speed: float | None, fill_model: Literal["quote", "queue"]
) -> dict[str, Any]:
    from simulator.action import read_actions
    from simulator.replay import Replay

    log = read_actions(actions) if actions is not None else []
    replay = Replay(tape, fill_model)
    report = replay.run(log, speed)
    return {**report, "refused": replay.refused}


def _keep(folder: Path, tape: Path, report: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    path = folder / f"{stamp}-{os.getpid()}-{tape.name.split('.')[0]}.json"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(report, file, indent=2)
