"""Examples of what Alpaca sends: short facts from its public descriptions of the trading and the market data API.

Null stands for a field that may be null. Names of what is sent, not where it comes from: the tests know the addresses.
"""

from __future__ import annotations

from typing import Any, Final

ORDER: Final[dict[str, Any]] = {
    "id": "7b08df51-c1ac-453c-99f9-323a5f075f0d", "client_order_id": "5680c4bc-9ac1-4a12-a44c-df427ba53032",
    "created_at": "2023-12-12T22:31:24.668464435Z", "updated_at": "2023-12-12T22:31:24.668464435Z",
    "submitted_at": "2023-12-12T22:31:24.577215743Z", "filled_at": None, "expired_at": None, "canceled_at": None,
    "failed_at": None, "replaced_at": None, "replaced_by": None, "replaces": None, "expires_at": "2024-03-11T20:15:00Z",
    "asset_id": "b0b6dd9d-8b9b-48a9-ba46-b9d54906e415", "symbol": "AAPL", "asset_class": "us_equity", "notional": None,
    "qty": "2", "filled_qty": "0", "filled_avg_price": None, "order_class": "", "order_type": "limit", "type": "limit",
    "side": "buy", "position_intent": "buy_to_open", "time_in_force": "gtc", "limit_price": "150", "stop_price": None,
    "trail_percent": None, "trail_price": None, "hwm": None, "status": "accepted", "extended_hours": False, "legs": None,
    "subtag": None, "source": None,
}  # fmt: skip
COIN_ORDER: Final = {name: value for name, value in ORDER.items() if name != "position_intent"}
NOTIONAL_ORDER: Final = {**ORDER, "notional": "50.5", "qty": None, "limit_price": None}
LEG: Final = {**ORDER, "limit_price": None, "order_class": "bracket", "replaces": None}
BRACKET: Final = {**ORDER, "order_class": "bracket", "legs": [LEG]}
ASSET: Final = {
    "id": "b0b6dd9d-8b9b-48a9-ba46-b9d54906e415", "class": "us_equity", "exchange": "NASDAQ", "symbol": "AAPL",
    "name": "Apple Inc. Common Stock", "status": "active", "tradable": True, "marginable": True, "shortable": True,
    "easy_to_borrow": True, "borrow_status": "easy_to_borrow", "fractionable": True, "maintenance_margin_requirement": 30,
    "margin_requirement_long": "30", "margin_requirement_short": "30", "attributes": ["has_options", "fractional_eh_enabled"],
    "cusip": "037833100", "min_order_size": None, "min_trade_increment": None, "price_increment": None,
}  # fmt: skip
ACCOUNT: Final = {
    "id": "e6fe16f3-64a4-4921-8928-cadf02f92f98", "account_number": "PA3ABC123", "status": "ACTIVE", "crypto_status": "ACTIVE",
    "crypto_tier": 0, "currency": "USD", "cash": "100000", "portfolio_value": "100000", "equity": "100000",
    "last_equity": "100000", "buying_power": "400000", "regt_buying_power": "200000", "effective_buying_power": "400000",
    "non_marginable_buying_power": "100000", "options_buying_power": "100000", "options_approved_level": 3,
    "options_trading_level": 3, "multiplier": "4", "shorting_enabled": True, "long_market_value": "0",
    "short_market_value": "0", "position_market_value": "0", "initial_margin": "0", "maintenance_margin": "0",
    "last_maintenance_margin": "0", "sma": "100000", "accrued_fees": "0", "pending_transfer_in": "0",
    "pending_transfer_out": "0", "pending_reg_taf_fees": "0", "intraday_adjustments": "0", "trading_blocked": False,
    "transfers_blocked": False, "account_blocked": False, "trade_suspended_by_user": False,
    "created_at": "2024-01-02T15:04:05.123456Z", "balance_asof": "2026-11-19", "admin_configurations": {},
    "user_configurations": None,
}  # fmt: skip
CONFIGURATIONS: Final = {
    "disable_overnight_trading": False, "fractional_trading": True, "max_margin_multiplier": "4",
    "max_options_trading_level": None, "no_shorting": False, "ptp_no_exception_entry": False, "suspend_trade": False,
    "trade_confirm_email": "all",
}  # fmt: skip
POSITION: Final = {
    "asset_id": "b0b6dd9d-8b9b-48a9-ba46-b9d54906e415", "symbol": "AAPL", "exchange": "NASDAQ", "asset_class": "us_equity",
    "asset_marginable": True, "qty": "5", "qty_available": "4", "avg_entry_price": "100.0", "side": "long",
    "market_value": "600.0", "cost_basis": "500.0", "unrealized_pl": "100.0", "unrealized_plpc": "0.20",
    "unrealized_intraday_pl": "10.0", "unrealized_intraday_plpc": "0.0084", "current_price": "120.0",
    "lastday_price": "119.0", "change_today": "0.0084",
}  # fmt: skip
CLOCK: Final = {
    "timestamp": "2026-11-20T09:30:00.123456789-05:00", "is_open": True, "next_open": "2026-11-23T09:30:00-05:00",
    "next_close": "2026-11-20T16:00:00-05:00",
}  # fmt: skip
CALENDAR: Final = [
    {
        "date": "2026-11-27", "open": "09:30", "close": "13:00", "session_open": "0400", "session_close": "1700",
        "settlement_date": "2026-11-30",
    },
]  # fmt: skip
PORTFOLIO_HISTORY: Final = {
    "timestamp": [1700000000, 1700086400], "equity": [100000.0, 100120.5], "profit_loss": [0.0, 120.5],
    "profit_loss_pct": [0.0, 0.001205], "base_value": 100000.0, "base_value_asof": "2026-10-20", "timeframe": "1D",
    "cashflow": {},
}  # fmt: skip
ACTIVITY: Final = {
    "id": "20220202135509981::2d7be4ff-d1f3-43e9-856a-0f5cf5c5088e", "activity_type": "FILL",
    "transaction_time": "2022-02-02T18:55:09.981482Z", "type": "fill", "price": "174.78", "qty": "2", "side": "buy",
    "symbol": "AAPL", "leaves_qty": "0", "cum_qty": "2", "order_id": "b5abe576-6a8a-49f3-a353-46b72c1ccae9",
    "order_status": "filled",
}  # fmt: skip
CONTRACT: Final = {
    "id": "98359ef7-5124-49f3-85ea-5cf02df6defa", "symbol": "AAPL250620C00100000", "name": "AAPL Jun 20 2025 100 Call",
    "status": "active", "tradable": True, "expiration_date": "2025-06-20", "root_symbol": "AAPL", "underlying_symbol": "AAPL",
    "underlying_asset_id": "b0b6dd9d-8b9b-48a9-ba46-b9d54906e415", "type": "call", "style": "american", "strike_price": "100",
    "multiplier": "100", "size": "100", "open_interest": "237", "open_interest_date": "2023-12-11", "close_price": "148.38",
    "close_price_date": "2023-12-11",
}  # fmt: skip
TRADE_UPDATE: Final = {
    "event": "new",
    "execution_id": ORDER["id"],
    "timestamp": "2022-04-19T14:12:30.656741Z",
    "order": ORDER,
}
FILL_UPDATE: Final = {
    **TRADE_UPDATE, "event": "fill", "price": "105.8988475", "qty": "1790", "position_qty": "0",
    "order": {**ORDER, "filled_at": "2022-04-19T14:12:30.656741Z", "filled_avg_price": "105.8988475", "limit_price": None},
}  # fmt: skip

