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
from domain.order import DENIED, INTENT, NOT_PLACED, UNKNOWN, Order, Side
from settings import Settings

SESSION = "command line"
ORDER_COLUMNS = [
    *("client_order_id", "order_id", "account_id", "symbol", "side", "type", "qty", "limit_price", "stop_price"),
    *("time_in_force", "state", "filled_qty", "filled_avg_price", "reason", "created_at", "updated_at"),
]
FILL_COLUMNS = [
    *("execution_id", "client_order_id", "order_id", "account_id", "symbol", "side", "qty", "price", "ts_event"),
]
NOT_SENT = frozenset({DENIED, INTENT, NOT_PLACED, UNKNOWN, "rejected"})


class NoAccountError(TickdeskError):
    """The worker is not connected to an account, so there is nothing to trade on."""


Load = Callable[[], Settings]
Fail = Callable[[Exception], None]
Price = Annotated[str | None, typer.Option()]


def register(app: typer.Typer, load: Load, fail: Fail) -> None:
    """Add the commands. `load` gives the settings, `fail` ends with the exit code of an error."""
    _add_sending(app, load, fail)
    _add_closing(app, load, fail)
    _add_switches(app, load, fail)
    _add_lists(app, load, fail)


def _add_sending(app: typer.Typer, load: Load, fail: Fail) -> None:
    @app.command()
    def order(
        side: Annotated[str, typer.Argument(help="buy or sell")],
        symbol: str,
        qty: Annotated[str | None, typer.Argument(help="Shares, coins or contracts; or --notional.")] = None,
        limit: Annotated[str | None, typer.Option(help="Limit price; at the market without any price.")] = None,
        stop: Annotated[str | None, typer.Option(help="Stop price; with --limit a stop limit order.")] = None,
        trail: Annotated[str | None, typer.Option(help="A trailing stop, so many USD behind the best price.")] = None,
        trail_percent: Annotated[str | None, typer.Option(help="The same in percent.")] = None,
        notional: Annotated[str | None, typer.Option(help="An amount of USD instead of a quantity.")] = None,
        tif: Annotated[str, typer.Option(help="day, gtc, ioc, fok, opg or cls; day, for coins gtc.")] = "",
        extended_hours: Annotated[
            bool, typer.Option("--extended-hours", help="Before and after the session too.")
        ] = False,
        take_profit: Annotated[str | None, typer.Option(help="Limit of the order that takes the profit.")] = None,
        stop_loss: Annotated[str | None, typer.Option(help="Stop of the order that stops the loss.")] = None,
        stop_loss_limit: Annotated[str | None, typer.Option(help="Limit of that order.")] = None,
        order_class: Annotated[str, typer.Option("--class", help="oco: no entry, both exits of what is held.")] = "",
    ) -> None:
        """Send one order and print what became of it; exit code 1 if it was not accepted."""
        given = {
            **{"symbol": symbol, "side": side, "qty": qty, "notional": notional, "limit_price": limit},
            **{"stop_price": stop, "trail_price": trail, "trail_percent": trail_percent, "time_in_force": tif},
            **{"extended_hours": extended_hours, "take_profit_price": take_profit, "stop_loss_price": stop_loss},
            **{"stop_loss_limit_price": stop_loss_limit, "order_class": order_class},
        }
        _tell([_guarded(fail, lambda: _submit(load(), ticket_form(given)))], one=True)

    @app.command()
    def replace(
        client_order_id: Annotated[str, typer.Argument(help="The order, by its client order id.")],
        qty: Price = None,
        limit: Price = None,
        stop: Price = None,
        trail: Price = None,
    ) -> None:
        """Put another order in the place of one, with what is given changed; exit code 1 if it was not accepted."""
        values = {"qty": qty, "limit_price": limit, "stop_price": stop, "trail": trail, "nonce": uuid.uuid4().hex}
        _tell([_guarded(fail, lambda: _replace(load(), client_order_id, values))], one=True)


def _add_closing(app: typer.Typer, load: Load, fail: Fail) -> None:
    @app.command()
    def cancel(
        client_order_id: Annotated[str | None, typer.Argument(help="The order, by its client order id.")] = None,
        every: Annotated[bool, typer.Option("--all", help="Every open order.")] = False,
        side: Annotated[str | None, typer.Option(help="Every open order of a side: buy or sell.")] = None,
    ) -> None:
        """Ask for a cancel; exit code 1 if the broker did not take the request."""
        results = _guarded(fail, lambda: _cancel(load(), client_order_id, every, side))
        print(json.dumps([asdict(result) for result in results], indent=2))
        raise typer.Exit(1 if any(result.problem for result in results) else 0)

    @app.command()
    def close(
        symbol: str, percent: Annotated[str, typer.Option(help="How much of the position, 0 to 100.")] = "100"
    ) -> None:
        """Close a position, or a part of it, at the market; orders that hold its shares are canceled first."""
        _tell(_guarded(fail, lambda: [_close(load(), symbol.upper(), percent)]), one=True)

    @app.command()
    def reverse(symbol: str) -> None:
        """Close a position and open as much on the other side; exit code 1 if one of the two was not sent."""
        nonce = uuid.uuid4().hex
        _tell(_guarded(fail, lambda: _desk(_access(load())).reverse(symbol.upper(), nonce, SESSION)))


