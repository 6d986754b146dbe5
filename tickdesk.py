"""Tickdesk's command line. `python tickdesk.py run` starts the whole desk; `--help` lists the rest.

Exit codes: 0 clean, 1 unexpected or not ready, 2 bad settings, a port in use or an unusable folder, 3 refused by Alpaca,
4 another worker holds the lease.
"""

from __future__ import annotations

import csv
import errno
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final

import structlog
import typer

from domain.errors import LeaseHeldError, RefusedError, SettingsError, TickdeskError
from journal_commands import register as add_journal_commands
from logs.process_log import begin_log
from order_commands import register as add_order_commands
from private_folder import make_private
from processes import Child, DeskProcesses, end_with_parent, run_id
from recording_commands import register as add_recording_commands
from replay_commands import register as add_replay_commands
from settings import Settings, load_settings
from user_commands import register as add_user_commands

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # they would print local variables, secrets among them
    help="A live trading desk in the browser.",
)

PROGRAM: Final = Path(__file__).resolve()
READY_LIMIT_S: Final = 30.0

EXIT_CODES: Final = {SettingsError: 2, RefusedError: 3, LeaseHeldError: 4, TickdeskError: 1}


@app.command()
def run(
    fresh: Annotated[bool, typer.Option(help="Begin with an empty cache and a new practice account.")] = False,
) -> None:
    """Start the practice market (if there are no keys), the stream worker and the dashboard, and look after them."""
    settings = _begin("run")
    _check_places(settings)
    if fresh:
        _forget(settings)
    raise typer.Exit(_run_desk(settings))


@app.command()
def worker(stay: Annotated[bool, typer.Option(hidden=True)] = False) -> None:
    """Run the stream worker: fills the cache from Alpaca or the practice market."""
    settings = _begin("worker")
    from stream_worker.worker import run_worker

    _run_part(lambda: run_worker(settings, stay_when_refused=stay))


@app.command()
def dashboard() -> None:
    """Serve the page."""
    settings = _begin("dashboard")
    from dashboard.server import serve

    _run_part(lambda: _check_journal(settings))
    _run_part(lambda: serve(settings), port=("DASHBOARD_PORT", settings.dashboard_port))


@app.command()
def simulator() -> None:
    """Run the practice market: Alpaca's protocol on loopback, no keys."""
    settings = _begin("simulator")
    from simulator.server import PracticeMarketConfig, serve

    config = PracticeMarketConfig(
        data_dir=settings.data_dir,
        port=settings.simulator_port,
        seed=settings.simulator_seed,
        tape=settings.simulator_tape,
        speed=settings.simulator_speed,
        hours=settings.simulator_hours,
        fill_model=settings.simulator_fill_model,
        shares=settings.simulator_shares,
        deeds=settings.simulator_deeds,
        luld=settings.simulator_luld,
        requests_a_minute=settings.simulator_rate_limit,
        sip=settings.simulator_sip,
        clock_offset_s=settings.clock_offset_s,
        instructor_token=settings.simulator_instructor_token.get_secret_value(),
    )
    _run_part(lambda: serve(config), port=("SIMULATOR_PORT", settings.simulator_port))


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="Print the whole status as JSON.")] = False) -> None:
    """Say whether the desk is ready; exit code 0 if it is, 1 if not."""
    settings = _settings_of_a_command()
    health = _health(settings)()
    print(json.dumps(health, indent=2) if as_json else _one_line(health))
    raise typer.Exit(0 if health["ready"] else 1)


@app.command()
def tail(symbols: Annotated[list[str] | None, typer.Argument(help="Symbols; all if none is named.")] = None) -> None:
    """Print every trade as it comes, until Ctrl-C."""
    from market_cache.reader import MarketReader

    settings = _settings_of_a_command()
    wanted = {symbol.upper() for symbol in symbols or ()}
    reader = MarketReader(settings.market_cache_url, settings.mode)
    reader.catch_up()
    seq = reader.seq
    while True:
        reader.catch_up()
        for symbol in reader.changed_since(seq):
            if not wanted or symbol in wanted:
                _print_trades(symbol, reader.trades_since(symbol, seq, limit=200))
        seq = reader.seq
        time.sleep(0.05)


