"""Who is let in: upgrades a minute, faults at the door, plans, tokens, and requests a minute."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from simulator import answer_headers
from simulator.accounts import Account, Accounts
from simulator.answer_headers import AnswerHeaders
from simulator.channels import STOCKS
from simulator.door import Door
from simulator.fault import Faults
from simulator.fault_request import arm_from
from simulator.slots import Slots
from simulator.stream_session import ERRORS, StreamRules, StreamSession

KEYS = [(b"apca-api-key-id", b"k")]


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def rules(faults: Faults) -> StreamRules:
    accounts = Accounts([Account(UUID(int=1), "k", "s")])
    return StreamRules("sip", accounts, Slots(), None, lambda: None, STOCKS, "stocks", faults)


def auth(rules: StreamRules, **more: str) -> tuple[dict[str, Any], bool]:
    session = StreamSession(rules)
    return session.receive(json.dumps({"action": "auth", "key": "k", "secret": "s", **more})), session.ended


def test_too_many_knocks_are_429_until_the_next_minute(faults):
    moment = [59.0]
    door = Door(faults, 2, lambda: moment[0])
    assert [door.refusal("a", "stocks"), door.refusal("a", "crypto"), door.refusal("b", "stocks")] == [None] * 3
    refused = door.refusal("a", "stocks")
    assert refused is not None
    assert (refused.status_code, json.loads(refused.body)) == (429, {"message": "too many requests."})
    moment[0] = 60.0
    assert door.refusal("a", "stocks") is None


def test_the_door_can_be_told_to_refuse(faults):
    door = Door(faults, 10)
    arm_from(faults, {"name": "data_upgrade_refused", "code": 503, "feed": "news"})
    assert door.refusal("a", "stocks") is None
    refused = door.refusal("a", "news")
    assert refused is not None and refused.status_code == 503
    assert door.refusal("a", "news") is None


@pytest.mark.parametrize("code", [408, 409, 411, 500])
def test_a_login_can_be_refused_with_any_code(rules, faults, code):
    arm_from(faults, {"name": "data_error", "code": code})
    assert auth(rules) == ({"T": "error", "code": code, "msg": ERRORS[code]}, True)
    assert auth(rules)[0]["T"] == "success"


@pytest.mark.parametrize(
    "fields",
    [{"name": "data_error"}, {"name": "data_error", "code": 399}, {"name": "data_mute", "seconds": 1, "code": 400}],
)
def test_codes_that_mean_nothing_are_refused(faults, fields):
    with pytest.raises(ValueError, match="code"):
        arm_from(faults, fields)


def test_who_has_not_paid_is_409_and_the_end(rules):
    answer, ended = auth(replace(rules, entitled=False))
    assert (answer["code"], answer["msg"], ended) == (409, "insufficient subscription", True)


@pytest.mark.parametrize(
    ("key", "secret", "code"), [("oauth", "k:s", None), ("access_token", "k:s", None), ("oauth", "k", 402)]
)
def test_a_token_stands_for_key_and_secret(rules, key, secret, code):
    assert auth(rules, key=key, secret=secret)[0].get("code") == code


async def _requests(middleware: AnswerHeaders, *paths: str) -> list[tuple[int, dict[str, str], bytes]]:
    """Status, headers and body of requests with one key."""
    found = []
    for path in paths:
        sent: list[Any] = []

        async def send(message: Any, sent: list[Any] = sent) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": path, "headers": KEYS, "client": ("127.0.0.1", 1)}
        await middleware(scope, lambda: asyncio.sleep(0), send)  # type: ignore[arg-type,return-value]
        headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        found.append((sent[0]["status"], headers, sent[1]["body"]))
    return found


async def _fine(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"{}"})


def test_trading_and_data_have_a_limit_each(monkeypatch):
    monkeypatch.setattr(answer_headers.time, "time", lambda: 600.0)
    middleware = AnswerHeaders(_fine, kept=2, sip=False)
    paths = [
        "/v2/account",
        "/v2/stocks/bars",
        "/v2/orders",
        "/v2/clock",
        "/v1beta1/news",
        "/v1beta3/crypto/us/bars",
        "/_sim/health",
    ]
    found = asyncio.run(_requests(middleware, *paths))
    assert [status for status, _, _ in found] == [200, 200, 200, 429, 200, 429, 200]
    assert json.loads(found[3][2]) == {"code": 42910000, "message": "rate limit exceeded"}
    assert json.loads(found[5][2]) == {"message": "too many requests."}
    assert [headers["x-ratelimit-remaining"] for _, headers, _ in found[:4]] == ["1", "1", "0", "0"]
    assert found[0][1]["x-ratelimit-limit"] == "2" and found[0][1]["x-ratelimit-reset"] == "660"
    assert len({headers["x-request-id"] for _, headers, _ in found}) == len(paths)
    monkeypatch.setattr(answer_headers.time, "time", lambda: 661.0)
    assert asyncio.run(_requests(middleware, "/v2/account"))[0][0] == 200


def test_who_has_paid_reads_more_data_and_no_limit_is_only_told():
    paid = asyncio.run(_requests(AnswerHeaders(_fine, kept=200), "/v2/stocks/bars", "/v2/account"))
    assert [headers["x-ratelimit-limit"] for _, headers, _ in paid] == ["10000", "200"]
    told = asyncio.run(_requests(AnswerHeaders(_fine), *["/v2/account"] * 201))
    assert {status for status, _, _ in told} == {200} and told[-1][1]["x-ratelimit-remaining"] == "0"
