"""The guard: whom it lets post. The requests are those of a browser, and those of somebody who forges one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from dash import Dash, html
from flask import Flask, g
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dashboard.guard import HEADER, Guard, add_guard, local_hosts

PORT = 8050
OURS = f"127.0.0.1:{PORT}"
ADMITTED = 200


@pytest.fixture
def guard() -> Guard:
    return Guard(b"k" * 32, local_hosts(PORT, ("Desk.Example:443",)), PORT)


@pytest.fixture
def client(guard: Guard) -> Iterator[FlaskClient]:
    server = Flask("guarded")
    make: Any = Dash  # its hints know no Flask as server
    app = make("guarded", server=server)
    app.layout = html.Div()
    server.add_url_rule(
        "/order", "order", lambda: {"session": g.session}, methods=["POST", "PUT", "PATCH", "DELETE", "GET"]
    )
    server.add_url_rule("/healthz", "healthz", lambda: "ok")
    add_guard(app, guard)
    with server.test_client(use_cookies=False) as made:
        yield made


class Page:
    """A page that was loaded: its cookies."""

    def __init__(self, guard: Guard, session: str = "somebody") -> None:
        self.session, self.token = session, guard.sign("token", session)
        signed = f"{session}.{guard.sign('session', session)}"
        self.cookie = f"{guard.session_cookie}={signed}; {guard.token_cookie}={self.token}"

    def headers(self, **changes: str | None) -> dict[str, str]:
        """What a browser sends when this page posts, with changes; None leaves a header out."""
        usual: dict[str, str | None] = {
            **{"Host": OURS, "Origin": f"http://{OURS}", "Sec-Fetch-Site": "same-origin"},
            **{HEADER: self.token, "Cookie": self.cookie},
        }
        usual |= {name.replace("_", "-"): value for name, value in changes.items()}
        return {name: value for name, value in usual.items() if value is not None}


def post(client: FlaskClient, headers: dict[str, str]) -> TestResponse:
    return client.post("/order", headers=headers)


CASES: list[tuple[str, dict[str, Any], int]] = [
    ("our own page", {}, ADMITTED),
    ("an old browser without Fetch Metadata", {"Sec_Fetch_Site": None}, ADMITTED),
    ("a script on this machine with cookie and token", {"Origin": None, "Sec_Fetch_Site": None}, ADMITTED),
    ("typed by the user", {"Sec_Fetch_Site": "none"}, ADMITTED),
    ("localhost", {"Host": f"localhost:{PORT}", "Origin": f"http://localhost:{PORT}"}, ADMITTED),
    ("capital letters", {"Host": f"LocalHost:{PORT}", "Origin": f"http://LOCALHOST:{PORT}"}, ADMITTED),
    ("IPv6", {"Host": f"[::1]:{PORT}", "Origin": f"http://[::1]:{PORT}"}, ADMITTED),
    ("an allowed host", {"Host": "desk.example:443", "Origin": "https://desk.example:443"}, ADMITTED),
    ("DNS rebinding", {"Host": f"attacker.example:{PORT}", "Origin": f"http://attacker.example:{PORT}"}, 421),
    ("another port as host", {"Host": "127.0.0.1:8051"}, 421),
    ("no port as host", {"Host": "127.0.0.1"}, 421),
    ("a longer name", {"Host": f"127.0.0.1.evil.example:{PORT}"}, 421),
    ("a dot behind", {"Host": f"localhost.:{PORT}"}, 421),
    ("user in the host", {"Host": f"x@{OURS}"}, 421),
    ("no address", {"Host": "0.0.0.0:8050"}, 421),
    ("another page", {"Origin": "http://evil.example"}, 403),
    ("another app on this machine", {"Origin": "http://127.0.0.1:8888"}, 403),
    ("a file or a sandbox", {"Origin": "null"}, 403),
    ("an empty origin", {"Origin": ""}, 403),
    ("user in the origin", {"Origin": f"http://{OURS}@evil.example"}, 403),
    ("ours as user", {"Origin": f"http://evil.example@{OURS}"}, 403),
    ("ours as path", {"Origin": f"http://evil.example/{OURS}"}, 403),
    ("a broken origin", {"Origin": "http://["}, 403),
    ("an extension", {"Origin": f"chrome-extension://{OURS}"}, 403),
    ("cross-site", {"Sec_Fetch_Site": "cross-site"}, 403),
    ("same-site is not same-origin", {"Sec_Fetch_Site": "same-site"}, 403),
    ("another case", {"Sec_Fetch_Site": "Cross-Site"}, 403),
    ("cross-site without origin", {"Sec_Fetch_Site": "cross-site", "Origin": None}, 403),
    ("no token", {HEADER: None}, 403),
    ("an empty token", {HEADER: ""}, 403),
    ("a wrong token", {HEADER: "0" * 64}, 403),
    ("a token beyond ASCII", {HEADER: "\xff" * 64}, 403),
    ("no cookie", {"Cookie": None}, 403),
    ("a cookie without signature", {"Cookie": "tickdesk_session_8050=somebody"}, 403),
    ("a cookie with a forged signature", {"Cookie": "tickdesk_session_8050=somebody." + "0" * 64}, 403),
    ("a cookie with an empty name", {"Cookie": "tickdesk_session_8050=."}, 403),
    ("a cookie beyond ASCII", {"Cookie": "tickdesk_session_8050=some\xff.\xff\xfe"}, 403),
]


@pytest.mark.parametrize(("changes", "status"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_who_may_post(client: FlaskClient, guard: Guard, changes: dict[str, Any], status: int) -> None:
    answer = post(client, Page(guard).headers(**changes))
    assert answer.status_code == status
    if status != ADMITTED:
        assert set(answer.json or {}) == {"error"} and "Traceback" not in answer.text


def test_the_token_of_another_session_is_refused(client: FlaskClient, guard: Guard) -> None:
    mine, theirs = Page(guard), Page(guard, "somebody-else")
    assert post(client, mine.headers(**{HEADER: theirs.token})).status_code == 403
    assert post(client, theirs.headers()).json == {"session": "somebody-else"}


def test_a_session_signature_is_no_token_and_a_token_no_session(client: FlaskClient, guard: Guard) -> None:
    page = Page(guard)
    assert post(client, page.headers(**{HEADER: guard.sign("session", "somebody")})).status_code == 403
    swapped = f"{guard.session_cookie}=somebody.{page.token}"
    assert post(client, page.headers(Cookie=swapped)).status_code == 403


def test_cookies_of_a_desk_on_another_port_or_with_another_secret_are_worth_nothing(
    client: FlaskClient, guard: Guard
) -> None:
    for other in (Guard(guard.key, guard.hosts, 8051), Guard(b"x" * 32, guard.hosts, PORT)):
        assert post(client, Page(other).headers()).status_code == 403


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_every_way_to_change_something_needs_the_token(client: FlaskClient, guard: Guard, method: str) -> None:
    assert getattr(client, method)("/order", headers={"Host": OURS}).status_code == 403
    assert getattr(client, method)("/order", headers=Page(guard).headers()).status_code == ADMITTED


def test_a_callback_is_guarded_as_well(client: FlaskClient) -> None:
    body = {"output": "x.y", "inputs": []}
    assert client.post("/_dash-update-component", headers={"Host": OURS}, json=body).status_code == 403
    assert client.get("/_dash-layout", headers={"Host": "attacker.example"}).status_code == 421


def cookies(answer: TestResponse) -> dict[str, str]:
    return {line.partition("=")[0]: line for line in answer.headers.getlist("Set-Cookie")}


def test_the_first_visit_gives_a_session_that_may_post(client: FlaskClient, guard: Guard) -> None:
    given = cookies(client.get("/order", headers={"Host": OURS}))
    assert set(given) == {"tickdesk_session_8050", "tickdesk_token_8050"}
    assert "HttpOnly" in given["tickdesk_session_8050"] and "HttpOnly" not in given["tickdesk_token_8050"]
    assert all("SameSite=Strict" in line for line in given.values())
    pairs = {name: line.partition("=")[2].partition(";")[0] for name, line in given.items()}
    jar = "; ".join(f"{name}={value}" for name, value in pairs.items())
    headers = Page(guard).headers(**{"Cookie": jar, HEADER: pairs["tickdesk_token_8050"]})
    assert post(client, headers).status_code == ADMITTED


def test_who_has_a_session_keeps_it(client: FlaskClient, guard: Guard) -> None:
    assert not cookies(client.get("/order", headers=Page(guard).headers()))


def test_who_lost_the_token_gets_it_again(client: FlaskClient, guard: Guard) -> None:
    """Loading the page again has to help: that is what the refusal says."""
    page = Page(guard)
    only_session = page.cookie.partition("; ")[0]
    given = cookies(client.get("/order", headers=page.headers(Cookie=only_session)))
    assert set(given) == {"tickdesk_token_8050"} and page.token in given["tickdesk_token_8050"]


def test_a_stranger_gets_no_session(client: FlaskClient) -> None:
    assert not cookies(client.get("/order", headers={"Host": "attacker.example"}))


def test_the_state_of_health_gives_no_session_but_asks_for_our_name(client: FlaskClient) -> None:
    answer = client.get("/healthz", headers={"Host": OURS})
    assert answer.status_code == ADMITTED and not cookies(answer)
    assert client.get("/healthz", headers={"Host": "attacker.example"}).status_code == 421
