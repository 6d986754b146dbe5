"""Updates: what the broker says of an order, taken into the journal. The one place where fills are booked.

A fill counts once: executions of an order are told apart by their id, and by which part of the order they filled, so that
the same fill counts once whether it came by the stream or was found by REST, and a late one still counts. A done order
never moves again, but a fill that comes after its end still counts.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

import structlog

from domain.fill import Fill
from domain.order import (
    DONE,
    INTENT,
    NOT_PLACED,
    REJECTED,
    UNKNOWN,
    UNSETTLED,
    WORKING,
    BrokerOrder,
    Order,
    OrderType,
    TradeUpdate,
)
from domain.position import apply_fill
from orders.bare import forget_bare, note_bare
from orders.breaker import count_rejected
from orders.crash_point import crash_point
from orders.journal import JournalWriter
from orders.order_log import about
from orders.unbooked import note_unbooked

log = structlog.get_logger()


FILL_EVENTS: Final = frozenset({"fill", "partial_fill"})

JUST_THERE: Final = frozenset({"pending_new", "accepted", "held"})
"""What the broker says of an order before it works; an answer that was slow may say it later."""

REPLACE_REFUSED: Final = frozenset({"order_replace_rejected", "replace_rejected"})
"""Alpaca's word, and the one that some of its clients know."""

REJECTED_LATER: Final = "The broker took the order and rejected it afterwards."
NOT_REPLACED: Final = "The broker did not replace the order; that one goes on as it was."


def take_update(rows: JournalWriter, account_id: str, update: TradeUpdate) -> None:
    """Take one trade update in."""
    told = update.order
    if update.event in REPLACE_REFUSED:
        told = _refuse_replacement(rows, account_id, told)
    order = take_order(rows, account_id, told)
    crash_point("between_order_and_fill")
    if update.event in FILL_EVENTS and update.qty is not None and update.price is not None:
        fill = Fill(
            update.execution_id or f"{update.order.order_id}:{update.order.filled_qty}",
            account_id,
            order.client_order_id,
            update.order.order_id,
            order.symbol,
            order.side,
            update.qty,
            update.price,
            update.ts_event,
        )
        take_fill(rows, fill, update.order.filled_qty)


def take_order(rows: JournalWriter, account_id: str, told: BrokerOrder) -> Order:
    """Take the broker's word on an order and on its legs; one that is not ours is written down as external.

    The order as it was before.
    """
    order = _take_one(rows, account_id, told, external=_is_elsewhere(rows, account_id, told))
    for leg in told.legs:
        _take_one(rows, account_id, leg, order.external, parent_left=told.status == "replaced")
    return order


def _is_elsewhere(rows: JournalWriter, account_id: str, told: BrokerOrder) -> bool:
    """Whether an order that nobody here knows was placed elsewhere. A leg that is told by itself goes with its parent."""
    if not told.parent_id:
        return True
    known = rows.order(told.client_order_id)
    if known is not None and (known.account_id, known.parent_id) == (account_id, told.parent_id):
        return known.external
    parent = rows.order_of_broker(account_id, told.parent_id)
    return parent is None or parent.external


def _take_one(
    rows: JournalWriter, account_id: str, told: BrokerOrder, external: bool, parent_left: bool = False
) -> Order:
    """`external` is whether an order that nobody here knows was placed elsewhere: our own orders bring legs.

    A leg comes by itself before its parent tells of it, and goes with the order that replaces its parent (`parent_left`).
    """
    order = rows.order(told.client_order_id)
    if order is not None and order.account_id != account_id:  # an id that somebody chose, on two accounts
        told = replace(told, client_order_id=f"{told.client_order_id[:64]}@{told.order_id}"[:128])
        order = rows.order(told.client_order_id)
    if order is None:
        order = _new_order(account_id, told, external)
        rows.add_order(order)
        note_unbooked(rows, account_id, order)
        note_bare(rows, account_id, order)
        what = "order placed elsewhere" if external else "leg of an order"
        log.info(what, **about(order), state=order.state)
        return order
    changes = _changes(order, told)
    if told.parent_id not in ("", order.parent_id) and not (order.parent_id and parent_left):
        changes |= {"parent_id": told.parent_id, "external": external}
    if any(getattr(order, name) != value for name, value in changes.items()):
        rows.change_order(order.client_order_id, account_id, **changes)
        now = rows.order(order.client_order_id)
        note_unbooked(rows, account_id, now)
        note_bare(rows, account_id, now)
        if changes["state"] == REJECTED:
            _count_rejection(rows, order)
        log.info("order", **about(order), state=changes["state"], filled=str(changes["filled_qty"]))
    return order


