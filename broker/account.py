"""The account's side of the REST: the market's clock, who the account is, and what may be traded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import quote

from alpaca.common.exceptions import APIError
from alpaca.trading.client import TradingClient
from requests import RequestException

from broker.limits import limited
from broker.refusal import ADVICE
from broker.rfc3339 import parse_time
from domain.errors import HistoryError, RefusedError
from domain.feed import Feed, feed_of

Answer = TypeVar("Answer")

STOCK: Final = "us_equity"
COIN: Final = "crypto"


@dataclass(frozen=True, slots=True)
class ServerClock:
    """/v2/clock in nanoseconds UTC."""

    now: int
    is_open: bool
    next_open: int
    next_close: int


class Account:
    """Reads account, clock and assets. Every call may block for up to `limit_s`: not for an event loop."""

    def __init__(self, url: str, key: str, secret: str, paper: bool, limit_s: float = 5.0) -> None:
        client = TradingClient(key, secret, paper=paper, raw_data=True, url_override=url)
        self._client = limited(client, limit_s)

    def account_id(self) -> str:
        """The id of the account that the keys belong to."""
        return str(self._read("/account", lambda answer: answer["id"]))

    def clock(self) -> ServerClock:
        """The market's clock as the server has it."""
        return self._read("/clock", _clock)

    def tradable_symbols(self, asset_class: str = STOCK) -> tuple[str, ...]:
        """Everything of a class (`us_equity`, `crypto`) that can be traded, in the server's order."""
        every = {"status": "active", "asset_class": asset_class}
        return self._read(
            "/assets", lambda assets: tuple(one["symbol"] for one in _list(assets) if one["tradable"]), every
        )

    def is_tradable(self, symbol: str) -> bool:
        """Whether the server knows a stock or a coin of that symbol that can be traded, or an option that exists."""
        path = "/options/contracts" if feed_of(symbol) is Feed.OPTIONS else "/assets"
        try:
            asset = self._client.get(f"{path}/{quote(symbol, safe='')}")
        except APIError as error:
            if error.status_code == 404:
                return False
            raise HistoryError(f"Alpaca answered /assets with {error.status_code}.") from error
        except (RequestException, ValueError) as error:
            raise HistoryError(f"The trading server did not answer /assets ({type(error).__name__}).") from error
        if not isinstance(asset, dict):
            return False
        return bool(asset.get("tradable")) or (feed_of(symbol) is Feed.OPTIONS and asset.get("status") == "active")

    def _read(self, path: str, read: Callable[[Any], Answer], parameters: dict[str, str] | None = None) -> Answer:
        """What `read` makes of the answer to a question."""
        try:
            return read(self._client.get(path, parameters))
        except APIError as error:
            if error.status_code in (401, 403):
                raise RefusedError(ADVICE[402].replace("402", str(error.status_code))) from error
            raise HistoryError(f"Alpaca answered {path} with {error.status_code}.") from error
        except (RequestException, ValueError, KeyError, TypeError, AttributeError) as error:
            raise HistoryError(f"The trading server did not answer {path} ({type(error).__name__}).") from error


def _clock(answer: Any) -> ServerClock:
    now, next_open, next_close = (parse_time(answer[name]) for name in ("timestamp", "next_open", "next_close"))
    return ServerClock(now, bool(answer["is_open"]), next_open, next_close)


def _list(answer: Any) -> list[Any]:
    if not isinstance(answer, list):
        raise TypeError("the answer is no list")
    return answer
