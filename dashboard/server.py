"""The server: gunicorn with threads, each process with a reader of its own."""

from __future__ import annotations

import errno
import logging
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from dash import Dash
from flask import Flask
from gunicorn.app.base import BaseApplication

from dashboard.app import create_app
from dashboard.guard import Guard, local_hosts
from dashboard.http_server import CarefulWorker, OurLog
from dashboard.order_access import OrderAccess
from dashboard.proxy import TrustedProxy
from dashboard.secret import secret_key
from dashboard.users import Users
from domain.errors import SettingsError
from market_cache.reader import MarketReader
from orders.journal import Journal
from settings import Settings

log = logging.getLogger("tickdesk.dashboard")

THREADS: Final = 12
"""Eight of them may wait for the broker with an order (`orders.turns`); the others answer pages, and cancel."""

STOP_WITHIN_S: Final = 1
"""Seconds a request may take to end after SIGTERM; the whole process is gone within 3."""

EVERY_ADDRESS: Final = frozenset({"0.0.0.0", "::"})

FOLLOW_EVERY_S: Final = 1.0

PORT_PATIENCE_S: Final = 2.5
"""When gunicorn's first process is killed, its others keep the port until they notice: 1.3 s were seen (gunicorn 27)."""


class DashboardServer(BaseApplication):  # type: ignore[misc]  # gunicorn carries no types
    """gunicorn on a socket that already listens; `load` runs in each process after the fork."""

    def __init__(self, settings: Settings, listener: socket.socket, ready: Callable[[int], None] | None) -> None:
        self.settings = settings
        self.listener, self.port = listener, listener.getsockname()[1]
        self.ready = ready
        super().__init__()

    def load_config(self) -> None:
        """Threads, because a callback waits for nothing; quiet, because a page asks twice a second."""
        options: dict[str, Any] = {
            "bind": [f"fd://{self.listener.fileno()}"],
            "worker_class": CarefulWorker,
            "logger_class": OurLog,
            "workers": self.settings.dashboard_processes,
            "threads": THREADS,
            "timeout": 30,
            "graceful_timeout": STOP_WITHIN_S,
            "keepalive": 30,
            "loglevel": "warning",
            "accesslog": None,
            "proc_name": "tickdesk-dashboard",
            "control_socket_disable": True,
            "forwarded_allow_ips": "",  # gunicorn believes 127.0.0.1 by itself; TRUSTED_PROXY says whom we believe
            "when_ready": self.when_ready,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def when_ready(self, arbiter: Any) -> None:
        """Called by the arbiter once it listens."""
        if self.ready:
            self.ready(self.port)

    def load(self) -> Flask:
        """The app with a reader opened after the fork, warm before its first request."""
        reader = MarketReader(self.settings.market_cache_url, self.settings.mode)
        threading.Thread(target=follow, args=(reader,), name="follow", daemon=True).start()
        app = create_app(self.settings, OrderAccess(self.settings, reader), guard_of(self.settings, self.port))
        server = warm_up(app, self.port)
        server.wsgi_app = TrustedProxy(server.wsgi_app, self.settings.trusted_proxy)  # type: ignore[method-assign]
        return server


def guard_of(settings: Settings, port: int) -> Guard:
    """The guard of the page on this port."""
    key = secret_key(settings.secret_key.get_secret_value(), settings.data_dir)
    host = settings.dashboard_host
    everywhere = host in EVERY_ADDRESS
    own = () if everywhere else (f"[{host}]:{port}" if ":" in host else f"{host}:{port}",)
    return Guard(key, local_hosts(port, own + settings.allowed_hosts), port, everywhere, settings.local_only)


def refuse_without_users(settings: Settings) -> None:
    """SettingsError where DASHBOARD_HOST lets others in and nobody has to log in."""
    if settings.local_only or Users(Journal(settings.journal)).exist():
        return
    raise SettingsError(
        f"DASHBOARD_HOST: {settings.dashboard_host} can be reached from other machines, so there must be users first: "
        "tickdesk.py user add NAME --role instructor --password-stdin"
    )


def follow(reader: MarketReader) -> None:
    """Keep the reader near the head for ever, though no page asks: a spread that nobody read in time is lost to the chart."""
    while True:
        try:
            reader.catch_up()
        except Exception:
            log.exception("The market cache could not be read; trying again.")
        time.sleep(FOLLOW_EVERY_S)


def warm_up(app: Dash, port: int) -> Flask:
    """Early concurrent requests would find Dash without its callbacks (dash 4.4.1); one request before them sets it up."""
    client = app.server.test_client()
    for path in ("/", "/_dash-dependencies", "/_dash-layout"):
        client.get(path, base_url=f"http://127.0.0.1:{port}")
    server: Flask = app.server
    return server


def listen(host: str, port: int, patience_s: float = 0) -> socket.socket:
    """A socket that listens. OSError where the address is not ours, or the port is still taken after `patience_s`."""
    end = time.monotonic() + patience_s
    while True:
        try:
            return listen_now(host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() >= end:
                raise
        time.sleep(0.1)


def listen_now(host: str, port: int) -> socket.socket:
    """A socket that listens, or OSError."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def serve(settings: Settings, ready: Callable[[int], None] | None = None) -> None:
    """Run until SIGTERM or SIGINT, then exit with 0 within 3 s. OSError before anything is started where the port is taken,
    SettingsError where others could reach a desk that has no users.

    `ready(port)` is called once the server listens; a page is answered from then on.
    """
    refuse_without_users(settings)
    listener = listen(settings.dashboard_host, settings.dashboard_port, PORT_PATIENCE_S)
    DashboardServer(settings, listener, ready).run()
