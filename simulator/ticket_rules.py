"""The rules of tickets: which type, time in force, size and class go together.

Source: "Orders at Alpaca" (tables of types and times in force, fractional trading, extended hours, bracket orders).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.client_order import AUCTIONS, STOPS
from simulator.rejection import malformed, unprocessable

if TYPE_CHECKING:
    from simulator.ticket import Ticket


def check_rules(ticket: Ticket) -> None:
    """Raises Rejection with the first rule that is broken."""
    if ticket.listing.is_crypto:
        _check_coin(ticket)
    else:
        _check_times(ticket)
        _check_size(ticket)
    if ticket.order_class:
        _check_class(ticket)
    elif ticket.take_profit is not None or ticket.stop_loss is not None:
        raise unprocessable("take_profit and stop_loss are only for bracket, oco and oto orders")


def _check_coin(ticket: Ticket) -> None:
    if ticket.order_class:
        raise unprocessable("crypto orders not allowed for advanced order_class: otoco")
    if ticket.order_type not in ("market", "limit", "stop_limit"):
        raise malformed("invalid order type for crypto order")
    stops_at_once = ticket.order_type == "stop_limit" and ticket.time_in_force == "ioc"
    if ticket.time_in_force not in ("gtc", "ioc") or stops_at_once:
        raise unprocessable("invalid crypto time_in_force")
    if ticket.extended_hours:
        raise unprocessable("extended hours order must be DAY or GTC limit orders")


def _check_times(ticket: Ticket) -> None:
    if ticket.order_type in STOPS and ticket.time_in_force not in ("day", "gtc"):
        raise unprocessable(f"invalid time_in_force {ticket.time_in_force} for {ticket.order_type} orders")
    is_plain = ticket.order_type == "limit" and ticket.time_in_force in ("day", "gtc") and not ticket.order_class
    if ticket.extended_hours and not is_plain:
        raise unprocessable("extended hours order must be DAY or GTC limit orders")


def _check_size(ticket: Ticket) -> None:
    """Parts of shares and amounts of money."""
    if not ticket.is_odd:
        return
    if ticket.order_class:
        raise unprocessable("fractional orders must be simple orders")
    if ticket.order_type == "trailing_stop":
        raise unprocessable("fractional orders must be market, limit, stop, or stop_limit orders")
    if ticket.time_in_force != "day":
        raise unprocessable("fractional orders must be DAY orders")


def _check_class(ticket: Ticket) -> None:
    name = ticket.order_class
    if ticket.time_in_force in AUCTIONS or ticket.time_in_force not in ("day", "gtc"):
        raise unprocessable(f"{name} orders must be DAY or GTC orders")
    if ticket.order_type != "limit" and (name == "oco" or ticket.order_type != "market"):
        raise unprocessable(f"{name} orders must be {'' if name == 'oco' else 'market or '}limit orders")
    if name != "oto" and ticket.take_profit is None:
        raise malformed(f"{name} orders require take_profit.limit_price")
    if name != "oto" and ticket.stop_loss is None:
        raise malformed(f"{name} orders require stop_loss.stop_price")
    if name == "oto" and (ticket.take_profit is None) == (ticket.stop_loss is None):
        raise malformed("oto orders require one of take_profit.limit_price or stop_loss.stop_price")
    if ticket.stop_loss_limit is not None and ticket.stop_loss is None:
        raise malformed("stop_loss.limit_price requires stop_loss.stop_price")
    if ticket.take_profit is not None and ticket.stop_loss is not None:
        exit_sells = (ticket.side == "sell") == (name == "oco")
        if (ticket.take_profit <= ticket.stop_loss) if exit_sells else (ticket.take_profit >= ticket.stop_loss):
            raise unprocessable(f"take_profit.limit_price must be {'>' if exit_sells else '<'} stop_loss.stop_price")
