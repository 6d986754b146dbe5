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
from broker.history import StockHistory, history_of
from domain.bar import Source
from domain.errors import HistoryError, RefusedError
from domain.feed import Feed
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


def test_what_can_be_streamed_is_asked_for_where_it_is_listed() -> None:
    made, server = account(lambda request: (200, {"status": "active", "tradable": "contracts" not in str(request.url)}))
    assert all(made.is_tradable(symbol) for symbol in ("AAPL", "BTC/USD", "AAPL261218C00200000"))
    paths = ["/v2/assets/AAPL", "/v2/assets/BTC%2FUSD", "/v2/options/contracts/AAPL261218C00200000"]
    assert server.asked == [URL + path for path in paths]


@pytest.mark.parametrize(
    "answer", [(404, {"message": "no"}), (200, {"status": "inactive", "tradable": False}), (200, [])]
)
@pytest.mark.parametrize("symbol", ["AAPL", "AAPL261218C00200000"])
def test_what_is_not_there_cannot_be_streamed(symbol: str, answer: tuple[int, Any]) -> None:
    assert not account(lambda request: answer)[0].is_tradable(symbol)


def test_a_server_that_cannot_say_what_is_listed_is_tried_again() -> None:
    with pytest.raises(HistoryError, match="500"):
        account(lambda request: (500, {"message": "later"}))[0].is_tradable("AAPL")


def test_coins_are_listed_by_their_class() -> None:
    made, server = account(lambda request: (200, [{"symbol": "BTC/USD", "tradable": True}]))
    assert made.tradable_symbols("crypto") == ("BTC/USD",) and "asset_class=crypto" in server.asked[0]


OPTION = "AAPL261218C00200000"
ROWS = {
    Feed.CRYPTO: ("BTC/USD", "/v1beta3/crypto/us/", {"p": 40_000.5, "s": 0.000123, "i": 17, "tks": "S"}),
    Feed.OPTIONS: (OPTION, "/v1beta1/options/", {"p": 5.1, "s": 2, "x": "N", "c": "S"}),
    Feed.STOCKS: ("AAPL", "/v2/stocks/", {"p": 10.5, "s": 3, "x": "V", "c": ["@", "I"], "i": 42, "z": "A"}),
}


@pytest.mark.parametrize("feed", ROWS)
def test_history_of_each_feed_is_read_where_it_is_and_like_the_stream(feed: Feed) -> None:
    symbol, path, fields = ROWS[feed]
    row = {"t": "2024-03-08T14:30:00.000000005Z"} | fields
    bodies = {"trades": {"trades": {symbol: [row]}}, "bars": {"bars": {symbol: [bar_row(0, v=0.5)]}}}
    server = Server(lambda request: (200, bodies[str(request.path_url).split("?")[0].rsplit("/", 1)[1]]))
    made: Any = history_of(feed, URL, "key", "secret", "iex")
    made._client._session.mount("http://", server)
    (found,) = trades_of(made.trades([symbol], START)[symbol])
    assert (found["ts_event"], found["price"], found["size"]) == (START + 5, row["p"], row["s"])
    side = Flag.AT_BID if feed is Feed.CRYPTO else 0
    assert (found["id"], found["flags"]) == (row.get("i", 0), Flag.BACKFILLED | side)
    assert found["conditions"] == sum(ord(code) << 8 * place for place, code in enumerate(row.get("c", "")))
    assert made.bars([symbol], "1Min", START)[symbol]["volume"].tolist() == [0.5]
    assert all(url.startswith(URL + path) for url in server.asked)


@pytest.mark.parametrize(
    ("feed", "asked"), [("iex", "iex"), ("delayed_sip", "delayed_sip"), ("sip", "sip"), ("test", "iex")]
)
def test_history_of_stocks_is_that_of_the_feed_that_is_streamed(feed: str, asked: str) -> None:
    made: Any = StockHistory(URL, "key", "secret", feed)
    server = Server(lambda request: (200, {"bars": {}}))
    made._client._session.mount("http://", server)
    made.bars(["AAPL"], "1Day", START)
    assert f"feed={asked}" in server.asked[0]


def test_nothing_is_asked_about_no_symbols() -> None:
    made, server = history(lambda request: (200, {}))
    assert (made.bars([], "1Min", START), made.trades([], START), server.asked) == ({}, {}, [])
