"""The order client: what every answer of the trading server means, handed to the real client below its sockets."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from decimal import Decimal
from typing import Any

import pytest
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter
from requests.exceptions import ChunkedEncodingError, ConnectionError, ConnectTimeout, ReadTimeout

from broker.order_client import Accepted, Duplicate, Missing, NotTaken, OrderClient, Rejected, Unclear
from domain.errors import HistoryError, RefusedError
from tests.unit.broker.test_order_wire import ACTIVITY, ORDER
from tests.unit.orders.samples import order

KEY, SECRET = "PKCANARYKEY", "canary-secret-0123456789"


class Server(BaseAdapter):
    """Answers by itself: a status with a body, or an error of the network."""

    def __init__(self, *answers: Any) -> None:
        super().__init__()
        self._answers = list(answers)
        self.asked: list[PreparedRequest] = []

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        self.asked.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        response = Response()
        status, body = answer
        response.status_code, response.url = status, str(request.url)
        response._content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return response

    def close(self) -> None:
        """Nothing is open."""


def client(*answers: Any) -> tuple[OrderClient, Server]:
    made, server = OrderClient("http://alpaca.test", KEY, SECRET, True), Server(*answers)
    for each in (made._orders, made._reads, made._lists):
        each._session.mount("http://", server)
    return made, server


NETWORK = [ConnectTimeout("x"), ReadTimeout("x"), ConnectionError("reset"), ChunkedEncodingError("cut")]
GARBAGE = [
    b"",
    b"<html>",
    b'{"id": "1',
    b"null",
    b"[]",
    b"7",
    b'"text"',
    b"{}",
    b"\xff\xfe",
    b'{"id":"1","client_order_id":"c"}',
]
HTML = b"<html><h1>502 Bad Gateway</h1></html>"

SUBMITTED: list[tuple[Any, type]] = [
    ((200, ORDER), Accepted),
    ((201, ORDER), Accepted),
    *[((200, garbage), Unclear) for garbage in GARBAGE],
    *[((status, {"code": 1, "message": "no"}), Rejected) for status in (400, 401, 403, 404, 422)],
    *[((status, HTML), Rejected) for status in (401, 403)],
    *[((422, {"code": code, "message": "client_order_id must be unique"}), Duplicate) for code in (40010001, 42210000)],
    ((429, {"code": 42910000, "message": "rate limit exceeded"}), NotTaken),
    ((429, HTML), NotTaken),
    *[((status, HTML), Unclear) for status in (302, 408, 409, 500, 502, 503, 504)],
    *[((status, b""), Unclear) for status in (204, 500, 504)],
    *[((status, {"message": "x"}), Unclear) for status in (500, 504)],
    *[(error, Unclear) for error in NETWORK],
]  # fmt: skip


@pytest.mark.parametrize(("answer", "meaning"), SUBMITTED, ids=[str(case[0])[:60] for case in SUBMITTED])
def test_what_an_answer_to_a_post_means_and_that_there_was_one_post(answer: Any, meaning: type) -> None:
    made, server = client(answer)
    outcome = made.submit(order())
    assert type(outcome) is meaning
    assert [request.method for request in server.asked] == ["POST"]
    assert SECRET not in str(outcome) and KEY not in str(outcome)


@pytest.mark.parametrize(("answer", "meaning"), SUBMITTED, ids=[str(case[0])[:60] for case in SUBMITTED])
def test_what_an_answer_to_a_patch_means_and_that_there_was_one_patch(answer: Any, meaning: type) -> None:
    made, server = client(answer)
    outcome = made.submit(order(replaces="B-0", type="limit", limit_price=Decimal(101)))
    assert type(outcome) is meaning
    (asked,) = server.asked
    assert (asked.method, str(asked.url).rpartition("/v2")[2]) == ("PATCH", "/orders/B-0")
    assert json.loads(asked.body or b"") == {"client_order_id": "td-1", "limit_price": "101", "qty": "10"}


@pytest.mark.parametrize("replaces", ["", "B-0"])
def test_an_answer_about_another_order_is_no_clear_answer(replaces: str) -> None:
    made, _ = client((200, {**ORDER, "client_order_id": "another"}))
    assert type(made.submit(order(replaces=replaces))) is Unclear


def test_legs_come_with_the_orders_since_and_each_knows_its_parent() -> None:
    leg = {**ORDER, "id": "L", "client_order_id": "leg"}
    made, server = client((200, [{**ORDER, "legs": [leg]}, {**ORDER, "id": "2", "client_order_id": "c2"}]))
    found = made.orders_since(1)
    assert [(each.order_id, each.parent_id) for each in found] == [(ORDER["id"], ""), ("L", ORDER["id"]), ("2", "")]
    assert "nested=true" in str(server.asked[0].url)


LOOKED_UP: list[tuple[Any, type]] = [
    ((200, ORDER), Accepted),
    ((404, {"code": 40410000, "message": "order not found"}), Missing),
    ((404, HTML), Missing),
    *[((200, garbage), Unclear) for garbage in GARBAGE],
    *[((status, HTML), Unclear) for status in (400, 401, 403, 422, 429, 500, 502, 504)],
    *[(error, Unclear) for error in NETWORK],
]


@pytest.mark.parametrize(("answer", "meaning"), LOOKED_UP, ids=[str(case[0])[:60] for case in LOOKED_UP])
def test_only_a_404_says_that_an_order_is_not_there(answer: Any, meaning: type) -> None:
    made, server = client(answer)
    assert type(made.look_up("td-1")) is meaning
    assert len(server.asked) == 1 and "client_order_id=td-1" in str(server.asked[0].url)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((204, b""), ""),
        ((200, b""), ""),
        (
            (422, {"code": 42210000, "message": 'order is already in "filled" state'}),
            'order is already in "filled" state',
        ),
        ((404, HTML), "The broker answered with 404."),
        ((504, b""), "The broker answered with 504."),
        ((500, {"code": 1}), "The broker answered with 500."),
        *[(error, "No clear answer from the broker") for error in NETWORK],
    ],
)
def test_a_cancel_was_taken_or_says_why_not(answer: Any, said: str) -> None:
    problem = client(answer)[0].cancel("B-1")
    assert problem.startswith(said) and bool(problem) == bool(said)


READS: list[tuple[str, Any]] = [
    ("clock", ()),
    ("account", ()),
    ("positions", ()),
    ("open_orders", ()),
    ("orders_since", (1,)),
    ("fills_since", (1, "a")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments"), READS, ids=[name for name, _ in READS])
@pytest.mark.parametrize(
    "answer", [(500, HTML), (429, HTML), (200, b""), (200, HTML), (200, b"7"), (200, b"null"), *NETWORK], ids=str
)
def test_a_list_that_cannot_be_had_is_told_in_one_way(name: str, arguments: Any, answer: Any) -> None:
    with pytest.raises(HistoryError) as caught:
        getattr(client(answer)[0], name)(*arguments)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(("name", "arguments"), READS, ids=[name for name, _ in READS])
@pytest.mark.parametrize("status", [401, 403])
def test_keys_that_are_refused_are_told_as_refused(name: str, arguments: Any, status: int) -> None:
    with pytest.raises(RefusedError, match=str(status)):
        getattr(client((status, HTML))[0], name)(*arguments)


def test_rows_that_cannot_be_read_are_put_aside_and_counted() -> None:
    made, _ = client((200, [ORDER, {"id": "x"}, None, {**ORDER, "side": ""}, ORDER]))
    assert len(made.open_orders()) == 2 and made.quarantined == 3


def test_positions_are_read_whole_or_not_at_all() -> None:
    with pytest.raises(HistoryError):
        client((200, [{"symbol": "AAPL", "qty": "1", "cost_basis": "1"}, {"symbol": "MSFT"}]))[0].positions()


def test_an_order_that_the_broker_does_not_know_is_none_and_a_broken_answer_is_not() -> None:
    assert client((404, {"code": 40410000, "message": "order not found"}))[0].order("B-1") is None
    with pytest.raises(HistoryError):
        client((502, HTML))[0].order("B-1")


def activities(first: int, count: int) -> list[dict[str, Any]]:
    return [{**ACTIVITY, "id": f"{number:017}::x{number}"} for number in range(first, first + count)]


def test_fills_are_read_page_by_page_until_one_is_not_full() -> None:
    made, server = client((200, activities(0, 100)), (200, activities(100, 100)), (200, activities(200, 3)))
    assert len(made.fills_since(1, "a")) == 203
    assert [
        f"page_token={token:017}" in str(request.url)
        for token, request in zip((99, 199), server.asked[1:], strict=True)
    ] == [True] * 2


def test_a_server_that_answers_every_page_with_the_same_one_is_asked_twice_at_most() -> None:
    made, server = client((200, activities(0, 100)))
    assert len({fill.execution_id for fill, _ in made.fills_since(1, "a")}) == 100
    assert len(server.asked) == 2


def test_an_order_does_not_wait_for_a_connection_that_does_not_come() -> None:
    """The kill switch was looked at just before; what goes out three seconds later would not have seen it."""
    with socket.socket() as full, contextlib.ExitStack() as waiting:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):  # they fill its queue, so that one more is not even answered
            knock = waiting.enter_context(socket.socket())
            knock.setblocking(False)
            knock.connect_ex(full.getsockname())
        made = OrderClient(f"http://127.0.0.1:{full.getsockname()[1]}", KEY, SECRET, True)
        began = time.monotonic()
        outcome = made.submit(order())
        assert isinstance(outcome, Unclear) and "ConnectTimeout" in outcome.reason
        assert time.monotonic() - began < 1.5
