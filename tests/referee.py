"""The referee: a broker of the tests' own, written from Alpaca's documents and from nothing in this repository.

It speaks the trading REST and the trading stream on real sockets, in a thread of its own. It writes down everything that it
was sent and everything that it did, keeps its own books in whole ten-thousandths of a dollar, and misbehaves when told to.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
import threading
import time
import uuid
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from types import TracebackType
from typing import Any, Final, Literal, Self
from urllib.parse import parse_qs, unquote, urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

Fault = Literal[
    "504 before", "504 after", "500 after", "hang before", "hang after", "reset before", "reset after", "502 html",
    "502 html after", "truncated after", "empty after", "list after", "null after", "429", "422 duplicate", "403", "401",
    "drip after", "truncated", "empty", "null", "odd", "slow after", "none", "late",
]  # fmt: skip
"""What goes wrong with one request; `before` and `after` say on which side of doing what was asked."""

WORKING: Final = frozenset({"new", "accepted", "pending_new", "partially_filled", "pending_cancel", "held"})
LATE_S: Final = 9.5
"""So long after it was sent a `late` request is carried out: when nobody waits for the answer any more."""

KEYS: Final = ("referee-key", "referee-secret")

Answer = tuple[int, Any]


@dataclass(slots=True)
class Kept:
    """An order in the referee's book."""

    id: str
    client_order_id: str
    symbol: str
    side: str
    type: str
    qty: Decimal
    time_in_force: str
    limit_price: str | None
    submitted_at: int
    status: str = "new"
    filled_qty: Decimal = Decimal(0)
    spent: Decimal = Decimal(0)
    changes: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Alpaca's order object."""
        at = stamp(self.submitted_at)
        average = None if not self.filled_qty else str(round(self.spent / self.filled_qty, 6))
        return {
            **{"id": self.id, "client_order_id": self.client_order_id, "symbol": self.symbol, "side": self.side},
            **{"created_at": at, "updated_at": at, "submitted_at": at, "filled_at": None, "asset_class": "us_equity"},
            **{"qty": str(self.qty), "filled_qty": str(self.filled_qty), "filled_avg_price": average, "notional": None},
            **{"order_class": "", "order_type": self.type, "type": self.type, "time_in_force": self.time_in_force},
            **{"limit_price": self.limit_price, "stop_price": None, "status": self.status, "extended_hours": False},
            **{"asset_id": str(uuid.uuid5(uuid.NAMESPACE_DNS, self.symbol)), "legs": None, "expires_at": None},
            **self.changes,
        }


@dataclass(frozen=True, slots=True)
class Execution:
    """A fill in the referee's book."""

    id: str
    order: Kept
    qty: Decimal
    price: Decimal
    cum_qty: Decimal
    at: int

    @property
    def signed(self) -> Decimal:
        """Negative for a sale."""
        return self.qty if self.order.side == "buy" else -self.qty

    def to_json(self) -> dict[str, Any]:
        """Alpaca's FILL activity."""
        moment = datetime.fromtimestamp(self.at / 1e9, UTC).strftime("%Y%m%d%H%M%S%f")[:17]
        left = self.order.qty - self.cum_qty
        return {
            **{"id": f"{moment}::{self.id}", "activity_type": "FILL", "transaction_time": stamp(self.at)},
            **{"type": "fill" if not left else "partial_fill", "price": str(self.price), "qty": str(self.qty)},
            **{"side": self.order.side, "symbol": self.order.symbol, "leaves_qty": str(left)},
            **{"cum_qty": str(self.cum_qty), "order_id": self.order.id, "order_status": self.order.status},
        }