def _add_switches(app: typer.Typer, load: Load, fail: Fail) -> None:
    @app.command()
    def kill(switch: Annotated[str, typer.Argument(help="on or off")]) -> None:
        """Turn the kill switch: on refuses every new order but exits, and does what KILL_MODE says (by default: cancels)."""
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


def _add_lists(app: typer.Typer, load: Load, fail: Fail) -> None:
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


def ticket_form(given: dict[str, Any]) -> dict[str, Any]:
    """The form of a ticket that options stand for: they say the type and the class."""
    has_limit, has_stop = bool(given["limit_price"]), bool(given["stop_price"])
    kind = "stop_limit" if has_limit and has_stop else "limit" if has_limit else "stop" if has_stop else "market"
    if given["trail_price"] or given["trail_percent"]:
        kind = "trailing_stop"
    exits = bool(given["take_profit_price"]) + bool(given["stop_loss_price"])
    order_class = given["order_class"] or ("simple", "oto", "bracket")[exits]
    tif = given["time_in_force"] or ("gtc" if "/" in given["symbol"] else "day")
    form = {**given, "order_class": order_class, "time_in_force": tif, "nonce": uuid.uuid4().hex}
    return {**form, "type": "limit" if order_class == "oco" else kind}


def _submit(settings: Settings, form: dict[str, Any]) -> Order:
    from orders.ticket import parse_ticket

    ticket, errors = parse_ticket(form)
    if ticket is None:
        raise SettingsError(_in_one_line(errors))
    unused = [name for name, value in form.items() if value and name != "nonce" and not getattr(ticket, name)]
    if unused:
        raise SettingsError(f"a {ticket.type.value} {ticket.order_class.value} order has no {', '.join(unused)}")
    sent: Order = _desk(_access(settings)).submit(ticket, SESSION)
    return sent


def _replace(settings: Settings, client_order_id: str, values: dict[str, Any]) -> Order:
    answer = _desk(_access(settings)).replace(client_order_id, values, SESSION)
    if isinstance(answer, Order):
        return answer
    raise SettingsError(_in_one_line(answer))


def _cancel(settings: Settings, client_order_id: str | None, every: bool, side: str | None) -> list[Any]:
    if [bool(client_order_id), every, side is not None].count(True) != 1 or side not in (None, *Side):
        raise SettingsError("cancel: name one order, or write --all, --side buy or --side sell")
    desk = _desk(_access(settings))
    if side is not None:
        return list(desk.cancel_side(Side(side)))
    return list(desk.cancel_all() if every else [desk.cancel(client_order_id)])


def _close(settings: Settings, symbol: str, percent: str) -> Any:
    from orders.entries import to_number

    number = to_number(percent.strip().removesuffix("%"))
    if number is None or not 0 < number <= 100:
        raise SettingsError(f"close: --percent is more than 0 and at most 100, not {percent!r}")
    return _desk(_access(settings)).close(symbol, uuid.uuid4().hex, SESSION, number / 100)


def _in_one_line(errors: dict[str, str]) -> str:
    return "; ".join(f"{field}: {text}" for field, text in errors.items())


def _tell(results: list[Order | str], one: bool = False) -> None:
    """Print orders, and texts for what was not sent; exit code 1 if one was not accepted."""
    rows = [{"problem": each} if isinstance(each, str) else _plain(each) for each in results]
    print(json.dumps(rows[0] if one else rows, indent=2))
    raise typer.Exit(1 if any(isinstance(each, str) or each.state in NOT_SENT for each in results) else 0)


def _plain(order: Order) -> dict[str, Any]:
    from broker.rfc3339 import rfc3339

    times = {name: rfc3339(getattr(order, name)) for name in ("created_at", "updated_at")}
    row = {**asdict(order), **times}
    return {name: row[name] if row[name] is None else str(row[name]) for name in ORDER_COLUMNS}


def _print_rows(columns: list[str], rows: list[dict[str, Any]]) -> None:
    writer = csv.DictWriter(sys.stdout, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
