"""Trading on the practice market through unmodified alpaca-py clients over real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import httpx
import pytest
import pytest_asyncio
from alpaca.common.exceptions import APIError
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import QueryOrderStatus
from alpaca.trading.requests import (
    ClosePositionRequest,
    GetOrdersRequest,
    LimitOrderRequest,
    MarketOrderRequest,
)
from alpaca.trading.stream import TradingStream
from websockets.asyncio.client import connect

from simulator.server import PracticeMarket, PracticeMarketConfig

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def eventually(fact: Callable[[], Any], what: str, timeout_s: float = 10.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not fact():
            await asyncio.sleep(0.005)
    assert fact(), what


class Desk:
    """One account with alpaca-py's clients; `updates` is what its stream has told."""

    def __init__(self, market: PracticeMarket, key: str, secret: str) -> None:
        self.client = TradingClient(key, secret, url_override=market.url)
        self.client._retry = 0
        self.headers = {"APCA-API-KEY-ID": key, "APCA-API-SECRET-KEY": secret}
        self.key, self.secret, self.url = key, secret, market.url
        self.updates: list[Any] = []
        self.stream = TradingStream(key, secret, url_override=f"{market.stream_url}/stream")

    async def __aenter__(self) -> Desk:
        async def heard(update: Any) -> None:
            self.updates.append(update)

        async with httpx.AsyncClient(base_url=self.url) as client:
            before = (await client.get("/_sim/health")).json()["listeners"]
        self.stream.subscribe_trade_updates(heard)
        self._running = asyncio.create_task(self.stream._run_forever())
        # The client does not tell when it listens, the market does.
        async with httpx.AsyncClient(base_url=self.url) as client, asyncio.timeout(10):
            while (await client.get("/_sim/health")).json()["listeners"] == before:
                await asyncio.sleep(0.005)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._running.cancel()
        await self.stream.close()

    async def do(self, name: str, *arguments: Any) -> Any:
        return await asyncio.to_thread(getattr(self.client, name), *arguments)

    async def market(self, side: str, symbol: str, qty: float, **more: Any) -> Any:
        fields = {"symbol": symbol, "qty": qty, "side": side, "time_in_force": "day", **more}
        return await self.do("submit_order", MarketOrderRequest(**fields))

    async def limit(self, side: str, symbol: str, qty: float, price: object, **more: Any) -> Any:
        fields = {"symbol": symbol, "qty": qty, "side": side, "time_in_force": "day", "limit_price": price, **more}
        return await self.do("submit_order", LimitOrderRequest(**fields))

    def events(self, order: Any) -> list[str]:
        return [str(getattr(u.event, "value", u.event)) for u in self.updates if u.order.id == order.id]

    async def done(self, order: Any, event: str) -> Any:
        """The order when its stream has told of the event."""
        await eventually(lambda: event in self.events(order), event)
        return await self.do("get_order_by_id", order.id)

    async def refused(self, **body: Any) -> tuple[int, int, str]:
        with pytest.raises(APIError) as caught:
            await self.do("post", "/orders", body)
        return caught.value.status_code, caught.value.code, caught.value.message


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def market(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PracticeMarket]:
    async with PracticeMarket(PracticeMarketConfig(data_dir=tmp_path_factory.mktemp("practice"), port=0)) as found:
        yield found


@asynccontextmanager
async def new_desk(market: PracticeMarket, cash: int = 1_000_000) -> AsyncIterator[Desk]:
    async with httpx.AsyncClient(base_url=market.url) as client:
        made = (await client.post("/_sim/accounts", json={"cash": cash})).json()
    async with Desk(market, made["key"], made["secret"]) as desk:
        yield desk


@pytest_asyncio.fixture(loop_scope="module")
async def desk(market: PracticeMarket) -> AsyncIterator[Desk]:
    async with new_desk(market) as found:
        yield found


async def arm(market: PracticeMarket, name: str, **more: Any) -> None:
    async with httpx.AsyncClient(base_url=market.url) as client:
        assert (await client.post("/_sim/faults", json={"name": name, **more})).status_code == 200


