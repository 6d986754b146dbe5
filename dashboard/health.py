"""The health of the desk, as scripts and checks read it: /healthz and /readyz."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, jsonify

from market_cache.reader import MarketReader


def desk_health(reader: MarketReader, mode: str) -> dict[str, Any]:
    """The status contract: plain types, no secret. An unreadable or empty cache is `cache.ok` false, never an error."""
    reader.catch_up()
    status = reader.status()
    contract = status.to_json()
    cache = {"ok": reader.epoch > 0, "epoch": reader.epoch, "seq": reader.seq, "symbols": list(reader.symbols)}
    stream = {**contract["stream"], "state": status.stream.state.value}
    return {
        "ready": bool(status.ready and cache["ok"]),
        "mode": mode,
        "stream": stream,
        "queue_depth": status.queue_depth,
        "cache": cache,
        "worker": contract["worker"],
    }


def add_health(server: Flask, reader: MarketReader, mode: str) -> None:
    """GET /healthz answers 200 whatever the state; GET /readyz 200 when the desk may be used, else 503."""

    @server.get("/healthz")
    def healthz() -> Response:
        return fresh(jsonify(desk_health(reader, mode)))

    @server.get("/readyz")
    def readyz() -> Response:
        health = desk_health(reader, mode)
        response = fresh(jsonify(health))
        response.status_code = 200 if health["ready"] else 503
        return response


def fresh(response: Response) -> Response:
    """The response, never to be kept by anybody."""
    response.headers["Cache-Control"] = "no-store"
    return response