def _count_rejection(rows: JournalWriter, before: Order) -> None:
    """For the breaker, once: not what was counted when its answer came (unknown, 429), and not the legs of what we sent."""
    is_ours = not before.external and (before.replaces or not before.parent_id)
    if is_ours and before.state not in DONE | {INTENT, UNKNOWN}:
        count_rejected(rows, before.account_id, before.client_order_id, REJECTED_LATER)


def take_fill(rows: JournalWriter, fill: Fill, filled_with_it: Decimal) -> bool:
    """Book a fill, unless it is booked; `filled_with_it` is how much of its order was filled after it. Whether it was new.

    It fills its own span of the order, so that fills may come in any order and by either way.
    """
    start = filled_with_it - fill.qty
    spans = rows.filled_spans(fill.account_id, fill.client_order_id)
    if any(start < known_end and known_start < filled_with_it for known_start, known_end in spans):
        return False
    if not rows.add_fill(fill, filled_with_it):
        return False
    crash_point("between_fill_and_position")
    position = apply_fill(rows.position(fill.account_id, fill.symbol), fill)
    rows.put_position(position)
    forget_bare(rows, fill.account_id, position)
    note_unbooked(rows, fill.account_id, rows.order(fill.client_order_id))
    log.info("fill", client_order_id=fill.client_order_id, symbol=fill.symbol, side=fill.side.value, qty=str(fill.qty))
    return True


def _refuse_replacement(rows: JournalWriter, account_id: str, told: BrokerOrder) -> BrokerOrder:
    """End what was to replace an order. The event may tell of that order, which lives on, or of what was to replace it."""
    if told.replaces:
        return told if told.status in DONE else replace(told, status=REJECTED)
    for order in rows.open_orders(account_id):
        if order.replaces == told.order_id:
            rows.change_order(order.client_order_id, account_id, state=REJECTED, reason=NOT_REPLACED)
            _count_rejection(rows, order)
            log.warning("replacement refused", **about(order), replaces=told.client_order_id)
    return told


def _changes(order: Order, told: BrokerOrder) -> dict[str, Any]:
    newest = told.filled_qty >= order.filled_qty
    state, filled_qty = _next_state(order, told), max(order.filled_qty, told.filled_qty)
    changes = {
        "order_id": told.order_id,
        "state": state,
        "filled_qty": filled_qty,
        "filled_avg_price": (told.filled_avg_price if newest else None) or order.filled_avg_price,
        "reason": "" if order.state in UNSETTLED | {NOT_PLACED} or _may_live(order, told) else order.reason,
        "qty": order.qty if order.notional is not None else min(order.qty, told.qty or order.qty),
        "replaces": told.replaces or order.replaces,
        "replaced_by": told.replaced_by or order.replaced_by,
    }
    if order.notional is not None and state in DONE:
        changes["qty"] = filled_qty
    if state == REJECTED != order.state and not changes["reason"]:
        changes["reason"] = REJECTED_LATER
    if order.type == OrderType.TRAILING_STOP:  # the broker moves it
        changes["stop_price"] = told.stop_price or order.stop_price
    return changes


def _next_state(order: Order, told: BrokerOrder) -> str:
    if order.state == NOT_PLACED or _may_live(order, told):  # that was our own conclusion, and it was wrong
        return told.status
    if order.state in DONE and told.status not in DONE:
        return order.state
    if told.status not in DONE and told.filled_qty < order.filled_qty:
        return order.state
    if told.status in JUST_THERE and order.state in WORKING - JUST_THERE:
        return order.state
    return "filled" if order.state == "filled" else told.status


def _may_live(order: Order, told: BrokerOrder) -> bool:
    """Whether the broker tells of a replacement as working that we took for refused: the event may have been about another.

    A slow answer to the PATCH may still say that it is about to be there.
    """
    return (order.state, order.reason) == (REJECTED, NOT_REPLACED) and told.status not in JUST_THERE | DONE


def _new_order(account_id: str, told: BrokerOrder, external: bool) -> Order:
    by_value = told.notional is not None and told.status not in DONE
    return Order(
        told.client_order_id,
        account_id,
        told.symbol,
        told.side,
        told.type,
        Decimal(0) if by_value else told.qty,
        told.time_in_force,
        told.limit_price,
        told.stop_price,
        told.order_id,
        told.status,
        told.filled_qty,
        told.filled_avg_price,
        external=external,
        notional=told.notional,
        trail_price=told.trail_price,
        trail_percent=told.trail_percent,
        extended_hours=told.extended_hours,
        order_class=told.order_class,
        parent_id=told.parent_id,
        replaces=told.replaces,
        replaced_by=told.replaced_by,
    )
