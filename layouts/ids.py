"""The ids of the page: a contract with scripts, checks and style sheets. A name here is never changed."""

from __future__ import annotations

from typing import Final

MODE_LABEL: Final = "mode-label"
SYMBOL_SEARCH: Final = "symbol-search"
SYMBOL_MATCHES: Final = "symbol-matches"
MARKET_CLOCK: Final = "market-clock"
CONNECTION_LAMP: Final = "connection-lamp"
"""Its attribute `data-state` is the state of the stream."""
STREAMS: Final = "streams"
"""The list of all streams, under the lamp. A row's attribute `data-feed` names its stream, `data-state` its state."""
DATA_AGE: Final = "data-age"
"""Its attribute `data-age-ms` is the age of the last message of the stream."""

EQUITY: Final = "equity"
DAY_PNL: Final = "day-pnl"
USER: Final = "user"
"""Who is logged in; hidden on a desk without users."""
LOG_OUT: Final = "log-out"
LOOK_OPEN: Final = "look-open"
LOOK_MENU: Final = "look-menu"
"""The theme and the palette; what is chosen stands on the page's root as `data-theme` and `data-palette`."""
MENU_LOG_OUT: Final = "menu-log-out"
KILL_SWITCH: Final = "kill-switch"
"""Its attribute `aria-pressed` says whether the switch is on."""

BANNER: Final = "banner"
WATCHLIST: Final = "watchlist"
TIMEFRAME: Final = "timeframe"
INDICATORS: Final = "indicators"
INDICATOR_MENU: Final = "indicator-menu"
CHART: Final = "chart"
QUOTE_BID: Final = "quote-bid"
"""The text of QUOTE_BID, QUOTE_ASK and QUOTE_SPREAD is a plain number."""
QUOTE_ASK: Final = "quote-ask"
QUOTE_SPREAD: Final = "quote-spread"
SPREAD_CHART: Final = "spread-chart"
LADDER: Final = "ladder"
TAPE: Final = "tape"
NEWS: Final = "news"

ONE_CLICK_ARM: Final = "one-click-arm"
ONE_CLICK_BUY: Final = "one-click-buy"
ONE_CLICK_SELL: Final = "one-click-sell"
TICKET_SYMBOL: Final = "ticket-symbol"
TICKET_SIDE: Final = "ticket-side"
"""Its attribute `data-value`, and the values of TICKET_TYPE and TICKET_TIF, are Alpaca's words."""
TICKET_QTY: Final = "ticket-qty"
TICKET_TYPE: Final = "ticket-type"
TICKET_LIMIT_PRICE: Final = "ticket-limit-price"
TICKET_STOP_PRICE: Final = "ticket-stop-price"
"""The stop price; how far a trailing stop stays behind, in USD or (with a % sign) in percent."""
TICKET_TIF: Final = "ticket-tif"
TICKET_EXTENDED: Final = "ticket-extended-hours"
TICKET_BRACKET: Final = "ticket-bracket"
"""Its attribute `aria-checked` says whether the order comes with exits."""
TICKET_TAKE_PROFIT: Final = "ticket-take-profit"
TICKET_STOP_LOSS: Final = "ticket-stop-loss"
TICKET_SUBMIT: Final = "ticket-submit"
TICKET_MESSAGE: Final = "ticket-message"
POSITIONS: Final = "positions"
BLOTTER: Final = "blotter"
"""A row's attribute `data-state` is the state of its order."""
CANCEL_ALL: Final = "cancel-all"
FLATTEN_ALL: Final = "flatten-all"
PHONE_CANCEL: Final = "phone-cancel-all"
PHONE_FLATTEN: Final = "phone-flatten-all"
FLATTEN_DIALOG: Final = "flatten-dialog"
KILL_DIALOG: Final = "kill-dialog"
EDIT_DIALOG: Final = "edit-dialog"
EDIT_QTY: Final = "edit-qty"
EDIT_LIMIT_PRICE: Final = "edit-limit-price"
EDIT_STOP_PRICE: Final = "edit-stop-price"
BREAKER_RESET: Final = "breaker-reset"
BREAKER_DIALOG: Final = "breaker-dialog"
HEALTH_TABLE: Final = "health-table"
"""The latency of each hop; its rows have the attribute `data-row`."""
HEALTH_STREAMS: Final = "health-streams"
HEALTH_GAPS: Final = "health-gaps"
HEALTH_LEFT_OUT: Final = "health-left-out"
HEALTH_GATES: Final = "health-gates"
HEALTH_LIMITS: Final = "health-limits"
"""How much of each limit is used; its rows have the attribute `data-key`."""
HEALTH_BREAKER: Final = "health-breaker"
HEALTH_BREAKER_RESET: Final = "health-breaker-reset"
TOAST_AREA: Final = "toast-area"

ACTIONS: Final = ("ticket", "one-click", "blotter", "positions", "kill-switch", "breaker", "symbol-search", "watchlist")
"""What a page may have the desk do. Each has a Store that asks and one that answers."""

TICKET_ASK: Final = "ticket-ask"
TICKET_ANSWER: Final = "ticket-answer"
ONE_CLICK_ASK: Final = "one-click-ask"
ONE_CLICK_ANSWER: Final = "one-click-answer"
BLOTTER_ASK: Final = "blotter-ask"
BLOTTER_ANSWER: Final = "blotter-answer"
POSITIONS_ASK: Final = "positions-ask"
POSITIONS_ANSWER: Final = "positions-answer"
KILL_SWITCH_ASK: Final = "kill-switch-ask"
KILL_SWITCH_ANSWER: Final = "kill-switch-answer"
BREAKER_ASK: Final = "breaker-ask"
BREAKER_ANSWER: Final = "breaker-answer"
SYMBOL_SEARCH_ASK: Final = "symbol-search-ask"
SYMBOL_SEARCH_ANSWER: Final = "symbol-search-answer"
WATCHLIST_ASK: Final = "watchlist-ask"
WATCHLIST_ANSWER: Final = "watchlist-answer"

PULSE: Final = "pulse"
VIEW: Final = "view"
ASK: Final = "ask"
DELTA: Final = "delta"


def watch_row(symbol: str) -> str:
    """The `data-testid` of a symbol's row in the watchlist (the page's script makes the rows)."""
    return f"watch-{symbol}"


def remove_button(symbol: str) -> str:
    """The `data-testid` of the button that takes a symbol off the watchlist."""
    return f"remove-{symbol}"


def timeframe_button(interval: str) -> str:
    """The `data-testid` of an interval's button."""
    return f"timeframe-{interval}"


def add_indicator(word: str) -> str:
    """The `data-testid` of the button that adds an indicator."""
    return f"add-{word}"


def ask_of(action: str) -> str:
    """The id of the Store that asks for an action."""
    return f"{action}-ask"


def answer_of(action: str) -> str:
    """The id of the Store with the answer to an action."""
    return f"{action}-answer"
