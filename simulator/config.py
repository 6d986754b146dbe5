"""What a practice market is started with."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """Limits of the market data stream ("Streaming Market Data"): 10 s to authenticate, 30 symbols on the free feed.

    `outbox_frames` wait for a slow client at most; one that is being closed has `farewell_s` to read its last frames.
    A connection that died keeps its slot for `slot_hold_s`.
    """

    auth_timeout_s: float = 10.0
    free_symbols: int = 30
    outbox_frames: int = 1_024
    farewell_s: float = 1.5
    slot_hold_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeMarketConfig:
    """`port` 0 is any free one. `speed` in market seconds for each real second; `clock_offset_s` is added to wall time.

    With a `tape` it is played, from the first subscription or after `tape_patience_s`, and orders are filled by
    `fill_model`; without, so many `shares` are generated from `seed`, trading at `hours`. The account of `key` begins with
    `cash` USD ("Paper Trading"); it and all others are in `data_dir`/practice.db, but not those of a tape.
    What is done to the generated market is logged in the folder `deeds`; with `luld` its shares keep within price bands.
    """

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 8060
    seed: int = 1
    tape: Path | None = None
    speed: float = 1.0
    hours: Literal["always", "nyse"] = "always"
    fill_model: Literal["quote", "queue"] = "quote"
    shares: int = 12
    deeds: Path | None = None
    luld: bool = False
    key: str = "practice"
    secret: str = "practice"
    cash: int = 100_000
    clock_offset_s: float = 0.0
    tape_patience_s: float = 10.0
    limits: StreamLimits = field(default_factory=StreamLimits)
