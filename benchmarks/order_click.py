"""From a click to the order on its way, through a real web process: everything durable first, then the POST.

`posted_ms` is from the browser's request to the broker's receiving the POST. Intent and `sending` are committed before that, so
it bounds how long a click is not durable. `hung_s` is how soon a click is answered by a broker that answers nothing at all.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from benchmarks.order_soak_desk import SoakDesk, soak_desk
from benchmarks.order_soak_trader import STATE
from tests.browser.poster import Poster

RESULTS: Final = Path(__file__).parent / "results" / "order_click.json"
CLICKS: Final = 300
HUNG: Final = 4


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
    """Seconds until clicks are answered while the broker answers nothing, and what is answered."""
    desk.referee.always("POST /v2/orders", "hang before")
    desk.referee.always("GET /v2/orders:by_client_order_id", "hang before")

    def click(number: int) -> tuple[float, str]:
        began = time.monotonic()
        row = Poster(desk.webs[number % 2].url).act("ticket", ticket(CLICKS + number))["order"]
        return time.monotonic() - began, row[STATE]

    with ThreadPoolExecutor(HUNG) as threads:
        answers = list(threads.map(click, range(HUNG)))
    return {
        "hung_s": round(max(took for took, _ in answers), 2),
        "hung_answers": sorted({state for _, state in answers}),
    }


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
