"""What a request for stock data says besides symbols and times: feed, adjustment, currency; checked, and the plan with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from simulator.bar import NS_PER_MINUTE
from simulator.data_query import BadQuery, read_feed, read_moment
from simulator.rejection import Rejection

HISTORICAL_FEEDS = ("iex", "sip", "otc", "boats")
LATEST_FEEDS = (*HISTORICAL_FEEDS, "delayed_sip", "overnight")
ADJUSTMENTS = frozenset({"raw", "split", "dividend", "spin-off", "all"})
RECENT_NS = 15 * NS_PER_MINUTE


class NotEntitled(Rejection):
    """The plan does not include what was asked for; the data API gives no code."""

    def __init__(self) -> None:
        super().__init__(403, 0, "subscription does not permit querying recent SIP data")

    @property
    def body(self) -> dict[str, str]:
        """Alpaca's error body."""
        return {"message": self.message}


def check_stock_query(parameters: Mapping[str, str], now: int, *, latest: bool, sip: bool) -> None:
    """Nothing was ever split or paid out here, so that every adjustment gives the same. Raises BadQuery or Rejection."""
    feed = read_feed(parameters, LATEST_FEEDS if latest else HISTORICAL_FEEDS)
    if feed == "sip" and not sip and (latest or read_moment(parameters, "end", now) > now - RECENT_NS):
        raise NotEntitled
    wrong = set(filter(None, parameters.get("adjustment", "").lower().split(","))) - ADJUSTMENTS
    if wrong:
        raise BadQuery(f"Invalid format for parameter adjustment: {', '.join(sorted(wrong))}")
    _check_asof(parameters.get("asof", ""))
    if parameters.get("currency", "USD").upper() != "USD":
        raise BadQuery("Invalid format for parameter currency: only USD is known")


def _check_asof(text: str) -> None:
    try:
        date.fromisoformat(text if text not in ("", "-") else "2000-01-01")
    except ValueError as problem:
        raise BadQuery(f"Invalid format for parameter asof: {text}") from problem
