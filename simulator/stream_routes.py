"""The websocket routes of the market data streams."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from simulator.accounts import Accounts
from simulator.channels import CRYPTO, NEWS, OPTIONS, STOCKS, Channels
from simulator.config import StreamLimits
from simulator.connection import Connection
from simulator.feeds import Feeds
from simulator.hub import Hub
from simulator.slots import Slots
from simulator.stream_session import StreamRules, StreamSession

OPTION_SYMBOLS = 200  # quotes of contracts on the free plan ("About Market Data API")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address of a feed; the free ones limit the number of symbols."""

    path: str
    hub: Hub
    channels: Channels
    symbol_limit: int | None = None


def endpoints(feeds: Feeds, limits: StreamLimits) -> list[Endpoint]:
    """Every address. All of the stocks' bring the same, `delayed_sip` without a delay; so do both of the options'."""
    return [
        Endpoint("/v2/iex", feeds.stocks, STOCKS, limits.free_symbols),
        Endpoint("/v2/sip", feeds.stocks, STOCKS),
        Endpoint("/v2/delayed_sip", feeds.stocks, STOCKS),
        Endpoint("/v2/test", feeds.test, STOCKS),
        Endpoint("/v1beta3/crypto/us", feeds.crypto, CRYPTO),
        Endpoint("/v1beta1/indicative", feeds.options, OPTIONS, OPTION_SYMBOLS),
        Endpoint("/v1beta1/opra", feeds.options, OPTIONS),
        Endpoint("/v1beta1/news", feeds.news, NEWS),
    ]


def stream_routes(
    accounts: Accounts, feeds: Feeds, limits: StreamLimits, on_subscribe: Callable[[], None]
) -> list[WebSocketRoute]:
    """A route for each address; `on_subscribe` is called for subscriptions of stocks."""
    slots = Slots()
    return [
        WebSocketRoute(each.path, _route(each, _rules(each, accounts, slots, limits, on_subscribe), limits))
        for each in endpoints(feeds, limits)
    ]


def _rules(
    endpoint: Endpoint, accounts: Accounts, slots: Slots, limits: StreamLimits, on_subscribe: Callable[[], None]
) -> StreamRules:
    return StreamRules(
        endpoint.path,
        accounts,
        slots,
        endpoint.symbol_limit,
        on_subscribe if endpoint.hub.feed == "stocks" else _nobody,
        endpoint.channels,
        endpoint.hub.feed,
        endpoint.hub.faults,
        limits.slot_hold_s,
    )


def _nobody() -> None:
    """A tape of stocks does not begin because somebody listens to something else."""


def _route(endpoint: Endpoint, rules: StreamRules, limits: StreamLimits) -> Callable[[WebSocket], Awaitable[None]]:
    hub = endpoint.hub

    async def stream(websocket: WebSocket) -> None:
        await websocket.accept()
        connection = Connection(
            websocket,
            StreamSession(rules),
            hub.faults,
            hub.feed,
            outbox_frames=limits.outbox_frames,
            farewell_s=limits.farewell_s,
        )
        hub.add(connection)
        try:
            await connection.run(limits.auth_timeout_s)
        finally:
            hub.remove(connection)

    return stream
