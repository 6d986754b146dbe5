"""Streaming as a first lesson teaches it, with alpaca-py alone. Only the two addresses say that it is a practice market.

python lesson_example.py STREAM_URL HISTORY_URL
"""

import sys
from datetime import timedelta

from alpaca.data.historical import StockHistoricalDataClient
from alpaca.data.live import StockDataStream
from alpaca.data.requests import StockBarsRequest, StockLatestTradeRequest
from alpaca.data.timeframe import TimeFrame

STREAM_URL, HISTORY_URL = sys.argv[1:3]
SYMBOLS = "SPY", "TSLA"

stream = StockDataStream("practice", "practice", url_override=STREAM_URL)
history = StockHistoricalDataClient("practice", "practice", url_override=HISTORY_URL)


async def on_trade(trade):
    print(f"{trade.symbol}: ${trade.price:,.2f}, volume {trade.size:,.0f}, at {trade.timestamp}", flush=True)


async def on_quote(quote):
    print(f"{quote.symbol}: bid {quote.bid_price} ask {quote.ask_price}", flush=True)


async def on_bar(bar):
    print(f"bar {bar.symbol}: close {bar.close} volume {bar.volume}", flush=True)


latest = history.get_stock_latest_trade(StockLatestTradeRequest(symbol_or_symbols=list(SYMBOLS)))
now = latest["SPY"].timestamp
bars = history.get_stock_bars(
    StockBarsRequest(symbol_or_symbols=list(SYMBOLS), timeframe=TimeFrame.Minute, start=now - timedelta(hours=1))
)
print(f"history: {len(bars['SPY'])} bars of SPY, frame of {len(bars.df)} rows", flush=True)

stream.subscribe_trades(on_trade, *SYMBOLS)
stream.subscribe_quotes(on_quote, *SYMBOLS)
stream.subscribe_bars(on_bar, *SYMBOLS)
stream.run()
