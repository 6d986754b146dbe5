"""The protocol of the trading stream, without a socket."""

from __future__ import annotations

import json
from uuid import UUID

import msgspec
import pytest

from simulator.accounts import Account, Accounts
from simulator.update_session import UpdateSession

AUTHORIZED = {"stream": "authorization", "data": {"action": "authenticate", "status": "authorized"}}
OLD = {"action": "authenticate", "data": {"key_id": "k", "secret_key": "s"}}
LISTEN = {"action": "listen", "data": {"streams": ["trade_updates", "account_updates"]}}


@pytest.fixture
def session() -> UpdateSession:
    return UpdateSession(Accounts([Account(UUID(int=1), "k", "s")]))


@pytest.mark.parametrize(
    "request_",
    [OLD, {"action": "auth", "key": "k", "secret": "s"}, {"action": "authenticate", "data": {"oauth_token": "k:s"}}],
)
def test_every_form_of_authentication(session, request_):
    assert session.receive(json.dumps(request_)) == AUTHORIZED
    assert session.account is not None
    assert session.receive(json.dumps(OLD))["action"] == "error"


def test_a_wrong_key_is_told_and_may_try_again(session):
    answer = session.receive(b'{"action":"authenticate","data":{"key_id":"k","secret_key":"x"}}')
    assert answer["data"] == {
        "action": "authenticate",
        "status": "unauthorized",
        "message": "access key verification failed",
    }
    assert session.receive(msgspec.msgpack.encode(OLD)) == AUTHORIZED


def test_listen_replaces_and_leaves_out_what_is_not_known(session):
    early = session.receive(json.dumps(LISTEN))
    assert early == {"stream": "authorization", "data": {"action": "listen", "status": "unauthorized"}}
    session.receive(json.dumps(OLD))
    assert session.receive(json.dumps(LISTEN))["data"] == {"streams": ["trade_updates"]}
    assert session.streams == {"trade_updates"}
    assert session.receive('{"action":"listen","data":{"streams":[]}}')["data"] == {"streams": []}
    assert not session.streams


@pytest.mark.parametrize(
    "data", ["{", b"\x00\xc1", "[]", '"x"', "{}", '{"action":[1]}', '{"action":"listen","data":7}']
)
def test_nonsense_is_answered_and_nothing_breaks(session, data):
    assert session.receive(data)
    assert session.account is None
