"""What an instructor can do, put together: accounts, clock, scenes, timelines, faults and replays of one practice market."""

from __future__ import annotations

from starlette.routing import Route

from simulator.account_desk import AccountDesk
from simulator.accounts import Accounts
from simulator.clock_control import ClockControl
from simulator.control_routes import ControlRoutes
from simulator.fault import Faults
from simulator.feeds import Feeds
from simulator.instructor_gate import InstructorGate
from simulator.logged_floor import LoggedFloor
from simulator.programme import Programme
from simulator.pump import Pump
from simulator.replay_keeper import ReplayKeeper
from simulator.replay_routes import replay_routes
from simulator.scenarios import Scenarios
from simulator.schedule import Schedule
from simulator.timelines import Timelines
from simulator.trading_floor import TradingFloor
from simulator.update_hub import UpdateHub


def instructor_routes(
    *,
    floor: TradingFloor,
    feeds: Feeds,
    updates: UpdateHub,
    programme: Programme,
    pump: Pump,
    schedule: Schedule,
    accounts: Accounts,
    faults: Faults,
    token: str,
    keeper: ReplayKeeper | None,
) -> list[Route]:
    """The routes under /_sim, behind the gate."""
    faults.when_armed("data_drop", lambda fault: feeds.drop_all(fault.feed))
    faults.when_armed("reset_trade_stream", lambda _: updates.reset_all())
    logged = floor if isinstance(floor, LoggedFloor) else None
    scenes = Scenarios(floor.market, programme, schedule, logged.note_halts if logged else lambda: None)
    timelines = Timelines(scenes, programme, floor.market, faults, schedule)

    def calm() -> None:
        timelines.stop_all()
        faults.disarm_all()

    desk, gate = AccountDesk(floor, accounts, updates), InstructorGate(token)
    clock = ClockControl(floor, feeds, programme, pump, calm=calm, renew_accounts=lambda: desk.reset_all({}))
    routes = ControlRoutes(gate, desk, clock, faults, scenes, timelines).routes()
    return [*routes, *(replay_routes(gate, logged, keeper) if logged and keeper else [])]
