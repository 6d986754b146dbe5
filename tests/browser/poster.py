"""A client that is no browser: it posts to the page's callbacks what it likes."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

UPDATE = "/_dash-update-component"


class Poster:
    """Holds the cookies and the token of a page that it has loaded, as a browser would."""

    def __init__(self, url: str) -> None:
        self.host = urlsplit(url).netloc
        self.cookies = self._cookies()
        token = next(value for name, value in self.cookies.items() if name.startswith("tickdesk_token"))
        self.headers = {"X-CSRFToken": token, "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}

    def _cookies(self) -> dict[str, str]:
        connection = http.client.HTTPConnection(self.host, timeout=5)
        connection.request("GET", "/")
        answer = connection.getresponse()
        answer.read()
        set_by = [value.partition(";")[0] for name, value in answer.getheaders() if name == "Set-Cookie"]
        return dict(value.split("=", 1) for value in set_by)

    def send(self, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        """Status and text of the answer to a body, on a connection of its own."""
        connection = http.client.HTTPConnection(self.host, timeout=20)
        connection.request("POST", UPDATE, body, {"Content-Type": "application/json", "Connection": "close", **headers})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")

    def post(self, ask: str, answer: str, value: Any, **headers: str) -> tuple[int, str]:
        """What Dash's own script would post when the Store `ask` changed, with headers changed or added."""
        return self.send(json.dumps(body_of(ask, answer, value)).encode(), {**self.headers, **headers})

    def act(self, action: str, value: Any) -> dict[str, Any]:
        """The answer to an action."""
        status, text = self.post(f"{action}-ask", f"{action}-answer", value)
        assert status == 200, text
        found: dict[str, Any] = json.loads(text)["response"][f"{action}-answer"]["data"]
        return found


def body_of(ask: str, answer: str, value: Any) -> dict[str, Any]:
    return {
        "output": f"{answer}.data",
        "outputs": {"id": answer, "property": "data"},
        "inputs": [{"id": ask, "property": "data", "value": value}],
        "changedPropIds": [f"{ask}.data"],
    }
