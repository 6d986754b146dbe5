"""The account desk: opens accounts, begins them anew, and says how they stand."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from simulator.account_limits import AccountLimits, parse_limits
from simulator.accounts import Accounts
from simulator.amount import amount
from simulator.margin import Margin
from simulator.rejection import malformed, missing
from simulator.request_body import parse_number
from simulator.trader import Trader
from simulator.trading_floor import TradingFloor
from simulator.update_hub import UpdateHub
from simulator.wire_fields import Fields
from simulator.wire_time import rfc3339

DEFAULT_CASH = Decimal(100_000)
LIMITS = frozenset(AccountLimits.__struct_fields__)
_KEY, _SECRET = re.compile(r"[A-Za-z0-9_-]{4,64}"), re.compile(r"[\x21-\x7e]{8,128}")


class AccountDesk:
    """Each account has keys, cash, limits, orders and streams of its own; all of them meet in the same book."""

    def __init__(self, floor: TradingFloor, accounts: Accounts, updates: UpdateHub) -> None:
        self._floor, self._accounts, self._updates = floor, accounts, updates

    def open(self, fields: Mapping[str, Any]) -> Fields:
        """A new account with `cash` USD and limits; `key` and `secret` are made if they are not chosen. Raises Rejection."""
        _check_names(fields, {"cash", "key", "secret"} | LIMITS)
        limits = parse_limits(fields, self._floor.listings, AccountLimits())
        cash, key, secret = _cash(fields, DEFAULT_CASH), self._key(fields), _secret(fields)
        trader = self._floor.open_account(key, secret, cash, limits)
        self._accounts.add(trader.account)
        return {"id": str(trader.row.account_id), "key": key, "secret": secret}

    def _key(self, fields: Mapping[str, Any]) -> str:
        if "key" not in fields:
            return f"PK{secrets.token_hex(9).upper()}"
        key = _chosen(fields, "key", _KEY, "4 to 64 letters, digits, - and _")
        if self._accounts.knows(key):
            raise malformed("key is in use; choose another")
        return key

    def change(self, account_id: str, fields: Mapping[str, Any]) -> Fields:
        """Other limits. Raises Rejection."""
        trader = self.find(account_id)
        _check_names(fields, LIMITS)
        self._floor.limit(trader, parse_limits(fields, self._floor.listings, trader.row.limits))
        return self.describe(trader)

    def reset(self, account_id: str, fields: Mapping[str, Any]) -> Fields:
        """A new account for the same keys and limits, with `cash` or what it began with. Raises Rejection."""
        _check_names(fields, {"cash"})
        return self.describe(self._reset(self.find(account_id), fields))

    def reset_all(self, fields: Mapping[str, Any]) -> list[Fields]:
        """The same for every account."""
        _check_names(fields, {"cash"})
        return [self.describe(self._reset(trader, fields)) for trader in self.traders()]

    def _reset(self, trader: Trader, fields: Mapping[str, Any]) -> Trader:
        row, cash = trader.row, _cash(fields, trader.row.cash)
        self._floor.close_account(trader)
        new = self._floor.open_account(row.key, row.secret, cash, row.limits)
        self._accounts.add(new.account)
        self._updates.close_account(row.account_id)
        return new

    def traders(self) -> list[Trader]:
        """Who can connect, the oldest first."""
        return [trader for trader in self._floor.traders.values() if not trader.row.closed]

    def find(self, account_id: str) -> Trader:
        """The account of an id. Raises Rejection."""
        try:
            trader = self._floor.traders.get(UUID(account_id))
        except ValueError as problem:
            raise malformed(f"id {account_id} is not the id of an account") from problem
        if trader is None or trader.row.closed:
            raise missing(f"account not found for {account_id}")
        return trader

    def describe(self, trader: Trader) -> Fields:
        """How an account stands; its secret is told only once, to whoever opened it."""
        row, margin = trader.row, Margin(trader, self._floor.prices)
        return {
            "id": str(row.account_id),
            "key": row.key,
            "created_at": rfc3339(row.created_at),
            "initial_cash": amount(row.cash, 6),
            "cash": amount(margin.cash, 6),
            "equity": amount(margin.equity, 6),
            "buying_power": amount(margin.buying_power(), 6),
            "positions": {symbol: amount(held.qty) for symbol, held in trader.ledger.positions.items()},
            "orders": len(trader.orders),
            "open_orders": len(trader.open_orders),
            "fills": len(trader.executions),
            **{name: getattr(row.limits, name) for name in row.limits.__struct_fields__},
        }


def _check_names(fields: Mapping[str, Any], known: frozenset[str] | set[str]) -> None:
    unknown = fields.keys() - known
    if unknown:
        raise malformed(f"unknown: {', '.join(sorted(unknown))}; known are {', '.join(sorted(known))}")


def _cash(fields: Mapping[str, Any], default: Decimal) -> Decimal:
    cash = parse_number(fields["cash"], "cash") if "cash" in fields else default
    if cash < 0:
        raise malformed("cash must not be below 0")
    return cash


def _chosen(fields: Mapping[str, Any], name: str, form: re.Pattern[str], what: str) -> str:
    value = fields[name]
    if not isinstance(value, str) or not form.fullmatch(value):
        raise malformed(f"{name} must be {what}")
    return value


def _secret(fields: Mapping[str, Any]) -> str:
    if "secret" not in fields:
        return secrets.token_urlsafe(30)
    return _chosen(fields, "secret", _SECRET, "8 to 128 printable letters without a space")
