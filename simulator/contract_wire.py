"""The wire of the trading API: option contracts as JSON objects. Source: "Trading API" (OptionContract)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from zlib import crc32

from simulator.option import Contract
from simulator.wire_fields import Fields

DELIVERS = "100"


def contract_fields(contract: Contract, *, day: date, closed_at: Decimal, now: int, delivers: bool = False) -> Fields:
    """`day` is the last finished trading day and `closed_at` the share's last price on it. The open interest is invented.

    Contracts cannot be traded on the practice market, and say so.
    """
    underlying = contract.underlying
    fields: Fields = {
        "id": str(contract.contract_id),
        "symbol": contract.symbol,
        "name": f"{underlying.symbol} {contract.expiration:%b %d %Y} {contract.strike} {contract.kind.capitalize()}",
        "status": "active" if now < contract.expires_at else "inactive",
        "tradable": False,
        "expiration_date": contract.expiration.isoformat(),
        "root_symbol": underlying.symbol,
        "underlying_symbol": underlying.symbol,
        "underlying_asset_id": str(underlying.asset_id),
        "type": contract.kind,
        "style": "american",
        "strike_price": str(contract.strike),
        "multiplier": "100",
        "size": "100",
        "open_interest": str(10 + crc32(contract.symbol.encode()) % 5_000),
        "open_interest_date": day.isoformat(),
        "close_price": f"{contract.worth(float(closed_at), now):.2f}" if closed_at else "0",
        "close_price_date": day.isoformat(),
    }
    return {**fields, "deliverables": [_deliverable(contract)]} if delivers else fields


def _deliverable(contract: Contract) -> Fields:
    return {
        "type": "equity",
        "symbol": contract.underlying.symbol,
        "asset_id": str(contract.underlying.asset_id),
        "amount": DELIVERS,
        "allocation_percentage": "100",
        "settlement_type": "T+1",
        "settlement_method": "CCC",
        "delayed_settlement": False,
    }
