"""What a page survives without a reload: its server killed or stopped, and the worker killed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from functools import partial

import pytest
from playwright.sync_api import expect

from tests.desk import wait_until

from .desk import Dashboard, Desk
from .tab import Tab

STOPPED_S = 6.0


def has_passed(moment: float) -> bool:
    return time.monotonic() >= moment


@pytest.fixture
def page_of_dashboard(dashboard: Dashboard, new_tab: Callable[[], Tab]) -> Tab:
    tab = new_tab().open(dashboard.url)
    tab.wait_state("live", 10)
    tab.get("(window.notReloaded = true)")
    first, last = tab.ranges()[0]
    tab.get(
        f"Plotly.relayout(tickdesk.chart.state.plot, {{ 'xaxis.range': [{first + 20}, {last - 20}] }}).then(() => 1)"
    )
    tab.wait("!tickdesk.chart.state.range.follow", 3)
    return tab


def assert_lives_again(tab: Tab, zoomed: list[list[float]]) -> None:
    """Live without a reload, with new prices, and the zoom as it was."""
    tab.wait_state("live", 10)
    asked = tab.asks()
    tab.wait(f"tickdesk.page.gate.n >= {asked + 3} && window.notReloaded", 8)
    assert tab.ranges() == zoomed
    assert tab.page.locator("#banner").is_hidden()


def test_a_tab_survives_three_kills_of_its_dashboard(dashboard: Dashboard, page_of_dashboard: Tab) -> None:
    tab, zoomed = page_of_dashboard, page_of_dashboard.ranges()
    for _ in range(3):
        dashboard.process.kill()
        tab.wait_state("down", 8)
        assert "lost its server" in tab.page.locator("#banner").inner_text()
        dashboard.start()
        assert_lives_again(tab, zoomed)
    network = ("Failed to load resource", "the server did not respond")
    assert [text for text in tab.complaints if not any(part in text for part in network)] == []


def test_a_tab_survives_three_stops_of_six_seconds(dashboard: Dashboard, page_of_dashboard: Tab) -> None:
    tab, zoomed = page_of_dashboard, page_of_dashboard.ranges()
    for _ in range(3):
        stopped_at = time.monotonic()
        dashboard.process.signal(signal.SIGSTOP)
        tab.wait_state("down", 5)
        wait_until(partial(has_passed, stopped_at + STOPPED_S), STOPPED_S + 1, "six seconds of standing still")
        dashboard.process.signal(signal.SIGCONT)
        assert_lives_again(tab, zoomed)
    assert tab.complaints == []


def test_the_lamp_leaves_live_when_the_worker_is_killed_and_comes_back(desk: Desk, tab: Tab) -> None:
    epoch = desk.health()["cache"]["epoch"]
    os.kill(int(desk.health()["worker"]["pid"]), signal.SIGKILL)
    tab.wait("document.getElementById('connection-lamp').dataset.state !== 'live'", 6)
    tab.wait_state("live", 20)
    tab.wait("document.getElementById('banner').hidden", 2)
    tab.wait(f"tickdesk.page.gate.cursor && tickdesk.page.gate.cursor.epoch !== '{epoch}'", 5)
    expect(tab.page.locator(".gap-band")).to_contain_text("filled from history", timeout=8000)
    close = tab.get("tickdesk.chart.state.bars.candles.close.at(-1)")
    tab.wait(f"tickdesk.chart.state.bars.candles.close.at(-1) !== {close}", 10)
    assert tab.complaints == []