@app.command()
def bars(
    symbol: str,
    interval: Annotated[str, typer.Option(help="1s, 1Min, 5Min, 15Min or 1Day.")] = "1Min",
    limit: Annotated[int, typer.Option(min=1, help="The newest so many bars.")] = 100_000,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV; without it, too: there is one form.")] = False,
) -> None:
    """Print the bars of a symbol from the cache, oldest first; the last may not be final yet. Times are ISO 8601, UTC."""
    from domain.interval import INTERVALS
    from market_cache.reader import MarketReader

    settings = _settings_of_a_command()
    if interval not in INTERVALS:
        _fail(SettingsError(f"--interval: {interval!r} is none of {', '.join(INTERVALS)}"))
    reader = MarketReader(settings.market_cache_url, settings.mode)
    reader.catch_up()
    if symbol.upper() not in reader.symbols:
        _fail(
            SettingsError(
                f"{symbol.upper()}: is not in the cache; it holds {', '.join(reader.symbols) or 'nothing yet'}"
            )
        )
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["start", "open", "high", "low", "close", "volume", "trade_count", "vwap", "final", "revision"])
    writer.writerows(_bar_rows(reader, symbol.upper(), interval, limit))


def main() -> None:
    """Run the command line; Ctrl-C and a closed pipe end it quietly. Files that are made are for their owner alone."""
    os.umask(0o077)
    try:
        app()
    except TickdeskError as error:
        sys.exit(_told(error))
    except KeyboardInterrupt:
        sys.exit(0)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


def _settings() -> Settings:
    try:
        return load_settings()
    except SettingsError as error:
        _fail(error)
        raise


def _begin(process: str) -> Settings:
    """Settings and log of a process that stays."""
    settings = _settings()
    closed: list[str] = []
    _run_part(lambda: closed.extend(make_private(settings.data_dir, "DATA_DIR")))
    begin_log(process, settings.log_level, settings.logs, run_id(), settings.secrets)
    for what in closed:
        structlog.get_logger().warning(what)
    end_with_parent()
    return settings


def _fail(error: Exception) -> None:
    """End with the error's exit code and its text."""
    raise typer.Exit(_told(error))


def _told(error: Exception) -> int:
    """Say what happened; the exit code that stands for it."""
    print(f"tickdesk: {error}", file=sys.stderr)
    return next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), 1)


def _run_part(part: Callable[[], None], port: tuple[str, int] = ("", 0)) -> None:
    """Run one process of the desk to its end, and turn what it raises into the exit code that says so."""
    try:
        part()
    except tuple(EXIT_CODES) as error:
        _fail(error)
    except ValueError as error:
        _fail(SettingsError(f"SIMULATOR_TAPE: {error}"))
    except OSError as error:
        _fail(SettingsError(f"{port[0]}: {port[1]} cannot be used: {error.strerror or error}"))


def _check_places(settings: Settings) -> None:
    """Refuse early, by name, what the children would stumble over."""
    ports = {"DASHBOARD_PORT": (settings.dashboard_host, settings.dashboard_port)}
    if settings.practice:
        ports["SIMULATOR_PORT"] = "127.0.0.1", settings.simulator_port
    try:
        for name, (host, port) in ports.items():
            _check_port(name, host, port)
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        (settings.data_dir / ".writable").touch()
        (settings.data_dir / ".writable").unlink()
        _check_journal(settings)
        if not settings.local_only:
            from dashboard.server import refuse_without_users

            refuse_without_users(settings)
    except SettingsError as error:
        _fail(error)
    except OSError as error:
        _fail(SettingsError(f"DATA_DIR: {settings.data_dir} cannot be used: {error.strerror}"))


def _check_journal(settings: Settings) -> None:
    """Open the journal once before the children do: it is brought up to date, or refused with its reason."""
    from orders.journal import Journal

    Journal(settings.journal).close()


