"""The fields of every message of the data streams, with Alpaca's one-letter keys.

Sources: "Real-time Stock Pricing Data", "Real-time Crypto Pricing Data", "Real-time Option Data", "Streaming Real-time
News". Sizes of stocks are in shares. `when` writes a time the way the codec wants it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from domain.news import NewsItem
from simulator.bar import Bar, DailyBar, UpdatedBar
from simulator.notice import DepthChange, OrderImbalance, PriceBand, TradeCancel, TradeCorrection, TradingStatus
from simulator.quote import CryptoQuote, OptionQuote, Quote
from simulator.trade import CryptoTrade, OptionTrade, Trade

Fields = dict[str, Any]
When = Callable[[int], Any]


def trade_fields(trade: Trade) -> Fields:
    """A stock's trade without symbol and time."""
    return {
        "i": trade.trade_id,
        "x": trade.exchange,
        "p": trade.price,
        "s": trade.size,
        "c": trade.conditions,
        "z": trade.tape,
    }


def crypto_trade_fields(trade: CryptoTrade) -> Fields:
    """A coin's trade without symbol and time."""
    return {"p": trade.price, "s": trade.size, "i": trade.trade_id, "tks": trade.taker_side}


def option_trade_fields(trade: Trade) -> Fields:
    """A contract's trade without symbol and time: one condition, and no id."""
    return {"p": trade.price, "s": trade.size, "x": trade.exchange, "c": "S"}


def quote_fields(quote: Quote) -> Fields:
    """A stock's quote without symbol and time."""
    return {
        "bx": quote.exchange,
        "bp": quote.bid_price,
        "bs": quote.bid_size,
        "ax": quote.ask_exchange or quote.exchange,
        "ap": quote.ask_price,
        "as": quote.ask_size,
        "c": quote.conditions,
        "z": quote.tape,
    }


def crypto_quote_fields(quote: Quote) -> Fields:
    """A coin's quote without symbol and time."""
    return {"bp": quote.bid_price, "bs": quote.bid_size, "ap": quote.ask_price, "as": quote.ask_size}


def option_quote_fields(quote: Quote) -> Fields:
    """A contract's quote without symbol and time: one condition."""
    return {
        "bx": quote.exchange,
        "bp": quote.bid_price,
        "bs": quote.bid_size,
        "ax": quote.ask_exchange or quote.exchange,
        "ap": quote.ask_price,
        "as": quote.ask_size,
        "c": "A",
    }


def bar_fields(bar: Bar) -> Fields:
    """A bar without symbol and time."""
    return {
        "o": bar.open,
        "h": bar.high,
        "l": bar.low,
        "c": bar.close,
        "v": bar.volume,
        "n": bar.trade_count,
        "vw": bar.vwap,
    }


def status_fields(status: TradingStatus) -> Fields:
    """A halt or a resumption."""
    return {
        "sc": status.code,
        "sm": status.message,
        "rc": status.reason_code,
        "rm": status.reason,
        "z": status.tape,
    }


def band_fields(band: PriceBand) -> Fields:
    """Limit up, limit down."""
    return {"u": band.up, "d": band.down, "i": band.indicator, "z": band.tape}


def imbalance_fields(imbalance: OrderImbalance) -> Fields:
    """An imbalance has no more than a price."""
    return {"p": imbalance.price, "z": imbalance.tape}


def correction_fields(correction: TradeCorrection) -> Fields:
    """The original print and the one that stands for it."""
    original, corrected = correction.original, correction.corrected
    return {
        "x": original.exchange,
        "oi": original.trade_id,
        "op": original.price,
        "os": original.size,
        "oc": original.conditions,
        "ci": corrected.trade_id,
        "cp": corrected.price,
        "cs": corrected.size,
        "cc": corrected.conditions,
        "z": original.tape,
    }


def cancel_fields(cancel: TradeCancel) -> Fields:
    """The print that did not happen."""
    trade = cancel.trade
    return {
        "i": trade.trade_id,
        "x": trade.exchange,
        "p": trade.price,
        "s": trade.size,
        "a": cancel.action,
        "z": trade.tape,
    }


def depth_fields(change: DepthChange) -> Fields:
    """Levels of a book; `r` is there only when they are all of them."""
    levels = {"b": _levels(change.bids), "a": _levels(change.asks)}
    return {**levels, "r": True} if change.full else levels


def _levels(levels: tuple[tuple[float, float], ...]) -> list[Fields]:
    return [{"p": price, "s": size} for price, size in levels]


def news_fields(item: NewsItem, when: When) -> Fields:
    """An article, which has no symbol of its own; its content is not longer than its summary."""
    return {
        "id": item.id,
        "headline": item.headline,
        "summary": item.summary,
        "author": item.author,
        "created_at": when(item.created_at),
        "updated_at": when(item.updated_at),
        "url": item.url or None,
        "content": item.summary,
        "symbols": list(item.symbols),
        "source": item.source,
    }


FIELDS_OF: dict[type, Callable[[Any], Fields]] = {
    Trade: trade_fields,
    CryptoTrade: crypto_trade_fields,
    OptionTrade: option_trade_fields,
    Quote: quote_fields,
    CryptoQuote: crypto_quote_fields,
    OptionQuote: option_quote_fields,
    Bar: bar_fields,
    UpdatedBar: bar_fields,
    DailyBar: bar_fields,
    TradingStatus: status_fields,
    PriceBand: band_fields,
    TradeCorrection: correction_fields,
    TradeCancel: cancel_fields,
    DepthChange: depth_fields,
    OrderImbalance: imbalance_fields,
}
"""The fields of a message about one symbol, without symbol and time."""

LETTER_OF: dict[type, str] = {
    Trade: "t", CryptoTrade: "t", OptionTrade: "t", Quote: "q", CryptoQuote: "q", OptionQuote: "q", Bar: "b",
    UpdatedBar: "u", DailyBar: "d", TradingStatus: "s", PriceBand: "l", TradeCorrection: "c", TradeCancel: "x",
    DepthChange: "o", OrderImbalance: "i", NewsItem: "n",
}  # fmt: skip
