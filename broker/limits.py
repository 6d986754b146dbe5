"""Time limits for alpaca-py's REST clients, which have none: a hung server would hang the caller for ever."""

from __future__ import annotations

import functools
from typing import Any, Final, TypeVar

from urllib3.util import Timeout

CONNECT_S: Final = 3.05
READ_S: Final = 15.0
"""For the whole of connecting and waiting for the first byte; a server that then trickles is bounded byte by byte only."""

Client = TypeVar("Client")


def limited(client: Client, read_s: float = READ_S, connect_s: float = CONNECT_S) -> Client:
    """The client with a time limit on every request and without re-sends of its own (alpaca-py 0.44, private attributes)."""
    safe: Any = client
    if not hasattr(safe, "_retry") or not hasattr(safe, "_session"):
        raise AttributeError("alpaca-py changed: RESTClient has no _retry or _session, so requests cannot be limited")
    safe._retry = 0
    limit = Timeout(total=read_s, connect=min(connect_s, read_s))
    safe._session.request = functools.partial(safe._session.request, timeout=limit)
    return client
