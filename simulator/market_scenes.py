"""Scenes that change how the generated market behaves, at once or for a while."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from domain.session import NS_PER_SECOND
from simulator.generated import GeneratedMarket
from simulator.market import Market
from simulator.mood import USUAL
from simulator.scenario_request import ScenarioRequest, bad_scenario
from simulator.scene_fields import LONGEST_S, MOST_SHARES, MOST_TIMES
from simulator.schedule import Schedule
from simulator.wire_fields import Fields

ALL = "all"
USUAL_REACH_PCT = 5.0
Find = Callable[[ScenarioRequest], tuple[Market, str]]
_MOODS = {"spread": "spread", "liquidity": "depth", "activity": "pace"}


class MarketScenes:
    """A mood that is over leaves the others: each scene changes one thing about a symbol."""

    def __init__(self, shares: Market, schedule: Schedule, listed: Find) -> None:
        """`all` are the shares. `listed` finds one symbol and the market it trades on."""
        self._shares, self._schedule, self._listed = shares, schedule, listed
        self._moods: dict[tuple[GeneratedMarket, str, str], int] = {}

    def jump(self, request: ScenarioRequest) -> Fields:
        """The price is elsewhere from now on."""
        times = request.factor()
        return self._each(request, lambda source, symbol: source.move(symbol, times))

    def drift(self, request: ScenarioRequest) -> Fields:
        """The price goes elsewhere, evenly, and stays there."""
        times, span_ns = request.factor(), _span_ns(request)
        return self._each(request, lambda source, symbol: source.drift(symbol, times, span_ns))

    def volatility(self, request: ScenarioRequest) -> Fields:
        """For a while the price moves more, or less, than it would."""
        times, span_ns = request.within("times", 0.01, MOST_TIMES), _span_ns(request)
        return self._each(request, lambda source, symbol: source.stir(symbol, times, span_ns))

    def mood(self, request: ScenarioRequest) -> Fields:
        """For a while the spread is wider, fewer shares are shown, or more is traded."""
        what = _MOODS[str(request.name)]
        times, span_ns = request.within("times", 0.01, MOST_TIMES), _span_ns(request)
        return self._each(request, lambda source, symbol: self._change(source, symbol, what, times, span_ns))

    def order(self, request: ScenarioRequest) -> Fields:
        """A stranger's order takes everything up to `reach` percent beyond the last price: a fat finger's."""
        side, (market, symbol) = request.side(), self._listed(request)
        shares = int(request.within("shares", 1, MOST_SHARES))
        reach, source = request.above_zero("reach", USUAL_REACH_PCT), _source(market)
        trade = market.records[symbol].last_trade
        if trade is None:
            raise bad_scenario("nothing has traded yet")
        if symbol in market.halted:
            raise bad_scenario(f"{symbol} is halted")
        limit = round(trade.price * (1 + side * reach / 100), 2)
        source.disturb(symbol, side, limit, shares)
        return {"symbol": symbol, "limit": limit}

    def calm(self, market: Market, symbol: str) -> None:
        """The symbol behaves as usual again; its price stays where it is."""
        if isinstance(market.source, GeneratedMarket):
            market.source.settle(symbol)
            market.source.take_mood(symbol, USUAL)
        for place in [place for place in self._moods if place[0] is market.source and place[1] == symbol]:
            self._schedule.cancel(self._moods.pop(place))

    def _each(self, request: ScenarioRequest, do: Callable[[GeneratedMarket, str], None]) -> Fields:
        if request.text("symbol") == ALL:
            source = _source(self._shares)
            for symbol in self._shares.listings:
                do(source, symbol)
            return {"symbol": ALL}
        market, symbol = self._listed(request)
        do(_source(market), symbol)
        return {"symbol": symbol}

    def _change(self, source: GeneratedMarket, symbol: str, what: str, times: float, span_ns: int) -> None:
        source.take_mood(symbol, replace(source.mood(symbol), **{what: times}))
        earlier = self._moods.pop((source, symbol, what), None)
        if earlier is not None:
            self._schedule.cancel(earlier)
        end = partial(self._end, source, symbol, what)
        self._moods[source, symbol, what] = self._schedule.at(source.played_until + span_ns, end)

    def _end(self, source: GeneratedMarket, symbol: str, what: str) -> None:
        self._moods.pop((source, symbol, what), None)
        source.take_mood(symbol, replace(source.mood(symbol), **{what: 1.0}))


def _source(market: Market) -> GeneratedMarket:
    if not isinstance(market.source, GeneratedMarket):
        raise bad_scenario("the prices of a tape are never altered")
    return market.source


def _span_ns(request: ScenarioRequest) -> int:
    return int(request.within("seconds", 0.001, LONGEST_S) * NS_PER_SECOND)
