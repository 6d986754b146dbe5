"""Roles: what each may ask for. Every callback and every route that takes a post is in one table, or nobody may use it."""

from __future__ import annotations

from typing import Any

import pytest
from dash import Dash, Input, Output

from dashboard.door import Door
from dashboard.logins import Logins
from dashboard.roles import CALLBACKS, OPEN_TOO, UndeclaredError, add_roles
from dashboard.users import Users
from domain.role import Role

from .conftest import Access, Market, app_of
from .people import UPDATE, Browser, everybody

NEEDS_TRADER = {"symbol-search", "ticket", "one-click", "blotter", "positions", "kill-switch"}
NEEDS_INSTRUCTOR = {"breaker"}


@pytest.fixture
def manned(market: Market, access: Access) -> Dash:
    everybody(access)
    return app_of(access)


def body_of(app: Dash, output: str) -> dict[str, Any]:
    """A post for a callback, with nothing in it that would do anything."""
    identifier, _, name = output.rpartition(".")
    inputs = [
        {"id": item["id"], "property": item["property"], "value": {}} for item in app.callback_map[output]["inputs"]
    ]
    changed = [f"{item['id']}.{item['property']}" for item in inputs]
    outputs = {"id": identifier, "property": name}
    return {"output": output, "outputs": outputs, "inputs": inputs, "changedPropIds": changed}


def served(app: Dash) -> list[str]:
    """Outputs of the callbacks that the server answers."""
    return [output for output, wire in app.callback_map.items() if "callback" in wire]


def test_every_callback_and_every_post_has_its_role(app: Dash) -> None:
    assert set(served(app)) == set(CALLBACKS)
    posts = {rule.rule for rule in app.server.url_map.iter_rules() if rule.methods and "POST" in rule.methods}
    assert posts == {UPDATE, "/login", "/logout"}
    others = {
        rule.rule for rule in app.server.url_map.iter_rules() if (rule.methods or set()) & {"PUT", "PATCH", "DELETE"}
    }
    assert not others


def test_a_callback_without_a_role_stops_the_start(access: Access, app: Dash) -> None:
    app.callback(Output("toast-area", "title"), Input("toast-area", "id"))(lambda value: value)
    with pytest.raises(UndeclaredError, match=r"toast-area\.title"):
        add_roles(app, Door(Users(access.journal), Logins(access.journal), True), access.journal)


@pytest.mark.parametrize("role", list(Role))
def test_what_a_role_may_ask_for(manned: Dash, role: Role) -> None:
    browser = Browser(manned)
    browser.log_in(role.value)
    for output in served(manned):
        action = output.removesuffix("-answer.data")
        needed = (
            Role.INSTRUCTOR if action in NEEDS_INSTRUCTOR else Role.TRADER if action in NEEDS_TRADER else Role.VIEWER
        )
        answer = browser.post(UPDATE, json=body_of(manned, output))
        assert answer.status_code == (200 if role.covers(needed) else 403), (output, answer.text)


def test_nobody_may_ask_for_anything_before_the_login(manned: Dash) -> None:
    browser = Browser(manned)
    browser.get("/login")
    for output in served(manned):
        assert browser.post(UPDATE, json=body_of(manned, output)).status_code == 401


def test_before_the_login_only_the_login_and_the_health_are_there(manned: Dash) -> None:
    browser = Browser(manned)
    for rule in manned.server.url_map.iter_rules():
        path = rule.rule.replace("<path:filename>", "page.js").replace("<string:package_name>", "dash")
        path = path.replace("<path:fingerprinted_path>", "dash.min.js").replace("<path:path>", "console")
        status = browser.get(path).status_code
        assert status in ({200, 404, 503} if path in OPEN_TOO else {303, 401, 404}), (path, status)
    assert all(browser.get(path).status_code == 200 for path in OPEN_TOO if path.startswith("/assets"))


def test_a_user_whose_role_is_less_now_may_do_less_at_once(manned: Dash, access: Access) -> None:
    browser = Browser(manned)
    browser.log_in("instructor")
    assert browser.ask("kill-switch", {"on": True}).status_code == 200
    users = Users(access.journal)
    users.remove("instructor", "test")
    assert browser.ask("kill-switch", {"on": False}).status_code == 401 and access.kill.on_by()


def test_a_trader_turns_the_kill_switch_on_and_an_instructor_takes_it_off(manned: Dash, access: Access) -> None:
    trader, instructor = Browser(manned), Browser(manned)
    trader.log_in("trader")
    instructor.log_in("instructor")
    assert trader.ask("kill-switch", {"on": True}).status_code == 200 and access.kill.on_by().startswith("by trader")
    assert "Only an instructor" in trader.ask("kill-switch", {"on": False}).text and access.kill.on_by()
    assert instructor.ask("kill-switch", {"on": False}).status_code == 200 and not access.kill.on_by()


@pytest.mark.parametrize("path", ["/", "/health"])
def test_every_page_has_its_address(manned: Dash, path: str) -> None:
    page = Browser(manned)
    assert page.get(path).status_code == 303
    page.log_in("viewer")
    assert page.get(path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/console", "/_mcp", "/mcp", "/_reload-hash", "/admin", "/debug", "/.env", "/data/secret"]
)
def test_there_is_no_other_page(market: Market, app: Dash, path: str) -> None:
    answer = Browser(app).get(path)
    assert answer.status_code == 404 and "Content-Security-Policy" in answer.headers
    assert Browser(app).post(path).status_code in {403, 404, 405}
