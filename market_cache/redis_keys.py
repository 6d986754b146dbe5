"""The Redis backend's names: a namespace of its own, and the connection that every part makes the same way."""

from __future__ import annotations

from typing import Any, Final

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from market_cache.store import Key

NAMESPACE: Final = "tickdesk:"
RING: Final = f"{NAMESPACE}ring:"
OWNER: Final = f"{NAMESPACE}owner"
LEASE: Final = f"{NAMESPACE}lease"
SERIAL: Final = f"{NAMESPACE}serial"
OWN_KEYS: Final = frozenset({OWNER, LEASE, SERIAL})
"""The backend's own, which are no content."""

KEPT_S: Final = 86_400
"""Every key ends a day after it was written or renewed, so that an abandoned cache goes away by itself."""

PATIENCE_S: Final = 0.25


def name_of(key: Key) -> str:
    """The name in Redis: numbers are segments of the ring."""
    return f"{RING}{key}" if isinstance(key, int) else f"{NAMESPACE}{key}"


def connect(url: str, patience_s: float = PATIENCE_S) -> Any:
    """A client that answers or fails within `patience_s` and never tries again by itself: what was sent may have arrived."""
    return redis.Redis.from_url(
        url,
        socket_timeout=patience_s,
        socket_connect_timeout=patience_s,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
        max_connections=4,
    )
