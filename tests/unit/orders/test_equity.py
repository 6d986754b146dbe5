"""The equity curve: minutes of a month, then a point a day, for each account apart."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from orders.equity import DAY_NS, KEPT_DAYS, EquityPoint, add_point, points, thin_out
from orders.journal import Journal
from tests.unit.orders.samples import ACCOUNT

BACKENDS: Final = ("sqlite", "postgresql")
TODAY: Final = 20_777 * DAY_NS
HOUR_NS: Final = DAY_NS // 24


def point(ts_wall: int, equity: str = "100000.10", account_id: str = ACCOUNT) -> EquityPoint:
    return EquityPoint(account_id, ts_wall + 5, ts_wall, Decimal(equity), Decimal("-3.20"), Decimal("0.01"))


def test_points_come_back_digit_for_digit_and_in_order(journal: Journal) -> None:
    wanted = [point(TODAY), point(TODAY + HOUR_NS, "99999.99")]
    with journal.writing() as rows:
        for each in [*reversed(wanted), point(TODAY, account_id="another")]:
            add_point(rows.connection, each)
    with journal.reading() as connection:
        assert points(connection, ACCOUNT) == wanted
        assert points(connection, ACCOUNT, TODAY + 1) == wanted[1:]


def test_of_old_days_the_last_point_stays_and_of_the_last_thirty_every_one(journal: Journal) -> None:
    days = [TODAY - number * DAY_NS for number in (0, 1, KEPT_DAYS, KEPT_DAYS + 1, KEPT_DAYS + 2, KEPT_DAYS + 400)]
    with journal.writing() as rows:
        for day in reversed(days):
            for hour in (1, 12, 23):
                add_point(rows.connection, point(day + hour * HOUR_NS))
                add_point(rows.connection, point(day + hour * HOUR_NS, account_id="another"))
        assert thin_out(rows.connection, ACCOUNT, TODAY + 5 * HOUR_NS) == 6
        assert thin_out(rows.connection, ACCOUNT, TODAY + 5 * HOUR_NS) == 0
        kept = [(each.ts_wall - TODAY) // HOUR_NS for each in points(rows.connection, ACCOUNT)]
        assert len(points(rows.connection, "another")) == 18
    whole = [-number * 24 + hour for number in (KEPT_DAYS, 1, 0) for hour in (1, 12, 23)]
    assert kept == [-(KEPT_DAYS + 400) * 24 + 23, -(KEPT_DAYS + 2) * 24 + 23, -(KEPT_DAYS + 1) * 24 + 23, *whole]