class Referee:
    """One account at a broker that remembers everything, between `with` and its end."""

    def __init__(self, account_id: str = "", cash: str = "100000", keys: tuple[str, str] = KEYS) -> None:
        self.account_id = account_id or str(uuid.uuid4())
        self.cash, self.keys = Decimal(cash), keys
        self.clock_offset_ns = 0
        self.requests: list[tuple[str, str]] = []
        self.posts: list[str] = []
        self.cancels: list[str] = []
        self.orders: dict[str, Kept] = {}
        self.executions: list[Execution] = []
        self.holdings: dict[str, tuple[Decimal, Decimal]] = {}
        self.raw_orders: list[dict[str, Any]] = []
        self.on_post: Callable[[dict[str, Any]], None] = lambda body: None
        self.after_accept: Callable[[Kept], None] = lambda order: None
        self.before: Callable[[str], Any] = lambda request: None
        self.draw: Callable[[str], Fault | None] = lambda request: None
        self.deliver: Callable[[dict[str, Any]], list[dict[str, Any]]] = lambda frame: [frame]
        self.cancel_confirms = True
        self.refuses_wash = False
        self.stream_open = True
        self.listening: Literal["yes", "garbage", "partial", "never"] = "yes"
        self.url = self.stream_url = ""
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._standing: dict[str, Fault] = {}
        self._last_ns = 0
        self._traded: dict[str, Decimal] = defaultdict(Decimal)
        self._paid = Decimal(0)
        """Running sums, for answers; a judge adds up everything again (`positions`, `cash_now`)."""
        self._lock = threading.RLock()
        self._released = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._listeners: set[ServerConnection] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="referee", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(5)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._call(self._released.set)
        self._call(lambda: [task.cancel() for task in asyncio.all_tasks(self._loop)])
        self._call(lambda: self._loop.call_later(0.05, self._loop.stop))
        self._thread.join(5)

    # What tests tell it

    def fault(self, request: str, *faults: Fault) -> None:
        """The next requests of a kind, as `POST /v2/orders`, go wrong, one after the other."""
        with self._lock:
            self._faults[request].extend(faults)

    def always(self, request: str, fault: Fault | None) -> None:
        """All requests of a kind go wrong until told otherwise."""
        with self._lock:
            self._standing.pop(request, None)
            if fault is not None:
                self._standing[request] = fault

    def forgive(self) -> None:
        """Nothing goes wrong any more."""
        with self._lock:
            self._faults.clear()
            self._standing.clear()
            self.draw = lambda request: None
            self.deliver = lambda frame: [frame]

    def begin_again(self) -> None:
        """A new account, of which nothing is known."""
        self.forgive()
        with self._lock:
            self.account_id = str(uuid.uuid4())
            for kept in (self.requests, self.posts, self.cancels, self.orders, self.executions, self.holdings):
                kept.clear()
            self._traded.clear()
            self._paid = Decimal(0)

    def place(self, symbol: str, side: str, qty: str, client_order_id: str = "", **changes: Any) -> Kept:
        """An order that was placed elsewhere: from another program, or the broker's page."""
        body = {"symbol": symbol, "side": side, "qty": qty, "type": "market", "time_in_force": "day"}
        tell = bool(changes.pop("tell", True))
        at = changes.pop("submitted_at", 0)
        return self._accept({**body, "client_order_id": client_order_id or str(uuid.uuid4())}, at, changes, tell)

    def fill(
        self, order: Kept | str, qty: str | Decimal, price: str | Decimal, times: int = 1, at: int = 0
    ) -> Execution:
        """Execute a part of an order; its trade update is sent so many times, 0 for a lost one."""
        with self._lock:
            kept = self.order(order) if isinstance(order, str) else order
            done = self._execute(kept, Decimal(qty), Decimal(price), at)
            frame = self.update_of(done)
        for _ in range(times):
            self.send(frame)
        return done

    def update_of(self, done: Execution) -> dict[str, Any]:
        """The trade update of an execution, as the order stands now."""
        symbol = done.order.symbol
        position = self.holdings.get(symbol, (Decimal(0),))[0] + self._traded[symbol]
        event = "fill" if done.order.status == "filled" else "partial_fill"
        numbers = {"price": str(done.price), "qty": str(done.qty), "position_qty": str(position)}
        return self._update(done.order, event, done.at, execution_id=done.id, **numbers)

    def end(self, order: Kept, status: str, times: int = 1) -> None:
        """Put an order into a state and tell of it so many times."""
        with self._lock:
            order.status = status
            frame = self._update(order, status, self.now())
        for _ in range(times):
            self.send(frame)

    def order(self, client_order_id: str) -> Kept:
        """The order of a client order id."""
        with self._lock:
            return next(kept for kept in self.orders.values() if kept.client_order_id == client_order_id)

    def send(self, frame: Any) -> None:
        """Send a frame (or raw text) to all who listen; a frame only as `deliver` lets it through."""
        texts = [frame] if isinstance(frame, str) else [json.dumps(each) for each in self.deliver(frame)]
        for text in texts:
            self._call(lambda text=text: asyncio.ensure_future(self._send(text), loop=self._loop))  # type: ignore[misc]

    async def send_now(self, frame: Any) -> None:
        """The same, from within the referee's own thread."""
        await self._send(json.dumps(frame))

    def hang_up(self, stay_away: bool = False) -> None:
        """Cut every stream; with `stay_away` no new one is let in until `let_in`."""
        self.stream_open = not stay_away

        def cut() -> None:
            for each in list(self._listeners):
                each.transport.abort()

        self._call(cut)

    def let_in(self) -> None:
        """Take streams again."""
        self.stream_open = True

    def release(self) -> None:
        """End all hanging requests."""
        self._call(self._released.set)

    # What tests ask it

    @property
    def listeners(self) -> int:
        """How many listen to trade updates."""
        return len(self._listeners)

    def positions(self) -> dict[str, tuple[Decimal, Decimal]]:
        """Signed quantity and signed cost of what is held, from first principles: every holding and execution again."""
        with self._lock:
            books = dict(self.holdings)
            for done in self.executions:
                books[done.order.symbol] = _moved(*books.get(done.order.symbol, (Decimal(0), Decimal(0))), done)
            return {symbol: held for symbol, held in books.items() if held[0]}

    def cash_now(self) -> Decimal:
        """Cash after all executions."""
        with self._lock:
            return self.cash - sum((done.signed * done.price for done in self.executions), Decimal(0))

    def now(self) -> int:
        """Its time in ns; never the same twice."""
        with self._lock:
            self._last_ns = max(time.time_ns() + self.clock_offset_ns, self._last_ns + 1000)
            return self._last_ns

    # Books

    def _accept(
        self, body: dict[str, Any], at: int = 0, changes: dict[str, Any] | None = None, tell: bool = True
    ) -> Kept:
        with self._lock:
            kept = Kept(
                id=str(uuid.uuid4()),
                client_order_id=body["client_order_id"],
                symbol=body["symbol"],
                side=body["side"],
                type=body["type"],
                qty=Decimal(str(body["qty"])),
                time_in_force=body["time_in_force"],
                limit_price=body.get("limit_price"),
                submitted_at=at or self.now(),
                changes=changes or {},
            )
            self.orders[kept.id] = kept
            frame = self._update(kept, "new", kept.submitted_at)
        if tell:
            self.send(frame)
        return kept

    def _execute(self, kept: Kept, qty: Decimal, price: Decimal, at: int) -> Execution:
        assert kept.filled_qty + qty <= kept.qty, "a broker never fills more than was ordered"
        kept.filled_qty += qty
        kept.spent += qty * price
        if kept.filled_qty == kept.qty:
            kept.status = "filled"
        elif kept.status in WORKING:
            kept.status = "partially_filled"
        done = Execution(str(uuid.uuid4()), kept, qty, price, kept.filled_qty, at or self.now())
        self.executions.append(done)
        self._traded[kept.symbol] += done.signed
        self._paid += done.signed * price
        return done

    def _update(self, kept: Kept, event: str, at: int, **more: Any) -> dict[str, Any]:
        more.setdefault("execution_id", str(uuid.uuid4()))
        data = {"event": event, "timestamp": stamp(at), "order": kept.to_json(), **more}
        return {"stream": "trade_updates", "data": data}

    # REST

    def _answer(self, method: str, path: str, query: dict[str, str], body: bytes) -> Answer:
        with self._lock:
            match method, path.strip("/").split("/")[1:]:
                case "GET", ["account"]:
                    return 200, self._account()
                case "GET", ["clock"]:
                    return 200, self._clock()
                case "POST", ["orders"]:
                    return self._post(json.loads(body))
                case "GET", ["orders"]:
                    return 200, self._list(query)
                case "GET", ["orders:by_client_order_id"]:
                    return self._one(lambda kept: kept.client_order_id == query["client_order_id"])
                case "GET", ["orders", order_id]:
                    return self._one(lambda kept: kept.id == order_id)
                case "PATCH", ["orders", order_id]:
                    return self._replace(order_id, json.loads(body))
                case "DELETE", ["orders", order_id]:
                    return self._cancel(order_id)
                case "GET", ["positions"]:
                    return 200, [_position(symbol, *held) for symbol, held in self.positions().items()]
                case "GET", ["account", "activities", "FILL"]:
                    return 200, self._activities(query)
                case "GET", ["assets"]:
                    return 200, [_asset(symbol) for symbol in ("AAPL", "MSFT", "SPY")]
                case "GET", ["assets", symbol]:
                    return 200, _asset(symbol)
        return 404, {"code": 40410000, "message": "endpoint not found"}

    def _post(self, body: dict[str, Any]) -> Answer:
        if any(kept.client_order_id == body["client_order_id"] for kept in self.orders.values()):
            return 422, {"code": 40010001, "message": "client_order_id must be unique"}
        if self.refuses_wash and any(self._would_meet(body, kept) for kept in self.orders.values()):
            return 403, {"code": 40310000, "message": "potential wash trade detected. use complex orders"}
        kept = self._accept(body)
        self.after_accept(kept)
        return 200, kept.to_json()

    def _would_meet(self, body: dict[str, Any], kept: Kept) -> bool:
        """Whether a market order could trade with one that works."""
        other_side = (kept.symbol, kept.side) == (body["symbol"], "buy" if body["side"] == "sell" else "sell")
        return other_side and body["type"] == "market" and kept.status in WORKING

    def _replace(self, order_id: str, body: dict[str, Any]) -> Answer:
        old = self.orders.get(order_id)
        if old is None:
            return 404, {"code": 40410000, "message": f"order not found for {order_id}"}
        if any(kept.client_order_id == body["client_order_id"] for kept in self.orders.values()):
            return 422, {"code": 40010001, "message": "client_order_id must be unique"}
        if old.status not in WORKING:
            return 422, {"code": 42210000, "message": f'order is already in "{old.status}" state'}
        whole = {**old.to_json(), "qty": str(old.qty), **body}
        kept = self._accept(whole, changes={"replaces": old.id})
        old.changes["replaced_by"] = kept.id
        self.end(old, "replaced")
        return 200, kept.to_json()

    def _list(self, query: dict[str, str]) -> list[dict[str, Any]]:
        status, after = query.get("status", "open"), nanoseconds(query.get("after"))
        rows = [kept for kept in self.orders.values() if kept.submitted_at > after]
        rows = [kept for kept in rows if status == "all" or (status == "open") == (kept.status in WORKING)]
        rows.sort(key=lambda kept: kept.submitted_at, reverse=query.get("direction", "desc") == "desc")
        return [*self.raw_orders, *(kept.to_json() for kept in rows[: int(query.get("limit", "50"))])]

    def _one(self, wanted: Callable[[Kept], bool]) -> Answer:
        for kept in self.orders.values():
            if wanted(kept):
                return 200, kept.to_json()
        return 404, {"code": 40410000, "message": "order not found"}

    def _cancel(self, order_id: str) -> Answer:
        kept = self.orders.get(order_id)
        if kept is None:
            return 404, {"code": 40410000, "message": f"order not found for {order_id}"}
        if kept.status == "filled":
            return 422, {"code": 42210000, "message": 'order is already in "filled" state'}
        self.cancels.append(kept.client_order_id)
        if kept.status in WORKING:
            self.end(kept, "canceled" if self.cancel_confirms else "pending_cancel", int(self.cancel_confirms))
        return 204, None

    def _activities(self, query: dict[str, str]) -> list[dict[str, Any]]:
        after = nanoseconds(query.get("after"))
        done = sorted((each for each in self.executions if each.at > after), key=lambda each: (each.at, each.id))
        rows = [each.to_json() for each in done]
        if query.get("direction", "desc") == "desc":
            rows.reverse()
        ids = [row["id"] for row in rows]
        start = ids.index(query["page_token"]) + 1 if query.get("page_token") in ids else 0
        return rows[start : start + int(query.get("page_size", "100"))]

    def _account(self) -> dict[str, Any]:
        cash = str(self.cash - self._paid)
        blocked = {"trading_blocked": False, "account_blocked": False, "trade_suspended_by_user": False}
        money = {"cash": cash, "equity": cash, "last_equity": str(self.cash), "buying_power": cash}
        return {
            "id": self.account_id,
            "account_number": "PA1",
            "status": "ACTIVE",
            "currency": "USD",
            **money,
            **blocked,
        }

    def _clock(self) -> dict[str, Any]:
        now = self.now()
        later = stamp(now + 3600 * 10**9)
        return {"timestamp": stamp(now), "is_open": True, "next_open": later, "next_close": later}

    # Sockets

    def _call(self, act: Callable[[], Any]) -> None:
        self._loop.call_soon_threadsafe(act)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        rest = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        stream = self._loop.run_until_complete(self._open_stream())
        self.url = f"http://127.0.0.1:{rest.sockets[0].getsockname()[1]}"
        self.stream_url = f"ws://127.0.0.1:{next(iter(stream.sockets)).getsockname()[1]}/stream"
        self._ready.set()
        self._loop.run_forever()
        self._loop.close()

    async def _open_stream(self) -> Any:
        return await serve(self._stream, "127.0.0.1", 0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode("latin-1").split("\r\n")
                method, target, _ = lines[0].split(" ")
                headers = {
                    name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])
                }
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                if not await self._handle(writer, method, target, headers, body):
                    return
        writer.close()

    async def _handle(
        self, writer: asyncio.StreamWriter, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> bool:
        """Whether the connection goes on."""
        parts = urlsplit(target)
        path, query = unquote(parts.path), {name: values[0] for name, values in parse_qs(parts.query).items()}
        with self._lock:
            self.requests.append((method, target))
        if (headers.get("apca-api-key-id"), headers.get("apca-api-secret-key")) != self.keys:
            return await _say(writer, 401, {"message": "unauthorized."})
        if (method, path) == ("POST", "/v2/orders"):
            with self._lock:
                self.posts.append(json.loads(body)["client_order_id"])
            self.on_post(json.loads(body))
        if method == "PATCH":
            with self._lock:
                self.posts.append(json.loads(body)["client_order_id"])
        self.before(f"{method} {path}")
        fault = self._next_fault("PATCH /v2/orders" if method == "PATCH" else f"{method} {path}")
        answer = 0, None
        if fault == "late":
            await asyncio.sleep(LATE_S)
        if fault in (None, "none", "late") or fault.endswith(" after"):
            answer = self._answer(method, path, query, body)
        return await (
            _say(writer, *answer) if fault in (None, "none", "late") else self._misbehave(writer, fault, answer)
        )

    def _next_fault(self, request: str) -> Fault | None:
        with self._lock:
            script = self._faults[request]
            return script.popleft() if script else self._standing.get(request) or self.draw(request)

    async def _misbehave(self, writer: asyncio.StreamWriter, fault: Fault, answer: Answer) -> bool:
        what = fault.removesuffix(" after").removesuffix(" before")
        said: dict[str, Answer] = {
            "504": (504, {"message": "upstream request timeout"}),
            "500": (500, {"code": 50010000, "message": "internal server error"}),
            "502 html": (502, "<html><body><h1>502 Bad Gateway</h1></body></html>"),
            "429": (429, {"code": 42910000, "message": "rate limit exceeded"}),
            "422 duplicate": (422, {"code": 42210000, "message": "client_order_id must be unique"}),
            "403": (403, {"code": 40310000, "message": "insufficient buying power", "buying_power": "1"}),
            "401": (401, {"message": "unauthorized."}),
            "empty": (200, None),
            "list": (200, [1, 2]),
            "null": (200, "null"),
            "odd": (200, [{"symbol": 7}, None, {"qty": "NaN"}, "x"]),
            "truncated": (200, '{"id": "4711", "client_or'),
        }
        if what in said:
            return await _say(writer, *said[what])
        if what == "reset":
            connection = writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            return False
        if what == "slow":
            await asyncio.sleep(0.5)
            return await _say(writer, *answer)
        if what == "drip":
            return await self._drip(writer, answer)
        await self._released.wait()
        return False

    async def _drip(self, writer: asyncio.StreamWriter, answer: Answer) -> bool:
        """A byte a second: no single wait is long, the whole is."""
        with contextlib.suppress(OSError):
            for byte in _bytes(*answer):
                writer.write(bytes([byte]))
                await writer.drain()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._released.wait(), 1.0)
        return False

    async def _stream(self, connection: ServerConnection) -> None:
        if not self.stream_open:
            connection.transport.abort()
            return
        with contextlib.suppress(ConnectionClosed):
            await self._log_in(connection)
            async for _ in connection:
                pass
        self._listeners.discard(connection)

    async def _log_in(self, connection: ServerConnection) -> None:
        asked = json.loads(await connection.recv())
        given = asked.get("data", asked)
        right = (given.get("key_id", given.get("key")), given.get("secret_key", given.get("secret"))) == self.keys
        status = "authorized" if right else "unauthorized"
        await connection.send(_frame("authorization", action="authenticate", status=status))
        json.loads(await connection.recv())
        if self.listening == "never":
            await connection.wait_closed()
        answers = {"garbage": "<html>", "partial": '{"stream":"listening"}'}
        await connection.send(answers.get(self.listening, _frame("listening", streams=["trade_updates"])))
        self._listeners.add(connection)

    async def _send(self, text: str) -> None:
        for each in list(self._listeners):
            with contextlib.suppress(ConnectionClosed):
                await each.send(text.encode())


