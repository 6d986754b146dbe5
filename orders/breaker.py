"""The breaker of orders: opens after five failures in a row, and stays open over restarts until somebody resets it.

A failure is an order that the broker refused (at once, or after it had taken it), did not take, or gave no clear answer to; a
denial of our own never is. What is counted lies in the journal, in `bot_state`; whoever deletes that row resets the breaker too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol

import structlog

from broker.order_client import Accepted, Duplicate, Outcome
from domain.breaker import CLOSED, ORDER_FAILURES, BreakerStatus
from orders.journal import Journal, JournalWriter

NAME: Final = "circuit_breaker"

FLAG: Final = "circuit_breaker_reset"
"""Whether CIRCUIT_BREAKER_RESET=true has been followed; forgotten by a start without it."""

UNREADABLE: Final = BreakerStatus(True, ORDER_FAILURES, "The breaker's row in the journal cannot be read.")

log = structlog.get_logger()


class HasState(Protocol):
    """A journal, or one transaction of it."""

    def state(self, account_id: str, name: str) -> Any:
        """A single value, or None. ValueError if it is not JSON."""


def breaker_status(rows: HasState, account_id: str) -> BreakerStatus:
    """The breaker of an account. A row that nobody can read counts as open."""
    try:
        stored = rows.state(account_id, NAME)
        if stored is None:
            return CLOSED
        return BreakerStatus(stored["state"] != "closed", int(stored["failures"]), str(stored["why"]))
    except (ValueError, KeyError, TypeError):
        return UNREADABLE


def count(rows: JournalWriter, account_id: str, outcome: Outcome, client_order_id: str = "") -> None:
    """Take the answer to an order's POST into account, in the transaction that writes the answer down."""
    if isinstance(outcome, Accepted | Duplicate):
        _succeeded(rows, account_id, client_order_id)
    else:
        _failed(rows, account_id, outcome.reason)


def count_rejected(rows: JournalWriter, account_id: str, client_order_id: str, why: str) -> None:
    """An order that the broker had taken was rejected afterwards. Its answer was no success: what that ended goes on."""
    _failed(rows, account_id, why, _forgiven(rows, account_id, client_order_id))


def _succeeded(rows: JournalWriter, account_id: str, client_order_id: str) -> None:
    now = breaker_status(rows, account_id)
    if now.failures and not now.is_open:
        _put(rows, account_id, CLOSED, {client_order_id: now.failures})


def _forgiven(rows: JournalWriter, account_id: str, client_order_id: str) -> int:
    """How many failures in a row the answer to this order ended; 0 if it was another's."""
    if breaker_status(rows, account_id) is UNREADABLE:
        return 0
    return int((rows.state(account_id, NAME) or {}).get("ended_by", {}).get(client_order_id, 0))


def _failed(rows: JournalWriter, account_id: str, why: str, before: int = 0) -> None:
    now = breaker_status(rows, account_id)
    if now.is_open:
        return
    failures = max(now.failures, before) + 1
    opens = failures >= ORDER_FAILURES
    _put(rows, account_id, BreakerStatus(opens, failures, why))
    if opens:
        log.error("circuit breaker opened", failures=failures, why=why)
        rows.audit(account_id, NAME, state="open", failures=failures, why=why)


def reset(rows: JournalWriter, account_id: str, by: str) -> None:
    """Close the breaker and begin to count anew. It is written down who did it, and what it said."""
    before = breaker_status(rows, account_id)
    _put(rows, account_id, CLOSED)
    rows.audit(account_id, NAME, state="closed", by=by, before=before.state, failures=before.failures, why=before.why)
    log.warning("circuit breaker reset", by=by, before=before.state)


def follow_flag(journal: Journal, account_id: str, flag: bool) -> bool:
    """Reset the breaker if CIRCUIT_BREAKER_RESET is set and was not at the last start; whether it was reset.

    A flag that is left in `.env` does nothing at the starts that follow, so that a breaker that opens again stays open.
    """
    if bool(journal.state(account_id, FLAG)) is flag:
        if flag:
            log.warning("CIRCUIT_BREAKER_RESET was followed before and does nothing now; take it out of .env")
        return False
    with journal.writing() as rows:
        rows.put_state(account_id, FLAG, flag)
        if flag:
            reset(rows, account_id, "by CIRCUIT_BREAKER_RESET")
    return flag


class OrderBreaker:
    """The breaker of the account that is connected, for pages and commands."""

    def __init__(self, journal: Journal, account_id: Callable[[], str]) -> None:
        self._journal, self._account_id = journal, account_id

    def status(self) -> BreakerStatus:
        """As it is now; closed while no account was ever connected."""
        return breaker_status(self._journal, self._account_id())

    def reset(self, by: str) -> None:
        """Close it."""
        with self._journal.writing() as rows:
            reset(rows, self._account_id(), by)


def _put(rows: JournalWriter, account_id: str, status: BreakerStatus, ended_by: dict[str, int] | None = None) -> None:
    value = {"state": status.state, "failures": status.failures, "why": status.why}
    rows.put_state(account_id, NAME, value | ({"ended_by": ended_by} if ended_by else {}))
    rows.note("breaker", account_id, status.state)
