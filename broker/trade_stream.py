"""The trade stream: alpaca-py's TradingStream with time limits and a receive loop of our own.

Theirs are the URL and the login message. alpaca-py drops an update whose words it does not know, for good; here the raw
frame goes to our own reading of it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from alpaca.trading.stream import TradingStream
from websockets.exceptions import WebSocketException

from broker.feed_stream import HANDSHAKE_LIMIT_S, WEBSOCKET
from broker.liveness import answers_ping, hang_up
from broker.message_log import logged
from broker.order_wire import trade_update
from domain.errors import RefusedError, StreamError
from domain.order import TradeUpdate


class TradeStream(TradingStream):
    """One connection at a time: `connected`, then `receive` until it raises StreamError."""

    _ws: Any

    def __init__(self, url: str, key: str, secret: str, limit_s: float = HANDSHAKE_LIMIT_S) -> None:
        super().__init__(key, secret, raw_data=True, url_override=url, websocket_params=WEBSOCKET)
        self._limit_s = limit_s
        self.quarantined = 0

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Connected, logged in and listening to trade updates inside; closed afterwards. Raises within the limit."""
        try:
            await asyncio.wait_for(self._open(), self._limit_s)
            yield
        except TimeoutError as error:
            raise StreamError(f"The order stream did not answer within {self._limit_s:.0f} s.") from error
        except (WebSocketException, OSError, EOFError) as error:
            raise _lost(error) from error
        finally:
            await self._hang_up()

    async def receive(self) -> TradeUpdate | None:
        """The next trade update; None for a frame that is something else or cannot be read (then it is counted)."""
        try:
            frame = await self._ws.recv()
        except (WebSocketException, OSError, EOFError) as error:
            raise _lost(error) from error
        try:
            message = json.loads(frame)
            return trade_update(message["data"]) if message.get("stream") == "trade_updates" else None
        except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError):
            self.quarantined += 1
            return None

    async def ping(self, limit_s: float) -> bool:
        """Whether the server answers a ping within the limit."""
        return await answers_ping(self._ws, limit_s)

    async def _open(self) -> None:
        await self._connect()  # type: ignore[no-untyped-call]  # alpaca-py
        self._ws = logged(self._ws, "orders")
        try:
            await self._auth()  # type: ignore[no-untyped-call]  # alpaca-py
        except (json.JSONDecodeError, UnicodeDecodeError, AttributeError, TypeError) as error:
            raise StreamError("The order stream's answer to the login cannot be read.") from error
        except ValueError as error:
            raise RefusedError("Alpaca refused the keys on the order stream.") from error
        await self._ws.send(json.dumps({"action": "listen", "data": {"streams": ["trade_updates"]}}))
        if not _listens(await self._ws.recv()):
            raise StreamError("The order stream does not send trade updates.")

    async def _hang_up(self) -> None:
        await hang_up(self._ws)
        self._ws = None


def _listens(frame: str | bytes) -> bool:
    try:
        answer = json.loads(frame)
        return answer["stream"] == "listening" and "trade_updates" in answer["data"]["streams"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return False


def _lost(error: Exception) -> StreamError:
    return StreamError(f"The order stream was lost ({type(error).__name__}).")
