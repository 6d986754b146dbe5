"""The practice market's own routes under /_sim: no part of Alpaca's protocol, and without a key.

POST /_sim/faults arms one fault of `simulator.fault.NAMES`, `count` times (0 disarms it):

- answers to POST /v2/orders, before the order is there: `504_before_accept`, `rate_limited`, `reset_before_accept`,
  `hang_before_accept` (`seconds`, then 504); after it: `hang` (`seconds`), `504_after_accept`, `reset_after_accept`,
  `html_after_accept`, `empty_after_accept`, `truncated_after_accept`, `duplicate_after_accept` (the 422 of a name used twice);
- answers to every other request about orders, positions and account, which then do nothing: `rest_504`,
  `rest_rate_limited`, `rest_html`, `rest_hang` (`seconds`, then 504), `rest_reset`;
- trade updates: `drop_trade_update`, `repeat_trade_update`, `delay_trade_update` (`seconds`), and `reset_trade_stream`,
  which breaks every socket at once;
- orders: `fill_after_cancel`, `partial_then_rest`, `replace_rejected`;
- market data: `data_mute`, `data_drop`, `data_duplicate`, `data_reorder`, `data_garbage`, `data_slot_taken`,
  `data_slot_held`, `data_symbol_limit`, `data_partial_ack`, `data_auth_failed`.
"""

from __future__ import annotations

import secrets
from ipaddress import ip_address

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.accounts import Accounts
from simulator.answer import Endpoint, answer, refusal
from simulator.feeds import Feeds
from simulator.programme import Programme
from simulator.rejection import Rejection, malformed
from simulator.request_body import parse_body, parse_number
from simulator.scenarios import Scenarios
from simulator.trading_floor import TradingFloor
from simulator.update_hub import UpdateHub
from simulator.wire_time import rfc3339

DEFAULT_CASH = "100000"


class ControlRoutes:
    """Health is for everybody; what changes something is for programs on this machine only."""

    def __init__(
        self, floor: TradingFloor, feeds: Feeds, updates: UpdateHub, programme: Programme, accounts: Accounts
    ) -> None:
        self._market, self._floor, self._accounts = floor.market, floor, accounts
        self._feeds, self._updates, self._programme = feeds, updates, programme
        self._scenarios = Scenarios(floor.market, programme)

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            Route("/_sim/health", self.health, methods=["GET"]),
            Route("/_sim/accounts", _from_here(self.open_account), methods=["POST"]),
            Route("/_sim/faults", _from_here(self.arm_fault), methods=["POST"]),
            Route("/_sim/scenario", _from_here(self.play_scenario), methods=["POST"]),
        ]

    async def health(self, _: Request) -> Response:
        """`events` counts trades and quotes since the start, those of the warm-up included; `listeners` the sockets
        that hear of their orders.
        """
        crypto = self._programme.crypto
        return answer(
            {
                "ok": True,
                "source": self._market.source.name,
                "fill_model": self._market.fill_model,
                "symbols": list(self._market.listings),
                "crypto": list(crypto.listings) if crypto else [],
                "market_time": rfc3339(self._market.now()),
                "is_open": self._market.is_open(),
                "connections": len(self._feeds),
                "listeners": self._updates.listeners(),
                "events": self._market.event_count,
            }
        )

    async def open_account(self, request: Request) -> Response:
        """A new account with `cash` USD, 100,000 if nothing is said, and its keys."""
        cash = parse_number(parse_body(await request.body()).get("cash", DEFAULT_CASH), "cash")
        if cash < 0:
            raise malformed("cash must not be below 0")
        key, secret = f"PK{secrets.token_hex(9).upper()}", secrets.token_urlsafe(30)
        account = self._floor.open_account(key, secret, cash).account
        self._accounts.add(account)
        return answer({"id": str(account.account_id), "key": key, "secret": secret})

    async def arm_fault(self, request: Request) -> Response:
        """{"name", "count", "seconds"}, for data faults also {"feed", "limit", "missing"}: what the market does wrong."""
        try:
            self._floor.faults.arm_from(parse_body(await request.body()))
        except (ValueError, TypeError, ArithmeticError) as problem:
            raise malformed(str(problem)) from problem
        drop = self._floor.faults.armed.pop("data_drop", None)
        if drop is not None:
            self._feeds.drop_all(drop.feed)
        if self._floor.faults.use("reset_trade_stream"):
            self._updates.reset_all()
        return answer({name: fault.count for name, fault in self._floor.faults.armed.items()})

    async def play_scenario(self, request: Request) -> Response:
        """{"name", "symbol", ...}: what happens in the market now; 400 says what is wrong with the request."""
        return answer(self._scenarios.play(parse_body(await request.body())))


def _from_here(endpoint: Endpoint) -> Endpoint:
    """The endpoint for programs on this machine, not for pages of others in a browser on it."""

    async def checked(request: Request) -> Response:
        host = request.client.host if request.client else ""
        if not _is_loopback(host) or "origin" in request.headers:
            return refusal(403, "only from this machine")
        try:
            return await endpoint(request)
        except Rejection as rejection:
            return answer(rejection.body, rejection.status)

    return checked


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
