"""One client's session on the market data stream, without any I/O: what it says comes in, what to answer comes out.

Source: "Streaming Market Data" (sequence, codes and texts of the errors).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from simulator.accounts import Account, Accounts, carries_credentials
from simulator.channels import STOCKS, Channels
from simulator.fault import Fault, Faults
from simulator.slots import Slots
from simulator.subscriptions import BadSubscription, Subscriptions
from simulator.wire import codec_of, decode_request
from simulator.wire_fields import Fields

ERRORS = {
    400: "invalid syntax",
    401: "not authenticated",
    402: "auth failed",
    403: "already authenticated",
    404: "auth timeout",
    405: "symbol limit exceeded",
    406: "connection limit exceeded",
    407: "slow client",
    408: "v2 not enabled",
    409: "insufficient subscription",
    410: "invalid subscribe action for this feed",
    411: "insufficient scope",
    412: "option messages are only available in MsgPack format",
    413: "star subscription is not allowed for option quotes",
    500: "internal error",
}
ENDS_AFTER = frozenset({402, 404, 407, 408, 409, 411, 412, 500})
TOKEN_KEYS = frozenset({"oauth", "access_token"})
"""In place of a key: the secret is an OAuth token then, which here is the pair key:secret."""


def error(code: int) -> Fields:
    """An error message of the stream."""
    return {"T": "error", "code": code, "msg": ERRORS[code]}


@dataclass(frozen=True, slots=True)
class StreamRules:
    """What holds on one endpoint; `symbol_limit` is summed over trades and quotes, None = no limit.

    `feed` is its name among the faults; a slot is free `slot_hold_s` seconds after its connection died. Nobody has
    paid for an endpoint that is not `entitled`.
    """

    endpoint: str
    accounts: Accounts
    slots: Slots
    symbol_limit: int | None
    on_subscribe: Callable[[], None]
    channels: Channels = STOCKS
    feed: str = "stocks"
    faults: Faults = field(default_factory=Faults)
    slot_hold_s: float = 0.0
    entitled: bool = True


class StreamSession:
    """Answers are control messages, each to be sent in a frame of its own. `ended` says when to close the socket."""

    def __init__(self, rules: StreamRules) -> None:
        self._rules = rules
        self.account: Account | None = None
        self.subscriptions = Subscriptions(rules.channels)
        self.may_linger = False
        self.ended = False

    def open(self, headers: Mapping[str, str]) -> list[Fields]:
        """What the server says unprompted; headers of the upgrade may authenticate at once."""
        if self._rules.channels.binary and codec_of(headers) != "msgpack":
            return [self._refuse(412)]
        greeting: list[Fields] = [{"T": "success", "msg": "connected"}]
        if carries_credentials(headers):
            greeting.append(self._authenticate(self._rules.accounts.from_headers(headers)))
        return greeting

    def receive(self, data: bytes | str) -> Fields:
        """The answer to one message of the client."""
        try:
            request = decode_request(data)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self._refuse(400)
        if not isinstance(request, dict):
            return self._refuse(400)
        return self._act(request)

    def expire(self) -> list[Fields]:
        """The time to authenticate is over. A client that was told to wait for its slot may stay."""
        return [] if self.account is not None or self.may_linger else [self._refuse(404)]

    def fall_behind(self) -> Fields:
        """The client reads too slowly."""
        return self._refuse(407)

    def close(self, *, clean: bool = True) -> None:
        """The connection is gone. Its slot is free at once if it said goodbye, else maybe later."""
        if self.account is not None:
            self._rules.slots.free(self.account, self._rules.endpoint, self, after_s=0.0 if clean else self._hold_s())
            self.account = None
        self.subscriptions = Subscriptions(self._rules.channels)

    def _hold_s(self) -> float:
        fault = self._fault("data_slot_held")
        return fault.seconds if fault else self._rules.slot_hold_s

    def _fault(self, name: str) -> Fault | None:
        return self._rules.faults.use(name, self._rules.feed)

    def _act(self, request: Mapping[str, Any]) -> Fields:
        action = request.get("action")
        if action == "auth":
            return self._authenticate(self._rules.accounts.authenticate(*_credentials(request)))
        if action not in ("subscribe", "unsubscribe"):
            return self._refuse(400)
        return self._refuse(401) if self.account is None else self._subscribe(action, request)

    def _authenticate(self, account: Account | None) -> Fields:
        if self.account is not None:
            return self._refuse(403)
        if account is None or self._fault("data_auth_failed"):
            return self._refuse(402)
        if refused := self._fault("data_error"):
            return self._refuse(refused.code)
        if not self._rules.entitled:
            return self._refuse(409)
        if self._fault("data_slot_taken") or not self._rules.slots.take(account, self._rules.endpoint, self):
            self.may_linger = True
            return self._refuse(406)
        self.account = account
        return {"T": "success", "msg": "authenticated"}

    def _subscribe(self, action: str, request: Mapping[str, Any]) -> Fields:
        current = self.subscriptions
        try:
            wanted = current.plus(request) if action == "subscribe" else current.minus(request)
        except BadSubscription as refusal:
            return self._refuse(refusal.code)
        if action == "subscribe" and self._is_too_much(wanted, current):
            return self._refuse(405)
        if action == "subscribe" and (partial := self._fault("data_partial_ack")):
            wanted = wanted.without(partial.missing)
        self.subscriptions = wanted
        if wanted:
            self._rules.on_subscribe()
        return wanted.acknowledgement()

    def _is_too_much(self, wanted: Subscriptions, current: Subscriptions) -> bool:
        fault = self._fault("data_symbol_limit")
        limit = fault.limit if fault else self._rules.symbol_limit
        return limit is not None and wanted.market_data_count() > max(limit, current.market_data_count())

    def _refuse(self, code: int) -> Fields:
        self.ended = self.ended or code in ENDS_AFTER
        return error(code)


def _credentials(request: Mapping[str, Any]) -> tuple[Any, Any]:
    key, secret = request.get("key"), request.get("secret")
    if key in TOKEN_KEYS and isinstance(secret, str):
        key, _, secret = secret.partition(":")
    return key, secret
