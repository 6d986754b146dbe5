"""A real browser and a whole desk: practice market, worker and dashboard."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from tests.desk import wait_until

from .desk import Dashboard, Desk, Process, environment_of
from .scripts import blank_page
from .tab import Tab

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SIZE: ViewportSize = {"width": 1600, "height": 1000}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without Chromium the browser tests are skipped by name; in CI they fail."""
    if CHROMIUM or os.environ.get("CI") == "true":
        return
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="Chromium is not installed"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    flags = ["--no-sandbox", "--disable-dev-shm-usage"]
    return {**browser_type_launch_args, "executable_path": CHROMIUM or "chromium", "args": flags}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "viewport": SIZE}


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Desk]:
    """The desk that all tests share. Who kills a part of it waits until it is back."""
    environment = environment_of(tmp_path_factory.mktemp("desk"))
    process = Process("run", environment=environment)
    desk = Desk(process, int(environment["DASHBOARD_PORT"]), environment)
    try:
        wait_until(desk.ready, 30, "the desk is ready")
        desk.first_chart_s = first_chart(browser, desk)
        yield desk
    finally:
        process.stop()


def first_chart(browser: Browser, desk: Desk) -> float:
    """Seconds from `run` to a chart with bars, live, in a browser that opens the page as soon as it is ready."""
    page = browser.new_page(viewport=SIZE)
    Tab(page).open(desk.url).wait_state("live", 10)
    page.close()
    return time.monotonic() - desk.process.started


@pytest.fixture
def dashboard(desk: Desk) -> Iterator[Dashboard]:
    dashboard = Dashboard(desk)
    try:
        yield dashboard
    finally:
        dashboard.process.kill()


@pytest.fixture
def new_tab(browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[Callable[[], Tab]]:
    context = browser.new_context(**browser_context_args)
    yield lambda: Tab(context.new_page())
    context.close()


@pytest.fixture(scope="module")
def shared_tab(browser: Browser, browser_context_args: dict[str, Any], desk: Desk) -> Iterator[Tab]:
    """One tab for the tests of a module; opening the page costs two seconds here."""
    context = browser.new_context(**browser_context_args)
    yield Tab(context.new_page()).open(desk.url)
    context.close()


@pytest.fixture
def tab(shared_tab: Tab) -> Tab:
    """A tab that shows a live chart as a page does that was just opened."""
    shared_tab.page.set_viewport_size(SIZE)
    shared_tab.wait_state("live", 20)
    shared_tab.reset()
    return shared_tab


@pytest.fixture(scope="module")
def scripts(browser: Browser) -> Iterator[Page]:
    """A blank page with every script of the assets."""
    page = blank_page(browser)
    yield page
    page.close()
