"""The trade updates that an account hardly ever sees: sent on request, so that clients can be tried with them.

The order itself stays as it is: these are messages only. Source: "Websocket Streaming" (event types).
"""

from __future__ import annotations

from typing import Final
from uuid import uuid4

from simulator.order_wire import update_fields
from simulator.trade_update import TradeUpdate
from simulator.wire_fields import Fields

STATES: Final = ("pending_cancel", "pending_replace", "stopped", "calculated", "suspended", "done_for_day")
"""Events that are named like the status which the order has after them."""
REMARKS: Final = ("order_cancel_rejected", "order_replace_rejected", "restated")
"""Events that leave the status as it was."""
REVISIONS: Final = ("trade_bust", "trade_correct")
"""Events that take back or change an earlier execution, which they name."""


def rare_updates(update: TradeUpdate) -> list[Fields]:
    """One of each kind about the order of an update."""
    fields = update_fields(update)
    plain = {name: fields[name] for name in ("event", "execution_id", "timestamp", "order")}
    found = [{**plain, "event": event, "order": {**plain["order"], "status": event}} for event in STATES]
    found += [{**plain, "event": event} for event in REMARKS]
    found += [{**plain, "event": event, "previous_execution_id": plain["execution_id"]} for event in REVISIONS]
    return [{**each, "execution_id": str(uuid4())} for each in found]
