"""The filter of option contracts: by underlying, kind, date and strike, as lists and chains are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Self

from simulator.option import Contract

FAR_AWAY = date(9999, 12, 31)
_DAYS = ("expiration_date", "expiration_date_gte", "expiration_date_lte")


@dataclass(frozen=True, slots=True)
class ContractFilter:
    """Both ends of dates and strikes are included; no underlyings = all."""

    underlyings: frozenset[str]
    root: str | None
    kind: str | None
    first: date
    last: date
    lowest: Decimal
    highest: Decimal

    @classmethod
    def parse(cls, parameters: Mapping[str, str], last: date = FAR_AWAY) -> Self:
        """Raises ValueError; `last` is the last date if the query names none."""
        day, first_day, last_day = (_day(parameters, name) for name in _DAYS)
        kind = (parameters.get("type") or "").lower() or None
        if kind not in (None, "call", "put"):
            raise ValueError("invalid type")
        if (parameters.get("style") or "american").lower() not in ("american", "european"):
            raise ValueError("invalid style")
        named = (symbol.strip().upper() for symbol in parameters.get("underlying_symbols", "").split(","))
        return cls(
            underlyings=frozenset(symbol for symbol in named if symbol),
            root=parameters.get("root_symbol") or None,
            kind=kind,
            first=day or first_day or date.min,
            # Whoever names a first date is not held to the usual last one.
            last=day or last_day or (FAR_AWAY if first_day else last),
            lowest=_strike(parameters, "strike_price_gte", Decimal(0)),
            highest=_strike(parameters, "strike_price_lte", Decimal("Infinity")),
        )

    def lets_through(self, contract: Contract) -> bool:
        """Whether the contract is asked for."""
        underlying = contract.underlying.symbol
        return (
            (not self.underlyings or underlying in self.underlyings)
            and self.root in (None, underlying)
            and self.kind in (None, contract.kind)
            and self.first <= contract.expiration <= self.last
            and self.lowest <= contract.strike <= self.highest
        )


def weekend_after(day: date) -> date:
    """The Sunday that ends the week of a day: the last expiration of a list for which no date was named."""
    return day + timedelta(days=6 - day.weekday())


def _day(parameters: Mapping[str, str], name: str) -> date | None:
    text = parameters.get(name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as problem:
        raise ValueError(f"invalid {name}: {text}") from problem


def _strike(parameters: Mapping[str, str], name: str, default: Decimal) -> Decimal:
    text = parameters.get(name)
    try:
        found = Decimal(text) if text else default
    except InvalidOperation as problem:
        raise ValueError(f"invalid {name}: {text}") from problem
    if found.is_nan():
        raise ValueError(f"invalid {name}: {text}")
    return found
