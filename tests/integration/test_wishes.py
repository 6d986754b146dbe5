"""Symbols that pages wish for are streamed with their history, and again after a restart; others are refused in words."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from domain.status import DeskStatus
from market_cache.reader import MarketReader
from orders.journal import Journal
from orders.wishes import let_go, wish_for
from tests.desk import Desk, desk, wait_until

pytestmark = pytest.mark.slow


class Page:
    """What a page has: the cache and the journal of a running desk."""

    def __init__(self, running: Desk) -> None:
        self.reader = MarketReader(running.cache_url)
        self.journal = Journal(f"sqlite:///{running.folder / 'data' / 'journal.db'}")

    @property
    def status(self) -> DeskStatus:
        self.reader.catch_up(force=True)
        return self.reader.status()

    @property
    def symbols(self) -> tuple[str, ...]:
        self.reader.catch_up(force=True)
        return self.reader.symbols

    def starts(self, symbol: str) -> list[int]:
        """The starts of the minutes of a symbol."""
        self.reader.catch_up(force=True)
        starts: list[int] = self.reader.bars(symbol, "1Min", 10_000)[1]["start"].tolist()
        return starts


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with desk(tmp_path_factory.mktemp("desk"), SYMBOLS="AAPL", STREAM_NEWS="false") as made:
        made.start("run")
        wait_until(lambda: "ready http" in made.log, 60, "ready")
        found = Page(made)
        yield found
        found.journal.close()


def test_what_is_no_symbol_is_refused_in_words(visitor: Page) -> None:
    assert "not a symbol that can be traded" in wish_for(visitor.journal, "ZZZZ", "page")["error"]
    for hostile in ("", "<b>", None, 7, ["AAPL"], "A" * 100_000, "../etc", "é"):
        assert "Write a symbol" in wish_for(visitor.journal, hostile, "page")["error"]
    assert visitor.symbols == ("AAPL",) and visitor.journal.wished_symbols() == []


def test_a_wished_symbol_is_streamed_with_its_past_and_the_others_keep_theirs(visitor: Page) -> None:
    before = visitor.starts("AAPL")
    assert wish_for(visitor.journal, " tsla ", "page") == {"symbol": "TSLA"}
    assert wish_for(visitor.journal, "btc/usd", "page") == {"symbol": "BTC/USD"}
    assert visitor.symbols == ("AAPL", "TSLA", "BTC/USD")
    wait_until(lambda: {"stocks", "crypto"} == set(visitor.status.streams), 5, "coins are a stream of their own")
    wait_until(lambda: all(each.state == "live" for each in visitor.status.streams.values()), 10, "both are live")
    wait_until(lambda: len(visitor.starts("BTC/USD")) > 1000, 10, "the past of coins")
    assert len(visitor.starts("TSLA")) > 1000 and visitor.starts("AAPL")[: len(before) - 1] == before[:-1]
    assert visitor.status.streams["stocks"].connects == 1 and visitor.status.budget.used == 2


def test_a_symbol_is_let_go_when_the_last_page_closes(visitor: Page) -> None:
    assert wish_for(visitor.journal, "MSFT", "page") == wish_for(visitor.journal, "MSFT", "other") == {"symbol": "MSFT"}
    assert let_go(visitor.journal, "MSFT", "page")["kept"] and "MSFT" in visitor.symbols
    assert let_go(visitor.journal, "MSFT", "other") == {"symbol": "MSFT", "kept": ""}
    assert visitor.symbols == ("AAPL", "TSLA", "BTC/USD")
    assert "own symbols" in let_go(visitor.journal, "AAPL", "page")["kept"] and "AAPL" in visitor.symbols


def test_wished_symbols_are_streamed_again_after_a_restart(visitor: Page) -> None:
    killed = visitor.status.worker.pid
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: visitor.status.worker.pid != killed and visitor.status.ready, 15, "back")
    assert visitor.symbols == ("AAPL", "TSLA", "BTC/USD")
    wait_until(lambda: visitor.status.streams["crypto"].state == "live", 10, "coins too")
