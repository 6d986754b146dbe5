"""The practice market as an ASGI application: websockets and REST on one port."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from simulator.account_routes import AccountRoutes
from simulator.accounts import Accounts
from simulator.answer import endpoint_not_found
from simulator.answer_headers import AnswerHeaders
from simulator.channels import CRYPTO
from simulator.config import PracticeMarketConfig
from simulator.contract_routes import ContractRoutes
from simulator.crypto_routes import crypto_routes
from simulator.door import NOWHERE
from simulator.event_stream import event_routes
from simulator.feeds import Feeds
from simulator.health_routes import health_routes
from simulator.market import Market
from simulator.market_data import MarketData
from simulator.meta_routes import meta_routes
from simulator.news_routes import news_routes
from simulator.option_data import OptionData
from simulator.option_routes import option_routes
from simulator.option_snapshots import OptionSnapshots
from simulator.order_faults import RestFaults
from simulator.order_routes import OrderRoutes
from simulator.position_routes import PositionRoutes
from simulator.programme import Programme
from simulator.stock_routes import stock_routes
from simulator.stream_routes import stream_routes
from simulator.trading_floor import TradingFloor
from simulator.trading_routes import TradingRoutes
from simulator.update_hub import UpdateHub
from simulator.update_routes import update_routes


def create_app(
    market: Market,
    floor: TradingFloor,
    feeds: Feeds,
    updates: UpdateHub,
    programme: Programme,
    accounts: Accounts,
    config: PracticeMarketConfig,
    control: Sequence[Route],
) -> Starlette:
    """The application; a wrong method is answered like an unknown path. `control` are the routes under /_sim."""
    return Starlette(
        routes=[
            *stream_routes(accounts, feeds, config.limits, market.source.start, sip=config.sip),
            *update_routes(accounts, updates, config.limits),
            *event_routes(updates.events, accounts),
            *TradingRoutes(market, programme.crypto, accounts).routes(),
            *AccountRoutes(floor, accounts).routes(),
            *OrderRoutes(floor, accounts).routes(),
            *ContractRoutes(market, programme.options.contracts, accounts).routes(),
            *PositionRoutes(floor, accounts).routes(),
            *stock_routes(MarketData(market), accounts, sip=config.sip),
            *meta_routes(accounts),
            *crypto_routes(MarketData(programme.crypto, CRYPTO) if programme.crypto else None),
            *option_routes(OptionData(market, programme.options), OptionSnapshots(market, programme.options), accounts),
            *news_routes(programme.press, market.now, accounts),
            *health_routes(market, feeds, updates, programme),
            *control,
            NOWHERE,
        ],
        middleware=[
            Middleware(AnswerHeaders, kept=config.requests_a_minute, sip=config.sip),
            Middleware(RestFaults, faults=floor.faults),
        ],
        exception_handlers={404: endpoint_not_found, 405: endpoint_not_found},
    )
