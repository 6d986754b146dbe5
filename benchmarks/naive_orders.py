"""The naive order loop, for comparison: a new uuid for each try, and another try on every error. Nothing is written down first.

    python -m benchmarks.naive_orders URL KEY SECRET PROGRESS_FILE

Each wish is sent until an answer says that it was taken; its number is then kept in the file, from where a restart goes on.
"""

from __future__ import annotations

import sys
import uuid
from pathlib import Path
from typing import Final

import requests

TIMEOUT_S: Final = 2.0
TRIES: Final = 5


def send(url: str, headers: dict[str, str], number: int) -> None:
    """Buy `number` shares: the wish can be told by its quantity."""
    for _ in range(TRIES):
        body = {"symbol": "AAPL", "side": "buy", "qty": str(number), "type": "market", "time_in_force": "day"}
        try:
            answer = requests.post(
                f"{url}/v2/orders",
                json={**body, "client_order_id": str(uuid.uuid4())},
                headers=headers,
                timeout=TIMEOUT_S,
            )
            if answer.status_code == 200 and answer.json()["id"]:
                return
        except (requests.RequestException, ValueError, KeyError, TypeError):
            continue


def keep(done: Path, number: int) -> None:
    """Write the number so that a kill leaves the old one or the new one: this is not what the loop shall be blamed for."""
    beside = done.with_suffix(".new")
    beside.write_text(str(number))
    beside.replace(done)


def main() -> None:
    """Send wish after wish, from where the file says, until killed."""
    url, key, secret, progress = sys.argv[1:]
    done = Path(progress)
    headers = {"APCA-API-KEY-ID": key, "APCA-API-SECRET-KEY": secret}
    number = int(done.read_text() or 0) if done.exists() else 0
    while True:
        number += 1
        send(url, headers, number)
        keep(done, number)


if __name__ == "__main__":
    main()
