"""The redaction: no secret passes, in whatever form it stands in a line, and ordinary words do."""

from __future__ import annotations

from typing import Any, Final

import pytest

from logs.redaction import HIDDEN, Redaction

CANARY: Final = "c4n4ry-S3cr3t/+="
KNOWN: Final = Redaction([CANARY, "abc"])
UNKNOWN: Final = Redaction()

BY_NAME: Final = [
    '{"action":"auth","key":"c4n4ry","secret":"c4n4ry"}',
    "{'action': 'auth', 'key': 'c4n4ry', 'secret': 'c4n4ry'}",
    '> TEXT \'{"action": "auth", "key": "c4n4ry", "secret": "c4n4ry"}\' [63 bytes]',
    '{"body": "{\\"secret\\": \\"c4n4ry\\"}"}',
    "APCA-API-KEY-ID: c4n4ry",
    "APCA-API-SECRET-KEY: c4n4ry",
    "headers={'APCA-API-KEY-ID': 'c4n4ry', 'APCA-API-SECRET-KEY': 'c4n4ry'}",
    "Cookie: session=c4n4ry; other=c4n4ry",
    "Set-Cookie: tickdesk_8050=c4n4ry; HttpOnly",
    "Authorization: Basic c4n4ry",
    "authorization=Bearer c4n4ry",
    "GET /login?token=c4n4ry&x=1",
    "password=c4n4ry",
    "SECRET_KEY=c4n4ry",
    "postgresql+psycopg://desk:c4n4ry@127.0.0.1:5432/journal",
    "redis://:c4n4ry@host:6379/0",
]


@pytest.mark.parametrize("text", BY_NAME)
def test_what_stands_under_the_name_of_a_secret_is_hidden(text: str) -> None:
    told = UNKNOWN(None, "info", {"event": text})["event"]
    assert "c4n4ry" not in told and HIDDEN in told


@pytest.mark.parametrize(
    "text",
    [
        f"failed: {CANARY}",
        f"Traceback: ValueError('{CANARY}')",
        f"https://host/?q={'c4n4ry-S3cr3t%2F%2B%3D'}",
        f"{CANARY}{CANARY}",
    ],
)
def test_a_known_secret_is_hidden_wherever_it_stands(text: str) -> None:
    told = KNOWN(None, "info", {"event": text, "why": text})
    assert "c4n4ry" not in str(told)


class Strange:
    def __repr__(self) -> str:
        return f"<Strange {CANARY}>"


@pytest.mark.parametrize(
    "value",
    [
        *([CANARY], {"a": [CANARY]}, {"deep": ({"x": CANARY},)}, {CANARY: 1}),
        *(Strange(), [Strange()], CANARY.encode(), ValueError(CANARY)),
    ],
)
def test_a_secret_inside_of_anything_is_hidden(value: Any) -> None:
    told = str(KNOWN(None, "info", {"event": "x", "value": value})["value"])
    assert "c4n4ry" not in told and HIDDEN in told


@pytest.mark.parametrize(
    "name",
    ["secret", "key", "api_key", "password", "token", "csrf_token", "cookie", "Authorization", "APCA-API-KEY-ID"],
)
def test_fields_with_the_name_of_a_secret_are_hidden(name: str) -> None:
    assert UNKNOWN(None, "info", {name: "x", "deep": {name: ["y"]}}) == {name: HIDDEN, "deep": {name: HIDDEN}}


@pytest.mark.parametrize(
    "event",
    [
        {"event": "order", "client_order_id": "td-abc", "symbol": "AAPL", "side": "buy", "qty": "10", "reason": ""},
        {
            "event": "stream state",
            "state": "live",
            "why": "Reading history.",
            "count": 3,
            "ratio": 0.5,
            "on": True,
            "none": None,
        },
        {"event": "https://127.0.0.1:8050/page?x=1 answered 200", "keyboard": "x", "monkey": "y", "author": "z"},
        {"event": "the keys were refused; check ALPACA_API_KEY and ALPACA_SECRET_KEY"},
    ],
)
def test_ordinary_lines_stay_as_they_are(event: dict[str, Any]) -> None:
    assert KNOWN(None, "info", event) == event
