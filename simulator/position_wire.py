"""The wire of the trading API: positions as JSON objects. Source: "Trading API" (Position)."""

from __future__ import annotations

from decimal import Decimal

from domain.session import trading_day
from simulator.amount import amount
from simulator.listing import Listing
from simulator.order_check import available_qty
from simulator.position import Position
from simulator.prices import Prices
from simulator.trader import Trader
from simulator.wire_fields import Fields


def position_fields(trader: Trader, position: Position, listing: Listing, prices: Prices, now: int) -> Fields:
    """The whole position object, valued at the last trade. A short one has its quantity, value and cost below 0.

    A coin is named without the slash here, as Alpaca does it.

    Today's gain counts from the cost if the position was opened today, else from yesterday's close.
    """
    price, before = prices.last(position.symbol), prices.last_day(position.symbol)
    value = position.qty * price
    opened_today = trading_day(position.opened_at) == trading_day(now)
    base = position.cost if opened_today else position.qty * before
    available = available_qty(trader, position.symbol)
    return {
        "asset_id": str(listing.asset_id),
        "symbol": position.symbol.replace("/", ""),
        "exchange": listing.exchange,
        "asset_class": listing.asset_class,
        "asset_marginable": not listing.is_crypto,
        "qty": amount(position.qty),
        "qty_available": amount(available if position.qty > 0 else -available),
        "avg_entry_price": amount(position.avg_entry_price, 6),
        "side": "long" if position.qty > 0 else "short",
        "market_value": amount(value, 6),
        "cost_basis": amount(position.cost, 6),
        "unrealized_pl": amount(value - position.cost, 6),
        "unrealized_plpc": ratio(value - position.cost, position.cost),
        "unrealized_intraday_pl": amount(value - base, 6),
        "unrealized_intraday_plpc": ratio(value - base, base),
        "current_price": amount(price, 6),
        "lastday_price": amount(before, 6),
        "change_today": ratio(price - before, before),
    }


def ratio(part: Decimal, whole: Decimal) -> str:
    """A fraction of 1, of the size of the whole; 0 of nothing."""
    return amount(part / abs(whole), 9) if whole else "0"
