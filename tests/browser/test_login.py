"""The login in a real browser, and words of strangers on the page: text, never code."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from domain.order import Order, Side
from market_cache.reader import MarketReader
from orders.journal import Journal
from tests.desk import wait_until

from .desk import ROOT, Dashboard, Desk
from .tab import Tab

PASSWORD = "correct horse battery"
HOSTILE = '<img src=x onerror="window.hurt = 1">'


class MannedDashboard(Dashboard):
    """A dashboard on the desk's cache with a journal, and users, of its own."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.journal_url = f"sqlite:///{folder / 'users.db'}"
        self.desk = desk
        super().__init__(Desk(desk.process, 0, {**desk.environment, "JOURNAL_URL": self.journal_url}))

    def user(self, *words: str, password: str = PASSWORD) -> None:
        command = [sys.executable, str(ROOT / "tickdesk.py"), "user", *words, "--password-stdin"]
        given = f"{password}\n"
        subprocess.run(
            command, env=self.environment, cwd=ROOT / "tests", input=given, text=True, check=True, timeout=20
        )


@pytest.fixture
def manned(desk: Desk, tmp_path: Path) -> Iterator[MannedDashboard]:
    dashboard = MannedDashboard(desk, tmp_path)
    dashboard.user("add", "alice", "--role", "trader")
    try:
        yield dashboard
    finally:
        dashboard.process.kill()


def fill(tab: Tab, name: str, password: str) -> None:
    tab.page.get_by_label("Name").fill(name)
    tab.page.get_by_label("Password").fill(password)
    tab.page.get_by_role("button", name="Log in").click()


def test_a_day_of_a_user(manned: MannedDashboard, new_tab: Callable[[], Tab]) -> None:
    tab = new_tab()
    wait_until(lambda: tab.page.goto(manned.url) and tab.page.url.endswith("/login"), 5, "the page asks for a login")
    violations = Axe().run(tab.page).response["violations"]
    assert [violation["id"] for violation in violations] == []
    fill(tab, "alice", "wrong password")
    expect(tab.page.get_by_role("alert")).to_have_text("Name or password is wrong.")
    tab.complaints.clear()  # the browser tells of the 401
    fill(tab, "alice", PASSWORD)
    tab.wait("window.tickdesk && tickdesk.page && tickdesk.page.answered", 15)
    assert tab.get("[document.documentElement.dataset.user, document.documentElement.dataset.role]") == [
        "alice",
        "trader",
    ]
    assert tab.get("document.cookie.includes('session')") is False
    assert tab.complaints == []
    manned.user("password", "alice", password=PASSWORD + "2")
    tab.page.wait_for_url("**/login", timeout=8000)  # the page that is open goes there by itself


def test_a_viewer_sees_everything_and_is_offered_nothing_and_leaves(
    manned: MannedDashboard, new_tab: Callable[[], Tab]
) -> None:
    manned.user("add", "vera", "--role", "viewer")
    tab = new_tab()
    wait_until(lambda: tab.page.goto(manned.url) and tab.page.url.endswith("/login"), 5, "the page asks for a login")
    fill(tab, "vera", PASSWORD)
    tab.wait("window.tickdesk && tickdesk.page && tickdesk.page.answered", 15)
    expect(tab.page.locator("#user .name")).to_have_text("vera")
    expect(tab.page.locator("#kill-switch")).to_be_hidden()
    expect(tab.page.locator("#ticket-submit")).to_have_attribute("aria-disabled", "true")
    expect(tab.page.locator(".ticket .locked")).to_contain_text("viewer")
    assert tab.complaints == []
    tab.page.locator("#log-out").click()
    tab.page.wait_for_url("**/login", timeout=5000)
    tab.page.goto(manned.url)
    assert tab.page.url.endswith("/login")


def test_a_page_that_was_left_open_before_the_first_user_goes_to_the_login(
    desk: Desk, tmp_path: Path, new_tab: Callable[[], Tab]
) -> None:
    dashboard = MannedDashboard(desk, tmp_path)
    try:
        tab = new_tab().open(dashboard.url)
        dashboard.user("add", "alice", "--role", "trader")
        tab.page.wait_for_url("**/login", timeout=8000)
    finally:
        dashboard.process.kill()


def stranger(account_id: str) -> Order:
    """An order that was placed elsewhere, with a script in every word."""
    words = {"symbol": HOSTILE, "side": Side.BUY, "type": "market", "time_in_force": "day"}
    return Order(
        client_order_id=HOSTILE,
        account_id=account_id,
        qty=Decimal(1),
        state="rejected",
        reason=HOSTILE,
        external=True,
        **words,
    )


def test_an_order_of_a_stranger_and_a_hostile_search_are_text(
    desk: Desk, tmp_path: Path, new_tab: Callable[[], Tab]
) -> None:
    dashboard = MannedDashboard(desk, tmp_path)
    try:
        reader = MarketReader(f"diskcache:{Path(desk.environment['DATA_DIR']) / 'cache'}")
        reader.catch_up()
        account = reader.status().account
        assert account
        journal = Journal(dashboard.journal_url)
        with journal.writing() as rows:
            rows.add_order(stranger(str(account["account_id"])))
        tab = new_tab().open(dashboard.url)
        expect(tab.page.locator("#blotter")).to_contain_text(HOSTILE, timeout=10_000)
        search = tab.page.locator("#symbol-search")
        search.fill(HOSTILE)
        search.press("Enter")
        tab.page.wait_for_timeout(1000)
        assert tab.page.locator("img[onerror]").count() == 0 and tab.get("window.hurt") is None
    finally:
        dashboard.process.kill()
