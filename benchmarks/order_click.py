"""From a click to the order on its way, through a real web process: everything durable first, then the POST.

`posted_ms` is from the browser's request to the broker's receiving the POST. Intent and `sending` are committed before that, so
it bounds how long a click is not durable. `hung_s` is how soon clicks are answered while the broker answers no order and no
look-up; `hung_delta_ms` is how soon the same process answers who reads meanwhile, `hung_cancel_ms` who cancels.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from benchmarks.order_soak_desk import SoakDesk, soak_desk
from benchmarks.order_soak_trader import STATE
from tests.browser.poster import Poster
from tests.desk import wait_until

RESULTS: Final = Path(__file__).parent / "results" / "order_click.json"
CLICKS: Final = 300
HUNG: Final = 16
"""Clicks on one process while the broker hangs: more than it has threads."""

READERS: Final = 4


def main() -> None:
    """Measure, print, and keep the result."""
    with tempfile.TemporaryDirectory() as folder, soak_desk(Path(folder)) as desk:
        result = {"clicks": CLICKS, **clicks(desk), **hung(desk)}
    print(json.dumps(result, indent=2))
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")


def clicks(desk: SoakDesk) -> dict[str, Any]:
    """Milliseconds until the broker has the POST, and until the page has the answer."""
    poster, posted, answered, arrived = Poster(desk.webs[0].url), [], [], []
    desk.referee.on_post = lambda body: arrived.append(time.monotonic())
    for number in range(CLICKS):
        began = time.monotonic()
        row = poster.act("ticket", ticket(number))["order"]
        answered.append((time.monotonic() - began) * 1000)
        assert row[STATE] == "new", row
        posted.append((arrived[-1] - began) * 1000)
        time.sleep(0.02)
    return {"posted_ms": quantiles(posted), "answered_ms": quantiles(answered)}


def hung(desk: SoakDesk) -> dict[str, Any]:
    """How soon clicks, reads and a cancel are answered by one process while the broker answers no order."""
    url, resting = desk.webs[0].url, resting_order(desk)
    desk.referee.always("POST /v2/orders", "hang before")
    desk.referee.always("GET /v2/orders:by_client_order_id", "hang before")
    posters = [Poster(url) for _ in range(HUNG)]

    def click(number: int) -> tuple[float, str]:
        began = time.monotonic()
        row = posters[number].act("ticket", ticket(CLICKS + number))["order"]
        return time.monotonic() - began, row[STATE]

    with ThreadPoolExecutor(HUNG + READERS + 1) as threads:
        answers = [threads.submit(click, number) for number in range(HUNG)]
        readers = [
            threads.submit(read_until, url, lambda: all(each.done() for each in answers)) for _ in range(READERS)
        ]
        canceled_ms = cancel(desk, url, resting)
        deltas = [each for reader in readers for each in reader.result()]
        clicks_s = [each.result() for each in answers]
    return {
        "hung_clicks": HUNG,
        "hung_s": round(max(took for took, _ in clicks_s), 2),
        "hung_denied_s": round(max((took for took, state in clicks_s if state == "denied"), default=0.0), 2),
        "hung_answers": dict(Counter(state for _, state in clicks_s)),
        "hung_delta_ms": {"reads": len(deltas), **quantiles(deltas)},
        "hung_cancel_ms": canceled_ms,
    }


def resting_order(desk: SoakDesk) -> str:
    """The client order id of an order that works."""
    name: str = Poster(desk.webs[0].url).act("ticket", ticket(CLICKS + HUNG))["order"][0]
    return name


def read_until(url: str, done: Callable[[], bool]) -> list[float]:
    """Milliseconds of each delta that a page asks for, four a second, until `done`."""
    poster, took = Poster(url), []
    while not done():
        began = time.monotonic()
        status, text = poster.post("ask", "delta", {"n": 1, "view": {"symbol": "AAPL", "interval": "1Min"}})
        assert status == 200, text
        took.append((time.monotonic() - began) * 1000)
        time.sleep(0.25)
    return took


def cancel(desk: SoakDesk, url: str, client_order_id: str) -> float:
    """Milliseconds until the broker has a cancel that is asked for while clicks hang."""
    poster = Poster(url)
    time.sleep(0.3)  # the clicks are on their way
    began = time.monotonic()
    poster.act("blotter", {"n": 1, "ids": [client_order_id]})
    wait_until(lambda: client_order_id in desk.referee.cancels, 5, "the cancel is at the broker")
    return round((time.monotonic() - began) * 1000, 1)


def ticket(number: int) -> dict[str, Any]:
    """A ticket like no other."""
    fields = {"symbol": "AAPL", "side": "buy", "qty": str(number % 50 + 1), "type": "market", "time_in_force": "day"}
    return {"n": number, "ticket": {**fields, "limit_price": "", "nonce": f"click-{number:06d}"}}


def quantiles(values: list[float]) -> dict[str, float]:
    """p50, p99 and the longest."""
    return {
        "p50": round(statistics.median(values), 1),
        "p99": round(statistics.quantiles(values, n=100)[98], 1),
        "max": round(max(values), 1),
    }


if __name__ == "__main__":
    main()