async def test_a_market_order_is_filled_and_everything_agrees(desk):
    placed = await desk.market("buy", "AAPL", 250, client_order_id="first")
    assert placed.status.value in ("pending_new", "accepted", "new")
    order = await desk.done(placed, "fill")
    assert (order.status.value, order.filled_qty, order.client_order_id) == ("filled", "250", "first")
    fills = [update for update in desk.updates if update.price is not None]
    assert sum(fill.qty for fill in fills) == 250 and fills[-1].position_qty == 250
    cost = sum(Decimal(str(fill.qty)) * Decimal(str(fill.price)) for fill in fills)
    account = await desk.do("get_account")
    assert Decimal(account.cash) == 1_000_000 - cost
    assert Decimal(account.equity) == Decimal(account.cash) + Decimal(account.long_market_value)
    assert (account.multiplier, account.last_equity) == ("2", "1000000")
    position = await desk.do("get_open_position", "AAPL")
    assert (position.qty, position.side.value, Decimal(position.cost_basis)) == ("250", "long", cost)
    assert [found.symbol for found in await desk.do("get_all_positions")] == ["AAPL"]
    assert (await desk.do("get_open_position", str(position.asset_id))).qty == "250"
    activities = await desk.do("get", "/account/activities/FILL", {"page_size": 1, "direction": "asc"})
    rest = await desk.do("get", "/account/activities/FILL", {"page_token": activities[0]["id"], "direction": "asc"})
    assert sum(Decimal(found["qty"]) for found in activities + rest) == 250
    assert (activities + rest)[-1]["leaves_qty"] == "0" and len(activities + rest) == len(fills)
    assert len({update.execution_id for update in desk.updates}) == len(desk.updates)


async def test_a_limit_order_rests_until_it_is_canceled(desk):
    placed = await desk.limit("buy", "MSFT", 5, 100.1, time_in_force="gtc", client_order_id="rests")
    found = await desk.do("get_order_by_client_id", "rests")
    assert (found.id, found.status.value, found.limit_price) == (placed.id, "new", "100.1")
    assert [order.id for order in await desk.do("get_orders")] == [placed.id]
    await desk.do("cancel_order_by_id", placed.id)
    order = await desk.done(placed, "canceled")
    assert order.status.value == "canceled" and order.canceled_at is not None
    assert desk.events(placed) == ["new", "pending_cancel", "canceled"]
    assert await desk.do("get_orders") == []
    closed = await desk.do("get_orders", GetOrdersRequest(status=QueryOrderStatus.CLOSED, symbols=["MSFT"]))
    assert [order.id for order in closed] == [placed.id]
    later = GetOrdersRequest(status=QueryOrderStatus.ALL, after=placed.submitted_at, symbols=["MSFT"], nested=True)
    assert placed.id in {order.id for order in await desk.do("get_orders", later)}  # microseconds cut the rest off


async def test_immediate_or_cancel_and_fill_or_kill(desk):
    nothing = await desk.limit("buy", "NVDA", 5, "1.00", time_in_force="ioc")
    assert (await desk.done(nothing, "canceled")).filled_qty == "0"
    killed = await desk.limit("buy", "NVDA", 5, "1.00", time_in_force="fok")
    assert (await desk.done(killed, "canceled")).filled_qty == "0"
    whole = await desk.market("buy", "NVDA", 5, time_in_force="fok")
    assert (await desk.done(whole, "fill")).filled_qty == "5"


async def test_two_accounts_trade_with_each_other_in_public(market, desk):
    """A bid above every other is what the next seller meets."""
    async with new_desk(market) as other, connect(f"{market.stream_url}/v2/iex") as public:
        for message in (
            {"action": "auth", "key": desk.key, "secret": desk.secret},
            {"action": "subscribe", "trades": ["TSLA"]},
        ):
            await public.send(json.dumps(message))
        book = market.market.source.pits["TSLA"].book
        price = round((book.touch()[2] - 1) / 100, 2)
        bid = await desk.limit("buy", "TSLA", 1_003, price, time_in_force="gtc")
        sale = await other.market("sell", "TSLA", 1_003)
        assert (await other.done(sale, "fill")).position_intent.value == "sell_to_open"
        await eventually(lambda: {"partial_fill", "fill"} & set(desk.events(bid)), "a fill of the bid")
        passed = {(update.qty, update.price) for update in desk.updates if update.price is not None}
        assert passed & {(update.qty, update.price) for update in other.updates}
        short = await other.do("get_open_position", "TSLA")
        assert (short.qty, short.side.value) == ("-1003", "short") and float(short.market_value) < 0
        async with asyncio.timeout(5):
            while passed:
                passed -= {(found["s"], found["p"]) for found in json.loads(await public.recv()) if found["T"] == "t"}
        assert other.updates[-1].position_qty == -1_003


