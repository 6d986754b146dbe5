"""GET /_sim/replay: what the orders on the tape have come to so far."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.answer import answer
from simulator.instructor_gate import InstructorGate
from simulator.logged_floor import LoggedFloor
from simulator.replay_keeper import ReplayKeeper


def replay_routes(gate: InstructorGate, floor: LoggedFloor, keeper: ReplayKeeper) -> list[Route]:
    """The route, which there is beside a tape only."""

    async def replay(_: Request) -> Response:
        """The report as it stands."""
        return answer(keeper.report(floor))

    return [Route("/_sim/replay", gate.behind(replay), methods=["GET"])]
