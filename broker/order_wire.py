"""The wire of Alpaca's orders: JSON of REST answers and trade updates in, the desk's own words out."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from broker.rfc3339 import parse_time
from domain.account import AccountState
from domain.feed import Feed, feed_of, shares_a_unit
from domain.fill import Fill
from domain.order import BrokerOrder, Order, OrderClass, Side, TradeUpdate

COUNTER_CURRENCIES: Final = ("USDT", "USDC", "USD", "BTC")
"""What coins are priced in at Alpaca, longest first."""

PRICES: Final = ("limit_price", "stop_price", "trail_price", "trail_percent")


def order_request(order: Order) -> dict[str, Any]:
    """The body of POST /v2/orders. Numbers travel as text, so that no digit is lost; what the order has not is left out."""
    amount = {"qty": plain(order.qty)} if order.notional is None else {"notional": plain(order.notional)}
    body: dict[str, Any] = {
        "symbol": order.symbol,
        **amount,
        "side": order.side.value,
        "type": order.type,
        "time_in_force": order.time_in_force,
        "client_order_id": order.client_order_id,
        **_numbers(order, *PRICES),
    }
    if order.extended_hours:
        body["extended_hours"] = True
    return body if order.order_class == OrderClass.SIMPLE else body | _exits(order)


def replace_request(order: Order) -> dict[str, str]:
    """The body of PATCH /v2/orders/{id} that makes `order` out of the one that it replaces.

    The quantity is left out where it cannot be changed: of orders that hang together, and of parts of a share.
    """
    body = {"client_order_id": order.client_order_id, **_numbers(order, "limit_price", "stop_price")}
    trail = order.trail_price if order.trail_percent is None else order.trail_percent
    if trail is not None:
        body = {"client_order_id": order.client_order_id, "trail": plain(trail)}  # its stop price is the broker's
    is_free = order.order_class == OrderClass.SIMPLE and not order.parent_id and order.notional is None
    if is_free and (feed_of(order.symbol) is Feed.CRYPTO or order.qty == order.qty.to_integral_value()):
        body["qty"] = plain(order.qty)
    return body


def broker_order(row: dict[str, Any], parent_id: str = "") -> BrokerOrder:
    """An order out of Alpaca's JSON, with its legs (which have none).

    KeyError, ValueError or ArithmeticError for anything that is none.
    """
    order_id = str(row["id"])
    return BrokerOrder(
        order_id=order_id,
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
        notional=_price(row.get("notional")),
        trail_price=_price(row.get("trail_price")),
        trail_percent=_price(row.get("trail_percent")),
        extended_hours=row.get("extended_hours") is True,
        order_class=str(row.get("order_class") or OrderClass.SIMPLE),
        parent_id=parent_id,
        replaces=str(row.get("replaces") or ""),
        replaced_by=str(row.get("replaced_by") or ""),
        legs=() if parent_id else tuple(broker_order(leg, order_id) for leg in row.get("legs") or ()),
    )


def with_legs(order: BrokerOrder) -> list[BrokerOrder]:
    """An order and, after it, those that came with it."""
    return [order, *order.legs]


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
    """Symbol, signed quantity and signed cost (at the price of a share) out of a position; errors as `broker_order`."""
    symbol = _symbol(row)
    return symbol, (_finite(row["qty"]), _finite(row["cost_basis"]) / shares_a_unit(symbol))


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


def _numbers(order: Order, *names: str) -> dict[str, str]:
    numbers = {name: getattr(order, name) for name in names}
    return {name: plain(number) for name, number in numbers.items() if number is not None}


def _exits(order: Order) -> dict[str, Any]:
    exits: dict[str, Any] = {"order_class": order.order_class}
    if order.take_profit_price is not None:
        exits["take_profit"] = {"limit_price": plain(order.take_profit_price)}
    if order.stop_loss_price is not None:
        exits["stop_loss"] = {"stop_price": plain(order.stop_loss_price)}
        if order.stop_loss_limit_price is not None:
            exits["stop_loss"]["limit_price"] = plain(order.stop_loss_limit_price)
    return exits


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