def stamp(ns: int) -> str:
    """RFC 3339 in UTC, to the nanosecond."""
    second, rest = divmod(ns, 10**9)
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{rest:09d}Z"


def nanoseconds(text: str | None) -> int:
    """The inverse, of what clients send; 0 for nothing."""
    if not text:
        return 0
    moment = datetime.fromisoformat(text.replace(" ", "+"))
    whole = int(moment.replace(microsecond=0).timestamp())
    return whole * 10**9 + moment.microsecond * 1000


def _moved(qty: Decimal, cost: Decimal, done: Execution) -> tuple[Decimal, Decimal]:
    signed = done.signed
    if qty * signed >= 0:
        return qty + signed, cost + signed * done.price
    if abs(signed) <= abs(qty):
        return qty + signed, cost + cost * signed / qty
    return qty + signed, (qty + signed) * done.price


def _position(symbol: str, qty: Decimal, cost: Decimal) -> dict[str, Any]:
    side = "long" if qty > 0 else "short"
    numbers = {"qty": str(qty), "cost_basis": str(cost), "avg_entry_price": str(round(cost / qty, 6))}
    return {
        "asset_id": symbol,
        "symbol": symbol,
        "exchange": "NASDAQ",
        "asset_class": "us_equity",
        "side": side,
        **numbers,
    }


def _asset(symbol: str) -> dict[str, Any]:
    flags = {"tradable": True, "marginable": True, "shortable": True, "easy_to_borrow": True, "fractionable": True}
    return {"id": symbol, "class": "us_equity", "exchange": "NASDAQ", "symbol": symbol, "status": "active", **flags}


def _frame(stream: str, **data: Any) -> str:
    return json.dumps({"stream": stream, "data": data})


def _bytes(status: int, body: Any) -> Iterator[int]:
    text = "" if body is None else body if isinstance(body, str) else json.dumps(body)
    kind = "text/html" if text.startswith("<") else "application/json"
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(text.encode())}\r\n\r\n"
    return iter((head + text).encode())


async def _say(writer: asyncio.StreamWriter, status: int, body: Any) -> bool:
    writer.write(bytes(_bytes(status, body)))
    await writer.drain()
    return True
