"""The login: who comes in, how long, and what a browser and a proxy may claim."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from dash import Dash
from sqlalchemy import select

from dashboard.door import BELIEVED_S
from dashboard.guard import Guard
from dashboard.login_tries import MOST_OF_PAIR
from dashboard.proxy import TrustedProxy
from orders.tables import AUDIT, ORDER_INTENTS
from tests.desk import wait_until

from .conftest import Access, Market, app_of
from .people import PASSWORD, UPDATE, Browser, everybody, order


@pytest.fixture
def manned(market: Market, access: Access) -> Dash:
    """An app with a user of each role."""
    market.latest["bid_price"], market.latest["ask_price"] = 100.0, 100.1
    market.beat()
    everybody(access)
    return app_of(access)


def test_without_users_the_desk_is_open_and_says_so(market: Market, app: Dash) -> None:
    page = Browser(app).get("/")
    assert page.status_code == 200 and 'data-user=""' in page.text and 'data-role="instructor"' in page.text


def test_the_first_user_closes_the_door_within_a_second(market: Market, access: Access, app: Dash) -> None:
    browser = Browser(app)
    assert browser.get("/").status_code == 200
    everybody(access)
    assert browser.post(UPDATE, json=order()).status_code == 401
    wait_until(lambda: browser.get("/").status_code == 303, 2, "the page asks for a login")


def test_a_desk_for_others_is_closed_though_there_is_no_user(access: Access) -> None:
    closed = app_of(access, guard=Guard(b"key", frozenset({"localhost"}), 8050, open=False))
    assert Browser(closed).get("/").location == "/login"


def test_a_page_goes_to_the_login_and_back(manned: Dash) -> None:
    browser = Browser(manned)
    assert browser.get("/").location == "/login"
    form = browser.get("/login").text
    token = re.search('name="token" value="([0-9a-f]{64})"', form)
    assert token and re.findall("<script[^>]*>", form) == ['<script src="/assets/early_look.js">']
    values = {"name": "trader", "password": PASSWORD, "token": token[1]}
    answer = browser.client.post("/login", base_url=browser.base, data=values)
    assert answer.status_code == 303 and answer.location == "/"
    page = browser.get("/")
    assert page.status_code == 200 and 'data-user="trader" data-role="trader"' in page.text
    assert browser.get("/login").location == "/"


def test_a_wrong_password_is_told_as_text_and_names_nobody(manned: Dash) -> None:
    browser = Browser(manned)
    answers = [browser.log_in(name, password) for name, password in (("trader", "wrong"), ("nobody", PASSWORD))]
    assert [answer.status_code for answer in answers] == [401, 401] and answers[0].json == answers[1].json
    token = browser.client.get_cookie("tickdesk_token_8050")
    assert token
    values = {"name": "<img src=x>", "password": "x", "token": token.value}
    shown = browser.client.post("/login", base_url=browser.base, data=values)
    assert shown.status_code == 401 and "Name or password is wrong." in shown.text and "<img src=x" not in shown.text


@pytest.mark.parametrize("token", [None, "", "0" * 64])
def test_a_login_without_the_pages_token_is_refused(manned: Dash, token: str | None) -> None:
    """Or a page of somebody else could log a browser in under a name of its own."""
    browser = Browser(manned)
    browser.get("/login")
    values = {"name": "trader", "password": PASSWORD} | ({} if token is None else {"token": token})
    assert browser.client.post("/login", base_url=browser.base, data=values).status_code == 403


def test_the_session_is_a_new_one_that_scripts_cannot_read(manned: Dash) -> None:
    browser = Browser(manned)
    browser.get("/login")
    before = browser.client.get_cookie("tickdesk_session_8050")
    answer = browser.post("/login", json={"name": "trader", "password": PASSWORD})
    given = {line.partition("=")[0]: line for line in answer.headers.getlist("Set-Cookie")}
    assert before and before.value not in given["tickdesk_session_8050"]
    assert "HttpOnly" in given["tickdesk_session_8050"]
    assert all("SameSite=Strict" in line and "Secure" not in line for line in given.values())
    browser.client.set_cookie("tickdesk_session_8050", before.value)
    assert browser.get("/_dash-layout").status_code == 401


def test_by_https_the_cookies_are_secure(manned: Dash) -> None:
    answer = Browser(manned, base="https://localhost").get("/login")
    assert all("Secure" in line for line in answer.headers.getlist("Set-Cookie"))


def test_who_logs_out_is_out_at_once_and_the_old_cookie_is_worth_nothing(manned: Dash) -> None:
    browser = Browser(manned)
    assert browser.log_in("trader").json == {"name": "trader", "role": "trader"}
    old = browser.client.get_cookie("tickdesk_session_8050")
    assert browser.get("/_dash-layout").status_code == 200 and old
    assert browser.post("/logout").location == "/login"
    assert browser.get("/_dash-layout").status_code == 401
    browser.client.set_cookie("tickdesk_session_8050", old.value)
    assert browser.get("/_dash-layout").status_code == 401


def test_fifty_tries_are_ten_tries_and_the_right_password_does_not_help_then(manned: Dash) -> None:
    def attempt(number: int) -> int:
        return Browser(manned, "10.0.0.1").log_in("trader", f"guess {number}").status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(attempt, range(50)))
    assert statuses.count(401) == MOST_OF_PAIR and statuses.count(429) == 50 - MOST_OF_PAIR
    locked = Browser(manned, "10.0.0.1").log_in("trader")
    assert locked.status_code == 429 and 0 < int(locked.headers["Retry-After"]) <= 300
    assert Browser(manned, "10.0.0.1").log_in("viewer").status_code == 200
    assert Browser(manned, "10.0.9.9").log_in("trader").status_code == 200, "its owner, elsewhere"


def test_a_lock_outlives_a_restart(manned: Dash, access: Access) -> None:
    for number in range(MOST_OF_PAIR):
        assert Browser(manned).log_in("trader", f"guess {number}").status_code == 401
    assert Browser(app_of(access)).log_in("trader").status_code == 429


def test_who_did_it_is_in_the_orders_session_and_in_the_audit(manned: Dash, access: Access) -> None:
    browser = Browser(manned)
    browser.log_in("instructor")
    assert browser.post(UPDATE, json=order()).status_code == 200
    assert browser.ask("kill-switch", {"n": 2, "on": True}).status_code == 200
    with access.journal.reading() as connection:
        session = connection.execute(select(ORDER_INTENTS.c.session)).scalar()
        audit = [(row.what, json.loads(row.details)) for row in connection.execute(select(AUDIT))]
    assert str(session).startswith("instructor/")
    assert ("asked", {"user": "instructor", "action": "kill-switch"}) in audit
    assert access.kill.on_by() == "by instructor with the button on the page"


def test_health_says_more_to_this_machine_and_to_who_is_logged_in(manned: Dash) -> None:
    far = Browser(manned, "10.0.0.1")
    for path in ("/healthz", "/readyz"):
        assert (far.get(path).json or {}).keys() == {"ready", "mode"}
        assert "worker" in (Browser(manned).get(path).json or {})
        assert (Browser(manned).get(path, **{"X-Forwarded-For": "10.0.0.1"}).json or {}).keys() == {"ready", "mode"}
    far.log_in("viewer")
    assert "worker" in (far.get("/healthz").json or {})


def test_who_follows_a_link_from_elsewhere_stays_logged_in(manned: Dash) -> None:
    """SameSite=Strict: such a request comes without cookies. It must not be given new ones."""
    stranger = Browser(manned)
    answer = stranger.get("/", **{"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 200 and 'http-equiv="refresh"' in answer.text
    assert not answer.headers.getlist("Set-Cookie")


def test_only_a_trusted_proxy_is_believed(manned: Dash) -> None:
    plain = manned.server.wsgi_app
    claims = {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "localhost"}
    for trusted, keys, secure in (((), 2, False), (("10.0.0.9",), 2, True), (("10.0.0.8",), 2, False)):
        manned.server.wsgi_app = TrustedProxy(plain, trusted)
        proxied = Browser(manned, "10.0.0.9")
        assert len(proxied.get("/healthz", **claims).json or {}) == keys  # a proxy between is never this machine
        cookies = proxied.get("/login", **claims).headers.getlist("Set-Cookie")
        assert cookies and all(("Secure" in line) is secure for line in cookies)


def test_behind_a_trusted_proxy_each_client_has_its_own_address(manned: Dash, access: Access) -> None:
    manned.server.wsgi_app = TrustedProxy(manned.server.wsgi_app, ("127.0.0.1",))
    browser = Browser(manned)
    browser.client.environ_base["HTTP_X_FORWARDED_FOR"] = "6.6.6.6, 1.2.3.4"  # the first is what the client claims
    assert browser.log_in("viewer").status_code == 200
    with access.journal.reading() as connection:
        told = [json.loads(row.details) for row in connection.execute(select(AUDIT)) if row.what == "login"]
    assert told == [{"user": "viewer", "address": "1.2.3.4"}]


def break_journal(folder: Path) -> None:
    with sqlite3.connect(folder / "journal.db") as connection:
        connection.execute("DROP TABLE users")
    connection.close()


def test_an_open_desk_stays_open_while_the_journal_cannot_be_read(market: Market, app: Dash, tmp_path: Path) -> None:
    browser = Browser(app)
    assert browser.get("/").status_code == 200
    break_journal(tmp_path)
    assert browser.get("/").status_code == 200 and browser.get("/healthz").status_code == 200
    assert browser.ask("kill-switch", {"on": True}).status_code == 200


def test_with_users_who_looks_is_believed_then_and_who_acts_is_not(
    manned: Dash, access: Access, tmp_path: Path
) -> None:
    browser = Browser(manned)
    browser.log_in("instructor")
    assert browser.get("/_dash-layout").status_code == 200
    break_journal(tmp_path)
    time.sleep(BELIEVED_S)
    assert browser.get("/_dash-layout").status_code == 200 and browser.get("/healthz").status_code == 200
    assert browser.ask("kill-switch", {"on": True}).status_code == 503 and not access.kill.on_by()
    stranger = Browser(manned)
    assert stranger.get("/_dash-layout").status_code in {401, 503} and stranger.get("/healthz").status_code == 200
