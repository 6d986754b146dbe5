"""The practice market as a running server."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from types import TracebackType
from typing import Self

import uvicorn

from domain.nyse_hours import NyseHours
from domain.session import NS_PER_SECOND, trading_day
from simulator.accounts import Account, Accounts
from simulator.app import create_app
from simulator.config import PracticeMarketConfig, StreamLimits
from simulator.deed import DeedLog, Note, Origin
from simulator.delayed_feed import DelayedFeed
from simulator.exchange import Exchange
from simulator.fault import Faults
from simulator.feeds import Feeds
from simulator.generated import GeneratedMarket
from simulator.hours import AlwaysOpen, Hours
from simulator.imbalances import Imbalances
from simulator.instructor import instructor_routes
from simulator.listing import KNOWN, Listing, crypto_listings, fake_listings, generated_listings
from simulator.logged_floor import LoggedFloor
from simulator.market import Market
from simulator.market_time import MarketTime
from simulator.option import contracts
from simulator.option_desk import OptionDesk
from simulator.practice_db import PracticeDb
from simulator.press import Press
from simulator.programme import Programme
from simulator.pump import Pump
from simulator.quote import Quote
from simulator.replay_keeper import ReplayKeeper
from simulator.replay_report import TapeMark
from simulator.schedule import Schedule
from simulator.source import Source
from simulator.tape import TapeError, read_tape
from simulator.tape_market import TapeMarket, tape_markets
from simulator.tape_play import TapePlay
from simulator.trade import Trade
from simulator.trading_floor import TradingFloor
from simulator.update_hub import UpdateHub

__all__ = ["PracticeMarket", "PracticeMarketConfig", "StreamLimits", "TapeError", "serve"]

Noted = Callable[[str, tuple[Listing, ...]], Note]
POLL_S = 0.005
SEND_BUFFER_BYTES = 256 * 1024


class PracticeMarket:
    """A practice market that serves between `async with` and its end.

    Raises TapeError for a tape that cannot be played and OSError for a port that cannot be had, both before it listens.
    """

    def __init__(self, config: PracticeMarketConfig) -> None:
        self._config = config
        self._deeds: list[DeedLog] = []
        events = read_tape(config.tape) if config.tape is not None else []
        source, taped_coins = _source(config, events, self._noted)
        self.market = Market(source, config.fill_model)
        self.faults = Faults()
        self._feeds, self._updates = Feeds(self.faults), UpdateHub(self.faults)
        # A tape has its own dates: each run of one is a new account, and nothing is kept of it.
        self._db = PracticeDb(None if config.tape else config.data_dir / "practice.db")
        coins = _coins(config, source, taped_coins, self._noted)
        exchanges = [Exchange(market) for market in (self.market, coins) if market is not None]
        self._keeper = _keeper(config, events)
        self.floor = self._floor(exchanges)
        accounts = Accounts(_accounts(self.floor, config))
        self.programme = _programme(config, self.floor, self._feeds, coins)
        self._schedule = Schedule()
        taped = (
            TapePlay([each.market for each in exchanges], self.floor) if isinstance(self.floor, LoggedFloor) else None
        )
        self._pump = Pump(
            self.market, self.floor, self._feeds, self.programme, self._schedule, config.tape_patience_s, taped
        )
        control = instructor_routes(
            floor=self.floor,
            feeds=self._feeds,
            updates=self._updates,
            programme=self.programme,
            pump=self._pump,
            schedule=self._schedule,
            accounts=accounts,
            faults=self.faults,
            token=config.instructor_token,
            keeper=self._keeper,
        )
        app = create_app(self.market, self.floor, self._feeds, self._updates, self.programme, accounts, config, control)
        self._server = _Server(
            uvicorn.Config(
                app,
                ws="websockets-sansio",
                ws_per_message_deflate=False,
                http="h11",
                lifespan="off",
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=1,
            )
        )
        self._tasks: list[asyncio.Task[None]] = []
        self.port = 0

    def _noted(self, name: str, listings: tuple[Listing, ...]) -> Note:
        """Where what is done to a generated market is written down; nowhere, unless somebody wants it."""
        if self._config.deeds is None:
            return lambda deed: None
        origin = Origin(
            seed=self._config.seed,
            hours=self._config.hours if name == "shares" else "always",
            symbols=tuple(share.symbol for share in listings),
            banded=self._config.luld and name == "shares",
        )
        self._deeds.append(DeedLog(self._config.deeds / f"{name}.jsonl", origin))
        return self._deeds[-1].note

    def _floor(self, exchanges: list[Exchange]) -> TradingFloor:
        """What is done on a tape is noted."""
        if self._keeper is None:
            return TradingFloor(exchanges, self._db, self._updates.publish, self.faults)
        return LoggedFloor(exchanges, self._db, self._updates.publish, self.faults, self._keeper.note)

    @property
    def url(self) -> str:
        """What alpaca-py's REST clients take as url_override."""
        return f"http://{self._config.host}:{self.port}"

    @property
    def stream_url(self) -> str:
        """The base of the market data streams: add /v2/iex."""
        return f"ws://{self._config.host}:{self.port}"

    async def __aenter__(self) -> Self:
        """Returns when it listens."""
        try:
            listener = _bind(self._config.host, self._config.port)
        except OSError:
            self._db.close()
            raise
        self.port = int(listener.getsockname()[1])
        # What the warm-up brings is nobody's news; it is played before the first client can come.
        for market in filter(None, (self.market, self.programme.crypto)):
            for _ in market.play(market.now()):
                pass
        self.floor.resume()
        serving = asyncio.create_task(self._server.serve(sockets=[listener]))
        while not self._server.started:
            if serving.done():
                await serving
            await asyncio.sleep(POLL_S)
        self._tasks = [serving, asyncio.create_task(self._pump.run())]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Says goodbye to the websockets with 1001 and returns within 3 s."""
        serving, pumping = self._tasks
        pumping.cancel()
        self._feeds.close_all()
        self._updates.close_all()
        deadline = time.monotonic() + self._config.limits.farewell_s
        while len(self._feeds) + len(self._updates) and time.monotonic() < deadline:
            await asyncio.sleep(POLL_S)
        self._server.should_exit = True
        await serving
        with contextlib.suppress(asyncio.CancelledError):
            await pumping
        if self._keeper is not None and isinstance(self.floor, LoggedFloor):
            self._keeper.close(self.floor)
        self._db.close()
        for log in self._deeds:
            log.close()

    async def broken(self) -> None:
        """Returns never, but raises what ended the pump or the server."""
        done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()


def serve(config: PracticeMarketConfig, ready: Callable[[int], None] | None = None) -> None:
    """Runs until SIGTERM or SIGINT, then returns within 3 s. `ready` is called with the port when it listens."""
    asyncio.run(_serve(config, ready))


async def _serve(config: PracticeMarketConfig, ready: Callable[[int], None] | None) -> None:
    stop = asyncio.Event()
    with _signals(asyncio.get_running_loop(), stop):
        async with PracticeMarket(config) as practice_market:
            # What is there now stays: the collector need not look at it again, which would hold up the market.
            gc.collect()
            gc.freeze()
            if ready is not None:
                ready(practice_market.port)
            waiting = [asyncio.create_task(work) for work in (stop.wait(), practice_market.broken())]
            done, rest = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in rest:
                task.cancel()
            for task in done:
                task.result()


@contextlib.contextmanager
def _signals(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> Iterator[None]:
    """Sets the event at SIGTERM or SIGINT. The old handlers come back afterwards."""

    def ask_to_stop(_number: int, _frame: object) -> None:
        loop.call_soon_threadsafe(stop.set)

    numbers = (signal.SIGTERM, signal.SIGINT)
    previous = [signal.signal(number, ask_to_stop) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, previous, strict=True):
            signal.signal(number, handler)


class _Server(uvicorn.Server):
    """Leaves signals to `serve`: uvicorn raises them again at the end, which would spoil the exit code."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _bind(host: str, port: int) -> socket.socket:
    """Listens too, because only that tells for sure whether somebody else already does."""
    # asyncio sends at once (TCP_NODELAY) only on sockets that say that they are TCP: else an answer takes 40 ms.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Accepted sockets inherit it. The system's own choice would hide a slow client behind megabytes of old quotes.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        listener.bind((host, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener


