"""The health of the desk, as scripts and checks read it: /healthz and /readyz."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, Response, g, jsonify, request

from dashboard.proxy import is_local
from domain.breaker import BreakerStatus
from market_cache.reader import MarketReader
from orders.access import HasAccess
from orders.breaker import UNREADABLE

log = logging.getLogger("tickdesk.dashboard")


def desk_health(reader: MarketReader, mode: str, access: HasAccess) -> dict[str, Any]:
    """The status contract: plain types, no secret. An unreadable cache or journal is `ok` false, never an error."""
    reader.catch_up()
    status = reader.status()
    contract = status.to_json()
    why = reader.problem or cache_trouble(access)
    cache = {"ok": reader.epoch > 0 and not why, "why": why, "epoch": reader.epoch}
    cache |= {"seq": reader.seq, "symbols": list(reader.symbols)}
    stream = {**contract["stream"], "state": status.stream.state.value}
    orders = orders_health(access)
    return {
        "ready": bool(status.ready and cache["ok"] and status.reconciled and orders["journal"]["ok"]),
        "mode": mode,
        "stream": stream,
        **{name: contract[name] for name in ("streams", "budget", "symbol_states", "load", "recorder")},
        "trading": {"state": status.trading.state.value, "last_msg_age_s": status.trading.last_msg_age_s},
        "reconcile": {"ok": status.reconciled, "why": status.reconcile_why},
        **orders,
        "stream_breaker": told_breaker(status.stream_breaker),
        "queue_depth": status.queue_depth,
        "cache": cache,
        "worker": contract["worker"],
    }


def orders_health(access: HasAccess) -> dict[str, Any]:
    """Whether the journal can be read, who holds the kill switch on, and how near the breaker of orders is."""
    try:
        access.journal.last_change()
        by, breaker, ok = access.kill.on_by(), access.breaker.status(), True
    except Exception:  # whatever the database says: the state is told, not raised
        log.exception("The journal of orders cannot be read.")
        by, breaker, ok = "by a journal that cannot be read", UNREADABLE, False
    return {"journal": {"ok": ok}, "kill": {"on": bool(by), "by": by}, "breaker": told_breaker(breaker)}


def told_breaker(breaker: BreakerStatus) -> dict[str, Any]:
    """A breaker in plain types."""
    return {"state": breaker.state, "failures": breaker.failures, "why": breaker.why}


def cache_trouble(access: HasAccess) -> str:
    """What the worker says, by the journal, of a cache that it cannot write; empty if nothing, or if that cannot be read."""
    try:
        return access.journal.cache_trouble()
    except Exception:  # the journal's own state is told beside this
        log.exception("The journal cannot be read.")
        return ""


def add_health(server: Flask, reader: MarketReader, mode: str, access: HasAccess) -> None:
    """GET /healthz answers 200 whatever the state; GET /readyz 200 when the desk may be used, else 503."""

    @server.get("/healthz")
    def healthz() -> Response:
        return fresh(jsonify(told(desk_health(reader, mode, access))))

    @server.get("/readyz")
    def readyz() -> Response:
        health = desk_health(reader, mode, access)
        response = fresh(jsonify(told(health)))
        response.status_code = 200 if health["ready"] else 503
        return response


def told(health: dict[str, Any]) -> dict[str, Any]:
    """All of it to this machine and to who is logged in; to anybody else whether the desk is ready, and its mode."""
    known = bool(g.user and g.user.name)
    return health if known or is_local(request) else {name: health[name] for name in ("ready", "mode")}


def fresh(response: Response) -> Response:
    """The response, never to be kept by anybody."""
    response.headers["Cache-Control"] = "no-store"
    return response
