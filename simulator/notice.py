"""Notices: what the market says of a symbol besides its trades and quotes."""

from __future__ import annotations

import msgspec

from simulator.trade import Trade


class TradingStatus(msgspec.Struct, frozen=True, gc=False):
    """A halt or a resumption. Codes are those of the tape: 2 and 3 on A and B, H and T on C."""

    symbol: str
    ts_event: int
    code: str
    message: str
    reason_code: str
    reason: str
    tape: str


class PriceBand(msgspec.Struct, frozen=True, gc=False):
    """Limit up, limit down: the prices in USD between which a share may trade."""

    symbol: str
    ts_event: int
    up: float
    down: float
    indicator: str
    tape: str


class TradeCorrection(msgspec.Struct, frozen=True, gc=False):
    """One print stands for another from now on."""

    symbol: str
    ts_event: int
    original: Trade
    corrected: Trade


class TradeCancel(msgspec.Struct, frozen=True, gc=False):
    """A print that did not happen; `action` is C for a cancel, E for an error."""

    symbol: str
    ts_event: int
    trade: Trade
    action: str


class DepthChange(msgspec.Struct, frozen=True, gc=False):
    """Levels of a book as (price in USD, size): all of them when `full`, else those that changed, 0 = none left."""

    symbol: str
    ts_event: int
    bids: tuple[tuple[float, float], ...]
    asks: tuple[tuple[float, float], ...]
    full: bool


class OrderImbalance(msgspec.Struct, frozen=True, gc=False):
    """Buyers and sellers of a halted share do not meet; `price` is the last one, in USD."""

    symbol: str
    ts_event: int
    price: float
    tape: str


Notice = TradingStatus | PriceBand | TradeCorrection | TradeCancel | DepthChange | OrderImbalance
