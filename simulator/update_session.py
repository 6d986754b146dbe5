"""One client's session on the trading stream, without any I/O: what it says comes in, what to answer comes out.

Source: "Websocket Streaming". The server is silent until the client speaks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from simulator.accounts import Account, Accounts
from simulator.wire import decode_request
from simulator.wire_fields import Fields

STREAMS = ("trade_updates",)


class UpdateSession:
    """`account` is None until the client has authenticated; `streams` is what it listens to."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self.account: Account | None = None
        self.streams: frozenset[str] = frozenset()

    def receive(self, data: bytes | str) -> Fields:
        """The answer to one message of the client."""
        try:
            request = decode_request(data)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return _error("invalid syntax")
        if not isinstance(request, dict):
            return _error("invalid syntax")
        return self._act(request)

    def _act(self, request: Mapping[str, Any]) -> Fields:
        action, data = request.get("action"), request.get("data")
        given: Mapping[str, Any] = data if isinstance(data, dict) else {}
        if action == "authenticate":
            return self._authenticate(*_keys(given))
        if action == "auth":
            return self._authenticate(request.get("key"), request.get("secret"))
        if action == "listen":
            return self._listen(given.get("streams"))
        return _error("unknown action")

    def _authenticate(self, key: object, secret: object) -> Fields:
        if self.account is not None:
            return _error("already authenticated")
        self.account = self._accounts.authenticate(key, secret)
        if self.account is None:
            return _authorization("authenticate", "unauthorized", message="access key verification failed")
        return _authorization("authenticate", "authorized")

    def _listen(self, wanted: object) -> Fields:
        """Replaces the set; what is not known is left out."""
        if self.account is None:
            return _authorization("listen", "unauthorized")
        names = wanted if isinstance(wanted, list) else []
        self.streams = frozenset(name for name in STREAMS if name in names)
        return {"stream": "listening", "data": {"streams": sorted(self.streams)}}


def _keys(data: Mapping[str, Any]) -> tuple[object, object]:
    token = data.get("oauth_token")
    if isinstance(token, str):
        key, _, secret = token.partition(":")
        return key, secret
    return data.get("key_id"), data.get("secret_key")


def _authorization(action: str, status: str, **more: str) -> Fields:
    return {"stream": "authorization", "data": {"action": action, "status": status, **more}}


def _error(text: str) -> Fields:
    return {"action": "error", "data": {"error_message": text}}
