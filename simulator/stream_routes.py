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
from simulator.door import Door
from simulator.feeds import Feeds
from simulator.hub import Hub
from simulator.slots import Slots
from simulator.stream_session import StreamRules, StreamSession

OPTION_SYMBOLS = 200  # quotes of contracts on the free plan ("About Market Data API")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address of a feed; the free ones limit the number of symbols, the others are for who has `paid`."""

    path: str
    hub: Hub
    channels: Channels
    symbol_limit: int | None = None
    paid: bool = False


CRYPTO_PATHS = ("/v1beta3/crypto/us", "/v1beta3/crypto/us-1", "/v1beta3/crypto/eu-1", "/v1beta2/crypto")
"""All of them bring the same coins; the last is an old one that some clients still use."""


def endpoints(feeds: Feeds, limits: StreamLimits) -> list[Endpoint]:
    """Every address. IEX and SIP bring the same, so do both of the options'."""
    return [
        Endpoint("/v2/iex", feeds.stocks, STOCKS, limits.free_symbols),
        Endpoint("/v2/sip", feeds.stocks, STOCKS, paid=True),
        Endpoint("/v2/delayed_sip", feeds.delayed, STOCKS),
        Endpoint("/v2/test", feeds.test, STOCKS),
        *(Endpoint(path, feeds.crypto, CRYPTO) for path in CRYPTO_PATHS),
        Endpoint("/v1beta1/indicative", feeds.options, OPTIONS, OPTION_SYMBOLS),
        Endpoint("/v1beta1/opra", feeds.options, OPTIONS, paid=True),
        Endpoint("/v1beta1/news", feeds.news, NEWS),
    ]


def stream_routes(
    accounts: Accounts, feeds: Feeds, limits: StreamLimits, on_subscribe: Callable[[], None], *, sip: bool = True
) -> list[WebSocketRoute]:
    """A route for each address; `on_subscribe` is called for subscriptions of stocks, `sip` says whether all have paid."""
    slots = Slots()
    door = Door(feeds.stocks.faults, limits.upgrades_a_minute)

    def rules(each: Endpoint) -> StreamRules:
        return StreamRules(
            each.path,
            accounts,
            slots,
            each.symbol_limit,
            on_subscribe if each.hub.feed == "stocks" else _nobody,
            each.channels,
            each.hub.feed,
            each.hub.faults,
            limits.slot_hold_s,
            entitled=sip or not each.paid,
        )

    return [WebSocketRoute(each.path, _route(each, rules(each), limits, door)) for each in endpoints(feeds, limits)]


def _nobody() -> None:
    """A tape of stocks does not begin because somebody listens to something else."""


def _route(
    endpoint: Endpoint, rules: StreamRules, limits: StreamLimits, door: Door
) -> Callable[[WebSocket], Awaitable[None]]:
    hub = endpoint.hub

    async def stream(websocket: WebSocket) -> None:
        refused = door.refusal(websocket.client.host if websocket.client else "", hub.feed)
        if refused is not None:
            await websocket.send_denial_response(refused)
            return
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
