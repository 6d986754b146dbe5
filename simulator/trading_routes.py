"""The trading REST routes that need no account: clock, calendar, assets.

Source: "Trading API".
"""

from __future__ import annotations

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain.session import trading_day
from simulator.accounts import Accounts
from simulator.answer import answer, for_account, refusal
from simulator.asset_wire import asset_fields
from simulator.calendar_wire import (
    calendar_days,
    find_market,
    legacy_day,
    market_clock,
    market_day,
    read_day,
    read_zone,
)
from simulator.data_query import BadQuery, new_york_text, read_moment
from simulator.hours import next_session, session_at
from simulator.market import Market
from simulator.ticket import find_listing

CALENDAR_REACH = timedelta(days=365)


class TradingRoutes:
    """Answers from the market's own time, never from the machine's."""

    def __init__(self, market: Market, crypto: Market | None, accounts: Accounts) -> None:
        self._market = market
        self._listings = {**market.listings, **(crypto.listings if crypto else {})}
        self._accounts = accounts

    def routes(self) -> list[Route]:
        """The routes, behind the key check."""
        endpoints = {
            "/v2/clock": self.clock,
            "/v2/calendar": self.calendar,
            "/v3/clock": self.clocks,
            "/v3/calendar/{market}": self.market_calendar,
            "/v2/assets": self.assets,
            "/v2/assets/{name:path}": self.asset,
        }
        return [Route(path, for_account(self._accounts, found), methods=["GET"]) for path, found in endpoints.items()]

    async def clock(self, _: Request) -> Response:
        """Where the market stands; `next_close` is this session's while it is open."""
        now, hours = self._market.now(), self._market.source.hours
        current, following = session_at(hours, now), next_session(hours, now)
        return answer(
            {
                "timestamp": new_york_text(now),
                "is_open": current is not None,
                "next_open": new_york_text(following.opens_at),
                "next_close": new_york_text((current or following).closes_at),
            }
        )

    async def calendar(self, request: Request) -> Response:
        """The sessions from `start` to `end`, both dates of trading or of settlement; a year to both sides without them."""
        today = trading_day(self._market.now())
        first = read_day(request.query_params, "start", today - CALENDAR_REACH)
        last = read_day(request.query_params, "end", today + CALENDAR_REACH)
        by = request.query_params.get("date_type", "TRADING").upper()
        if by not in ("TRADING", "SETTLEMENT"):
            raise BadQuery(f"Invalid format for parameter date_type: {by}")
        days = calendar_days(self._market.source.hours, first, last, by_settlement=by == "SETTLEMENT")
        return answer([legacy_day(day) for day in days])

    async def clocks(self, request: Request) -> Response:
        """The same for each of the `markets` that the practice market stands for: NYSE if none is named."""
        names = request.query_params.get("markets") or "NYSE"
        moment = read_moment(request.query_params, "time", self._market.now())
        return answer(
            {"clocks": [market_clock(find_market(n), self._market.source.hours, moment) for n in names.split(",")]}
        )

    async def market_calendar(self, request: Request) -> Response:
        """The sessions of one market: today and the week after it if no dates are given."""
        market = find_market(request.path_params["market"])
        first = read_day(request.query_params, "start", trading_day(self._market.now()))
        last = read_day(request.query_params, "end", first + timedelta(days=7))
        zone = read_zone(request.query_params)
        days = calendar_days(self._market.source.hours, first, last)
        return answer({"market": market, "calendar": [market_day(day, zone) for day in days]})

    async def assets(self, request: Request) -> Response:
        """The listed shares, then the coins, as far as the filters let them through."""
        wanted = {name: request.query_params.get(name) for name in ("status", "asset_class", "exchange")}
        attributes = {each for each in request.query_params.get("attributes", "").split(",") if each}
        listings = [asset_fields(listing) for listing in self._listings.values()]
        fields = {"status": "status", "asset_class": "class", "exchange": "exchange"}
        found = [a for a in listings if all(not v or a[fields[k]] == v for k, v in wanted.items())]
        return answer([a for a in found if attributes <= set(a["attributes"])])

    async def asset(self, request: Request) -> Response:
        """One share or coin by symbol or id."""
        name = request.path_params["name"]
        listing = find_listing(name, self._listings)
        if listing is None:
            return refusal(404, f"asset not found for {name}", 40410000)
        return answer(asset_fields(listing))
