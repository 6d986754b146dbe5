"""Every order type through unmodified alpaca-py over real sockets, with its own request classes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import httpx
import pytest
import pytest_asyncio
from alpaca.common.exceptions import APIError
from alpaca.trading.requests import (
    ClosePositionRequest,
    GetOrderByIdRequest,
    GetOrdersRequest,
    LimitOrderRequest,
    MarketOrderRequest,
    ReplaceOrderRequest,
    StopLimitOrderRequest,
    StopLossRequest,
    StopOrderRequest,
    TakeProfitRequest,
    TrailingStopOrderRequest,
)

from simulator.server import PracticeMarket, PracticeMarketConfig
from tests.integration.test_practice_trading import Desk, arm, eventually, new_desk

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def market(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PracticeMarket]:
    async with PracticeMarket(PracticeMarketConfig(data_dir=tmp_path_factory.mktemp("practice"), port=0)) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def desk(market: PracticeMarket) -> AsyncIterator[Desk]:
    async with new_desk(market) as found:
        yield found


async def submit(desk: Desk, request: Any, **fields: Any) -> Any:
    return await desk.do("submit_order", request(**{"symbol": "AAPL", "time_in_force": "day", **fields}))


async def bought(desk: Desk, qty: float = 10, symbol: str = "AAPL") -> float:
    """The price of the last trade after a position was opened."""
    await desk.done(await desk.market("buy", symbol, qty), "fill")
    return float((await desk.do("get_open_position", symbol)).current_price)


async def test_stops_of_every_kind(desk):
    price = await bought(desk)
    stop = await submit(desk, StopOrderRequest, qty=2, side="sell", stop_price=round(price - 50, 2))
    both = await submit(desk, StopLimitOrderRequest, qty=2, side="sell", stop_price=100, limit_price=99.5)
    trail = await submit(desk, TrailingStopOrderRequest, qty=2, side="sell", trail_percent=20, time_in_force="gtc")
    cents = await submit(desk, TrailingStopOrderRequest, qty=2, side="sell", trail_price=50.5)
    for order in (stop, both, trail, cents):
        await desk.done(order, "new")
    assert (both.stop_price, both.limit_price, both.type.value) == ("100", "99.5", "stop_limit")
    assert trail.hwm is not None and float(trail.stop_price) == pytest.approx(float(trail.hwm) * 0.8, abs=0.02)
    assert float(cents.hwm) - float(cents.stop_price) == pytest.approx(50.5) and cents.trail_price == "50.5"
    await desk.do("cancel_order_by_id", stop.id)
    await desk.done(stop, "canceled")
    reached = await submit(desk, StopOrderRequest, qty=2, side="sell", stop_price=round(price + 20, 2))
    filled = await desk.done(reached, "fill")
    assert (filled.status.value, filled.type.value, filled.limit_price) == ("filled", "stop", None)


async def test_parts_of_shares_and_amounts_of_money(desk):
    part = await desk.done(await desk.market("buy", "AAPL", 1.25), "fill")
    assert part.filled_qty == "1.25"
    money = await desk.done(await submit(desk, MarketOrderRequest, notional=100.5, side="buy"), "fill")
    assert (money.qty, money.notional, money.status.value) == (None, "100.5", "filled")
    limit = await submit(desk, LimitOrderRequest, notional=50, side="buy", limit_price=1000)
    assert (await desk.done(limit, "fill")).notional == "50"
    closing = await desk.do("close_position", "AAPL", ClosePositionRequest(percentage="50"))
    await desk.done(closing, "fill")
    await desk.done(await desk.do("close_position", "AAPL"), "fill")
    assert await desk.do("get_all_positions") == []


async def test_coins(desk):
    order = await submit(desk, MarketOrderRequest, symbol="BTC/USD", qty=0.01234, side="buy", time_in_force="gtc")
    filled = await desk.done(order, "fill")
    assert (filled.symbol, filled.asset_class.value, filled.filled_qty) == ("BTC/USD", "crypto", "0.01234")
    stop = await submit(
        desk,
        StopLimitOrderRequest,
        symbol="BTC/USD",
        qty=0.01,
        side="sell",
        stop_price=50_000,
        limit_price=49_900,
        time_in_force="gtc",
    )
    found = await desk.do("get_orders", GetOrdersRequest(symbols=["BTC/USD"]))
    assert [each.id for each in found] == [stop.id]
    (position,) = await desk.do("get_all_positions")
    assert (position.symbol, position.qty, position.qty_available) == ("BTCUSD", "0.01234", "0.00234")
    (closed,) = await desk.do("close_all_positions", True)
    assert (closed.symbol, closed.status) == ("BTCUSD", 200)
    await desk.done(closed.body, "fill")
    assert desk.events(stop)[-1] == "canceled" and await desk.do("get_all_positions") == []
    with pytest.raises(APIError, match="insufficient balance for BTC"):
        await submit(desk, MarketOrderRequest, symbol="BTCUSD", qty=1, side="sell", time_in_force="ioc")


async def test_a_bracket_lives_and_dies_together(desk):
    price = await bought(desk, 1)
    order = await submit(
        desk,
        MarketOrderRequest,
        qty=4,
        side="buy",
        order_class="bracket",
        take_profit=TakeProfitRequest(limit_price=round(price + 50, 2)),
        stop_loss=StopLossRequest(stop_price=round(price - 50, 2), limit_price=round(price - 51, 2)),
    )
    await desk.done(order, "fill")
    nested = await desk.do("get_order_by_id", order.id, GetOrderByIdRequest(nested=True))
    profit, loss = nested.legs
    assert (nested.order_class.value, profit.status.value, loss.status.value) == ("bracket", "new", "held")
    assert (profit.type.value, loss.type.value, loss.qty) == ("limit", "stop_limit", "4")
    assert desk.events(profit) == ["held", "new"] and desk.events(loss) == ["held"]
    assert (await desk.do("get_order_by_id", order.id)).legs is None
    higher = await desk.do("replace_order_by_id", loss.id, ReplaceOrderRequest(stop_price=round(price - 40, 2)))
    assert (higher.replaces, higher.status.value) == (loss.id, "held")
    listed = await desk.do("get_orders", GetOrdersRequest(status="all", nested=True, symbols=["AAPL"]))
    (group,) = [each for each in listed if each.id == order.id]
    assert [leg.id for leg in group.legs] == [profit.id, higher.id]
    await desk.do("cancel_order_by_id", profit.id)
    await desk.done(higher, "canceled")
    assert desk.events(loss) == ["held", "replaced"]


async def test_a_pair_of_exits_and_an_entry_with_one(desk):
    price = await bought(desk, 5)
    pair = await submit(
        desk,
        LimitOrderRequest,
        qty=5,
        side="sell",
        order_class="oco",
        limit_price=round(price + 50, 2),
        take_profit=TakeProfitRequest(limit_price=round(price + 50, 2)),
        stop_loss=StopLossRequest(stop_price=round(price + 20, 2)),
    )
    (loss,) = pair.legs  # a trade below its price reaches it at once
    await desk.done(loss, "fill")
    assert desk.events(pair) == ["new", "canceled"] and await desk.do("get_all_positions") == []
    entry = await submit(
        desk,
        MarketOrderRequest,
        qty=2,
        side="buy",
        order_class="oto",
        stop_loss=StopLossRequest(stop_price=round(price - 50, 2)),
    )
    await desk.done(entry, "fill")
    (leg,) = (await desk.do("get_order_by_id", entry.id, GetOrderByIdRequest(nested=True))).legs
    assert leg.status.value == "new" and desk.events(leg) == ["held", "new"]


async def test_one_order_in_the_place_of_another(market, desk):
    old = await desk.limit("buy", "MSFT", 5, "100.00")
    await desk.done(old, "new")
    new = await desk.do("replace_order_by_id", old.id, ReplaceOrderRequest(qty=7, limit_price=101.5))
    assert (new.replaces, new.qty, new.limit_price) == (old.id, "7", "101.5") and new.id != old.id
    found = await desk.done(old, "replaced")
    assert (found.status.value, found.replaced_by) == ("replaced", new.id) and found.replaced_at is not None
    assert (await desk.done(new, "new")).status.value == "new"
    with pytest.raises(APIError, match="order already replaced"):
        await desk.do("replace_order_by_id", old.id, ReplaceOrderRequest(qty=8))
    with pytest.raises(APIError, match="order parameters are not changed"):
        await desk.do("replace_order_by_id", new.id, ReplaceOrderRequest(qty=7))
    await arm(market, "replace_rejected")
    never = await desk.do("replace_order_by_id", new.id, ReplaceOrderRequest(qty=9))
    await eventually(lambda: "order_replace_rejected" in desk.events(new), "the rejection")
    assert (await desk.do("get_order_by_id", never.id)).status.value == "rejected"
    assert (await desk.do("get_order_by_id", new.id)).status.value == "new"


async def test_auctions_at_midnight(desk):
    for time_in_force, status in (("opg", "accepted"), ("cls", "new")):
        order = await desk.market("buy", "NVDA", 1, time_in_force=time_in_force)
        assert (await desk.do("get_order_by_id", order.id)).status.value == status
        await desk.do("cancel_order_by_id", order.id)
        await desk.done(order, "canceled")


@pytest.mark.parametrize(
    ("fault", "is_there"),
    [
        ("rate_limited", False),
        ("reset_before_accept", False),
        ("hang_before_accept", False),
        ("html_after_accept", True),
        ("empty_after_accept", True),
        ("truncated_after_accept", True),
        ("duplicate_after_accept", True),
    ],
)
async def test_an_answer_to_an_order_can_be_spoilt(market, desk, fault, is_there):
    await arm(market, fault, seconds=0.05)
    body = {"symbol": "AAPL", "qty": "1", "side": "buy", "type": "limit", "limit_price": "1", "time_in_force": "day"}
    async with httpx.AsyncClient(base_url=desk.url, headers=desk.headers) as client:
        try:
            answer = await client.post("/v2/orders", json={**body, "client_order_id": fault})
        except httpx.TransportError:
            assert fault == "reset_before_accept"
        else:
            expected = {"rate_limited": 429, "hang_before_accept": 504, "html_after_accept": 502}
            assert answer.status_code == expected.get(fault, 422 if "duplicate" in fault else 200)
            if answer.status_code == 200:
                with pytest.raises(ValueError):
                    answer.json()
        found = await client.get("/v2/orders:by_client_order_id", params={"client_order_id": fault})
    assert found.status_code == (200 if is_there else 404)


async def test_other_answers_can_be_spoilt_too(market, desk):
    async with httpx.AsyncClient(base_url=desk.url, headers=desk.headers) as client:
        for fault, status in (("rest_504", 504), ("rest_rate_limited", 429), ("rest_html", 502), ("rest_hang", 504)):
            await arm(market, fault, seconds=0.05)
            assert (await client.get("/v2/clock")).status_code == 200
            assert (await client.get("/v2/positions")).status_code == status
            assert (await client.get("/v2/positions")).status_code == 200
        await arm(market, "rest_reset")
        with pytest.raises(httpx.TransportError):
            await client.delete("/v2/orders")


async def test_an_update_can_be_late_and_the_stream_can_break(market, desk):
    await arm(market, "delay_trade_update", seconds=0.3)
    late = await desk.limit("buy", "AAPL", 1, "1.00")
    soon = await desk.limit("buy", "AAPL", 1, "1.00")
    await desk.done(late, "new")
    assert [update.order.id for update in desk.updates] == [soon.id, late.id]
    await arm(market, "reset_trade_stream")
    async with httpx.AsyncClient(base_url=desk.url) as client, asyncio.timeout(15):
        while (await client.get("/_sim/health")).json()["listeners"]:
            await asyncio.sleep(0.005)
        while not (await client.get("/_sim/health")).json()["listeners"]:
            await asyncio.sleep(0.05)
    again = await desk.limit("buy", "AAPL", 1, "1.00")
    await desk.done(again, "new")


async def test_the_account_of_all_this_adds_up(desk):
    await bought(desk, 3.5)
    await desk.done(
        await submit(desk, MarketOrderRequest, symbol="ETH/USD", qty=1.5, side="buy", time_in_force="gtc"), "fill"
    )
    activities = await desk.do("get", "/account/activities/FILL")
    spent = sum(Decimal(found["qty"]) * Decimal(found["price"]) for found in activities)
    account = await desk.do("get_account")
    assert Decimal(account.cash) == 1_000_000 - spent
    assert Decimal(account.equity) == Decimal(account.cash) + Decimal(account.long_market_value)
