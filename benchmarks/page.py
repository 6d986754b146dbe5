"""The page in a real Chromium: how soon it lives, how much each answer weighs against a whole figure, how long a redraw takes."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from playwright.sync_api import Page, Response, sync_playwright

from tests.desk import Desk, desk, wait_until

RESULTS = Path(__file__).parent / "results" / "page.json"
SECONDS = 30
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
DRAWN = "() => window.tickdesk && tickdesk.chart.drawMs > 0 && tickdesk.bars.length(tickdesk.chart.state.bars) >= 50"


def main() -> None:
    """Measure, print, and keep the result."""
    with tempfile.TemporaryDirectory() as folder, desk(Path(folder)) as made, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        began = time.monotonic()
        made.start("run")
        wait_until(lambda: "ready http" in made.log, 30, "ready")
        result: dict[str, Any] = {"run_to_ready_s": round(time.monotonic() - began, 2)}
        page = browser.new_page(viewport={"width": 1600, "height": 1000})
        page.goto(made.url)
        page.wait_for_function(DRAWN)
        result["run_to_first_chart_s"] = round(time.monotonic() - began, 2)
        result |= {"page_load_to_chart_s": loads(page, made), **watched(page, made)}
        browser.close()
    result["whole_figure_bytes"] = whole_figure_bytes()
    result["whole_figure_to_answer"] = round(result["whole_figure_bytes"] / result["answer_bytes_p50"], 1)
    print(json.dumps(result, indent=2))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")


def loads(page: Page, made: Desk) -> list[float]:
    """Seconds from a reload to the first chart, five times."""
    taken = []
    for _ in range(5):
        began = time.monotonic()
        page.goto(made.url)
        page.wait_for_function(DRAWN)
        taken.append(round(time.monotonic() - began, 2))
    return taken


def watched(page: Page, made: Desk) -> dict[str, Any]:
    """Bodies of the answers and times of the redraws while the page follows one symbol."""
    sizes: list[int] = []
    redraws: list[float] = []

    def note(response: Response) -> None:
        if "_dash-update-component" in response.url and response.status == 200:
            sizes.append(len(response.body()))

    page.on("response", note)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        page.wait_for_timeout(500)
        redraws.append(float(page.evaluate("() => tickdesk.chart.drawMs")))
    page.remove_listener("response", note)
    return {
        "answers": len(sizes),
        "answer_bytes_p50": round(statistics.median(sizes)),
        "answer_bytes_max": max(sizes),
        "redraw_ms_p50": round(statistics.median(redraws), 1),
        "redraw_ms_max": round(max(redraws), 1),
    }


def whole_figure_bytes(candles: int = 500) -> int:
    """What the usual way sends at each update: the figure with all its candles and their volume."""
    prices = [100.0 + (number * 37 % 100) / 100 for number in range(candles)]
    starts = [f"2026-11-20T{number // 60 % 24:02d}:{number % 60:02d}:00" for number in range(candles)]
    columns = {"open": prices, "high": prices, "low": prices, "close": prices}
    figure = go.Figure([go.Candlestick(x=starts, **columns), go.Bar(x=starts, y=prices, yaxis="y2")])
    return len(figure.to_json())


if __name__ == "__main__":
    main()
