"""The clients of alpaca-py as we use them: limited in time, and with the private parts that this program relies on."""

from __future__ import annotations

import functools
import inspect
from typing import Any

import pytest
from alpaca.data.enums import DataFeed
from alpaca.data.historical import StockHistoricalDataClient
from alpaca.data.live import StockDataStream
from alpaca.trading.client import TradingClient
from requests import Response

from broker.account import Account
from broker.feed_stream import WEBSOCKET, StockStream
from broker.history import StockHistory
from broker.limits import CONNECT_S, READ_S, limited

URL = "http://127.0.0.1:9"


def clients() -> list[Any]:
    return [
        TradingClient("key", "secret", url_override=URL),
        StockHistoricalDataClient("key", "secret", url_override=URL),
    ]


@pytest.mark.parametrize("client", clients(), ids=lambda client: type(client).__name__)
def test_a_limited_client_gives_up_in_time_and_sends_nothing_twice(client: Any) -> None:
    safe = limited(client, 7.0)
    assert safe is client and safe._retry == 0
    assert isinstance(safe._session.request, functools.partial)
    timeout = safe._session.request.keywords["timeout"]
    assert (timeout.total, timeout.connect_timeout) == (7.0, CONNECT_S)


@pytest.mark.parametrize("client", clients(), ids=lambda client: type(client).__name__)
def test_the_limit_reaches_the_request_that_is_sent(client: Any) -> None:
    asked: list[dict[str, Any]] = []

    def send(method: str, url: str, **options: Any) -> Response:
        asked.append({"method": method, "url": url, **options})
        answer = Response()
        answer.status_code, answer._content = 200, b"{}"
        return answer

    client._session.request = send
    limited(client).get("/path")
    assert asked[0]["timeout"].total == READ_S


@pytest.mark.parametrize("status", [429, 500, 504])
def test_an_answer_that_alpaca_py_would_ask_again_for_is_asked_once(status: int) -> None:
    (client, _), asked = clients(), []

    def send(method: str, url: str, **options: Any) -> Response:
        asked.append(url)
        answer = Response()
        answer.status_code, answer._content = status, b'{"message": "later"}'
        return answer

    client._session.request = send
    with pytest.raises(Exception, match="later"):
        limited(client).get("/path")
    assert len(asked) == 1


def test_a_client_that_cannot_be_limited_is_refused() -> None:
    with pytest.raises(AttributeError, match="alpaca-py changed"):
        limited(object())


def test_our_own_clients_are_limited() -> None:
    account: Any = Account(URL, "key", "secret", True, 3.0)
    history: Any = StockHistory(URL, "key", "secret", "iex")
    assert account._client._session.request.keywords["timeout"].total == 3.0
    assert history._client._session.request.keywords["timeout"].total == READ_S


@pytest.mark.parametrize("client", clients(), ids=lambda client: type(client).__name__)
def test_sdk_fact_a_rest_client_has_the_private_retry_and_session(client: Any) -> None:
    assert client._retry > 0 and callable(client._session.request)


def test_sdk_fact_the_stream_has_the_private_parts_that_ours_builds_on() -> None:
    stream: Any = StockDataStream("key", "secret", feed=DataFeed.IEX)
    assert set(stream._handlers) >= {"trades", "quotes", "bars"}
    assert stream._ws is None and stream._api_key == "key" and stream._secret_key == "secret"
    for name in ("_connect", "_auth", "close"):
        assert inspect.iscoroutinefunction(getattr(StockDataStream, name)), name


def test_sdk_fact_websocket_parameters_are_taken_whole_and_not_merged() -> None:
    stream: Any = StockStream(URL, "key", "secret", ("AAPL",))
    assert stream._websocket_params == WEBSOCKET
    assert stream._websocket_params["max_size"] == 16 * 2**20


def test_sdk_fact_a_stream_url_is_taken_as_it_is() -> None:
    stream: Any = StockStream("ws://127.0.0.1:9/v2/iex", "key", "secret", ("AAPL",))
    assert stream._endpoint == "ws://127.0.0.1:9/v2/iex"
