"""Scenes: what an instructor, a timeline or a test lets happen in the market, at the moment it is asked for."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from domain.session import NS_PER_SECOND
from simulator.generated import GeneratedMarket
from simulator.market import Market
from simulator.market_scenes import MarketScenes
from simulator.notice import PriceBand, TradeCancel, TradeCorrection, TradingStatus
from simulator.order import Side
from simulator.programme import Programme
from simulator.record import Record
from simulator.scenario_request import ScenarioRequest, bad_scenario
from simulator.scene_fields import LATEST_S
from simulator.schedule import Schedule
from simulator.trade import Trade
from simulator.wire_fields import Fields
from simulator.wire_rest import rest_trade
from simulator.wire_time import rfc3339

PRINT_LOTS = 100
_HALTED = {"C": ("H", "Trading Halt"), "": ("2", "Trading Halt")}
_RESUMED = {"C": ("T", "Trading Resumption"), "": ("3", "Resume")}


class Scenarios:
    """Halts, bands, corrections and cancels are for shares; moves and halts of the book need the generated market."""

    def __init__(
        self,
        shares: Market,
        programme: Programme,
        schedule: Schedule,
        on_halt: Callable[[], None] = lambda: None,
    ) -> None:
        """What lasts for a while ends by the `schedule`; `on_halt` is called when a halt has begun or ended."""
        self._on_halt = on_halt
        self._shares, self._programme = shares, programme
        self._behaviour = MarketScenes(shares, schedule, self._listed)
        self._plays: dict[str, Callable[[ScenarioRequest], Fields]] = {
            "halt": self.halt,
            "resume": self.resume,
            "luld": self.luld,
            "news": self.news,
            "correction": self.correction,
            "cancel_trade": self.cancel_trade,
            "late_trade": self.late_trade,
            "outlier": self.outlier,
            "jump": self._behaviour.jump,
            "silence": self.silence,
            "drift": self._behaviour.drift,
            "volatility": self._behaviour.volatility,
            "order": self._behaviour.order,
            **dict.fromkeys(("spread", "liquidity", "activity"), self._behaviour.mood),
        }

    def play(self, fields: Mapping[str, Any]) -> Fields:
        """Lets it happen; what to answer. Raises Rejection."""
        request = ScenarioRequest(fields)
        return {"name": request.name, "t": rfc3339(self._shares.now()), **self._plays[str(request.name)](request)}

    def calm(self, symbol: str) -> None:
        """Halts, silences, moods and moves of a symbol end; its price stays where it is. Nothing happens for one unknown."""
        for market in filter(None, (self._shares, self._programme.crypto)):
            if symbol in market.listings:
                if symbol in market.halted:
                    self.play({"name": "resume", "symbol": symbol})
                self._behaviour.calm(market, symbol)
        self._programme.silences.end(symbol)

    def calm_all(self) -> None:
        """The same for every symbol."""
        for market in filter(None, (self._shares, self._programme.crypto)):
            for symbol in market.listings:
                self.calm(symbol)

    def halt(self, request: ScenarioRequest) -> Fields:
        """Nobody trades the share until `resume`: the crowd leaves, orders wait."""
        symbol = self._share(request)
        reason = request.text("code", "T12"), request.text("reason", "Trading Halted; invented by the practice market")
        if symbol in self._shares.halted:
            raise bad_scenario(f"{symbol} is halted already")
        self._shares.halted.add(symbol)
        if isinstance(self._shares.source, GeneratedMarket):
            self._shares.source.halt(symbol)
        return self._say_status(symbol, _HALTED, reason)

    def resume(self, request: ScenarioRequest) -> Fields:
        """After a halt."""
        symbol = self._share(request)
        if symbol not in self._shares.halted:
            raise bad_scenario(f"{symbol} is not halted")
        self._shares.halted.discard(symbol)
        if isinstance(self._shares.source, GeneratedMarket):
            self._shares.source.resume(symbol)
        return self._say_status(symbol, _RESUMED, ("C11", "Trade Halt Concluded"))

    def _say_status(self, symbol: str, codes: Mapping[str, tuple[str, str]], reason: tuple[str, str]) -> Fields:
        self._on_halt()
        tape = self._shares.listings[symbol].tape
        code, message = codes.get(tape, codes[""])
        self._shares.say(TradingStatus(symbol, self._shares.source.played_until, code, message, *reason, tape))
        return {"symbol": symbol, "sc": code}

    def luld(self, request: ScenarioRequest) -> Fields:
        """A new band; the book does not mind it."""
        symbol, up, down = self._share(request), request.above_zero("up"), request.above_zero("down")
        if down >= up:
            raise bad_scenario("down must be below up")
        indicator, tape = request.text("indicator", "B"), self._shares.listings[symbol].tape
        self._shares.say(PriceBand(symbol, self._shares.source.played_until, up, down, indicator, tape))
        return {"symbol": symbol}

    def news(self, request: ScenarioRequest) -> Fields:
        """A headline; its symbols need not be listed."""
        item = self._programme.press.tell(request.text("headline"), request.texts("symbols"), self._shares.now())
        return {"id": item.id}

    def correction(self, request: ScenarioRequest) -> Fields:
        """Another price or size for the last trade."""
        market, original = self._shares, self._last_trade(self._share(request))
        size = request.above_zero("size", original.size)
        price = request.above_zero("price", round(original.price * 0.999, 2))
        new = self._print(market, original.symbol, original.ts_event, price, int(size))
        corrected = replace(new, update="corrected", conditions=original.conditions)
        record = market.records[original.symbol]
        record.change_trade(original, "incorrect")
        record.add_late(corrected)
        market.say(TradeCorrection(original.symbol, market.source.played_until, original, corrected))
        return {"symbol": original.symbol, "original": rest_trade(original), "corrected": rest_trade(corrected)}

    def cancel_trade(self, request: ScenarioRequest) -> Fields:
        """The last trade did not happen."""
        market, trade = self._shares, self._last_trade(self._share(request))
        action = request.text("action", "C")
        if action not in ("C", "E"):
            raise bad_scenario("action must be C or E")
        market.records[trade.symbol].change_trade(trade, "canceled")
        market.say(TradeCancel(trade.symbol, market.source.played_until, trade, action))
        return {"symbol": trade.symbol, "trade": rest_trade(trade)}

    def late_trade(self, request: ScenarioRequest) -> Fields:
        """A print of some seconds ago that comes only now."""
        market, symbol = self._listed(request)
        moment = market.source.played_until - int(request.above_zero("seconds") * NS_PER_SECOND)
        trades = market.records[symbol].trades
        place = bisect_right(trades, moment, key=lambda trade: trade.ts_event)
        if request.number("seconds") > LATEST_S or not place:
            raise bad_scenario(f"nothing is known of {symbol} so long ago; at most {LATEST_S:g} seconds")
        price = request.above_zero("price", trades[place - 1].price)
        size = request.above_zero("size", market.listings[symbol].size(PRINT_LOTS))
        return self._publish(market, self._print(market, symbol, moment, price, size))

    def outlier(self, request: ScenarioRequest) -> Fields:
        """One print far off the others; the book knows nothing of it."""
        market, symbol = self._listed(request)
        price = round(self._last(market.records[symbol]).price * request.factor(), 2)
        size = market.listings[symbol].size(PRINT_LOTS)
        return self._publish(market, self._print(market, symbol, market.source.played_until, price, size))

    def silence(self, request: ScenarioRequest) -> Fields:
        """Nothing is sent of a symbol, though it trades; REST has it all."""
        market, symbol = self._listed(request)
        until = market.now() + int(request.above_zero("seconds") * NS_PER_SECOND)
        self._programme.silences.begin(symbol, until)
        return {"symbol": symbol, "until": rfc3339(until)}

    def _listed(self, request: ScenarioRequest) -> tuple[Market, str]:
        """The symbol and the market it trades on."""
        symbol = request.text("symbol")
        for market in filter(None, (self._shares, self._programme.crypto)):
            if symbol in market.listings:
                return market, symbol
        raise bad_scenario(f"symbol {symbol} is not listed")

    def _share(self, request: ScenarioRequest) -> str:
        market, symbol = self._listed(request)
        if market is not self._shares:
            raise bad_scenario(f"{request.name} is for shares, and {symbol} is none")
        return symbol

    def _last_trade(self, symbol: str) -> Trade:
        return self._last(self._shares.records[symbol])

    def _last(self, record: Record) -> Trade:
        trade = record.last_trade
        if trade is None:
            raise bad_scenario("nothing has traded yet")
        return trade

    def _print(self, market: Market, symbol: str, moment: int, price: float, size: float) -> Trade:
        """A print with an id of its own, that nobody knows of yet."""
        size = size if market.listings[symbol].is_crypto else int(size)
        if isinstance(market.source, GeneratedMarket):
            return market.source.pits[symbol].trade(moment, price, size, Side.BUY)
        return market.foreign_trade(symbol, moment, price, size)

    def _publish(self, market: Market, trade: Trade) -> Fields:
        market.print(trade)
        return {"symbol": trade.symbol, "trade": rest_trade(trade)}
