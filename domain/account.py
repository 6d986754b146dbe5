"""The account: cash, buying power and where the day began, as the broker last told."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class AccountState:
    """USD. `last_equity` is the equity at the end of the day before; blocked flags deny every order."""

    account_id: str
    cash: Decimal
    buying_power: Decimal
    last_equity: Decimal
    trading_blocked: bool = False
    account_blocked: bool = False
