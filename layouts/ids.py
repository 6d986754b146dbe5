"""The ids of the page: a contract with scripts, checks and style sheets. A name here is never changed."""

from __future__ import annotations

from typing import Final

MODE_LABEL: Final = "mode-label"
SYMBOL_SEARCH: Final = "symbol-search"
SYMBOL_MATCHES: Final = "symbol-matches"
MARKET_CLOCK: Final = "market-clock"
CONNECTION_LAMP: Final = "connection-lamp"
"""Its attribute `data-state` is the state of the stream."""
DATA_AGE: Final = "data-age"
"""Its attribute `data-age-ms` is the age of the last message of the stream."""

BANNER: Final = "banner"
WATCHLIST: Final = "watchlist"
TIMEFRAME: Final = "timeframe"
CHART: Final = "chart"
QUOTE_BID: Final = "quote-bid"
"""The text of QUOTE_BID, QUOTE_ASK and QUOTE_SPREAD is a plain number."""
QUOTE_ASK: Final = "quote-ask"
QUOTE_SPREAD: Final = "quote-spread"
SPREAD_CHART: Final = "spread-chart"
TAPE: Final = "tape"

PULSE: Final = "pulse"
VIEW: Final = "view"
ASK: Final = "ask"
DELTA: Final = "delta"


def watch_row(symbol: str) -> str:
    """The `data-testid` of a symbol's row in the watchlist (the page's script makes the rows)."""
    return f"watch-{symbol}"


def timeframe_button(interval: str) -> str:
    """The `data-testid` of an interval's button."""
    return f"timeframe-{interval}"
