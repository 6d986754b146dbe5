"""The request of a fault: its fields, checked."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from simulator.fault import Faults
from simulator.fault_catalogue import CODES, DATA_FAULTS, FEEDS, LASTING, NAMES, PLAIN_WORDS, STANDING

FIELDS = frozenset(
    {"name", "count", "n", "seconds", "duration_s", "seed", "chance", "feed", "limit", "missing", "code"},
)
USUAL_CHANCE = 0.5
FLOOD = 20
NEEDS_SECONDS = frozenset({"data_slot_held", "data_delay", "delay_trade_update"})


def arm_from(faults: Faults, fields: Mapping[str, Any]) -> tuple[str, ...]:
    """Arms what a request names, and says which faults that are. Raises ValueError, which names the field.

    With a `seed` and no `chance` every second occasion is struck on average; the same seed chooses the same ones.
    """
    unknown = fields.keys() - FIELDS
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}; known are {', '.join(sorted(FIELDS))}")
    word = fields.get("name")
    names = (word,) if word in NAMES else PLAIN_WORDS.get(word) if isinstance(word, str) else None
    if names is None:
        raise ValueError(f"name must be one of {', '.join((*PLAIN_WORDS, *NAMES))}")
    asked = [(name, _arguments(name, fields)) for name in names]
    for name, arguments in asked:
        faults.arm(name, **arguments)
    return names


def _arguments(name: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    count = _whole(fields, "count" if "count" in fields else "n", None)
    seed = _whole(fields, "seed", None)
    duration_s, seconds = (_number(fields, each) for each in ("duration_s", "seconds"))
    chance = _number(fields, "chance")
    if name in LASTING and duration_s is None:
        duration_s = seconds
    if count != 0:
        _check_length(name, seconds, duration_s)
    usual = 1.0 if seed is None or name in LASTING | STANDING else USUAL_CHANCE
    return {
        "count": count,
        "seconds": seconds or 0.0,
        "duration_s": duration_s,
        "seed": seed or 0,
        "chance": usual if chance is None else chance,
        **(_of_data(name, fields) if count != 0 else {}),
    }


def _check_length(name: str, seconds: float | None, duration_s: float | None) -> None:
    if name in LASTING and not duration_s:
        raise ValueError(f"{name} needs seconds or duration_s above 0")
    if name in NEEDS_SECONDS and not seconds:
        raise ValueError(f"{name} needs seconds above 0")


def _of_data(name: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """What only faults of the data streams have."""
    given = [field for field in ("feed", "limit", "missing", "code") if field in fields]
    if name not in DATA_FAULTS:
        if given:
            raise ValueError(f"{given[0]} is for {', '.join(DATA_FAULTS)} only")
        return {}
    feed, limit, missing = fields.get("feed"), _whole(fields, "limit", None), fields.get("missing", [])
    if feed not in (None, *FEEDS):
        raise ValueError(f"feed must be one of {', '.join(FEEDS)}")
    if not isinstance(missing, list) or not all(isinstance(symbol, str) for symbol in missing):
        raise ValueError("missing must be a list of symbols")
    if name == "data_symbol_limit" and limit is None:
        raise ValueError("data_symbol_limit needs a limit, 0 or more")
    if name == "data_partial_ack" and not missing:
        raise ValueError("data_partial_ack needs missing, a list of symbols")
    usual = FLOOD if name == "data_flood" else 0
    limit = usual if limit is None else limit
    return {"feed": feed, "limit": limit, "missing": tuple(missing), "code": _code(name, fields)}


def _code(name: str, fields: Mapping[str, Any]) -> int:
    codes, code = CODES.get(name), _whole(fields, "code", 0)
    if codes is None and code:
        raise ValueError(f"code is for {', '.join(CODES)} only")
    if codes is not None and code not in codes:
        raise ValueError(f"{name} needs a code: one of {', '.join(map(str, codes))}")
    return code or 0


def _number(fields: Mapping[str, Any], name: str) -> float | None:
    if name not in fields:
        return None
    try:
        number = float(fields[name])
    except (TypeError, ValueError) as problem:
        raise ValueError(f"{name} must be a number") from problem
    if isinstance(fields[name], bool) or not isfinite(number) or number < 0:
        raise ValueError(f"{name} must be a number, 0 or more")
    return number


def _whole(fields: Mapping[str, Any], name: str, default: int | None) -> int | None:
    number = _number(fields, name)
    if number is not None and not number.is_integer():
        raise ValueError(f"{name} must be a whole number")
    return default if number is None else int(number)
