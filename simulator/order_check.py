"""The checks of a new order against its account, in Alpaca's words. The first that fails is the answer."""

from __future__ import annotations

from decimal import Decimal

from simulator.amount import amount
from simulator.client_order import ClientOrder
from simulator.margin import Margin, buying_power_of, order_value
from simulator.order import Side
from simulator.prices import Prices
from simulator.rejection import Rejection, forbidden, malformed, unprocessable
from simulator.ticket import Ticket
from simulator.trader import Trader

SMALLEST_VALUE = {"us_equity": Decimal(1), "crypto": Decimal(10)}  # USD; of shares, for parts of them
CENT = Decimal("0.01")


def position_intent(trader: Trader, ticket: Ticket) -> str:
    """Whether the order would add to the position or make it smaller; an order never does both."""
    qty = trader.ledger.qty(ticket.listing.symbol)
    closes = qty < 0 if ticket.side == "buy" else qty > 0
    return f"{ticket.side}_to_{'close' if closes else 'open'}"


def check_ticket(trader: Trader, ticket: Ticket, prices: Prices) -> None:
    """What can be said before there is an order. Raises Rejection."""
    if trader.row.configurations.suspend_trade:
        raise forbidden("new orders are rejected by user request")
    check_name(trader, ticket.client_order_id)
    inferred = position_intent(trader, ticket)
    if ticket.position_intent not in (None, inferred) and not ticket.listing.is_crypto:
        raise unprocessable(f"position intent mismatch, inferred: {inferred}, specified: {ticket.position_intent}")
    if ticket.is_odd and not ticket.listing.is_crypto:
        _check_odd(trader, inferred)
    _check_class(ticket, inferred)
    _check_base(ticket, prices)


def _check_odd(trader: Trader, intent: str) -> None:
    if not trader.row.configurations.fractional_trading:
        raise forbidden("fractional trading is disabled for this account")
    if intent == "sell_to_open":
        raise unprocessable("fractional orders cannot be sold short")


def _check_class(ticket: Ticket, intent: str) -> None:
    opens = intent.endswith("_to_open")
    if ticket.order_class == "oco" and opens:
        raise unprocessable("oco orders must be exit orders")
    if ticket.order_class in ("bracket", "oto") and not opens:
        raise unprocessable(f"{ticket.order_class} orders must be entry orders")


def _check_base(ticket: Ticket, prices: Prices) -> None:
    """The legs of an entry lie on both sides of its price, one cent away at least."""
    if ticket.order_class not in ("bracket", "oto"):
        return
    side = Side.BUY if ticket.side == "buy" else Side.SELL
    base = ticket.limit_price or prices.reference(ticket.listing.symbol, side)
    if not base:
        return
    for name, price, away in (
        ("take_profit.limit_price", ticket.take_profit, side),
        ("stop_loss.stop_price", ticket.stop_loss, side.opposite),
    ):
        if price is not None and (price - base) * away < CENT:
            bound = ">= base_price + 0.01" if away is Side.BUY else "<= base_price - 0.01"
            raise unprocessable(f"{name} must be {bound}", base_price=amount(base, 6))


def check_order(trader: Trader, order: ClientOrder, prices: Prices) -> None:
    """Whether the account may have this order besides those it has. Raises Rejection."""
    if not order.order_class and order.order_type != "trailing_stop":
        _check_wash(trader, order)
    if order.asset_class == "crypto":
        _check_coin(trader, order, prices)
    elif order.opens:
        _check_sides(trader, order)
        _check_value(order, prices)
        _check_buying_power(trader, order, prices)
    else:
        _check_available(trader, order)


def check_replacement(trader: Trader, old: ClientOrder, new: ClientOrder, prices: Prices) -> None:
    """The same for an order that takes the place of another. Raises Rejection."""
    if not new.order_class and new.order_type != "trailing_stop":
        _check_wash(trader, new)
    if new.opens:
        before, after = (buying_power_of(each, prices, each.remaining, trader.multiplier) for each in (old, new))
        more = after - before
        _check_cost(trader, more, prices)
    elif new.status != "held" and new.remaining - old.remaining > available_qty(trader, new.symbol):
        raise insufficient_qty(trader, new.symbol, new.remaining)


def check_name(trader: Trader, client_order_id: str) -> None:
    """A client_order_id is used for ever. The code depends on the earlier order (observed)."""
    earlier = trader.by_client_order_id(client_order_id)
    if earlier is not None:
        refuse = malformed if earlier.is_done else unprocessable
        raise refuse("client_order_id must be unique")


