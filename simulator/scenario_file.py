"""A scenario as YAML: a timeline of scenes with parameters, read and checked whole. docs/practice-control.md has the format."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from simulator.quantity import FIRST_UNITS, Kind, Quantity, kind_of, parse_quantity
from simulator.scene_fields import FAULT_SCENE, SCENES, Form, SceneField

FOLDER = Path(__file__).parent / "scenarios"
LARGEST_BYTES = 64 * 1024
MOST_ENTRIES = 200
KEYS = frozenset({"title", "about", "announced", "parameters", "timeline"})
PARAMETER_KEYS = frozenset({"about", "default", "least", "most"})
FIELDS_OF = {**SCENES, "fault": FAULT_SCENE}
TIMES = frozenset({"at", "wait"})


class ScenarioError(ValueError):
    """A scenario that cannot be played: says which file, which entry or parameter, which field, and what is wrong."""

    def __init__(self, file: str, place: str, problem: str) -> None:
        self.file, self.place, self.problem = file, place, problem
        super().__init__(": ".join(part for part in (file, place, problem) if part))


@dataclass(frozen=True, slots=True)
class Parameter:
    """What can be said when the scenario is started; a quantity has `least` and `most` of the same kind, or None."""

    name: str
    about: str
    form: Form
    default: Quantity | str
    least: Quantity | None = None
    most: Quantity | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A scene at a time: `at` counts from the start, `wait` from the entry before. Values are as they are written."""

    number: int
    scene: str
    when: str
    time: Any
    fields: Mapping[str, Any]

    def place(self, field: str = "") -> str:
        """Where in the file that is."""
        return f"entry {self.number} ({self.scene})" + (f", {field}" if field else "")


@dataclass(frozen=True, slots=True)
class Scenario:
    """`announced`: those who listen to the news are told when it starts, unless whoever starts it says otherwise."""

    name: str
    file: str
    title: str
    about: str
    announced: bool
    parameters: Mapping[str, Parameter]
    timeline: tuple[Entry, ...]


def shipped() -> list[str]:
    """The names of the scenarios that come with the practice market."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def read_scenario(name: str) -> Scenario:
    """One of them. Raises ScenarioError."""
    path = FOLDER / f"{name}.yaml"
    return parse_scenario(path.read_text(encoding="utf-8"), path.name)


def parse_scenario(text: str | Mapping[str, Any], file: str) -> Scenario:
    """From YAML, or from what has been read already; `file` is its name for errors. Raises ScenarioError."""
    whole = _loaded(text, file) if isinstance(text, str) else text
    _check_keys(whole, KEYS, file, "")
    return Scenario(
        name=file.removesuffix(".yaml"),
        file=file,
        title=_text(whole, "title", file),
        about=_text(whole, "about", file, ""),
        announced=_flag(whole, "announced", file),
        parameters=_parameters(whole.get("parameters", {}), file),
        timeline=_timeline(whole.get("timeline"), file),
    )


def _loaded(text: str, file: str) -> Mapping[str, Any]:
    if len(text.encode()) > LARGEST_BYTES:
        raise ScenarioError(file, "", f"is larger than {LARGEST_BYTES // 1024} kB")
    try:
        whole = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as problem:
        raise ScenarioError(file, "", f"is no YAML: {' '.join(str(problem).split())}") from problem
    if not isinstance(whole, Mapping):
        raise ScenarioError(file, "", "must have title and timeline at the top")
    return whole


def _check_keys(found: Mapping[Any, Any], known: Collection[str], file: str, place: str) -> None:
    unknown = [str(key) for key in found if key not in known]
    if unknown:
        raise ScenarioError(file, place, f"unknown: {', '.join(unknown)}; known are {', '.join(sorted(known))}")


def _text(found: Mapping[str, Any], key: str, file: str, default: str | None = None) -> str:
    value = found.get(key, default)
    if not isinstance(value, str) or (default is None and not value.strip()):
        raise ScenarioError(file, key, "must be a text")
    return value.strip()


def _flag(found: Mapping[str, Any], key: str, file: str) -> bool:
    value = found.get(key, False)
    if not isinstance(value, bool):
        raise ScenarioError(file, key, "must be true or false")
    return value


def _parameters(found: Any, file: str) -> dict[str, Parameter]:
    if not isinstance(found, Mapping):
        raise ScenarioError(file, "parameters", "must be names with their about and default")
    return {str(name): _parameter(str(name), fields, file) for name, fields in found.items()}


def _parameter(name: str, fields: Any, file: str) -> Parameter:
    place = f"parameter {name}"
    if not name.isidentifier() or name in ("name", "announced", "timeline"):
        raise ScenarioError(file, place, "the name must be letters, digits and _, and not name, announced or timeline")
    if not isinstance(fields, Mapping):
        raise ScenarioError(file, place, "must have about and default")
    _check_keys(fields, PARAMETER_KEYS, file, place)
    default = fields.get("default")
    kind = kind_of(default)
    if kind is None:
        if not isinstance(default, str) or not default.strip():
            raise ScenarioError(file, f"{place}, default", "must be a text, or a number with its unit such as 8 %")
        return Parameter(name, _text(fields, "about", file, ""), "symbol" if name == "symbol" else "text", default)
    least, most = (_bound(fields, key, kind, file, place) for key in ("least", "most"))
    return Parameter(name, _text(fields, "about", file, ""), kind, parse_quantity(default, kind), least, most)


def _bound(fields: Mapping[str, Any], key: str, kind: Kind, file: str, place: str) -> Quantity | None:
    try:
        return parse_quantity(fields[key], kind) if key in fields else None
    except ValueError as problem:
        raise ScenarioError(file, f"{place}, {key}", str(problem)) from problem


def _timeline(found: Any, file: str) -> tuple[Entry, ...]:
    if not isinstance(found, list) or not found or len(found) > MOST_ENTRIES:
        raise ScenarioError(file, "timeline", f"must be a list of 1 to {MOST_ENTRIES} entries")
    return tuple(_entry(number, each, file) for number, each in enumerate(found, start=1))


def _entry(number: int, found: Any, file: str) -> Entry:
    place = f"entry {number}"
    if not isinstance(found, Mapping):
        raise ScenarioError(file, place, "must have at (or wait) and do")
    scene = found.get("do")
    if not isinstance(scene, str) or scene not in FIELDS_OF:
        raise ScenarioError(file, f"{place}, do", f"must be one of {', '.join(FIELDS_OF)}, not {scene!r}")
    place, known = f"{place} ({scene})", FIELDS_OF[scene]
    _check_keys(found, {"do", *TIMES, *known}, file, place)
    times = [key for key in TIMES if key in found]
    if len(times) != 1:
        raise ScenarioError(file, place, "needs either at (from the start) or wait (from the entry before)")
    missing = [key for key, field in known.items() if field.is_needed and key not in found]
    if missing:
        raise ScenarioError(file, f"{place}, {missing[0]}", f"is missing: {expectation(known[missing[0]])}")
    fields = {key: value for key, value in found.items() if key in known}
    return Entry(number, scene, times[0], found[times[0]], fields)


def expectation(field: SceneField) -> str:
    """What a field must hold, in words."""
    if field.form in FIRST_UNITS:
        return f"a number with its unit, such as 5 {FIRST_UNITS[field.form]}"
    words = {"symbol": "a symbol", "side": "buy or sell", "texts": "a list of texts", "text": "a text"}
    return words[field.form]