def _check_port(name: str, host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise SettingsError(f"DASHBOARD_HOST: {host} is no address of this machine") from error
            raise SettingsError(f"{name}: port {port} is in use; stop what uses it or set another") from error


def _forget(settings: Settings) -> None:
    from market_cache.store import wipe

    wipe(settings.market_cache_url)
    for name in ("practice.db", "practice.db-wal", "practice.db-shm"):
        (settings.data_dir / name).unlink(missing_ok=True)


def _run_desk(settings: Settings) -> int:
    """Start everything, say when it is ready, watch until a signal comes or a part ends for good; the exit code."""
    desk = DeskProcesses(PROGRAM)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        for child in _children(settings):
            desk.start(child)
        return _watch(desk, settings)
    except KeyboardInterrupt:
        return 0
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        desk.stop()


def _interrupt(number: int, frame: Any) -> None:
    raise KeyboardInterrupt


def _children(settings: Settings) -> list[Child]:
    market = [Child("simulator")] if settings.practice else []
    return [*market, Child("worker", ("--stay",)), Child("dashboard")]


def _watch(desk: DeskProcesses, settings: Settings) -> int:
    url = _url_of(settings)
    look = _health(settings)
    started_at, told, complained = time.monotonic(), False, False
    while True:
        code = desk.watch()
        if code is not None:
            return code
        if not told and _page_answers(url):
            health = look()
            told = bool(health["ready"])
            if told:
                print(f"ready {url}", flush=True)
                print(f"on {_one_line(health)}", flush=True)
            elif not complained and time.monotonic() - started_at > READY_LIMIT_S:
                complained = True
                print(f"not ready yet: {_one_line(health)}", flush=True)
        time.sleep(0.1)


def _url_of(settings: Settings) -> str:
    """Where this machine reaches the page."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.dashboard_host, settings.dashboard_host)
    return f"http://[{host}]:{settings.dashboard_port}" if ":" in host else f"http://{host}:{settings.dashboard_port}"


def _page_answers(url: str) -> bool:
    from urllib.error import URLError
    from urllib.request import urlopen

    try:
        with urlopen(f"{url}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def _health(settings: Settings) -> Callable[[], dict[str, Any]]:
    """What tells the status of the desk, as often as it is asked."""
    from dashboard.health import desk_health
    from dashboard.order_access import OrderAccess
    from market_cache.reader import MarketReader

    reader = MarketReader(settings.market_cache_url, settings.mode)
    access = OrderAccess(settings, reader)
    return lambda: desk_health(reader, settings.mode, access)


def _one_line(health: dict[str, Any]) -> str:
    world = {"sim": "the practice market (SIM)", "paper": "Alpaca PAPER", "live": "Alpaca LIVE: real money"}
    stream = health["stream"]
    state = f"stream {stream['state']}" + (f", {stream['why']}" if stream["why"] else "")
    return f"{world[health['mode']]}, {len(health['cache']['symbols'])} symbols, {state}"


def _print_trades(symbol: str, trades: list[Any]) -> None:
    from broker.rfc3339 import rfc3339

    for trade in trades:
        print(f"{symbol:<6} ${trade.price:,.2f}  {trade.size:,.0f} shares  {rfc3339(trade.ts_event)}", flush=True)


def _bar_rows(reader: Any, symbol: str, interval: str, limit: int) -> list[list[Any]]:
    from broker.rfc3339 import rfc3339
    from domain.bar import vwap

    closed = list(reader.bars(symbol, interval, limit)[1])
    forming = reader.forming(symbol, interval)
    shown = [*closed, *([forming[1]] if forming else [])][-limit:]
    columns = "open", "high", "low", "close", "volume", "trade_count"
    return [
        [
            rfc3339(int(bar["start"])),
            *(bar[name].item() for name in columns),
            vwap(bar),
            int(bar["final"]),
            int(bar["revision"]),
        ]
        for bar in shown
    ]


def _settings_of_a_command() -> Settings:
    """Settings of a command that prints and ends: what it did goes to the file, and to the console only what went wrong."""
    settings = _settings()
    begin_log("command", settings.log_level, settings.logs, run_id(), settings.secrets, console_level="WARNING")
    return settings


add_order_commands(app, _settings_of_a_command, _fail)
add_recording_commands(app, _settings_of_a_command, _fail)
add_replay_commands(app, _settings_of_a_command, _fail)
add_user_commands(app, _settings_of_a_command, _fail)
add_journal_commands(app, _settings_of_a_command, _fail)

if __name__ == "__main__":
    main()
