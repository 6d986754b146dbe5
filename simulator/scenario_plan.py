"""A scenario with its parameters filled in: what happens when, in the fields that scenes take."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from string import Template
from typing import Any

from domain.session import NS_PER_SECOND
from simulator.quantity import FIRST_UNITS, Kind, Quantity, given_quantity, parse_quantity
from simulator.scenario_file import FIELDS_OF, Entry, Parameter, Scenario, ScenarioError, expectation
from simulator.scene_fields import FOR_ALL, GENERATED_ONLY, SceneField

ALL = "all"
LONGEST_S = 8 * 3_600.0

Values = Mapping[str, Quantity | str]


@dataclass(frozen=True, slots=True)
class Step:
    """A scene, `after_ns` nanoseconds of market time after the start."""

    after_ns: int
    scene: str
    fields: Mapping[str, Any]
    place: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps in order of time, and the symbols that they are about."""

    steps: tuple[Step, ...]
    values: Mapping[str, str]
    symbols: tuple[str, ...]


def plan(scenario: Scenario, given: Mapping[str, Any], listed: Collection[str], *, generated: bool) -> Plan:
    """Fills in what was given, and defaults for the rest. Raises ScenarioError."""
    values = _values(scenario, given)
    steps, moment_s = [], 0.0
    for entry in scenario.timeline:
        time_s = _time(scenario, entry, values)
        moment_s = time_s if entry.when == "at" else moment_s + time_s
        if moment_s > LONGEST_S:
            raise ScenarioError(scenario.file, entry.place(entry.when), f"is later than {LONGEST_S / 3_600:g} h")
        if not generated and entry.scene in GENERATED_ONLY:
            raise ScenarioError(scenario.file, entry.place(), "the prices of a tape are never altered")
        fields = {key: _Field(scenario, entry, key, values, listed).plain() for key in entry.fields}
        plain = {FIELDS_OF[entry.scene][key].plain or key: value for key, value in fields.items()}
        steps.append(Step(int(moment_s * NS_PER_SECOND), entry.scene, plain, entry.place()))
    symbols = dict.fromkeys(str(step.fields["symbol"]) for step in steps if "symbol" in step.fields)
    shown = {name: str(value) for name, value in values.items()}
    return Plan(tuple(sorted(steps, key=lambda step: step.after_ns)), shown, tuple(symbols))


def _values(scenario: Scenario, given: Mapping[str, Any]) -> dict[str, Quantity | str]:
    unknown = given.keys() - scenario.parameters.keys()
    if unknown:
        known = ", ".join(scenario.parameters) or "none"
        raise ScenarioError(scenario.file, f"parameter {min(unknown)}", f"is not known; there are {known}")
    values = {name: _value(scenario.file, each, given) for name, each in scenario.parameters.items()}
    # A text may name other parameters, as a headline does its symbol.
    shown = {name: str(value) for name, value in values.items()}
    texts = {name: Template(value).safe_substitute(shown) for name, value in values.items() if isinstance(value, str)}
    return values | texts


def _value(file: str, parameter: Parameter, given: Mapping[str, Any]) -> Quantity | str:
    value = given.get(parameter.name, parameter.default)
    place = f"parameter {parameter.name}"
    if not isinstance(parameter.default, Quantity):
        if not isinstance(value, str) or not value.strip():
            raise ScenarioError(file, place, "must be a text")
        return value
    if not isinstance(value, Quantity):
        try:
            value = given_quantity(value, parameter.default.kind)
        except ValueError as problem:
            raise ScenarioError(file, place, str(problem)) from problem
    low, high = parameter.least, parameter.most
    if (low and value.number < low.number) or (high and value.number > high.number):
        raise ScenarioError(file, place, f"{value} must be from {low or 'any'} to {high or 'any'}")
    return value


def _time(scenario: Scenario, entry: Entry, values: Values) -> float:
    place = entry.place(entry.when)
    quantity = _quantity(scenario.file, place, entry.time, "seconds", values)
    if quantity.number < 0:
        raise ScenarioError(scenario.file, place, f"{quantity} must not be below 0")
    return quantity.number


def _quantity(file: str, place: str, written: Any, kind: Kind, values: Values) -> Quantity:
    """A number with its unit, or `$name` or `-$name` of a parameter of that kind."""
    text = written.strip() if isinstance(written, str) else ""
    if not text.lstrip("-").startswith("$"):
        try:
            return parse_quantity(written, kind)
        except ValueError as problem:
            raise ScenarioError(file, place, str(problem)) from problem
    value = values.get(text.lstrip("-")[1:])
    if not isinstance(value, Quantity) or value.kind != kind:
        raise ScenarioError(file, place, f"{text} is no parameter of {kind} (in {FIRST_UNITS[kind]})")
    return -value if text.startswith("-") else value


@dataclass(frozen=True, slots=True)
class _Field:
    """One field of an entry."""

    scenario: Scenario
    entry: Entry
    key: str
    values: Values
    listed: Collection[str]

    def plain(self) -> Any:
        """The value as scenes take it: numbers without units."""
        field, written = FIELDS_OF[self.entry.scene][self.key], self.entry.fields[self.key]
        if field.form in FIRST_UNITS:
            return self._number(field, written)
        if field.form == "texts":
            if not isinstance(written, list):
                raise self._error(f"must be {expectation(field)}")
            return [self._text(each) for each in written]
        text = self._text(written)
        if field.form == "symbol":
            self._check_symbol(text)
        if field.form == "side" and text not in ("buy", "sell"):
            raise self._error("must be buy or sell")
        return text

    def _number(self, field: SceneField, written: Any) -> float:
        kind = field.form
        assert kind in FIRST_UNITS, "the caller has looked"
        quantity = _quantity(self.scenario.file, self.entry.place(self.key), written, kind, self.values)
        low, high = field.least, field.most
        if (low is not None and quantity.number < low) or (high is not None and quantity.number > high):
            bounds = f"from {low:g}" if high is None else f"from {low or 0:g} to {high:g}"
            raise self._error(f"{quantity} must be {bounds} {FIRST_UNITS[kind]}")
        if kind == "percent" and not quantity.number:
            raise self._error("must not be 0 %")
        return quantity.number

    def _text(self, written: Any) -> str:
        if not isinstance(written, str) or not written.strip():
            raise self._error("must be a text")
        try:
            return Template(written).substitute({name: str(value) for name, value in self.values.items()})
        except KeyError as problem:
            raise self._error(f"${problem.args[0]} is no parameter") from problem
        except ValueError as problem:
            raise self._error("has a $ that names no parameter; write $$ for a dollar sign") from problem

    def _check_symbol(self, symbol: str) -> None:
        if symbol not in self.listed and not (symbol == ALL and self.entry.scene in FOR_ALL):
            raise self._error(f"{symbol} is not listed")

    def _error(self, problem: str) -> ScenarioError:
        return ScenarioError(self.scenario.file, self.entry.place(self.key), problem)
