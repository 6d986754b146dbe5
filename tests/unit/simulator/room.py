"""A trading floor on a small market whose clock the test moves."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

from domain.session import NS_PER_SECOND, trading_day
from simulator import generated
from simulator.client_order import ClientOrder
from simulator.crowd import OWNER
from simulator.deed import Note
from simulator.exchange import Exchange
from simulator.fault import Faults
from simulator.feeds import Feeds
from simulator.generated import GeneratedMarket
from simulator.hours import AlwaysOpen, Hours
from simulator.listing import crypto_listings, generated_listings
from simulator.market import FillModel, Market
from simulator.market_time import MarketTime
from simulator.option import contracts
from simulator.option_desk import OptionDesk
from simulator.order import Fill, Side
from simulator.practice_db import PracticeDb
from simulator.press import Press
from simulator.programme import Programme
from simulator.quote import Quote
from simulator.scenarios import Scenarios
from simulator.schedule import Schedule
from simulator.source import Source
from simulator.tape_market import TapeMarket
from simulator.ticket import parse_ticket
from simulator.trade import Trade
from simulator.trade_update import TradeUpdate
from simulator.trader import Trader
from simulator.trading_floor import TradingFloor

START = 1_795_161_630_000_000_000  # 2026-11-20 03:00:30 in New York
SOME = tuple(share for share in generated_listings() if share.symbol in ("AAPL", "NVDA"))


class Room:
    """A market that was played up to now, and the floor on it; `updates` and `published` are all that was told."""

    def __init__(
        self,
        *,
        hours: Hours | None = None,
        path: Path | None = None,
        tape: list[Any] | None = None,
        moment: int = START,
        fill_model: FillModel = "quote",
        note: Note = lambda deed: None,
        banded: bool = False,
    ) -> None:
        self._moment = 0
        self.source: Source
        if tape is None:
            clock = MarketTime(lambda: self._moment, anchor=moment, rate=1)
            with patch.object(generated, "WARM_UP_NS", 10 * NS_PER_SECOND):
                self.source = GeneratedMarket(SOME, 1, hours or AlwaysOpen(), clock, note, banded=banded)
        else:
            self.source = TapeMarket(tape, 1.0, lambda: self._moment)
            self.source.start()
        self.market = Market(self.source, fill_model)
        self.updates: list[TradeUpdate] = []
        self.published: list[Any] = []
        self.passed: list[Fill] = []
        self.faults = Faults()
        self.db = PracticeDb(path)
        self.early = [message for messages in self.market.play(self.market.now()) for message in messages]
        if isinstance(self.source, GeneratedMarket):
            self._tally(self.source)
        self.programme = self._programme()
        self.coins = self.programme.crypto
        exchanges = [Exchange(market) for market in (self.market, self.coins) if market is not None]
        self.floor = TradingFloor(exchanges, self.db, lambda _, update: self.updates.append(update), self.faults)
        self.floor.resume()
        self.schedule = Schedule()
        self.scenarios = Scenarios(self.market, self.programme, self.schedule)

    def _programme(self) -> Programme:
        """With one coin on the same clock, unless there is a tape."""
        coins, clock = crypto_listings()[:1], self.source.time
        with patch.object(generated, "WARM_UP_NS", 10 * NS_PER_SECOND):
            crypto = Market(GeneratedMarket(coins, 1, AlwaysOpen(), clock))
        list(crypto.play(crypto.now()))
        generates = isinstance(self.source, GeneratedMarket)
        shares = self.source.listings if generates else ()
        desk = OptionDesk(contracts(shares, trading_day(self.market.now())))
        return Programme(
            Feeds(self.faults), self.market.now, crypto if generates else None, crypto, desk, Press(1, shares)
        )

    def scene(self, name: str, **fields: Any) -> dict[str, Any]:
        """Plays a scenario as it would be asked for."""
        return self.scenarios.play({"name": name, **fields})

    def _tally(self, source: GeneratedMarket) -> None:
        """Remembers every fill in the pits, whoever's."""
        for pit in source.pits.values():
            pit.drain_fills()

            def drain(drained=pit.drain_fills):
                fills = drained()
                self.passed.extend(fill for _, fill in fills)
                return fills

            pit.drain_fills = drain

    def trader(self, cash: int = 100_000) -> Trader:
        number = len(self.floor.traders)
        return self.floor.open_account(f"key-{number}", "secret", Decimal(cash))

    def order(self, trader: Trader, side: str, qty: object, price: object = None, **more: Any) -> ClientOrder:
        """Submits; the order as it is afterwards."""
        fields = {"symbol": "AAPL", "side": side, "qty": qty, "type": "limit" if price else "market"}
        fields |= {"time_in_force": "day", **({"limit_price": price} if price else {}), **more}
        fields = {name: _as_parsed(found) for name, found in fields.items() if found is not None}
        return self.latest(self.floor.submit(trader, parse_ticket(fields, self.floor.listings)))

    def latest(self, order: ClientOrder) -> ClientOrder:
        return self.floor.traders[order.account_id].orders[order.order_id]

    def play(self, seconds: float) -> None:
        """Lets time go by as the pump does, a fifth of a second at once."""
        end = self._moment + int(seconds * NS_PER_SECOND)
        while self._moment < end:
            self._moment = min(end, self._moment + NS_PER_SECOND // 5)
            for messages in self.market.play(self.market.now()):
                self.floor.take(messages)
                self.published += messages
            self._play_coins()
            self.floor.turn()

    def _play_coins(self) -> None:
        if self.coins is not None:
            if self.coins.has_lost_track():
                self.coins.begin_again()
            for messages in self.coins.play(self.coins.now()):
                self.floor.take(messages)

    def jump(self, moment: int) -> None:
        self.market.source.time.jump(moment)
        self.play(0.2)

    def tell(self) -> None:
        """What happened in the pit of AAPL is told at once, without the crowd's doing anything."""
        messages = self.pit.drain()
        for message in messages:
            self.market.records["AAPL"].add(message)
        self.floor.take(messages)

    def empty_book(self) -> None:
        """The crowd of AAPL leaves for a moment."""
        self.pit.book.cancel_all(OWNER)

    @property
    def pit(self) -> Any:
        assert isinstance(self.source, GeneratedMarket)
        return self.source.pits["AAPL"]

    def best(self, side: Side) -> Decimal:
        found = self.pit.book.best(side)
        return Decimal(found) / 100

    def events(self, order: ClientOrder) -> list[str]:
        return [update.event for update in self.updates if update.order.order_id == order.order_id]

    def prints(self) -> list[Trade]:
        return [message for message in self.published if isinstance(message, Trade)]


def _as_parsed(found: Any) -> Any:
    """Numbers as they come out of a body."""
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    return Decimal(str(found)) if is_number else found


def quote(seconds: float, bid: float, bid_size: int, ask: float, ask_size: int, symbol: str = "TAPE") -> Quote:
    return Quote(symbol, START + int(seconds * NS_PER_SECOND), bid, bid_size, ask, ask_size, "V", "C")
