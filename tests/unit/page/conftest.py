"""A small real market: a cache folder, the hand that writes it and the reader of the page."""

from __future__ import annotations

import time
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from argon2 import PasswordHasher
from dash import Dash
from flask.testing import FlaskClient

from broker.order_client import Accepted
from dashboard.app import create_app
from dashboard.guard import Guard
from domain.bar import BAR
from domain.closed_bar import CLOSED_BAR, INTERVAL_INDEX
from domain.interval import INTERVALS
from domain.order import BrokerOrder, Order
from domain.risk_limits import RiskLimits
from domain.status import DeskStatus, MarketStatus, StreamState, StreamStatus, WorkerStatus
from domain.tick import QUOTE, TICK, TRADE, Flag, Kind, Records
from market_cache.reader import MarketReader
from market_cache.snapshot import empty_tables
from market_cache.writer import NO_BARS, NO_TICKS, MarketWriter, State
from orders.breaker import OrderBreaker
from orders.desk import OrderDesk
from orders.journal import Journal
from orders.kill_switch import KillSwitch
from orders.situation import Lookout

ACCOUNT = "7cc7b516-a6e1-4518-a469-44887b21f68d"
MONEY = {
    "account_id": ACCOUNT,
    "cash": "100000.00",
    "equity": "100177.00",
    "buying_power": "92494.00",
    "last_equity": "100000.00",
    "day_pnl": "177.00",
    "trading_blocked": False,
    "account_blocked": False,
}
ZERO = Decimal(0)
SYMBOLS = ("AAPL", "MSFT", "SPY")
START = 1_800_000_000_000_000_000
MINUTE = 60_000_000_000
HELD = 700


class Market:
    """What a worker would publish, one call a thing. The bar that forms after `begin` has the ordinal HELD."""

    def __init__(self, folder: Path) -> None:
        self.writer = MarketWriter(folder)
        self.latest, self.forming, self.ordinals = empty_tables(len(SYMBOLS))
        self.status = DeskStatus(
            stream=StreamStatus(state=StreamState.LIVE, last_msg_age_s=0.2),
            market=MarketStatus(now=START, is_open=True),
            worker=WorkerStatus(alive=True, pid=1),
            backfilled=True,
            trading=StreamStatus(state=StreamState.LIVE, last_msg_age_s=1.0),
            reconciled=True,
            account=dict(MONEY),
        )

    def begin(self) -> None:
        self.latest["price"] = self.latest["previous_close"] = 100.0
        self.writer.begin_epoch(SYMBOLS, self.state())
        for symbol in SYMBOLS:
            self.writer.write_series(symbol, "1Min", 0, minutes(HELD))
        self.forming[INTERVALS.index("1Min")] = minutes(1, START + HELD * MINUTE)[0]
        self.ordinals[INTERVALS.index("1Min")] = HELD
        self.beat()

    def state(self) -> State:
        return State(self.latest.copy(), self.forming.copy(), self.ordinals.copy(), self.status)

    def beat(self) -> None:
        self.writer.publish(NO_TICKS, NO_BARS, self.state())

    def trade(self, price: float, symbol: int = 0, flags: int = Flag.AT_ASK) -> None:
        row = np.zeros(1, TRADE)
        row["ts_event"], row["price"], row["size"] = START, price, 100
        row["kind"], row["symbol"], row["flags"] = Kind.TRADE, symbol, flags
        self.writer.publish(row.view(TICK), NO_BARS, None, time.time_ns())

    def quote(self, bid: float, ask: float, symbol: int = 0, second: int = 0) -> None:
        row = np.zeros(1, QUOTE)
        row["ts_event"] = START + second * 1_000_000_000
        row["bid_price"], row["ask_price"], row["bid_size"], row["ask_size"] = bid, ask, 440, 100
        row["kind"], row["symbol"] = Kind.QUOTE, symbol
        self.writer.publish(row.view(TICK), NO_BARS, None, time.time_ns())

    def close_bar(self, ordinal: int, close: float, symbol: int = 0) -> None:
        row = np.zeros(1, CLOSED_BAR)
        row["symbol"], row["interval"], row["ordinal"] = symbol, INTERVAL_INDEX["1Min"], ordinal
        row["bar"] = minutes(1, START + ordinal * MINUTE, close)
        self.writer.publish(NO_TICKS, row, None)


def minutes(count: int, start: int = START, close: float = 100.0) -> Records:
    bars = np.zeros(count, BAR)
    bars["start"] = start + MINUTE * np.arange(count)
    for name in ("open", "high", "low", "close"):
        bars[name] = close
    bars["volume"], bars["trade_count"] = 1000, 10
    return bars


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def market(folder: Path) -> Iterator[Market]:
    folder.mkdir()
    market = Market(folder)
    market.begin()
    yield market
    market.writer.close()


@pytest.fixture
def reader(folder: Path) -> MarketReader:
    return MarketReader(f"diskcache:{folder}")


class Broker:
    """Takes every order, and remembers them."""

    def __init__(self) -> None:
        self.sent: list[Order] = []
        self.canceled: list[str] = []

    def submit(self, order: Order) -> Accepted:
        self.sent.append(order)
        words = order.symbol, order.side, order.type, order.qty, order.time_in_force
        told = BrokerOrder(f"id-{len(self.sent)}", order.client_order_id, *words, "new", ZERO, None, None, None)
        return Accepted(told)

    def replace(self, order: Order) -> Accepted:
        return self.submit(order)

    def cancel(self, order_id: str) -> str:
        self.canceled.append(order_id)
        return ""


class Access:
    """A real journal, kill switch and order desk, on a broker that takes everything."""

    def __init__(self, folder: Path, reader: MarketReader) -> None:
        self.journal = Journal(f"sqlite:///{folder / 'journal.db'}")
        self.kill = KillSwitch(self.journal, (folder / "KILL",), False)
        self.breaker = OrderBreaker(self.journal, lambda: ACCOUNT)
        self.reader, self.broker = reader, Broker()
        limits = RiskLimits(Decimal(100_000), Decimal(10_000), Decimal("0.05"), Decimal(1))
        self.look = Lookout(reader, limits, self.kill)

    def desk(self) -> OrderDesk | None:
        self.reader.catch_up(force=True)
        if self.reader.status().account is None:
            return None
        client: Any = self.broker
        return OrderDesk(ACCOUNT, self.journal, client, self.kill, self.look)


@pytest.fixture
def access(tmp_path: Path, reader: MarketReader) -> Access:
    return Access(tmp_path, reader)


GUARD = Guard(b"key", frozenset({"localhost"}), 8050)


def app_of(access: Access, mode: str = "sim", interval: str = "1Min", guard: Guard = GUARD) -> Dash:
    settings = SimpleNamespace(mode=mode, bar_timeframe=interval, refresh_ms=500, stale_after_s=20.0, stream_feed="iex")
    return create_app(settings, access, guard)


@pytest.fixture
def app(access: Access) -> Dash:
    return app_of(access)


@pytest.fixture
def client(app: Dash) -> FlaskClient:
    """A client that has loaded the page and sends its token."""
    client = app.server.test_client()
    client.get("/_dash-dependencies")
    token = client.get_cookie("tickdesk_token_8050")
    assert token
    client.environ_base["HTTP_X_CSRFTOKEN"] = token.value
    return client


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are hashed as ever, but a hash costs no tenth of a second: what a hash costs has a test of its own."""
    monkeypatch.setattr("dashboard.users.PasswordHasher", partial(PasswordHasher, 1, 64, 1))