BAR: Final = {
    "t": "2022-01-03T09:00:00Z",
    "o": 178.26,
    "h": 178.34,
    "l": 177.76,
    "c": 178.08,
    "v": 60937,
    "n": 1727,
    "vw": 177.954244,
}
COIN_BAR: Final = {**BAR, "v": 0.01}
TRADE: Final = {
    "t": "2022-01-03T09:00:00.086175744Z",
    "x": "P",
    "p": 178.26,
    "s": 246,
    "c": ["@", "T"],
    "i": 1,
    "z": "C",
}
QUOTE: Final = {
    "t": "2021-02-06T13:35:08.946977536Z", "ax": "C", "ap": 387.7, "as": 100, "bx": "N", "bp": 387.67, "bs": 100, "c": ["R"],
    "z": "C",
}  # fmt: skip
COIN_TRADE: Final = {"t": "2022-05-18T12:00:05.225055Z", "p": 29798.0, "s": 0.1209, "tks": "S", "i": 31455277}
COIN_QUOTE: Final = {"t": "2022-05-26T11:47:18.44347136Z", "bp": 29058.0, "bs": 0.3544, "ap": 29059.0, "as": 3.252}
BOOK: Final = {
    "t": "2022-06-24T08:00:14.137774336Z",
    "b": [{"p": 20846.0, "s": 0.1902}],
    "a": [{"p": 20902.0, "s": 0.0097}],
}
OPTION_TRADE: Final = {"t": "2024-01-18T15:03:44.56339456Z", "x": "B", "p": 0.37, "s": 1, "c": "I"}
OPTION_QUOTE: Final = {
    "t": "2024-02-28T15:30:28.046330624Z", "ax": "w", "ap": 0.16, "as": 669, "bx": "W", "bp": 0.15, "bs": 164, "c": "A",
}  # fmt: skip
GREEKS: Final = {"delta": 0.7, "gamma": 0.01, "rho": 0.1, "theta": -0.2, "vega": 0.3}
NEWS: Final = {
    "id": 24843171, "headline": "One", "author": "Somebody", "created_at": "2021-12-31T11:08:42Z",
    "updated_at": "2021-12-31T11:08:43Z", "summary": "Two", "content": "", "url": None, "images": [], "symbols": ["AAPL"],
    "source": "benzinga",
}  # fmt: skip


