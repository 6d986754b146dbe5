"""Answers of the REST servers, good and bad, handed to the real clients below their sockets."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter
from requests.exceptions import ConnectTimeout

from broker.account import Account, ServerClock
from broker.history import StockHistory
from domain.bar import Source
from domain.errors import HistoryError, RefusedError
from domain.session import to_ns
from domain.tick import Flag, Kind, trades_of

URL = "http://alpaca.test"
START = to_ns(datetime(2024, 3, 8, 14, 30, tzinfo=UTC))

Answer = Callable[[PreparedRequest], tuple[int, Any]]


class Server(BaseAdapter):
    """A transport that answers by itself: what requests would have sent is what `asked` holds."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self._answer = answer
        self.asked: list[str] = []

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        self.asked.append(str(request.url))
        response = Response()
        status, body = self._answer(request)
        response.status_code, response.url = status, str(request.url)
        response._content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return response

    def close(self) -> None:
        """Nothing is open."""


def account(answer: Answer) -> tuple[Account, Server]:
    made, server = Account(URL, "key", "secret", True), Server(answer)
    made._client._session.mount("http://", server)
    return made, server


def history(answer: Answer) -> tuple[StockHistory, Server]:
    made, server = StockHistory(URL, "key", "secret", "iex"), Server(answer)
    made._client._session.mount("http://", server)
    return made, server


def unreachable(request: PreparedRequest) -> tuple[int, Any]:
    raise ConnectTimeout("nobody there")


CLOCK = {
    "timestamp": "2024-03-08T09:30:00.000000001-05:00",
    "is_open": True,
    "next_open": "2024-03-11T09:30:00-04:00",
    "next_close": "2024-03-08T16:00:00-05:00",
}


def test_the_clock_is_read_in_nanoseconds() -> None:
    made, server = account(lambda request: (200, CLOCK))
    assert made.clock() == ServerClock(START + 1, True, START + 71 * 3_600 * 10**9, START + 390 * 60 * 10**9)
    assert server.asked == [f"{URL}/v2/clock"]


def test_the_account_is_named_by_its_id() -> None:
    assert account(lambda request: (200, {"id": "abc", "status": "ACTIVE"}))[0].account_id() == "abc"


def test_only_what_can_be_traded_is_listed_in_the_servers_order() -> None:
    assets = [{"symbol": "B", "tradable": True}, {"symbol": "X", "tradable": False}, {"symbol": "A", "tradable": True}]
    made, server = account(lambda request: (200, assets))
    assert made.tradable_symbols() == ("B", "A")
    assert "status=active" in server.asked[0] and "asset_class=us_equity" in server.asked[0]


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, RefusedError), (403, RefusedError), (404, HistoryError), (429, HistoryError), (500, HistoryError)],
)
def test_a_status_of_the_trading_server_is_refused_or_tried_again(status: int, kind: type[Exception]) -> None:
    made, server = account(lambda request: (status, {"code": 1, "message": "no"}))
    with pytest.raises(kind, match=str(status)):
        made.clock()
    assert len(server.asked) == 1


@pytest.mark.parametrize("answer", [unreachable, lambda request: (200, b"<html>")])
def test_a_trading_server_that_does_not_answer_is_tried_again(answer: Answer) -> None:
    with pytest.raises(HistoryError):
        account(answer)[0].clock()


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_never_shows_the_keys(status: int) -> None:
    made = Account(URL, "PKVERYSECRET", "sssecret", True)
    made._client._session.mount("http://", Server(lambda request: (status, {"message": "forbidden"})))
    with pytest.raises(RefusedError) as caught:
        made.account_id()
    assert "PKVERYSECRET" not in str(caught.value) and "sssecret" not in str(caught.value)


def bar_row(minute: int, **changes: Any) -> dict[str, Any]:
    at = f"2024-03-08T14:{30 + minute}:00Z"
    return {"t": at, "o": 1.0, "h": 3.0, "l": 0.5, "c": 2.0, "v": 100, "n": 7, "vw": 1.5} | changes


def test_bars_of_history_are_records_of_alpacas() -> None:
    made, server = history(lambda request: (200, {"bars": {"AAPL": [bar_row(0), bar_row(1)]}, "next_page_token": None}))
    found = made.bars(("AAPL", "MSFT"), "1Min", START)
    assert list(found) == ["AAPL"]
    rows = found["AAPL"]
    assert rows["start"].tolist() == [START, START + 60 * 10**9]
    assert (rows["open"][0], rows["high"][0], rows["low"][0], rows["close"][0]) == (1.0, 3.0, 0.5, 2.0)
    assert (rows["volume"][0], rows["trade_count"][0], rows["notional"][0]) == (100.0, 7, 150.0)
    assert rows["final"].all() and (rows["source"] == Source.ALPACA).all()
    assert (
        "symbols=AAPL%2CMSFT" in server.asked[0]
        and "timeframe=1Min" in server.asked[0]
        and "feed=iex" in server.asked[0]
    )


def test_trades_of_history_are_flagged() -> None:
    row = {"t": "2024-03-08T14:30:00.000000005Z", "x": "V", "p": 10.5, "s": 3, "c": ["@"], "i": 42, "z": "A"}
    made, _ = history(lambda request: (200, {"trades": {"MSFT": [row]}, "next_page_token": None}))
    (found,) = trades_of(made.trades(("AAPL", "MSFT"), START)["MSFT"])
    assert (found["ts_event"], found["price"], found["size"], found["id"]) == (START + 5, 10.5, 3.0, 42)
    assert (found["symbol"], found["kind"], found["flags"]) == (0, Kind.TRADE, Flag.BACKFILLED)
    assert (chr(found["exchange"]), chr(found["tape"]), chr(found["conditions"])) == ("V", "A", "@")


def test_history_is_read_page_by_page() -> None:
    def pages(request: PreparedRequest) -> tuple[int, Any]:
        second = "page_token=more" in str(request.url)
        return 200, {"bars": {"AAPL": [bar_row(int(second))]}, "next_page_token": None if second else "more"}

    made, server = history(pages)
    assert len(made.bars(("AAPL",), "1Min", START)["AAPL"]) == 2 and len(server.asked) == 2


@pytest.mark.parametrize("body", [{"bars": {}}, {"bars": {"AAPL": []}}, {"bars": {}, "next_page_token": None}])
def test_no_history_is_no_history(body: dict[str, Any]) -> None:
    assert history(lambda request: (200, body))[0].bars(("AAPL",), "1Day", START) == {}


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, RefusedError), (403, RefusedError), (422, HistoryError), (429, HistoryError), (500, HistoryError)],
)
def test_a_status_of_the_data_server_is_refused_or_tried_again(status: int, kind: type[Exception]) -> None:
    with pytest.raises(kind, match=str(status)):
        history(lambda request: (status, {"message": "no"}))[0].bars(("AAPL",), "1Min", START)


@pytest.mark.parametrize("answer", [unreachable, lambda request: (200, b"<html>")])
def test_a_data_server_that_does_not_answer_is_tried_again(answer: Answer) -> None:
    with pytest.raises(HistoryError):
        history(answer)[0].trades(("AAPL",), START)
