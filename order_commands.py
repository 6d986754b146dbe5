"""The commands that trade: they go through the same order desk as the page, with the same checks."""

from __future__ import annotations

import csv
import json
import sys
import uuid
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

import typer

from domain.errors import SettingsError, TickdeskError
from domain.order import DENIED, NOT_PLACED, UNKNOWN, Order
from settings import Settings

SESSION = "command line"
ORDER_COLUMNS = [
    *("client_order_id", "order_id", "account_id", "symbol", "side", "type", "qty", "limit_price", "stop_price"),
    *("time_in_force", "state", "filled_qty", "filled_avg_price", "reason", "created_at", "updated_at"),
]
FILL_COLUMNS = [
    *("execution_id", "client_order_id", "order_id", "account_id", "symbol", "side", "qty", "price", "ts_event"),
]
NOT_SENT = frozenset({DENIED, NOT_PLACED, UNKNOWN, "rejected"})


class NoAccountError(TickdeskError):
    """The worker is not connected to an account, so there is nothing to trade on."""


def register(app: typer.Typer, load: Callable[[], Settings], fail: Callable[[Exception], None]) -> None:
    """Add the commands. `load` gives the settings, `fail` ends with the exit code of an error."""

    @app.command()
    def order(
        side: Annotated[str, typer.Argument(help="buy or sell")],
        symbol: str,
        qty: str,
        limit: Annotated[str | None, typer.Option(help="Limit price; a market order without it.")] = None,
        tif: Annotated[str, typer.Option(help="day, gtc, ioc or fok.")] = "day",
    ) -> None:
        """Send one order and print what became of it; exit code 1 if it was not accepted."""
        sent = _guarded(fail, lambda: _submit(load(), side, symbol, qty, limit, tif))
        print(json.dumps(_plain(sent), indent=2))
        raise typer.Exit(1 if sent.state in NOT_SENT else 0)

    @app.command()
    def cancel(
        client_order_id: Annotated[str | None, typer.Argument(help="The order, by its client order id.")] = None,
        every: Annotated[bool, typer.Option("--all", help="Every open order.")] = False,
    ) -> None:
        """Ask for a cancel; exit code 1 if the broker did not take the request."""
        results = _guarded(fail, lambda: _cancel(load(), client_order_id, every))
        print(json.dumps([asdict(result) for result in results], indent=2))
        raise typer.Exit(1 if any(result.problem for result in results) else 0)

    @app.command()
    def kill(switch: Annotated[str, typer.Argument(help="on or off")]) -> None:
        """Turn the kill switch: on refuses every new order but exits, and cancels what works."""
        if switch not in ("on", "off"):
            fail(SettingsError(f"kill: write on or off, not {switch!r}"))
        access = _access(load())
        access.kill.turn(switch == "on", "from the command line")
        held = access.kill.on_by()
        print(f"kill switch on ({held})" if held else "kill switch off")
        raise typer.Exit(1 if bool(held) != (switch == "on") else 0)

    @app.command()
    def breaker(
        what: Annotated[str, typer.Argument(help="show, or reset: close it and count anew.")] = "show",
    ) -> None:
        """Print the breaker of orders as JSON; exit code 1 while it is open and refuses new orders but exits."""
        if what not in ("show", "reset"):
            fail(SettingsError(f"breaker: write show or reset, not {what!r}"))
        access = _access(load())
        _guarded(fail, lambda: _account_id(access))
        if what == "reset":
            _guarded(fail, lambda: access.breaker.reset("from the command line"))
        now = _guarded(fail, lambda: access.breaker.status())
        print(json.dumps({"state": now.state, "failures": now.failures, "why": now.why}, indent=2))
        raise typer.Exit(1 if now.is_open else 0)

    @app.command()
    def orders(as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False) -> None:
        """Print the orders of the account, newest first. Times are ISO 8601, UTC."""
        access = _access(load())
        rows = access.journal.orders(_guarded(fail, lambda: _account_id(access)), 100_000)
        _print_rows(ORDER_COLUMNS, [_plain(order) for order in rows])

    @app.command()
    def fills(as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False) -> None:
        """Print the fills of the account, oldest first."""
        from broker.rfc3339 import rfc3339

        access = _access(load())
        rows = access.journal.fills(_guarded(fail, lambda: _account_id(access)))
        _print_rows(FILL_COLUMNS, [{**asdict(fill), "ts_event": rfc3339(fill.ts_event)} for fill in rows])


def _guarded(fail: Callable[[Exception], None], act: Callable[[], Any]) -> Any:
    try:
        return act()
    except TickdeskError as error:
        fail(error)


def _access(settings: Settings) -> Any:
    from dashboard.order_access import OrderAccess
    from market_cache.reader import MarketReader

    return OrderAccess(settings, MarketReader(settings.market_cache_url, settings.mode))


def _desk(access: Any) -> Any:
    desk = access.desk()
    if desk is None:
        raise NoAccountError("no account has been connected yet; start the desk first")
    return desk


def _account_id(access: Any) -> str:
    """The account that the worker is connected to, or was last."""
    return str(_desk(access).account_id)


def _submit(settings: Settings, side: str, symbol: str, qty: str, limit: str | None, tif: str) -> Order:
    from orders.ticket import parse_ticket

    values = {
        "symbol": symbol,
        "side": side,
        "qty": qty,
        "type": "limit" if limit else "market",
        "limit_price": limit,
        "time_in_force": tif,
        "nonce": uuid.uuid4().hex,
    }
    ticket, errors = parse_ticket(values)
    if ticket is None:
        raise SettingsError("; ".join(f"{field}: {text}" for field, text in errors.items()))
    sent: Order = _desk(_access(settings)).submit(ticket, SESSION)
    return sent


def _cancel(settings: Settings, client_order_id: str | None, every: bool) -> list[Any]:
    if every == bool(client_order_id):
        raise SettingsError("cancel: name one order, or write --all")
    desk = _desk(_access(settings))
    return list(desk.cancel_all() if every else [desk.cancel(client_order_id)])


def _plain(order: Order) -> dict[str, Any]:
    from broker.rfc3339 import rfc3339

    times = {name: rfc3339(getattr(order, name)) for name in ("created_at", "updated_at")}
    row = {**asdict(order), **times}
    return {name: row[name] if row[name] is None else str(row[name]) for name in ORDER_COLUMNS}


def _print_rows(columns: list[str], rows: list[dict[str, Any]]) -> None:
    writer = csv.DictWriter(sys.stdout, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
