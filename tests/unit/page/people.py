"""People in front of the page: browsers with the cookies that the server gave them, logged in or not."""

from __future__ import annotations

import itertools
from typing import Any

from dash import Dash
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dashboard.users import Users
from domain.role import Role

from .conftest import Access

PASSWORD = "correct horse battery"
UPDATE = "/_dash-update-component"
_NONCES = itertools.count(10**15)


def ask_of(action: str, value: dict[str, Any]) -> dict[str, Any]:
    """What the page posts when the Store of an action changed."""
    return {
        "output": f"{action}-answer.data",
        "outputs": {"id": f"{action}-answer", "property": "data"},
        "inputs": [{"id": f"{action}-ask", "property": "data", "value": value}],
        "changedPropIds": [f"{action}-ask.data"],
    }


def order() -> dict[str, Any]:
    """A one-click order that no other is the same as."""
    fields = {"symbol": "AAPL", "side": "buy", "qty": "1", "type": "market", "time_in_force": "day", "limit_price": ""}
    nonce = next(_NONCES)
    return ask_of("one-click", {"n": 1, "ticket": {**fields, "qty": str(nonce % 90 + 1), "nonce": str(nonce)}})


class Browser:
    """A browser on one address."""

    def __init__(self, app: Dash, address: str = "127.0.0.1", base: str = "http://localhost") -> None:
        self.client: FlaskClient = app.server.test_client()
        self.base = base
        self.client.environ_base["REMOTE_ADDR"] = address

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, base_url=self.base, headers=headers)

    def post(self, path: str, **values: Any) -> TestResponse:
        """A post with the token that the page was given."""
        token = self.client.get_cookie("tickdesk_token_8050")
        headers = {"X-CSRFToken": token.value if token else ""}
        return self.client.post(path, base_url=self.base, headers=headers, **values)

    def log_in(self, name: str, password: str = PASSWORD) -> TestResponse:
        """By a script's JSON, after the page was loaded."""
        self.get("/login")
        return self.post("/login", json={"name": name, "password": password})

    def ask(self, action: str, value: dict[str, Any]) -> TestResponse:
        return self.post(UPDATE, json=ask_of(action, value))


def everybody(access: Access) -> Users:
    """One user of each role, named after it."""
    users = Users(access.journal)
    for role in Role:
        users.add(role.value, role, PASSWORD, "test")
    return users