def _check_wash(trader: Trader, order: ClientOrder) -> None:
    """No order may meet one of the same account. Source: "User Protection", wash trades."""
    for other in trader.open_on(order.symbol):
        if other.side != order.side and other.status != "held" and would_meet(order, other):
            kind = "limit" if other.order_type in ("limit", "stop_limit") else "market/stop"
            raise forbidden(
                "potential wash trade detected. use complex orders",
                existing_order_id=str(other.order_id),
                reject_reason=f"opposite side {kind} order exists",
            )


def would_meet(order: ClientOrder, other: ClientOrder) -> bool:
    """Whether two orders of opposite sides could trade with each other."""
    if order.limit_price is None or other.limit_price is None:
        return True
    return (order.limit_price - other.limit_price) * order.sign >= 0


def _check_sides(trader: Trader, order: ClientOrder) -> None:
    """From flat an account can be about to go long or short, not both."""
    opposite = "sell_to_open" if order.side == "buy" else "buy_to_open"
    if any(other.position_intent == opposite for other in trader.open_on(order.symbol)):
        raise forbidden(
            "cannot open a long buy while a short sell order is open"
            if order.side == "buy"
            else "cannot open a short sell while a long buy order is open"
        )


def _check_value(order: ClientOrder, prices: Prices) -> None:
    """Amounts so small that nobody wants to work for them."""
    least, is_whole = SMALLEST_VALUE[order.asset_class], order.qty == order.qty.to_integral_value()
    if (order.asset_class == "crypto" or not is_whole) and order_value(order, prices, order.qty) < least:
        raise forbidden(f"cost basis must be >= minimal amount of order {least}")


def _check_coin(trader: Trader, order: ClientOrder, prices: Prices) -> None:
    """Coins are bought for cash and never sold short."""
    coin, money = order.symbol.split("/")
    if order.sign is Side.SELL:
        balance, available = trader.ledger.qty(order.symbol), available_qty(trader, order.symbol)
        wanted, name = order.qty, coin
    else:
        _check_value(order, prices)
        available = Margin(trader, prices).buying_power() / trader.multiplier
        balance, wanted, name = trader.ledger.cash, order_value(order, prices, order.qty), money
    if wanted > available:
        raise forbidden(
            f"insufficient balance for {name} (requested: {amount(wanted)}, available: {amount(available)})",
            available=amount(available),
            balance=amount(balance),
            symbol=name,
        )


def _check_buying_power(trader: Trader, order: ClientOrder, prices: Prices) -> None:
    if order.sign is Side.SELL and not trader.may_short:
        raise forbidden("account is not allowed to short")
    _check_cost(trader, order_value(order, prices, order.qty), prices)


def _check_cost(trader: Trader, cost: Decimal, prices: Prices) -> None:
    available = Margin(trader, prices).buying_power()
    if cost > available:
        raise forbidden("insufficient buying power", buying_power=amount(available, 2), cost_basis=amount(cost, 2))


def _check_available(trader: Trader, order: ClientOrder) -> None:
    if order.qty > available_qty(trader, order.symbol):
        raise insufficient_qty(trader, order.symbol, order.qty)


def closing_orders(trader: Trader, symbol: str) -> list[ClientOrder]:
    """The open orders that hold shares of the position; a held leg does so through the one that works."""
    side = "sell" if trader.ledger.qty(symbol) > 0 else "buy"
    found = (order for order in trader.open_on(symbol) if order.side == side and not order.opens)
    return [order for order in found if order.status != "held"]


def available_qty(trader: Trader, symbol: str) -> Decimal:
    """The shares of a position, not signed, that no open order holds."""
    held = sum((order.remaining for order in closing_orders(trader, symbol)), Decimal(0))
    return max(Decimal(0), abs(trader.ledger.qty(symbol)) - held)


def insufficient_qty(trader: Trader, symbol: str, wanted: Decimal) -> Rejection:
    """The refusal of more than is there."""
    available, holding = available_qty(trader, symbol), closing_orders(trader, symbol)
    return forbidden(
        f"insufficient qty available for order (requested: {amount(wanted)}, available: {amount(available)})",
        available=amount(available),
        existing_qty=amount(abs(trader.ledger.qty(symbol))),
        held_for_orders=amount(sum((order.remaining for order in holding), Decimal(0))),
        related_orders=[str(order.order_id) for order in holding],
        symbol=symbol,
    )
