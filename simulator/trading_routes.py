"""The trading REST routes that need no account: clock, calendar, assets.

Source: "Trading API".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain.session import NEW_YORK, Session, to_datetime, trading_day
from simulator.accounts import Accounts
from simulator.answer import answer, for_account, refusal
from simulator.data_query import BadQuery, new_york_text
from simulator.hours import next_session, session_at
from simulator.listing import Listing
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
        """The sessions from `start` to `end`; a year to both sides without them."""
        today = trading_day(self._market.now())
        first = _day(request.query_params, "start", today - CALENDAR_REACH)
        last = _day(request.query_params, "end", today + CALENDAR_REACH)
        sessions = self._market.source.hours.sessions(first, last) if first <= last else []
        return answer([_calendar_day(session) for session in sessions])

    async def assets(self, request: Request) -> Response:
        """The listed shares, then the coins, as far as the filters let them through."""
        wanted = {name: request.query_params.get(name) for name in ("status", "asset_class", "exchange")}
        listings = [_asset(listing) for listing in self._listings.values()]
        fields = {"status": "status", "asset_class": "class", "exchange": "exchange"}
        return answer([a for a in listings if all(not v or a[fields[k]] == v for k, v in wanted.items())])

    async def asset(self, request: Request) -> Response:
        """One share or coin by symbol or id."""
        name = request.path_params["name"]
        listing = find_listing(name, self._listings)
        if listing is None:
            return refusal(404, f"asset not found for {name}", 40410000)
        return answer(_asset(listing))


def _day(parameters: Mapping[str, str], name: str, default: date) -> date:
    text = parameters.get(name)
    try:
        return date.fromisoformat(text[:10]) if text else default
    except ValueError as problem:
        raise BadQuery(f"Invalid format for parameter {name}: {text}") from problem


def _calendar_day(session: Session) -> dict[str, str]:
    """A session that ends at midnight closes at "23:59": clients read the close as a time of the same date."""
    opens, closes = (_local(moment) for moment in (session.opens_at, session.closes_at))
    ends_day = closes.date() > session.day
    return {
        "date": session.day.isoformat(),
        "open": opens.strftime("%H:%M"),
        "close": "23:59" if ends_day else closes.strftime("%H:%M"),
        "session_open": opens.strftime("%H%M"),
        "session_close": "2400" if ends_day else closes.strftime("%H%M"),
        "settlement_date": (session.day + timedelta(days=1)).isoformat(),
    }


def _local(moment: int) -> datetime:
    return to_datetime(moment).astimezone(NEW_YORK)


def _asset(listing: Listing) -> dict[str, Any]:
    """A coin's smallest order is one unit of its book; what is finer comes from the house."""
    lot, margin = (f"{listing.lot:.9f}".rstrip("0"), 100) if listing.is_crypto else (None, 30)
    return {
        "id": str(listing.asset_id),
        "class": listing.asset_class,
        "exchange": listing.exchange,
        "symbol": listing.symbol,
        "name": listing.name,
        "status": "active",
        "tradable": True,
        "marginable": not listing.is_crypto,
        "shortable": not listing.is_crypto,
        "easy_to_borrow": not listing.is_crypto,
        "borrow_status": "not_borrowable" if listing.is_crypto else "easy_to_borrow",
        "fractionable": True,
        "maintenance_margin_requirement": margin,
        "margin_requirement_long": str(margin),
        "margin_requirement_short": str(margin),
        "attributes": [],
        "cusip": None,
        "min_order_size": lot,
        "min_trade_increment": "0.000000001" if listing.is_crypto else None,
        "price_increment": "0.01" if listing.is_crypto else None,
    }
