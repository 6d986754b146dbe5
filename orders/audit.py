"""The audit: one line for each change of a limit, the switch, the breaker or a user, and for what was let through or adopted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from orders.journal import DESK, Journal
from orders.tables import AUDIT

LIMITS: Final = "limits"
"""The value in the journal: the limits of the last run, by mode, to compare the next one's with."""


@dataclass(frozen=True, slots=True)
class AuditLine:
    """What was changed or let through, when (ns UTC of this machine) and for which account (`desk` for the whole desk)."""

    number: int
    ts_wall: int
    account_id: str
    what: str
    details: dict[str, Any]


def audit_lines(journal: Journal, limit: int = 100) -> list[AuditLine]:
    """The newest lines, oldest first."""
    query = select(AUDIT).order_by(AUDIT.c.id.desc()).limit(limit)
    with journal.reading() as connection:
        rows = connection.execute(query).all()
    return [AuditLine(row.id, row.ts_wall, row.account_id, row.what, json.loads(row.details)) for row in reversed(rows)]


def note_limits(journal: Journal, mode: str, limits: Mapping[str, object]) -> list[str]:
    """Write a line for each limit that differs from the last run's in this mode; the names of those. The first run writes none."""
    now = {name: str(value) for name, value in limits.items()}
    with journal.writing() as rows:
        stored = rows.state(DESK, f"{LIMITS}:{mode}")
        before = now if stored is None else stored
        changed = sorted(name for name in now.keys() | before.keys() if now.get(name) != before.get(name))
        for name in changed:
            rows.audit(DESK, "limit", limit=name, before=before.get(name), now=now.get(name), mode=mode)
        if now != stored:
            rows.put_state(DESK, f"{LIMITS}:{mode}", now)
    return changed
