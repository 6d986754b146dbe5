"""The timelines that run: scenarios that were started, each with what has happened of it and what will."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

from simulator.fault import Faults
from simulator.fault_request import arm_from
from simulator.generated import GeneratedMarket
from simulator.market import Market
from simulator.programme import Programme
from simulator.rejection import Rejection, missing
from simulator.scenario_file import Scenario, ScenarioError, parse_scenario, read_scenario, shipped
from simulator.scenario_plan import Plan, Step, plan
from simulator.scenario_request import bad_scenario
from simulator.scenarios import Scenarios
from simulator.schedule import Schedule
from simulator.wire_fields import Fields
from simulator.wire_time import rfc3339

KEPT = 50
UPLOADED = "uploaded.yaml"


class Run:
    """One scenario on its way; `problems` are scenes that could not be played when their time came."""

    def __init__(self, run_id: int, scenario: Scenario, chosen: Plan, *, announced: bool, started_at: int) -> None:
        self.run_id, self.scenario, self.plan = run_id, scenario, chosen
        self.announced, self.started_at = announced, started_at
        self.state: Literal["running", "done", "stopped"] = "running"
        self.played = 0
        self.problems: list[str] = []
        self.numbers: list[int] = []

    def fields(self) -> Fields:
        """As an instructor is told of it."""
        steps = self.plan.steps
        is_left = self.state == "running" and self.played < len(steps)
        return {
            "id": self.run_id,
            "name": self.scenario.name,
            "title": self.scenario.title,
            "state": self.state,
            "announced": self.announced,
            "parameters": dict(self.plan.values),
            "symbols": list(self.plan.symbols),
            "started_at": rfc3339(self.started_at),
            "ends_at": rfc3339(self.started_at + steps[-1].after_ns),
            "scenes": len(steps),
            "played": self.played,
            "next": rfc3339(self.started_at + steps[self.played].after_ns) if is_left else None,
            "problems": list(self.problems),
        }


class Timelines:
    """Starts, lists and stops them. Scenes happen at their exact market time, whatever the clock's speed."""

    def __init__(
        self, scenes: Scenarios, programme: Programme, shares: Market, faults: Faults, schedule: Schedule
    ) -> None:
        self._scenes, self._programme, self._shares = scenes, programme, shares
        self._faults, self._schedule = faults, schedule
        self._runs: dict[int, Run] = {}
        self._count = 0

    def known(self) -> list[Fields]:
        """Those that can be started by name, with their parameters."""
        return [_described(read_scenario(name)) for name in shipped()]

    def runs(self) -> list[Fields]:
        """Those that were started, the oldest first."""
        return [run.fields() for run in self._runs.values()]

    def start(self, fields: Mapping[str, Any]) -> Fields:
        """{"name"} of a shipped one or {"timeline"} as YAML, "announced", and parameters. Raises Rejection."""
        given = {key: value for key, value in fields.items() if key not in ("name", "timeline", "announced")}
        try:
            scenario = _scenario(fields)
            chosen = plan(scenario, given, self._listed(), generated=isinstance(self._shares.source, GeneratedMarket))
        except ScenarioError as problem:
            raise bad_scenario(str(problem)) from problem
        announced = fields.get("announced", scenario.announced)
        if not isinstance(announced, bool):
            raise bad_scenario("announced must be true (the news tell of it) or false (a surprise)")
        return self._begin(scenario, chosen, announced=announced).fields()

    def _listed(self) -> set[str]:
        coins = self._programme.crypto.listings if self._programme.crypto else {}
        return {*self._shares.listings, *coins}

    def _begin(self, scenario: Scenario, chosen: Plan, *, announced: bool) -> Run:
        self._count += 1
        now = self._shares.source.played_until
        run = Run(self._count, scenario, chosen, announced=announced, started_at=now)
        self._runs[run.run_id] = run
        for old in [number for number, each in self._runs.items() if each.state != "running"][:-KEPT]:
            del self._runs[old]
        if announced:
            about = tuple(symbol for symbol in chosen.symbols if symbol in self._listed())
            self._programme.press.tell(f"Exercise begins: {scenario.title}", about, self._shares.now())
        run.numbers = [self._schedule.at(now + step.after_ns, partial(self._play, run, step)) for step in chosen.steps]
        self._schedule.act(now)
        return run

    def _play(self, run: Run, step: Step) -> None:
        try:
            if step.scene == "fault":
                fields = {key: value for key, value in step.fields.items() if key != "fault"}
                arm_from(self._faults, {"name": step.fields["fault"], **fields})
            else:
                self._scenes.play({"name": step.scene, **step.fields})
        except (Rejection, ValueError) as problem:
            run.problems.append(f"{step.place}: {problem}")
        run.played += 1
        if run.played == len(run.plan.steps):
            run.state = "done"

    def stop(self, run_id: str) -> Fields:
        """What is left of it does not happen; its symbols behave as usual again. Raises Rejection."""
        run = self._runs.get(int(run_id)) if run_id.isdecimal() else None
        if run is None:
            raise missing(f"scenario not found for {run_id}")
        self._stop(run)
        return run.fields()

    def stop_all(self) -> None:
        """The same for all; also what was begun without a timeline ends."""
        for run in self._runs.values():
            self._stop(run)
        self._scenes.calm_all()
        self._schedule.clear()

    def _stop(self, run: Run) -> None:
        if run.state == "running":
            run.state = "stopped"
        for number in run.numbers[run.played :]:
            self._schedule.cancel(number)
        for symbol in run.plan.symbols:
            if symbol == "all":
                self._scenes.calm_all()
            else:
                self._scenes.calm(symbol)


def _scenario(fields: Mapping[str, Any]) -> Scenario:
    timeline, name = fields.get("timeline"), fields.get("name")
    if timeline is not None:
        if not isinstance(timeline, str | Mapping):
            raise ScenarioError(UPLOADED, "timeline", "must be YAML, or an object of the same form")
        return parse_scenario(timeline, f"{name}.yaml" if isinstance(name, str) and name else UPLOADED)
    if name not in shipped():
        raise ScenarioError("", "name", f"must be one of {', '.join(shipped())}, or give a timeline")
    return read_scenario(str(name))


def _described(scenario: Scenario) -> Fields:
    parameters = {
        name: {
            "about": each.about,
            "default": str(each.default),
            "kind": each.form,
            "least": str(each.least) if each.least else None,
            "most": str(each.most) if each.most else None,
        }
        for name, each in scenario.parameters.items()
    }
    return {
        "name": scenario.name,
        "title": scenario.title,
        "about": scenario.about,
        "announced": scenario.announced,
        "parameters": parameters,
        "scenes": [entry.scene for entry in scenario.timeline],
    }
