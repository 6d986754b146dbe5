"""The practice market as an ASGI application: websockets and REST on one port."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware import Middleware

from simulator.accounts import Accounts
from simulator.answer import endpoint_not_found
from simulator.answer_headers import AnswerHeaders
from simulator.config import StreamLimits
from simulator.control_routes import control_routes
from simulator.hub import Hub
from simulator.market import Market
from simulator.stock_data import StockData
from simulator.stock_routes import stock_routes
from simulator.stream_routes import stream_routes
from simulator.trading_routes import TradingRoutes


def create_app(market: Market, hub: Hub, accounts: Accounts, limits: StreamLimits) -> Starlette:
    """The application; a wrong method is answered like an unknown path."""
    return Starlette(
        routes=[
            *stream_routes(accounts, hub, limits, market.source.start),
            *TradingRoutes(market, accounts).routes(),
            *stock_routes(StockData(market), accounts),
            *control_routes(market, hub),
        ],
        middleware=[Middleware(AnswerHeaders)],
        exception_handlers={404: endpoint_not_found, 405: endpoint_not_found},
    )
