"""A first bot, with alpaca-py alone: watch one share, buy it once when it is cheaper than a threshold.

python bot_example.py HOST:PORT [THRESHOLD]
"""

import sys
from threading import Thread

from alpaca.data.live import StockDataStream
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import OrderSide, TimeInForce
from alpaca.trading.requests import MarketOrderRequest

ADDRESS, SYMBOL = sys.argv[1], "SPY"
THRESHOLD = float(sys.argv[2]) if len(sys.argv) > 2 else float("inf")

stream = StockDataStream("practice", "practice", url_override=f"ws://{ADDRESS}/v2/iex")
trading = TradingClient("practice", "practice", url_override=f"http://{ADDRESS}")
bought = False


def buy(price):
    order = trading.submit_order(
        MarketOrderRequest(symbol=SYMBOL, qty=1, side=OrderSide.BUY, time_in_force=TimeInForce.DAY)
    )
    print(f"${price} is below ${THRESHOLD}: bought {order.qty} {order.symbol}", flush=True)


async def on_trade(trade):
    global bought
    print(f"trade {trade.symbol} ${trade.price} x {trade.size:g}", flush=True)
    if trade.price < THRESHOLD and not bought:
        bought = True
        # Handlers must be quick: while one waits for an answer, nothing is read from the stream.
        Thread(target=buy, args=(trade.price,)).start()


async def on_quote(quote):
    print(f"quote {quote.symbol} {quote.bid_price} / {quote.ask_price}", flush=True)


async def on_bar(bar):
    print(f"bar {bar.symbol} {bar.timestamp:%H:%M} close {bar.close} volume {bar.volume:g}", flush=True)


stream.subscribe_trades(on_trade, SYMBOL)
stream.subscribe_quotes(on_quote, SYMBOL)
stream.subscribe_bars(on_bar, SYMBOL)
stream.run()
