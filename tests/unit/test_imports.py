"""The rooms and who may import whom, read from every import in every file, those inside functions too."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

MAY_IMPORT = {
    "domain": set(),
    "logs": set(),
    "processes": set(),
    "private_folder": {"domain"},
    "env_file": {"domain"},
    "setting_text": {"domain"},
    "settings": {"domain", "env_file", "setting_text"},
    "market_cache": {"domain"},
    "broker": {"domain"},
    "simulator": {"domain"},
    "layouts": {"domain"},
    "orders": {"domain", "market_cache", "broker"},
    "stream_worker": {"domain", "settings", "market_cache", "broker", "orders"},
    "callbacks": {"domain", "layouts", "market_cache", "orders"},
    "dashboard": {"domain", "settings", "market_cache", "broker", "orders", "layouts", "callbacks"},
    "order_commands": {"domain", "settings", "logs", "market_cache", "broker", "orders", "dashboard"},
    "recording_commands": {"domain", "settings", "simulator", "stream_worker"},
    "replay_commands": {"domain", "settings", "simulator"},
    "user_commands": {"domain", "settings", "orders", "dashboard"},
    "journal_commands": {"domain", "settings", "broker", "orders"},
    "tickdesk": {
        "domain", "logs", "processes", "private_folder", "settings", "market_cache", "broker", "simulator", "layouts", "orders",
        "stream_worker", "callbacks", "dashboard", "order_commands", "recording_commands", "user_commands",
        "journal_commands", "replay_commands",
    },
}  # fmt: skip
"""Room or module at the top: what of ours it may import. Itself it always may. `settings` knows the errors by name only."""

COMMANDS = {"order_commands", "recording_commands", "replay_commands", "user_commands", "journal_commands"}

DRAWERS = {"utils", "util", "helpers", "common", "core", "services", "managers"}


@cache
def files() -> list[Path]:
    """Every source file of the product."""
    rooms = [ROOT / name for name in MAY_IMPORT if (ROOT / name).is_dir()]
    return sorted([*ROOT.glob("*.py"), *(path for room in rooms for path in room.rglob("*.py"))])


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def imported(path: Path) -> frozenset[str]:
    """The first word of everything that a file imports."""
    names = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(path.relative_to(ROOT).parts[0] if node.level else str(node.module).partition(".")[0])
    return frozenset(names)


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def ours(room: str) -> set[str]:
    """What of ours the files of a room import, besides themselves."""
    found = {name for path in files() if room_of(path) == room for name in imported(path)}
    return (found & MAY_IMPORT.keys()) - {room}


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_what_the_table_allows(room: str) -> None:
    assert any(room_of(path) == room for path in files()), f"{room} is not there any more"
    assert ours(room) <= MAY_IMPORT[room]


def test_every_folder_and_file_with_code_has_a_row_in_the_table() -> None:
    apart = {"tests", "benchmarks"}
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    with_code = {name for name in folders if any((ROOT / name).glob("*.py"))} - apart
    assert with_code | {path.stem for path in ROOT.glob("*.py")} == set(MAY_IMPORT)


def test_the_practice_market_and_the_broker_do_not_know_each_other() -> None:
    assert "broker" not in ours("simulator") and "simulator" not in ours("broker")


def test_nobody_imports_the_command_line() -> None:
    assert not [room for room in MAY_IMPORT if "tickdesk" in ours(room)]


@pytest.mark.parametrize("process", ["simulator", "dashboard", "stream_worker"])
def test_only_the_command_line_imports_a_process(process: str) -> None:
    importers = {room for room in MAY_IMPORT if process in ours(room)}
    assert "tickdesk" in importers and importers <= {"tickdesk", *COMMANDS}


def test_no_file_or_folder_is_a_drawer() -> None:
    names = {part.removesuffix(".py") for path in files() for part in path.relative_to(ROOT).parts}
    assert not names & DRAWERS


def test_only_the_broker_knows_alpacas_library() -> None:
    assert {room_of(path) for path in files() if "alpaca" in imported(path)} == {"broker"}


def test_only_the_settings_read_the_environment() -> None:
    """`processes` hands its own on to the children and takes its pipe out of it."""
    readers = {room_of(path) for path in files() if "os.environ" in path.read_text() or "getenv" in path.read_text()}
    assert readers <= {"settings", "processes"}


def test_every_file_says_what_it_is() -> None:
    assert not [str(path.relative_to(ROOT)) for path in files() if not ast.get_docstring(tree(path))]