def _accounts(floor: TradingFloor, config: PracticeMarketConfig) -> list[Account]:
    """Those that were opened before, and the one of the configured key."""
    usable = [trader for trader in floor.traders.values() if not trader.row.closed]
    known = [trader.account for trader in usable if trader.account.key != config.key]
    own = next((trader for trader in usable if trader.account.key == config.key), None)
    own = own or floor.open_account(config.key, config.secret, Decimal(config.cash))
    return [*known, Account(own.account.account_id, config.key, config.secret)]


def _keeper(config: PracticeMarketConfig, events: list[Trade | Quote]) -> ReplayKeeper | None:
    if config.tape is None:
        return None
    return ReplayKeeper(config.data_dir / "replays", TapeMark.of(config.tape, events), config.fill_model)


def _source(
    config: PracticeMarketConfig, events: list[Trade | Quote], noted: Noted
) -> tuple[Source, TapeMarket | None]:
    """Where the shares come from, and the coins of a tape."""
    if config.tape is not None:
        return tape_markets(events, config.speed, time.monotonic_ns)
    hours: Hours = NyseHours() if config.hours == "nyse" else AlwaysOpen()
    now = time.time_ns() + int(config.clock_offset_s * NS_PER_SECOND)
    clock = MarketTime(time.time_ns, anchor=now, rate=config.speed)
    listings = generated_listings(config.shares)
    return GeneratedMarket(listings, config.seed, hours, clock, noted("shares", listings), banded=config.luld), None


def _coins(config: PracticeMarketConfig, source: Source, taped: TapeMarket | None, noted: Noted) -> Market | None:
    """Coins are always open. A tape has its own, if any."""
    if isinstance(source, GeneratedMarket):
        listings = crypto_listings()
        note = noted("coins", listings)
        return Market(GeneratedMarket(listings, config.seed, AlwaysOpen(), source.time, note))
    return Market(taped, config.fill_model) if taped is not None else None


def _programme(config: PracticeMarketConfig, floor: TradingFloor, feeds: Feeds, coins: Market | None) -> Programme:
    """The test stream is always open. A tape has no options and no invented news, and neither have invented shares."""
    market, source = floor.market, floor.market.source
    traded = source.listings[:KNOWN] if isinstance(source, GeneratedMarket) else ()
    return Programme(
        feeds,
        market.now,
        coins,
        Market(GeneratedMarket(fake_listings(), config.seed, AlwaysOpen(), source.time)),
        OptionDesk(contracts(traded, trading_day(market.now()))),
        Press(config.seed, traded),
        floor.take,
        (DelayedFeed(market, feeds.delayed).turn, Imbalances(market, feeds.stocks).turn),
        coins_follow=config.tape is not None,
    )
