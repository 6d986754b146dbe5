"""The equity curve: what the account is worth, once a minute, kept within bounds."""

from __future__ import annotations

import time
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select

from orders.tables import EQUITY_CURVE

DAY_NS: Final = 86_400 * 10**9
KEPT_DAYS: Final = 30
"""Every minute of these days is kept, and of each earlier day (UTC) the last point, for good: 43,200 rows and 365 a year."""


@dataclass(frozen=True, slots=True)
class EquityPoint:
    """USD. `ts_event` is the market's time, `ts_wall` this machine's, both in ns UTC; `ts_event` is 0 where it was not known."""

    account_id: str
    ts_event: int
    ts_wall: int
    equity: Decimal
    cash: Decimal
    daily_pnl: Decimal


def add_point(connection: Connection, point: EquityPoint) -> None:
    """Write down a point."""
    money = {name: str(getattr(point, name)) for name in ("equity", "cash", "daily_pnl")}
    times = {"ts_event": point.ts_event, "ts_wall": point.ts_wall}
    connection.execute(insert(EQUITY_CURVE).values(account_id=point.account_id, **times, **money))


def thin_out(connection: Connection, account_id: str, now_ns: int | None = None) -> int:
    """Keep of each day before the last KEPT_DAYS its last point only; how many rows went."""
    until = ((time.time_ns() if now_ns is None else now_ns) // DAY_NS - KEPT_DAYS) * DAY_NS
    old = EQUITY_CURVE.c.account_id == account_id, EQUITY_CURVE.c.ts_wall < until
    last = select(func.max(EQUITY_CURVE.c.id)).where(*old).group_by(EQUITY_CURVE.c.ts_wall // DAY_NS)
    return connection.execute(delete(EQUITY_CURVE).where(*old, EQUITY_CURVE.c.id.not_in(last))).rowcount


def points(connection: Connection, account_id: str, since_ns: int = 0) -> list[EquityPoint]:
    """The curve of an account from a time of this machine on, oldest first."""
    wanted = EQUITY_CURVE.c.account_id == account_id, EQUITY_CURVE.c.ts_wall >= since_ns
    rows = connection.execute(select(EQUITY_CURVE).where(*wanted).order_by(EQUITY_CURVE.c.ts_wall, EQUITY_CURVE.c.id))
    return [
        EquityPoint(
            row.account_id, row.ts_event, row.ts_wall, Decimal(row.equity), Decimal(row.cash), Decimal(row.daily_pnl)
        )
        for row in rows
    ]
