"""Which symbols are streamed: those of the settings and those that somebody holds, within the plan."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from requests import PreparedRequest

from domain.status import Budget
from orders.journal import Journal
from stream_worker.symbols import Symbols, practice_symbols
from tests.unit.broker.test_rest import account

OPTION = "AAPL261218C00200000"
STOCKS = tuple(f"{first}{second}" for first in "ABCD" for second in "ABCDEFGH")


def assets(request: PreparedRequest) -> tuple[int, Any]:
    """A server that trades everything but ZZZZ, which it does not know, and HALT, which is not tradable."""
    symbol = unquote(str(request.url)).rsplit("/v2/", 1)[1].split("/", 1)[1]
    if symbol.endswith("ZZZZ"):
        return 404, {"code": 40410000, "message": "asset not found"}
    if symbol.endswith("BUSY"):
        return 500, {"message": "later"}
    return 200, {"symbol": symbol, "tradable": not symbol.endswith("HALT")}


class Desk:
    """Symbols on a journal of their own; `changes` are the sets that were streamed."""

    def __init__(self, journal: Journal, chosen: tuple[str, ...] = ("AAPL",), feed: str = "iex") -> None:
        self.account, self.server = account(assets)
        self.changes: list[tuple[str, ...]] = []
        self.journal = journal
        self.symbols = Symbols(chosen, self.account, journal, feed, self._change)

    async def _change(self, symbols: tuple[str, ...]) -> None:
        self.changes.append(symbols)

    async def watch(self, symbol: str) -> dict[str, str]:
        return await self.symbols.watch({"symbol": symbol})

    async def unwatch(self, symbol: str) -> dict[str, str]:
        return await self.symbols.unwatch({"symbol": symbol})

    def hold(self, symbol: str, holder: str, wanted: bool = True) -> None:
        with self.journal.writing() as rows:
            rows.wish(symbol, holder, wanted)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(f"sqlite:///{tmp_path / 'journal.db'}")
    yield made
    made.close()


@pytest.fixture
def desk(journal: Journal) -> Desk:
    return Desk(journal)


async def test_a_symbol_is_streamed_behind_the_others(desk: Desk) -> None:
    assert await desk.watch("MSFT") == {"symbol": "MSFT"}
    assert desk.symbols.streamed == ("AAPL", "MSFT") and desk.changes == [("AAPL", "MSFT")]


async def test_a_symbol_that_is_streamed_is_asked_nothing(desk: Desk) -> None:
    assert await desk.watch("AAPL") == {"symbol": "AAPL"}
    assert (desk.changes, desk.server.asked) == ([], [])


@pytest.mark.parametrize("symbol", ["ZZZZ", "HALT", "X/ZZZZ"])
async def test_what_cannot_be_traded_is_refused_in_words(desk: Desk, symbol: str) -> None:
    assert symbol in (await desk.watch(symbol))["error"]
    assert desk.changes == [] and desk.symbols.streamed == ("AAPL",)


async def test_a_server_that_cannot_say_leaves_everything_as_it_is(desk: Desk) -> None:
    with pytest.raises(Exception, match="500"):
        await desk.watch("BUSY")
    assert desk.changes == []
    assert await desk.watch("MSFT") == {"symbol": "MSFT"}


async def test_coins_and_options_are_asked_for_where_they_are(desk: Desk) -> None:
    for symbol in "BTC/USD", OPTION:
        assert await desk.watch(symbol) == {"symbol": symbol}
    assert [unquote(url).split("/v2")[1] for url in desk.server.asked] == [
        "/assets/BTC/USD",
        f"/options/contracts/{OPTION}",
    ]
    assert "BTC%2FUSD" in desk.server.asked[0]


async def test_a_symbol_that_nobody_holds_is_let_go(desk: Desk) -> None:
    await desk.watch("MSFT")
    await desk.watch("TSLA")
    assert await desk.unwatch("MSFT") == {"symbol": "MSFT"}
    assert desk.changes[-1] == ("AAPL", "TSLA")


async def test_a_symbol_of_the_settings_stays(desk: Desk) -> None:
    answer = await desk.unwatch("AAPL")
    assert "own symbols" in answer["kept"] and desk.changes == []


async def test_a_symbol_stays_until_the_last_lets_go(desk: Desk) -> None:
    await desk.watch("MSFT")
    for holder in "one", "two":
        desk.hold("MSFT", holder)
    desk.hold("MSFT", "one", wanted=False)
    assert "another page" in (await desk.unwatch("MSFT"))["kept"]
    desk.hold("MSFT", "two", wanted=False)
    assert await desk.unwatch("MSFT") == {"symbol": "MSFT"} and desk.symbols.streamed == ("AAPL",)


async def test_letting_go_of_what_is_not_streamed_changes_nothing(desk: Desk) -> None:
    assert await desk.unwatch("TSLA") == {"symbol": "TSLA"} and desk.changes == []


def test_what_is_held_is_streamed_again_by_the_next_worker(journal: Journal) -> None:
    Desk(journal).hold("TSLA", "one")
    Desk(journal).hold("AAPL", "one")
    assert Desk(journal).symbols.streamed == ("AAPL", "TSLA")


@pytest.mark.parametrize("feed", ["iex", "delayed_sip"])
async def test_the_free_plan_has_room_for_thirty_stocks(journal: Journal, feed: str) -> None:
    desk = Desk(journal, STOCKS[:29], feed)
    assert desk.symbols.budget == Budget(29, 30)
    assert await desk.watch("LAST") == {"symbol": "LAST"}
    assert "30 symbols" in (await desk.watch("MORE"))["error"]
    assert desk.symbols.budget == Budget(30, 30)
    for symbol in "BTC/USD", OPTION:
        assert await desk.watch(symbol) == {"symbol": symbol}, "these are not stocks"
    assert desk.symbols.budget == Budget(30, 30)
    await desk.unwatch("LAST")
    assert await desk.watch("MORE") == {"symbol": "MORE"}


@pytest.mark.parametrize("feed", ["sip", "test"])
async def test_other_feeds_have_no_limit_of_ours(journal: Journal, feed: str) -> None:
    desk = Desk(journal, STOCKS, feed)
    assert desk.symbols.budget == Budget(len(STOCKS), None) and desk.symbols.left_out == []
    assert await desk.watch("MORE") == {"symbol": "MORE"}


def test_what_the_plan_has_no_room_for_is_named_and_coins_are_streamed(journal: Journal) -> None:
    desk = Desk(journal, (*STOCKS, "BTC/USD"))
    assert desk.symbols.streamed == (*STOCKS[:30], "BTC/USD")
    assert desk.symbols.left_out == list(STOCKS[30:])


async def test_what_finds_room_later_is_not_left_out_and_neither_is_what_nobody_wants_any_more(
    journal: Journal,
) -> None:
    for symbol in STOCKS:
        Desk(journal).hold(symbol, "one")
    desk = Desk(journal, ())
    assert desk.symbols.left_out == list(STOCKS[30:])
    desk.hold(STOCKS[0], "one", wanted=False)
    await desk.unwatch(STOCKS[0])
    assert await desk.watch(STOCKS[30]) == {"symbol": STOCKS[30]}
    assert desk.symbols.left_out == [STOCKS[31]]


def test_a_symbol_that_is_chosen_and_held_is_counted_once(journal: Journal) -> None:
    Desk(journal).hold("AAPL", "one")
    assert Desk(journal, ("AAPL", "AAPL", "MSFT")).symbols.streamed == ("AAPL", "MSFT")


def test_the_practice_market_streams_its_stocks_then_its_coins() -> None:
    def listed(request: PreparedRequest) -> tuple[int, Any]:
        kind = "crypto" if "asset_class=crypto" in str(request.url) else "stocks"
        rows = {"stocks": ["MSFT", "AAPL"], "crypto": ["BTC/USD"]}[kind]
        return 200, [{"symbol": symbol, "tradable": True} for symbol in rows]

    assert practice_symbols(account(listed)[0]) == ("MSFT", "AAPL", "BTC/USD")
