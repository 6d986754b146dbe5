"""The report of a replay: what the orders on a tape came to, with a hash that is the same whenever they are replayed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from simulator.amount import amount
from simulator.client_order import ClientOrder
from simulator.execution import Execution
from simulator.ledger import Ledger
from simulator.logged_floor import LoggedFloor
from simulator.margin import Margin
from simulator.trader import Trader
from simulator.wire_fields import Fields
from simulator.wire_time import rfc3339

FORM = 1


@dataclass(frozen=True, slots=True)
class TapeMark:
    """Which tape it was: the same events, wherever the file lies."""

    name: str
    events: int
    sha256: str

    @classmethod
    def of(cls, path: Path, events: Sequence[Any]) -> TapeMark:
        """The mark of a tape that was read: a hash of its events as they are played."""
        digest = hashlib.sha256()
        for event in events:
            digest.update(msgspec.json.encode(event))
        return cls(path.name, len(events), digest.hexdigest())


def report_of(floor: LoggedFloor, tape: TapeMark, fill_model: str) -> Fields:
    """Everything that the accounts did, as it stands where the market has been played to; the hash is of all the rest."""
    numbers = {account_id: number for number, account_id in enumerate(floor.traders)}
    body: Fields = {
        "form": FORM,
        "tape": {"sha256": tape.sha256, "events": tape.events},
        "fill_model": fill_model,
        "until": rfc3339(floor.position),
        "accounts": [_account(trader, numbers[account_id], floor) for account_id, trader in floor.traders.items()],
    }
    digest = hashlib.sha256(msgspec.json.encode(body, order="deterministic")).hexdigest()
    return {"hash": digest, "name": tape.name, **body}


def _account(trader: Trader, number: int, floor: LoggedFloor) -> Fields:
    margin, row = Margin(trader, floor.prices), trader.row
    return {
        "number": number,
        "closed": row.closed,
        "initial_cash": amount(row.cash, 6),
        "cash": amount(margin.cash, 6),
        "equity": amount(margin.equity, 6),
        "profit": amount(margin.equity - row.cash, 6),
        "realised": amount(trader.ledger.realised, 6),
        "positions": _positions(trader.ledger, floor),
        "orders": [_order(order) for order in trader.orders.values()],
        "fills": [_fill(fill, trader.orders[fill.order_id]) for fill in trader.executions],
    }


def _positions(ledger: Ledger, floor: LoggedFloor) -> list[Fields]:
    return [
        {
            "symbol": symbol,
            "qty": amount(held.qty),
            "cost": amount(held.cost, 6),
            "value": amount(held.qty * floor.prices.last(symbol), 6),
        }
        for symbol, held in sorted(ledger.positions.items())
    ]


def _order(order: ClientOrder) -> Fields:
    prices = {
        name: getattr(order, name) for name in ("limit_price", "stop_price", "trail_price", "trail_percent", "notional")
    }
    average = order.filled_value / order.filled_qty if order.filled_qty else Decimal(0)
    return {
        "number": order.sequence,
        "symbol": order.symbol,
        "side": order.side,
        "type": order.order_type,
        "class": order.order_class,
        "time_in_force": order.time_in_force,
        "qty": amount(order.qty),
        **{name: amount(price, 6) for name, price in prices.items() if price is not None},
        "status": order.status,
        "filled_qty": amount(order.filled_qty),
        "filled_avg_price": amount(average, 6) if order.filled_qty else None,
        "created_at": rfc3339(order.created_at),
        "updated_at": rfc3339(order.updated_at),
    }


def _fill(fill: Execution, order: ClientOrder) -> Fields:
    return {
        "order": order.sequence,
        "symbol": fill.symbol,
        "side": fill.side,
        "qty": amount(fill.qty),
        "price": amount(fill.price, 6),
        "at": rfc3339(fill.ts_event),
    }
