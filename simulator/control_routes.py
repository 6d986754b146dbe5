"""The practice market's own routes under /_sim: no part of Alpaca's protocol, and without a key of it.

docs/practice-control.md has them all with their fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.account_desk import AccountDesk
from simulator.answer import Endpoint, answer
from simulator.clock_control import ClockControl
from simulator.fault import Fault, Faults
from simulator.fault_catalogue import ABOUT, PLAIN_WORDS
from simulator.fault_request import arm_from
from simulator.instructor_gate import InstructorGate
from simulator.rejection import malformed
from simulator.request_body import parse_body
from simulator.scenario_file import shipped
from simulator.scenarios import Scenarios
from simulator.timelines import Timelines


class ControlRoutes:
    """All of them are behind the instructor's gate."""

    def __init__(
        self,
        gate: InstructorGate,
        accounts: AccountDesk,
        clock: ClockControl,
        faults: Faults,
        scenes: Scenarios,
        timelines: Timelines,
    ) -> None:
        self._gate, self._accounts, self._clock = gate, accounts, clock
        self._faults, self._scenes, self._timelines = faults, scenes, timelines

    def routes(self) -> list[Route]:
        """The routes."""
        found: list[tuple[str, str, Endpoint]] = [
            ("GET", "/_sim/accounts", self.accounts),
            ("POST", "/_sim/accounts", self.open_account),
            ("POST", "/_sim/accounts/reset", self.reset_accounts),
            ("GET", "/_sim/accounts/{id}", self.account),
            ("PATCH", "/_sim/accounts/{id}", self.change_account),
            ("POST", "/_sim/accounts/{id}/reset", self.reset_account),
            ("GET", "/_sim/clock", self.clock),
            ("POST", "/_sim/clock", self.act_on_clock),
            ("GET", "/_sim/faults", self.faults),
            ("POST", "/_sim/faults", self.arm_fault),
            ("DELETE", "/_sim/faults", self.disarm_faults),
            ("POST", "/_sim/scenario", self.play_scenario),
            ("GET", "/_sim/scenarios", self.scenarios),
            ("POST", "/_sim/scenarios", self.start_scenario),
            ("DELETE", "/_sim/scenarios", self.stop_scenarios),
            ("DELETE", "/_sim/scenarios/{id}", self.stop_scenario),
        ]
        return [Route(path, self._gate.behind(endpoint), methods=[verb]) for verb, path, endpoint in found]

    async def accounts(self, _: Request) -> Response:
        """Every account with its limits and figures."""
        return answer([self._accounts.describe(trader) for trader in self._accounts.traders()])

    async def account(self, request: Request) -> Response:
        """One of them."""
        return answer(self._accounts.describe(self._accounts.find(request.path_params["id"])))

    async def open_account(self, request: Request) -> Response:
        """{"cash", "multiplier", "orders_per_minute", "symbols", "key", "secret"}, none of which must be given."""
        return answer(self._accounts.open(await _body(request)))

    async def change_account(self, request: Request) -> Response:
        """{"multiplier", "orders_per_minute", "symbols"}: what is given."""
        return answer(self._accounts.change(request.path_params["id"], await _body(request)))

    async def reset_account(self, request: Request) -> Response:
        """{"cash"}: a new account for the same keys."""
        return answer(self._accounts.reset(request.path_params["id"], await _body(request)))

    async def reset_accounts(self, request: Request) -> Response:
        """{"cash"}: the same for all."""
        return answer(self._accounts.reset_all(await _body(request)))

    async def clock(self, _: Request) -> Response:
        """Where the clock stands."""
        return answer(self._clock.state())

    async def act_on_clock(self, request: Request) -> Response:
        """{"action", ...}; the clock's state after it."""
        return answer(await self._clock.act(await _body(request)))

    async def faults(self, _: Request) -> Response:
        """What can go wrong, and what does."""
        active = [_armed(name, fault, left_s) for name, (fault, left_s) in self._faults.active().items()]
        return answer({"available": ABOUT, "plain_words": PLAIN_WORDS, "active": active})

    async def arm_fault(self, request: Request) -> Response:
        """{"name", "count", "seconds", "duration_s", "seed", "chance"}, for data also {"feed", "limit", "missing"}."""
        try:
            arm_from(self._faults, await _body(request))
        except ValueError as problem:
            raise malformed(str(problem)) from problem
        return answer({name: fault.count for name, (fault, _) in self._faults.active().items()})

    async def disarm_faults(self, _: Request) -> Response:
        """Nothing goes wrong any more."""
        self._faults.disarm_all()
        return answer({})

    async def play_scenario(self, request: Request) -> Response:
        """{"name", "symbol", ...}: one scene that happens now, or a scenario that begins; 400 says what is wrong."""
        fields = await _body(request)
        if "timeline" in fields or fields.get("name") in shipped():
            return answer(self._timelines.start(fields))
        return answer(self._scenes.play(fields))

    async def scenarios(self, _: Request) -> Response:
        """What can be started, and what was."""
        return answer({"available": self._timelines.known(), "running": self._timelines.runs()})

    async def start_scenario(self, request: Request) -> Response:
        """{"name"} or {"timeline"}, {"announced"} and parameters: how it runs."""
        return answer(self._timelines.start(await _body(request)))

    async def stop_scenario(self, request: Request) -> Response:
        """What is left of it does not happen."""
        return answer(self._timelines.stop(request.path_params["id"]))

    async def stop_scenarios(self, _: Request) -> Response:
        """The same for all of them."""
        self._timelines.stop_all()
        return answer(self._timelines.runs())


async def _body(request: Request) -> Mapping[str, Any]:
    return parse_body(await request.body())


def _armed(name: str, fault: Fault, left_s: float) -> dict[str, Any]:
    return {
        "name": name,
        "count": fault.count,
        "seconds": fault.seconds,
        "seconds_left": round(left_s, 3) if isfinite(left_s) else None,
        "chance": fault.chance,
        "seed": fault.seed,
        "struck": fault.struck,
        "feed": fault.feed,
    }
