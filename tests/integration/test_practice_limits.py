"""A practice market on the free plan that keeps its limits: what clients are refused, at the door and behind it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgpack
import pytest
import pytest_asyncio
from alpaca.common.exceptions import APIError
from alpaca.data.historical import StockHistoricalDataClient
from alpaca.data.requests import StockLatestTradeRequest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from simulator.server import PracticeMarket, PracticeMarketConfig, StreamLimits

pytestmark = pytest.mark.asyncio(loop_scope="module")
KEYS = {"APCA-API-KEY-ID": "practice", "APCA-API-SECRET-KEY": "practice"}
UPGRADES, REQUESTS = 8, 12


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def market(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PracticeMarket]:
    config = PracticeMarketConfig(
        data_dir=tmp_path_factory.mktemp("practice"),
        port=0,
        sip=False,
        requests_a_minute=REQUESTS,
        limits=StreamLimits(upgrades_a_minute=UPGRADES),
    )
    async with PracticeMarket(config) as found:
        yield found


@pytest.mark.parametrize(("path", "codec"), [("/v2/sip", "json"), ("/v1beta1/opra", "msgpack")])
async def test_a_feed_that_nobody_has_paid_for_is_409(market, path, codec):
    headers = {**KEYS, "Content-Type": f"application/{codec}"}
    async with connect(f"{market.stream_url}{path}", additional_headers=headers) as client:
        await client.recv()
        (answer,) = (json.loads if codec == "json" else msgpack.unpackb)(await client.recv())
        assert answer == {"T": "error", "code": 409, "msg": "insufficient subscription"}
        with pytest.raises(ConnectionClosed):
            await client.recv()


async def test_the_delayed_feed_is_for_everybody(market):
    async with connect(f"{market.stream_url}/v2/delayed_sip", additional_headers=KEYS) as client:
        await client.recv()
        assert json.loads(await client.recv()) == [{"T": "success", "msg": "authenticated"}]
        await client.send(json.dumps({"action": "subscribe", "trades": ["*"]}))
        assert json.loads(await client.recv())[0]["T"] == "subscription"


async def test_an_address_without_a_stream_is_404(market):
    with pytest.raises(InvalidStatus) as caught:
        await connect(f"{market.stream_url}/v2/nowhere").__aenter__()
    assert caught.value.response.status_code == 404
    assert json.loads(caught.value.response.body or b"") == {"code": 40410000, "message": "endpoint not found"}


async def test_too_many_upgrades_are_429(market):
    with pytest.raises(InvalidStatus) as caught:
        for _ in range(2 * UPGRADES):
            async with connect(f"{market.stream_url}/v2/iex"):
                pass
    assert caught.value.response.status_code == 429


async def test_the_newest_of_the_paid_feed_is_403(market):
    client = StockHistoricalDataClient("practice", "practice", url_override=market.url)

    async def latest(feed: str) -> Any:
        request = StockLatestTradeRequest(symbol_or_symbols="SPY", feed=feed)
        return await asyncio.to_thread(client.get_stock_latest_trade, request)

    assert set(await latest("iex")) == {"SPY"}
    with pytest.raises(APIError, match="subscription does not permit querying recent SIP data") as caught:
        await latest("sip")
    assert caught.value.status_code == 403
    async with httpx.AsyncClient(base_url=market.url, headers=KEYS) as rest:
        query = {"symbols": "SPY", "timeframe": "1Day", "feed": "sip", "start": "2026-01-01"}
        answers = [
            (await rest.get("/v2/stocks/bars", params={**query, **more})).status_code
            for more in ({}, {"end": "2026-02-01"})
        ]
    assert answers == [403, 200]


async def test_too_many_requests_are_429_for_their_kind_alone(market):
    # A new minute may begin among them, but not twice.
    async with httpx.AsyncClient(base_url=market.url, headers=KEYS) as rest:
        answers = [await rest.get("/v2/clock") for _ in range(2 * REQUESTS + 1)]
        assert {answer.status_code for answer in answers} == {200, 429}
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert refused.json() == {"code": 42910000, "message": "rate limit exceeded"}
        assert refused.headers["X-Ratelimit-Limit"] == str(REQUESTS) and refused.headers["X-Ratelimit-Remaining"] == "0"
        assert (await rest.get("/v2/stocks/SPY/quotes/latest")).status_code == 200
        assert (await rest.get("/_sim/health")).status_code == 200
