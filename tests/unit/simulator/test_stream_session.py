"""The protocol of the data stream without a socket: every error code and what stays as it was."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from uuid import UUID

import pytest

from simulator.accounts import Account, Accounts
from simulator.channels import CRYPTO, NEWS, OPTIONS, STOCKS, Channels
from simulator.slots import Slots
from simulator.stream_session import StreamRules, StreamSession
from simulator.subscriptions import Subscriptions

AUTH = {"action": "auth", "key": "practice", "secret": "practice"}


@pytest.fixture
def rules() -> StreamRules:
    return StreamRules("iex", Accounts([Account(UUID(int=1), "practice", "practice")]), Slots(), 30, lambda: None)


def said(session: StreamSession, **request) -> dict:
    return session.receive(json.dumps(request))


def opened(rules: StreamRules) -> StreamSession:
    session = StreamSession(rules)
    session.open({})
    assert said(session, **AUTH) == {"T": "success", "msg": "authenticated"}
    return session


@pytest.mark.parametrize("data", ["", "{", "[]", "3", b"\xc1", b"{\xff", '{"action":"dance"}', "{}"])
def test_what_cannot_be_understood_is_400_and_the_socket_stays(rules, data):
    session = opened(rules)
    assert session.receive(data) == {"T": "error", "code": 400, "msg": "invalid syntax"}
    assert not session.ended


def test_subscribing_before_auth_is_401(rules):
    session = StreamSession(rules)
    assert said(session, action="subscribe", trades=["AAPL"])["code"] == 401
    assert not session.ended and not session.subscriptions


def test_a_wrong_secret_is_402_and_the_end(rules):
    session = StreamSession(rules)
    assert said(session, action="auth", key="practice", secret="wrong")["code"] == 402
    assert session.ended


def test_a_second_auth_is_403(rules):
    session = opened(rules)
    assert said(session, **AUTH)["code"] == 403
    assert not session.ended


def test_silence_is_404_but_not_for_one_who_is_in_or_waits(rules):
    silent, inside = StreamSession(rules), opened(rules)
    waiting = StreamSession(rules)
    assert said(waiting, **AUTH)["code"] == 406
    assert [message["code"] for message in silent.expire()] == [404] and silent.ended
    assert inside.expire() == [] and waiting.expire() == []


def test_406_while_another_holds_the_slot_then_on_the_same_socket_in(rules):
    first, second = opened(rules), StreamSession(rules)
    assert said(second, **AUTH)["code"] == 406
    assert not second.ended
    first.close()
    assert said(second, **AUTH)["msg"] == "authenticated"
    first.close()
    assert said(StreamSession(rules), **AUTH)["code"] == 406


def test_too_many_symbols_are_405_and_change_nothing(rules):
    session = opened(rules)
    names = [f"A{number}" for number in range(16)]
    said(session, action="subscribe", trades=names[:15], quotes=names[:15])
    before = session.subscriptions
    assert said(session, action="subscribe", trades=names)["code"] == 405
    assert session.subscriptions == before
    assert said(session, action="subscribe", bars=names)["T"] == "subscription"


@pytest.mark.parametrize("wrong", [["aapl"], ["BTC/USD"], [""], [3], "AAPL", {"A": 1}])
def test_malformed_symbols_are_400(rules, wrong):
    session = opened(rules)
    assert said(session, action="subscribe", trades=wrong)["code"] == 400
    assert not session.subscriptions


def test_channels_of_other_feeds_are_410(rules):
    assert said(opened(rules), action="subscribe", news=["*"])["code"] == 410


def test_subscriptions_add_up_and_the_answer_is_the_full_set(rules):
    session = opened(rules)
    said(session, action="subscribe", trades=["MSFT", "AAPL"], quotes=None, bars=[])
    answer = said(session, action="subscribe", quotes=["*"], bars=["AAPL"])
    assert answer == {
        "T": "subscription", "trades": ["AAPL", "MSFT"], "quotes": ["*"], "bars": ["AAPL"], "updatedBars": [],
        "dailyBars": [], "statuses": [], "lulds": [], "corrections": ["AAPL", "MSFT"], "cancelErrors": ["AAPL", "MSFT"],
    }  # fmt: skip
    answer = said(session, action="unsubscribe", trades=["AAPL", "UNKNOWN"], quotes=["*"])
    assert (answer["trades"], answer["quotes"], answer["bars"]) == (["MSFT"], [], ["AAPL"])


def test_a_star_wants_everything_of_its_channel():
    subscriptions = Subscriptions().plus({"trades": ["*"], "quotes": ["AAPL"]})
    assert subscriptions.wants("trades", "MSFT") and subscriptions.wants("quotes", "AAPL")
    assert not subscriptions.wants("quotes", "MSFT")


@pytest.mark.parametrize(
    "headers",
    [
        {"apca-api-key-id": "practice", "apca-api-secret-key": "practice"},
        {"authorization": "Basic " + base64.b64encode(b"practice:practice").decode()},
        {"authorization": "Bearer practice:practice"},
    ],
)
def test_headers_authenticate_at_once(rules, headers):
    session = StreamSession(rules)
    assert [message["msg"] for message in session.open(headers)] == ["connected", "authenticated"]


def test_wrong_headers_are_402(rules):
    session = StreamSession(rules)
    assert session.open({"authorization": "Basic !"})[-1]["code"] == 402
    assert session.ended


def test_the_first_subscription_is_told_to_whoever_waits_for_it(rules):
    heard = []
    session = opened(StreamRules("sip", rules.accounts, rules.slots, None, lambda: heard.append(1)))
    said(session, action="subscribe", trades=[])
    assert not heard
    said(session, action="subscribe", trades=["AAPL"])
    assert heard


def feed_rules(rules: StreamRules, channels: Channels, feed: str = "stocks") -> StreamRules:
    return replace(rules, channels=channels, feed=feed)


@pytest.mark.parametrize(
    ("channels", "request_", "ack"),
    [
        (
            CRYPTO,
            {"orderbooks": ["BTC/USD"], "trades": ["*"]},
            {"trades": ["*"], "quotes": [], "orderbooks": ["BTC/USD"], "bars": [], "updatedBars": [], "dailyBars": []},
        ),
        (NEWS, {"news": ["*"]}, {"news": ["*"]}),
        (NEWS, {"news": ["AAPL", "BTCUSD"]}, {"news": ["AAPL", "BTCUSD"]}),
    ],
)
def test_each_feed_acknowledges_its_own_channels(rules, channels, request_, ack):
    answer = said(opened(feed_rules(rules, channels)), action="subscribe", **request_)
    assert answer == {"T": "subscription", **ack}


@pytest.mark.parametrize(
    ("channels", "request_", "code"),
    [
        (CRYPTO, {"trades": ["AAPL"]}, 400),
        (CRYPTO, {"statuses": ["BTC/USD"]}, 410),
        (NEWS, {"bars": ["AAPL"]}, 410),
        (STOCKS, {"orderbooks": ["AAPL"]}, 410),
    ],
)
def test_what_a_feed_has_not_is_refused(rules, channels, request_, code):
    session = opened(feed_rules(rules, channels))
    assert said(session, action="subscribe", **request_)["code"] == code
    assert not session.ended and not session.subscriptions


def test_options_speak_messagepack_only_and_no_star_for_quotes(rules):
    chosen = feed_rules(rules, OPTIONS)
    deaf = StreamSession(chosen)
    assert deaf.open({})[0]["code"] == 412 and deaf.ended
    session = StreamSession(chosen)
    assert session.open({"content-type": "application/msgpack"}) == [{"T": "success", "msg": "connected"}]
    said(session, **AUTH)
    assert said(session, action="subscribe", quotes=["*"])["code"] == 413
    assert said(session, action="subscribe", dailyBars=["*"])["code"] == 410
    answer = said(session, action="subscribe", trades=["*"], quotes=["AAPL261218C00200000"])
    assert answer == {"T": "subscription", "trades": ["*"], "quotes": ["AAPL261218C00200000"]}


def test_imbalances_are_accepted_and_then_named(rules):
    session = opened(rules)
    assert "imbalances" not in said(session, action="subscribe", trades=["AAPL"])
    assert said(session, action="subscribe", imbalances=["AAPL"])["imbalances"] == ["AAPL"]


def test_a_connection_that_died_keeps_its_slot_for_a_while(rules):
    moment = [0.0]
    chosen = replace(rules, slots=Slots(lambda: moment[0]), slot_hold_s=90.0)
    opened(chosen).close(clean=True)
    opened(chosen).close(clean=False)
    waiting = StreamSession(chosen)
    moment[0] = 89.0
    assert said(waiting, **AUTH)["code"] == 406
    moment[0] = 90.0
    assert said(waiting, **AUTH)["msg"] == "authenticated"


def test_faults_at_the_door(rules):
    rules.faults.arm("data_auth_failed", count=1)
    assert said(StreamSession(rules), **AUTH)["code"] == 402
    rules.faults.arm("data_slot_taken", count=2)
    session = StreamSession(rules)
    assert [said(session, **AUTH).get("code") for _ in range(3)] == [406, 406, None]


def test_a_fault_lets_a_slot_be_held_once(rules):
    rules.faults.arm("data_slot_held", seconds=60.0)
    opened(rules).close(clean=False)
    assert said(StreamSession(rules), **AUTH)["code"] == 406


def test_a_fault_limits_the_symbols_until_it_is_disarmed(rules):
    session = opened(rules)
    said(session, action="subscribe", trades=["AAPL", "MSFT"])
    rules.faults.arm("data_symbol_limit", limit=2)
    for _ in range(2):
        assert said(session, action="subscribe", trades=["TSLA"])["code"] == 405
    assert session.subscriptions.of("trades") == {"AAPL", "MSFT"}
    rules.faults.arm("data_symbol_limit", count=0)
    assert said(session, action="subscribe", trades=["TSLA"])["trades"] == ["AAPL", "MSFT", "TSLA"]


def test_a_fault_forgets_symbols_of_one_request(rules):
    rules.faults.arm("data_partial_ack", missing=("MSFT",))
    session = opened(rules)
    assert said(session, action="subscribe", trades=["AAPL", "MSFT"], bars=["MSFT"])["trades"] == ["AAPL"]
    assert not session.subscriptions.wants("bars", "MSFT")
    assert said(session, action="subscribe", trades=["MSFT"])["trades"] == ["AAPL", "MSFT"]


def test_a_fault_of_one_feed_spares_the_others(rules):
    rules.faults.arm("data_slot_taken", feed="crypto")
    assert said(StreamSession(rules), **AUTH)["msg"] == "authenticated"
    assert said(StreamSession(feed_rules(rules, CRYPTO, "crypto")), **AUTH)["code"] == 406
