"""What a practice market is started with."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """Limits of the market data stream ("Streaming Market Data"): 10 s to authenticate, 30 symbols on the free feed.

    `outbox_frames` wait for a slow client at most; one that is being closed has `farewell_s` to read its last frames.
    A connection that died keeps its slot for `slot_hold_s`. One address may knock `upgrades_a_minute` times.
    """

    auth_timeout_s: float = 10.0
    free_symbols: int = 30
    outbox_frames: int = 1_024
    farewell_s: float = 1.5
    slot_hold_s: float = 0.0
    upgrades_a_minute: int = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeMarketConfig:
    """`port` 0 is any free one. `speed` in market seconds for each real second; `clock_offset_s` is added to wall time.

    With a `tape` it is played, from the first subscription or after `tape_patience_s`, and orders are filled by
    `fill_model`; without, so many `shares` are generated from `seed`, trading at `hours`, within price bands if `luld`;
    what is done to them is logged in the folder `deeds`. The account of `key` begins with `cash` USD ("Paper Trading");
    it and all others are in `data_dir`/practice.db, but not those of a tape. Who has the `instructor_token` may control
    the market from other machines too; without one nobody may. A key may make `requests_a_minute` of each kind, trading
    and market data; 0 tells Alpaca's limit and does not keep it. Without `sip` nobody has paid: no streams /v2/sip and opra.
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
    instructor_token: str = field(default="", repr=False)
    requests_a_minute: int = 0
    sip: bool = True
    limits: StreamLimits = field(default_factory=StreamLimits)
