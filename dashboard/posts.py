"""The shape of what is posted to Dash: a request that is not one of the page's own is refused before Dash reads it."""

from __future__ import annotations

from typing import Any, Final

from dash import Dash
from flask import Response, jsonify, request

UPDATE: Final = "/_dash-update-component"
"""The one route of all callbacks."""

MOST_BYTES: Final = 16_384
"""An honest ask has less than 400 bytes."""


def add_post_check(app: Dash) -> None:
    """POSTs with another shape than a callback's get 400, larger ones 413; both with a sentence and no traceback."""
    known = {ids: [entry(item) for item in wire["inputs"]] for ids, wire in app.callback_map.items()}
    app.server.config["MAX_CONTENT_LENGTH"] = MOST_BYTES

    def check() -> tuple[Response, int] | None:
        if request.method != "POST" or request.path != UPDATE:
            return None
        fault = fault_of(request.get_json(silent=True), known)
        return (jsonify(error=fault), 400) if fault else None

    app.server.before_request(check)


def entry(item: dict[str, Any]) -> tuple[str, str]:
    """Component and property of a callback's input."""
    return item["id"], item["property"]


def fault_of(body: object, known: dict[str, list[tuple[str, str]]]) -> str | None:
    """What is wrong with the body of a callback's request, or None."""
    if not isinstance(body, dict):
        return "The body is not a JSON object."
    output = body.get("output")
    if not isinstance(output, str) or output not in known:
        return "There is no such output."
    return fault_of_parts(body, output, known[output])


def fault_of_parts(body: dict[str, Any], output: str, expected: list[tuple[str, str]]) -> str | None:
    """What is wrong with the outputs, inputs and triggers of a request for a known output."""
    identifier, _, name = output.rpartition(".")
    if body.get("outputs") != {"id": identifier, "property": name}:
        return "The outputs are not those of this output."
    inputs = body.get("inputs")
    if not isinstance(inputs, list) or [key_of(item) for item in inputs] != expected:
        return "The inputs are not those of this output."
    changed = body.get("changedPropIds", [])
    names = {".".join(pair) for pair in expected}
    if not isinstance(changed, list) or not all(isinstance(item, str) and item in names for item in changed):
        return "The changed properties are not inputs of this output."
    return None if body.get("state", []) == [] else "This output has no state."


def key_of(item: object) -> object:
    """Component and property of a posted input, or None if it is none."""
    return (item.get("id"), item.get("property")) if isinstance(item, dict) else None
