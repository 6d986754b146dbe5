"""The real tape at its own speed: silences of half a minute are normal on it, and none may be called stale.

`--minutes 10` is the long form. Without the real tape a generated one is played, which is silent for up to 150 s.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import socket
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from domain.status import BELIEVABLE
from market_cache.reader import MarketReader
from tests.desk import desk, wait_until
from tests.tapes import real_tape, write_tape

RESULTS: Final = Path(__file__).parent / "results" / "real_tape.json"


@dataclass
class Seen:
    """What the desk showed."""

    states: Counter[str] = field(default_factory=Counter)
    doubts: list[str] = field(default_factory=list)
    longest_silence_s: float = 0.0
    connects: int = 0

    def take(self, reader: MarketReader) -> None:
        """Look once."""
        reader.catch_up()
        stream = reader.status().stream
        self.states[stream.state.value] += 1
        self.connects = stream.connects
        self.longest_silence_s = max(self.longest_silence_s, stream.last_msg_age_s or 0.0)
        if stream.state not in BELIEVABLE:
            self.doubts.append(f"{stream.state}: {stream.why}")


def watch(folder: Path, tape: Path, seconds: float, speed: float, stale_after_s: float) -> Seen:
    """Play a tape through practice market and worker for so many real seconds, and look at it five times in each."""
    settings = {"SIMULATOR_TAPE": str(tape), "SIMULATOR_SPEED": str(speed), "STALE_AFTER_S": str(stale_after_s)}
    with desk(folder, **settings) as made:
        made.start("simulator")
        wait_until(lambda: _listens(made.simulator_port), 40, "the practice market")
        made.start("worker")
        reader = MarketReader(made.cache_url)
        wait_until(lambda: _is_ready(reader), 40, "ready")
        seen, ends = Seen(), time.monotonic() + seconds
        while time.monotonic() < ends:
            seen.take(reader)
            time.sleep(0.2)
    return seen


def with_a_silence(folder: Path) -> Path:
    """A tape that is silent for more than half a minute soon after its begin: a piece of the real one, or a generated one."""
    whole = real_tape() or write_tape(folder / "tape.csv.gz", minutes=60)
    rows = pd.read_csv(whole, dtype=str)
    silence = int(np.argmax(np.diff(rows["ts_ns"].astype("int64"))))
    piece = folder / "piece.csv.gz"
    rows[silence - 12 : silence + 4_000].to_csv(piece, index=False)
    return piece


def _is_ready(reader: MarketReader) -> bool:
    reader.catch_up()
    return reader.status().ready


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def main() -> None:
    """Play, print, and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    minutes = parser.parse_args().minutes
    with tempfile.TemporaryDirectory() as folder:
        tape = real_tape() or write_tape(Path(folder) / "tape.csv.gz", minutes=600)
        seen = watch(Path(folder), tape, minutes * 60, speed=1.0, stale_after_s=20.0)
    result: dict[str, Any] = {
        "minutes": minutes,
        "tape": "real" if real_tape() else "generated",
        "looks": sum(seen.states.values()),
        "states": dict(seen.states),
        "connects": seen.connects,
        "longest_silence_s": round(seen.longest_silence_s, 1),
        "doubts": list(dict.fromkeys(seen.doubts)),
    }
    print(json.dumps(result, indent=2))
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    raise SystemExit(bool(seen.doubts) or seen.connects != 1)


if __name__ == "__main__":
    main()