async def test_positions_are_closed_in_part_one_by_one_and_all(desk):
    for symbol in ("AAPL", "MSFT"):
        await desk.done(await desk.market("buy", symbol, 11), "fill")
    half = await desk.do("close_position", "AAPL", ClosePositionRequest(percentage="50"))
    assert (half.qty, half.side.value, half.position_intent.value) == ("5", "sell", "sell_to_close")
    await desk.done(half, "fill")
    part = await desk.do("close_position", "AAPL", ClosePositionRequest(qty="2"))
    await desk.done(part, "fill")
    assert (await desk.do("get_open_position", "AAPL")).qty == "4"
    holding = await desk.limit("sell", "MSFT", 11, "900.00")
    answers = {found.symbol: found for found in await desk.do("close_all_positions", False)}
    assert (answers["AAPL"].status, answers["MSFT"].status) == (200, 403)
    assert answers["MSFT"].body.held_for_orders == 11
    await desk.done(answers["AAPL"].body, "fill")
    (last,) = await desk.do("close_all_positions", True)
    await desk.done(last.body, "fill")
    assert desk.events(holding)[-1] == "canceled" and await desk.do("get_all_positions") == []
    assert await desk.do("close_all_positions", True) == []
    with pytest.raises(APIError, match="position does not exist") as caught:
        await desk.do("get_open_position", "AAPL")
    assert (caught.value.status_code, caught.value.code) == (404, 40410000)


async def test_cancel_all_cancels_all(desk):
    placed = [await desk.limit("buy", "JPM", 1, price) for price in ("1.00", "1.01", "0.0005")]
    answers = await desk.do("cancel_orders")
    assert {answer.id: answer.status for answer in answers} == {order.id: 200 for order in placed}
    for order in placed:
        await desk.done(order, "canceled")
    assert await desk.do("cancel_orders") == []


async def test_refusals(desk):
    order = {"symbol": "AAPL", "qty": 1, "side": "buy", "type": "market", "time_in_force": "day"}
    assert await desk.refused(**{**order, "symbol": "ZZZZ"}) == (422, 42210000, 'asset "ZZZZ" not found')
    assert await desk.refused(**{**order, "qty": 0}) == (422, 40010001, "qty must be > 0")
    assert await desk.refused(**{**order, "qty": 1e6}) == (403, 40310000, "insufficient buying power")
    assert (await desk.refused(**{**order, "type": "limit", "limit_price": 290.123}))[:2] == (422, 42210000)
    kept = await desk.limit("buy", "AAPL", 1, "1.00", client_order_id="mine")
    again = {**order, "client_order_id": "mine"}
    assert await desk.refused(**again) == (422, 42210000, "client_order_id must be unique")
    await desk.do("cancel_order_by_id", kept.id)
    await desk.done(kept, "canceled")
    assert await desk.refused(**again) == (422, 40010001, "client_order_id must be unique")
    async with httpx.AsyncClient(base_url=desk.url, headers=desk.headers) as client:
        unknown = "00000000-0000-0000-0000-000000000000"
        for verb, path, status, code, message in (
            ("GET", f"/v2/orders/{unknown}", 404, 40410000, f"order not found for {unknown}"),
            ("DELETE", f"/v2/orders/{unknown}", 404, 40410000, f"order not found for {unknown}"),
            ("DELETE", "/v2/orders/7", 422, 40010001, "order_id is missing"),
            ("GET", "/v2/orders?limit=501", 422, 40010001, "invalid limit"),
            ("GET", "/v2/orders?status=some", 422, 40010001, "invalid status"),
            ("GET", "/v2/orders:by_client_order_id?client_order_id=x", 404, 40410000, "order not found for x"),
            ("DELETE", "/v2/positions/AAPL", 404, 40410000, "position does not exist"),
            ("GET", "/v2/positions/ZZZZ", 404, 40410000, "symbol not found: ZZZZ"),
        ):
            answer = await client.request(verb, path)
            assert (answer.status_code, answer.json()) == (status, {"code": code, "message": message})
        assert (await client.post("/v2/orders", content=b"{")).status_code == 400


