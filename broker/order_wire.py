"""The wire of Alpaca's orders: JSON of REST answers and trade updates in, the desk's own words out."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from broker.rfc3339 import parse_time
from domain.account import AccountState
from domain.fill import Fill
from domain.order import BrokerOrder, Order, Side, TradeUpdate

COUNTER_CURRENCIES: Final = ("USDT", "USDC", "USD", "BTC")
"""What coins are priced in at Alpaca, longest first."""


def order_request(order: Order) -> dict[str, str]:
    """The body of POST /v2/orders. Numbers travel as text, so that no digit is lost."""
    body = {
        "symbol": order.symbol,
        "qty": plain(order.qty),
        "side": order.side.value,
        "type": order.type,
        "time_in_force": order.time_in_force,
        "client_order_id": order.client_order_id,
    }
    return body if order.limit_price is None else body | {"limit_price": plain(order.limit_price)}


def broker_order(row: dict[str, Any]) -> BrokerOrder:
    """An order out of Alpaca's JSON. KeyError, ValueError or ArithmeticError for anything that is none."""
    return BrokerOrder(
        order_id=str(row["id"]),
        client_order_id=str(row["client_order_id"]),
        symbol=_symbol(row),
        side=Side(row["side"]),
        type=str(row.get("type") or row["order_type"]),
        qty=_finite(row["qty"] or row.get("filled_qty") or 0),
        time_in_force=str(row["time_in_force"]),
        status=str(row["status"]),
        filled_qty=_finite(row.get("filled_qty") or 0),
        filled_avg_price=_price(row.get("filled_avg_price")),
        limit_price=_price(row.get("limit_price")),
        stop_price=_price(row.get("stop_price")),
    )


def trade_update(data: dict[str, Any]) -> TradeUpdate:
    """A trade update out of the `data` of its frame; errors as `broker_order`."""
    return TradeUpdate(
        event=str(data["event"]),
        order=broker_order(data["order"]),
        ts_event=parse_time(str(data.get("timestamp") or data["order"]["updated_at"])),
        execution_id=str(data.get("execution_id") or ""),
        price=_price(data.get("price")),
        qty=_price(data.get("qty")),
    )


def fill_activity(row: dict[str, Any], account_id: str) -> tuple[Fill, Decimal]:
    """A fill out of an account activity, and how much of its order was filled with it. The client order id is not in it."""
    fill = Fill(
        execution_id=str(row["id"]).rpartition("::")[2],
        account_id=account_id,
        client_order_id="",
        order_id=str(row["order_id"]),
        symbol=str(row["symbol"]),
        side=Side(str(row["side"]).removesuffix("_short")),
        qty=_finite(row["qty"]),
        price=_finite(row["price"]),
        ts_event=parse_time(str(row["transaction_time"])),
    )
    return fill, _finite(row["cum_qty"])


def position(row: dict[str, Any]) -> tuple[str, tuple[Decimal, Decimal]]:
    """Symbol, signed quantity and signed cost out of a position; errors as `broker_order`."""
    return _symbol(row), (_finite(row["qty"]), _finite(row["cost_basis"]))


def account_state(row: dict[str, Any]) -> AccountState:
    """The account out of /v2/account; errors as `broker_order`."""
    return AccountState(
        account_id=str(row["id"]),
        cash=_finite(row["cash"]),
        buying_power=_finite(row.get("buying_power") or row["cash"]),
        last_equity=_finite(row.get("last_equity") or row["cash"]),
        trading_blocked=bool(row.get("trading_blocked") or row.get("trade_suspended_by_user")),
        account_blocked=bool(row.get("account_blocked")),
    )


def plain(number: Decimal) -> str:
    """A number without exponent and trailing zeros."""
    return format(number.normalize(), "f")


def _symbol(row: dict[str, Any]) -> str:
    """The one name of what is traded: Alpaca calls the same coin BTC/USD in orders and BTCUSD in positions."""
    symbol = str(row["symbol"])
    if row.get("asset_class") != "crypto" or "/" in symbol:
        return symbol
    counter = next((each for each in COUNTER_CURRENCIES if symbol.endswith(each)), "")
    return f"{symbol.removesuffix(counter)}/{counter}" if counter else symbol


def _price(value: Any) -> Decimal | None:
    return None if value in (None, "") else _finite(value)


def _finite(value: Any) -> Decimal:
    number = Decimal(str(value))
    if not number.is_finite():
        raise ValueError(f"{value!r} is not a number")
    return number
