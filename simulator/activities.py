"""The list of activities: the query of GET /v2/account/activities/FILL and what it lets through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from domain.session import midnight, trading_day
from simulator.data_query import parse_moment
from simulator.execution import Execution
from simulator.order_list import moment_of, one_of, parse_limit
from simulator.order_wire import activity_id
from simulator.rejection import malformed, missing

LARGEST_PAGE = 100


@dataclass(frozen=True, slots=True)
class Activities:
    """`after` and `until` are both excluded; a page goes on behind the activity that `page_token` names."""

    after: int | None
    until: int | None
    order_id: str | None
    descending: bool
    page_size: int
    page_token: str | None

    @classmethod
    def parse(cls, parameters: Mapping[str, str]) -> Self:
        """Raises Rejection."""
        after, until = _span(parameters)
        return cls(
            after=after,
            until=until,
            order_id=parameters.get("order_id"),
            descending=one_of(parameters, "direction", ("desc", "asc")) != "asc",
            page_size=parse_limit(parameters, "page_size", LARGEST_PAGE, LARGEST_PAGE),
            page_token=parameters.get("page_token") or None,
        )

    def choose(self, executions: list[Execution]) -> list[Execution]:
        """One page, from executions with the oldest first."""
        rows = list(reversed(executions)) if self.descending else executions
        found = [execution for execution in self._behind_token(rows) if self._lets_through(execution)]
        return found[: self.page_size]

    def _behind_token(self, rows: list[Execution]) -> list[Execution]:
        if self.page_token is None:
            return rows
        for index, execution in enumerate(rows):
            if activity_id(execution) == self.page_token:
                return rows[index + 1 :]
        raise malformed("invalid page_token")

    def _lets_through(self, execution: Execution) -> bool:
        if self.order_id not in (None, str(execution.order_id)):
            return False
        late_enough = self.after is None or execution.ts_event > self.after
        return late_enough and (self.until is None or execution.ts_event < self.until)


def activity_types(kind: str | None, parameters: Mapping[str, str]) -> set[str]:
    """The types that are asked for, by path or by query; fills and nothing else are trades. Raises Rejection."""
    category = one_of(parameters, "category", ("trade_activity", "non_trade_activity"))
    named = kind or parameters.get("activity_types", "")
    if category and named:
        raise malformed("category cannot be used together with activity_types")
    names = {name.strip().upper() for name in named.split(",") if name}
    if not all(name.isalpha() for name in names):
        raise missing("endpoint not found")
    return names or (set() if category == "non_trade_activity" else {"FILL"})


def _span(parameters: Mapping[str, str]) -> tuple[int | None, int | None]:
    """`date` is one New York day and cannot be had together with the others."""
    if "date" not in parameters:
        return moment_of(parameters, "after"), moment_of(parameters, "until")
    try:
        day = trading_day(parse_moment(parameters["date"]))
    except ValueError as problem:
        raise malformed("invalid date") from problem
    return midnight(day) - 1, midnight(day + timedelta(days=1))