async def test_configurations(desk):
    settings = await desk.do("get_account_configurations")
    settings.no_shorting = True
    assert (await desk.do("set_account_configurations", settings)).no_shorting
    order = {"symbol": "AAPL", "qty": 1, "side": "sell", "type": "market", "time_in_force": "day"}
    assert await desk.refused(**order) == (403, 40310000, "account is not allowed to short")


async def test_an_answer_that_is_lost_is_an_order_that_is_there(market, desk):
    for name in ("504_after_accept", "reset_after_accept", "504_before_accept"):
        await arm(market, name)
        with pytest.raises((APIError, OSError)):
            await desk.limit("buy", "AAPL", 1, "1.00", client_order_id=name)
        if name == "504_before_accept":
            with pytest.raises(APIError, match="order not found"):
                await desk.do("get_order_by_client_id", name)
        else:
            assert (await desk.do("get_order_by_client_id", name)).status.value == "new"
    await arm(market, "hang", seconds=30)
    async with httpx.AsyncClient(base_url=desk.url, headers=desk.headers) as client:
        body = {
            "symbol": "AAPL",
            "qty": "1",
            "side": "buy",
            "type": "limit",
            "limit_price": "1",
            "time_in_force": "day",
        }
        with pytest.raises(httpx.ReadTimeout):
            await client.post("/v2/orders", json={**body, "client_order_id": "hangs"}, timeout=0.2)
    assert (await desk.do("get_order_by_client_id", "hangs")).status.value == "new"


async def test_updates_can_be_lost_doubled_or_late(market, desk):
    await arm(market, "drop_trade_update", count=1)
    silent = await desk.limit("buy", "AAPL", 1, "1.00")
    await arm(market, "repeat_trade_update", count=1)
    double = await desk.limit("buy", "AAPL", 1, "1.00")
    await eventually(lambda: desk.events(double) == ["new", "new"], "twice")
    assert desk.events(silent) == [] and len({update.execution_id for update in desk.updates}) == 1
    await arm(market, "fill_after_cancel")
    await desk.do("cancel_order_by_id", double.id)
    assert (await desk.done(double, "fill")).status.value == "filled"
    await arm(market, "partial_then_rest")
    parted = await desk.market("buy", "MSFT", 4)
    await desk.done(parted, "fill")
    assert desk.events(parted) == ["new", "partial_fill", "fill"]
    async with httpx.AsyncClient(base_url=market.url) as client:
        assert (await client.post("/_sim/faults", json={"name": "other"})).status_code == 422
        from_a_page = await client.post(
            "/_sim/faults", json={"name": "hang"}, headers={"Origin": "https://example.com"}
        )
        assert from_a_page.status_code == 403


async def test_several_sockets_of_an_account_hear_the_same_and_a_slow_one_holds_nobody_up(market, desk):
    login = {"action": "auth", "key": desk.key, "secret": desk.secret}
    listen = {"action": "listen", "data": {"streams": ["trade_updates"]}}
    async with connect(f"{market.stream_url}/stream/") as second, connect(f"{market.stream_url}/stream") as asleep:
        for socket in (second, asleep):
            for message in (login, listen):
                await socket.send(json.dumps(message))
                assert isinstance(await socket.recv(), bytes)
        order = await desk.limit("buy", "AAPL", 1, "1.00")
        frame = json.loads(await second.recv())
        assert frame["stream"] == "trade_updates"
        assert (frame["data"]["event"], frame["data"]["order"]["id"]) == ("new", str(order.id))
        assert {"price", "qty", "position_qty"}.isdisjoint(frame["data"])
        await desk.done(order, "new")
    async with connect(f"{market.stream_url}/stream") as stranger:
        await stranger.send(json.dumps({**login, "secret": "wrong"}))
        assert json.loads(await stranger.recv())["data"]["status"] == "unauthorized"
