"""The delta: what changed in the market and in the account since what a page holds. One question, one answer, one output.

A page is never answered backwards: a process that is behind the page's cursor catches up first, and where it still is
behind it answers the status alone, under the page's own cursor.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output

from callbacks.ask import Ask, Cursor, Marks, parse_ask
from callbacks.connection import age_ms, connection_part, stream_rows
from callbacks.health import health_part
from callbacks.indicators import IndicatorDesk
from callbacks.ladder import depth_part
from callbacks.news import news_part
from callbacks.packed import packed
from callbacks.trading import TradingDesk
from callbacks.window import bar_row, build_window, ms, price, print_rows, size, spread_row, window_bars
from domain.status import DeskStatus
from layouts import ids
from market_cache.reader import MarketReader
from orders.access import HasAccess

MOST_CLOSED = 60
"""More closed bars than this in one delta are sent as a window."""


def register(app: Dash, access: HasAccess, mode: str) -> None:
    """Pulse and view -> ask (in the browser) -> delta (here) -> the screen (in the browser)."""
    in_browser: Callable[..., None] = app.clientside_callback
    trading, indicators = TradingDesk(access), IndicatorDesk()
    pulse, view = Input(ids.PULSE, "n_intervals"), Input(ids.VIEW, "data")
    in_browser(ClientsideFunction("gate", "ask"), Output(ids.ASK, "data"), pulse, view)
    in_browser(ClientsideFunction("delta", "apply"), Input(ids.DELTA, "data"))

    @app.callback(Output(ids.DELTA, "data"), Input(ids.ASK, "data"), prevent_initial_call=True)
    def answer(data: Any) -> dict[str, Any]:
        delta = build_delta(access.reader, data, mode, trading, indicators)
        return packed(delta, data, access.reader.symbols)


def build_delta(
    reader: MarketReader, data: object, mode: str, trading: TradingDesk, indicators: IndicatorDesk
) -> dict[str, Any]:
    """The answer to whatever a client posted: what changed since its cursor, or a window where that cannot be told."""
    began, ask = time.perf_counter(), parse_ask(data)
    reader.catch_up(force=is_behind(reader, ask.cursor))
    # Read first: what another thread takes in from here on comes again with the next delta, but is not lost.
    now = cursor_now(reader, ask)
    status = reader.status()
    envelope = {
        "n": ask.n,
        "status": status_part(status, mode),
        "trade": trading.part(status, ask.held),
        "connection": connection_part(status, now.symbol, ask.marks.connection),
    }
    if ask.page == "health":
        health = health_part(reader, status, trading.journal_answers()) | trading.limits(status, now.symbol)
        return {**envelope, **nothing_moved(ask), "health": health, "build_ms": elapsed_ms(began)}
    if ask.cursor and ask.cursor.epoch == now.epoch and ask.cursor.seq > now.seq:
        return {**envelope, **nothing_moved(ask)}
    closed = closed_since(reader, ask.cursor, now)
    market = content(reader, now, ask, closed) | indicators.part(reader, now, ask, closed)
    return {**envelope, "cursor": cursor_part(now), **market, **extras(reader, now, ask)}


def cursor_now(reader: MarketReader, ask: Ask) -> Cursor:
    """What a page holds that applies this answer: the newest bars, too, where there is nothing older to see."""
    now = Cursor(reader.epoch, reader.seq, known_symbol(reader, ask.symbol), ask.interval)
    if ask.until is None or not now.symbol:
        return now
    _, older = reader.bars(now.symbol, now.interval, 1, ask.until + 1)
    _, newer = reader.bars(now.symbol, now.interval, 1)
    past = len(older) and int(older["start"][0]) < int(newer["start"][0])
    return replace(now, until=ask.until) if past else now


def nothing_moved(ask: Ask) -> dict[str, Any]:
    """The page's own cursor, back to it."""
    return {"cursor": cursor_part(ask.cursor) if ask.cursor else None, "window": None}


def elapsed_ms(began: float) -> float:
    """Milliseconds since a reading of the performance counter."""
    return round((time.perf_counter() - began) * 1000, 2)


def extras(reader: MarketReader, now: Cursor, ask: Ask) -> dict[str, Any]:
    """News and depth, where they changed since what the page holds; what was held of another epoch does not count."""
    held = ask.marks if ask.cursor and ask.cursor.epoch == now.epoch else Marks()
    same = ask.cursor is not None and ask.cursor.symbol == now.symbol
    found = {"news": news_part(reader, held.news), "depth": depth_part(reader, now.symbol, held.depth if same else -1)}
    return {name: part for name, part in found.items() if part is not None}


