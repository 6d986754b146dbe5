"""Compares an answer with an example of Alpaca's: the same keys, the same types, texts written the same way."""

from __future__ import annotations

import re
from typing import Any

KINDS = {
    "an id": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "a time in UTC": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,8}[1-9])?Z",
    "a time in New York": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?-0[45]:00",
    "a date": r"\d{4}-\d\d-\d\d",
    "a time of day": r"\d\d:\d\d",
    "a time of day in four digits": r"[01]\d[0-5]\d|2[0-3][0-5]\d",
    "a number in a text": r"-?\d+(\.\d+)?",
}
"""How a text is written: the first that fits."""


def kind_of(text: str) -> str:
    """How a text is written."""
    return next((kind for kind, pattern in KINDS.items() if re.fullmatch(pattern, text)), "a text")


def differences(example: Any, found: Any, place: str = "answer") -> list[str]:
    """What is different, by place. Null in the example stands for anything; lists are compared by their first elements."""
    if example is None:
        return []
    if isinstance(example, dict) and isinstance(found, dict):
        return _of_objects(example, found, place)
    if isinstance(example, list) and isinstance(found, list):
        return differences(example[0], found[0], f"{place}[0]") if example and found else []
    if isinstance(example, float) and not isinstance(found, bool) and isinstance(found, int | float):
        return []
    if type(example) is not type(found):
        return [f"{place}: {found!r} is no {type(example).__name__}"]
    if isinstance(example, str) and (wanted := kind_of(example)) != "a text" and _kind(found, wanted) != wanted:
        return [f"{place}: {found!r} is not {wanted}"]
    return []


def _kind(text: str, wanted: str) -> str:
    """Some texts are both a time of day and a number: then the example decides."""
    return wanted if re.fullmatch(KINDS[wanted], text) else kind_of(text)


def _of_objects(example: dict[str, Any], found: dict[str, Any], place: str) -> list[str]:
    missing = [f"{place}.{key} is missing" for key in example if key not in found]
    strange = [f"{place}.{key} is not Alpaca's" for key in found if key not in example]
    shared = [key for key in example if key in found]
    return (
        missing + strange + [one for key in shared for one in differences(example[key], found[key], f"{place}.{key}")]
    )