def snapshot(trade: dict[str, Any], quote: dict[str, Any], bar: dict[str, Any]) -> dict[str, Any]:
    """What is last known of a symbol."""
    return {"latestTrade": trade, "latestQuote": quote, "minuteBar": bar, "dailyBar": bar, "prevDailyBar": bar}


def streamed(letter: str, example: dict[str, Any], *, symbol: str = "AAPL") -> dict[str, Any]:
    """The same as a message of a stream."""
    return {"T": letter, "S": symbol, **example}


STOCK_MESSAGES: Final = {
    "t": streamed("t", TRADE), "q": streamed("q", QUOTE), "b": streamed("b", BAR), "u": streamed("u", BAR),
    "d": streamed("d", BAR),
    "c": {
        "T": "c", "S": "EEM", "x": "M", "oi": 52983525033527, "op": 39.1582, "os": 440000, "oc": [" "], "ci": 52983525034326,
        "cp": 39.1809, "cs": 440000, "cc": [" "], "z": "B", "t": "2023-04-06T14:25:06.542305024Z",
    },
    "x": {
        "T": "x", "S": "GOOGL", "i": 465, "x": "D", "p": 105.31, "s": 300, "a": "C", "z": "C",
        "t": "2023-04-06T13:15:42.83540958Z",
    },
    "l": {"T": "l", "S": "IONM", "u": 3.24, "d": 2.65, "i": "B", "t": "2023-04-06T13:34:45.565004401Z", "z": "C"},
    "s": {
        "T": "s", "S": "AAPL", "sc": "H", "sm": "Trading Halt", "rc": "T12", "rm": "Trading Halted",
        "t": "2021-02-22T19:15:00Z", "z": "C",
    },
    "i": {"T": "i", "S": "AAPL", "p": 126.55, "z": "C", "t": "2021-02-22T19:15:00Z"},
}  # fmt: skip
COIN_MESSAGES: Final = {
    "t": streamed("t", COIN_TRADE), "q": streamed("q", COIN_QUOTE), "b": streamed("b", COIN_BAR), "d": streamed("d", COIN_BAR),
    "o": streamed("o", BOOK),
}  # fmt: skip
NEWS_MESSAGE: Final = {"T": "n", **{name: value for name, value in NEWS.items() if name != "images"}}
STOCK_ACKNOWLEDGEMENT: Final = {
    "T": "subscription", "trades": ["AAPL"], "quotes": ["AMD"], "bars": ["*"], "updatedBars": [], "dailyBars": [],
    "statuses": [], "lulds": [], "corrections": ["AAPL"], "cancelErrors": ["AAPL"],
}  # fmt: skip
COIN_ACKNOWLEDGEMENT: Final = {
    "T": "subscription", "trades": [], "quotes": [], "orderbooks": [], "bars": [], "updatedBars": [], "dailyBars": [],
}  # fmt: skip