def is_behind(reader: MarketReader, cursor: Cursor | None) -> bool:
    """Whether the page has seen more, or another epoch, than this process."""
    return cursor is not None and (cursor.epoch != reader.epoch or cursor.seq > reader.seq)


def known_symbol(reader: MarketReader, symbol: str | None) -> str:
    """The symbol asked for, or the desk's first, or the empty text while there is none."""
    symbols = reader.symbols
    return symbol if symbol and symbol in symbols else next(iter(symbols), "")


def closed_since(reader: MarketReader, held: Cursor | None, now: Cursor) -> list[list[float]] | None:
    """Rows of the bars closed or amended since the page's cursor; None where the page needs a window."""
    if held is None or held.window != now.window:
        return None
    closed = reader.closed_since(now.symbol, now.interval, held.seq) if now.symbol else None
    if closed is None or len(closed) > MOST_CLOSED:
        return None
    return [bar_row(ordinal, bar) for ordinal, bar in closed if now.until is None or ordinal <= now.until]


def content(reader: MarketReader, now: Cursor, ask: Ask, closed: list[list[float]] | None) -> dict[str, Any]:
    """The market's part of the answer: a window and all rows, or what changed. Who only pans gets other bars and no more."""
    panned = ask.cursor is not None and replace(ask.cursor, until=now.until).window == now.window
    since = ask.cursor.seq if panned and ask.cursor else 0
    fresh = closed is None and not panned
    symbols = reader.symbols if fresh else reader.changed_since(since)
    return {
        "window": window_part(reader, now, fresh) if closed is None else None,
        "bars": closed or [],
        "tape": [] if fresh else print_rows(reader, now.symbol, since, now.seq),
        "spreads": [] if fresh else [spread_row(*item) for item in reader.spreads_since(now.symbol, since)],
        "watch": [watch_row(reader, symbol) for symbol in symbols],
        **quote_part(reader, now),
    }


def window_part(reader: MarketReader, now: Cursor, fresh: bool) -> dict[str, Any]:
    """Everything that a page shows of a symbol, or the bars alone."""
    bars = window_bars(reader, now.symbol, now.interval, now.until)
    return {"bars": bars, **(build_window(reader, now.symbol, now.seq) if fresh else {})}


def quote_part(reader: MarketReader, now: Cursor) -> dict[str, Any]:
    """The forming bar, the quote and the last price of the symbol that the page looks at; null where there is none."""
    forming = reader.forming(now.symbol, now.interval) if now.symbol else None
    latest = reader.latest(now.symbol) if now.symbol else None
    if latest is None:
        return {"forming": bar_row(*forming) if forming else None, "quote": None, "last": None}
    bid, ask = price(latest["bid_price"]), price(latest["ask_price"])
    sizes = size(latest["bid_size"]), size(latest["ask_size"])
    return {
        "forming": bar_row(*forming) if forming else None,
        "quote": [bid, sizes[0], ask, sizes[1], age_ms(reader.age_s(now.symbol))],
        "last": [price(latest["price"]), price(latest["previous_close"])],
    }


def watch_row(reader: MarketReader, symbol: str) -> list[Any]:
    """[symbol, last, previous close, spread, age in ms]; 0 is no price, null no age and no spread."""
    latest = reader.latest(symbol)
    if latest is None:
        return [symbol, 0, 0, None, None]
    bid, ask = float(latest["bid_price"]), float(latest["ask_price"])
    spread = price(ask - bid) if bid > 0 and ask > 0 else None
    return [symbol, price(latest["price"]), price(latest["previous_close"]), spread, age_ms(reader.age_s(symbol))]


def status_part(status: DeskStatus, mode: str) -> dict[str, Any]:
    """What the lamp, the banner and the clock need. Times in milliseconds."""
    market = status.market
    clock = {
        "now_ms": ms(market.now),
        "rate": market.rate,
        "is_open": market.is_open,
        "next_open_ms": ms(market.next_open),
        "next_close_ms": ms(market.next_close),
    }
    stream = status.stream
    age = age_ms(stream.last_msg_age_s)
    lamp = {"state": stream.state.value, "why": stream.why, "age_ms": age, "backfilled": status.backfilled}
    return {**lamp, "mode": mode, "market": clock, "streams": stream_rows(status)}


def cursor_part(cursor: Cursor) -> dict[str, Any]:
    """The cursor as the page keeps it: the epoch is text, because a browser would round it."""
    past = {} if cursor.until is None else {"until": cursor.until}
    part = {"epoch": str(cursor.epoch), "seq": cursor.seq, "symbol": cursor.symbol, "interval": cursor.interval}
    return part | past
