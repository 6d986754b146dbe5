"""The update hub: every connection to the trading stream, and the fan-out of trade updates to their accounts."""

from __future__ import annotations

import asyncio
from uuid import UUID

from simulator.connection import GOING_AWAY
from simulator.event_stream import Events
from simulator.fault import Faults
from simulator.order_wire import update_fields
from simulator.rare_updates import rare_updates
from simulator.trade_update import TradeUpdate
from simulator.update_connection import UpdateConnection
from simulator.wire_fields import Fields

STREAM = "trade_updates"


class UpdateHub:
    """An account may listen on any number of sockets. Publishing never waits for one; nothing is sent again later."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.events = Events()
        self._connections: set[UpdateConnection] = set()

    def __len__(self) -> int:
        return len(self._connections)

    def listeners(self) -> int:
        """How many of them have authenticated and listen."""
        return sum(STREAM in connection.session.streams for connection in self._connections)

    def add(self, connection: UpdateConnection) -> None:
        """From now on it receives what it listens to."""
        self._connections.add(connection)

    def remove(self, connection: UpdateConnection) -> None:
        """It receives nothing more."""
        self._connections.discard(connection)

    def publish(self, account_id: UUID, update: TradeUpdate) -> None:
        """Sends the update to the account's sockets, if no fault is armed exactly once and at once."""
        times = 0 if self._faults.use("drop_trade_update") else 2 if self._faults.use("repeat_trade_update") else 1
        if not times:
            return
        if self._has_followers(account_id) and self._faults.use("reset_trade_stream"):
            self._reset(account_id)
            return
        delay = self._faults.use("delay_trade_update") if self._has_followers(account_id) else None
        for fields in [*self._rare(update), *[update_fields(update)] * times]:
            if delay:
                asyncio.get_running_loop().call_later(delay.seconds, self._send, account_id, update.ts_event, fields)
            else:
                self._send(account_id, update.ts_event, fields)

    def _rare(self, update: TradeUpdate) -> list[Fields]:
        return rare_updates(update) if self._faults.use("rare_trade_updates") else []

    def _has_followers(self, account_id: UUID) -> bool:
        return self.events.is_followed(account_id) or any(_listens(each, account_id) for each in self._connections)

    def _send(self, account_id: UUID, ts_event: int, fields: Fields) -> None:
        self.events.tell(account_id, ts_event, fields)
        message = {"stream": STREAM, "data": fields}
        for connection in list(self._connections):
            if _listens(connection, account_id):
                connection.say(message)

    def close_account(self, account_id: UUID) -> None:
        """Tells the clients of an account that it is gone: who comes back is let in to the one that has its keys now."""
        self.events.close_account(account_id)
        for connection in list(self._connections):
            account = connection.session.account
            if account is not None and account.account_id == account_id:
                connection.close(GOING_AWAY)

    def _reset(self, account_id: UUID) -> None:
        for connection in list(self._connections):
            if _listens(connection, account_id):
                connection.reset()

    def reset_all(self) -> None:
        """Breaks every connection, as a network does it."""
        for connection in list(self._connections):
            connection.reset()

    def close_all(self) -> None:
        """Tells every client that the server goes away."""
        self.events.close_all()
        for connection in list(self._connections):
            connection.close(GOING_AWAY)


def _listens(connection: UpdateConnection, account_id: UUID) -> bool:
    account = connection.session.account
    return account is not None and account.account_id == account_id and STREAM in connection.session.streams
