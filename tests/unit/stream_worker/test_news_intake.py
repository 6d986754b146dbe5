"""The intake of news: the past by REST, then what the stream tells; and whether the stream owes an article."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from requests import PreparedRequest

from broker.history import NewsHistory
from broker.rfc3339 import rfc3339
from broker.wire import decode
from domain.errors import HistoryError, RefusedError
from domain.feed import Feed
from domain.news import NewsItem
from stream_worker.feed_state import FeedState
from stream_worker.news_desk import NewsDesk
from stream_worker.news_intake import NewsIntake
from tests.unit.broker.test_messages import NEWS, packed
from tests.unit.broker.test_rest import URL, Server
from tests.unit.domain.ticks import NOON, NS
from tests.unit.stream_worker.test_publisher import Desk as Shelf


def row(id: int, at: int = NOON, **changes: Any) -> dict[str, Any]:
    texts = {
        "headline": f"Article {id}",
        "summary": "",
        "author": "Ann",
        "source": "practice",
        "url": None,
        "content": "",
    }
    return {"id": id, "created_at": rfc3339(at), "updated_at": rfc3339(at), "symbols": ["AAPL"], **texts, **changes}


class Desk:
    """An intake on answers of REST: `rows`, with `status`."""

    def __init__(self, folder: Path) -> None:
        self.shelf, self.state = Shelf(folder), FeedState(Feed.NEWS)
        self.rows: list[dict[str, Any]] = []
        self.status = 200
        self.symbols: tuple[str, ...] = ("AAPL", "BTC/USD")
        self.history, self.server = NewsHistory(URL, "key", "secret"), Server(self._answer)
        made: Any = self.history
        made._client._session.mount("http://", self.server)
        self.intake = NewsIntake(self.history, NewsDesk(self.shelf.publisher), self.state, lambda: self.symbols)

    def take(self, *messages: dict[str, Any]) -> None:
        self.intake.take(decode([packed(*messages)], {}), 1, False)

    @property
    def shown(self) -> list[int]:
        self.shelf.publisher.beat()
        self.shelf.reader.catch_up(force=True)
        return [item.id for item in self.shelf.reader.news()]

    def _answer(self, request: PreparedRequest) -> tuple[int, Any]:
        return self.status, {"news": self.rows, "next_page_token": None}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "cache")
    yield made
    made.shelf.publisher.writer.close()


def test_an_article_of_history_is_that_of_the_stream(desk: Desk) -> None:
    desk.rows = [row(7, NOON + 5, url="https://x", symbols=["AAPL", "MSFT"], summary=None)]
    expected = NewsItem(7, "Article 7", "", "Ann", "practice", "https://x", ("AAPL", "MSFT"), NOON + 5, NOON + 5)
    assert desk.history.newest(["AAPL"], 10) == [expected]


def test_the_newest_articles_about_the_symbols_are_asked_for(desk: Desk) -> None:
    desk.history.newest(["AAPL", "MSFT"], 10)
    query = parse_qs(urlsplit(desk.server.asked[0]).query)
    assert query["symbols"] == ["AAPL,MSFT"] and query["limit"] == ["10"]
    desk.history.newest([], 5)
    assert "symbols" not in parse_qs(urlsplit(desk.server.asked[1]).query)


@pytest.mark.parametrize(
    "wrong", [{"id": "x"}, {"created_at": "now"}, {"updated_at": None}, {"created_at": 5}], ids=str
)
def test_an_article_that_is_none_is_tried_again(desk: Desk, wrong: dict[str, Any]) -> None:
    desk.rows = [row(7) | wrong]
    with pytest.raises(HistoryError):
        desk.history.newest(["AAPL"], 10)


@pytest.mark.parametrize(("status", "kind"), [(401, RefusedError), (403, RefusedError), (429, HistoryError)])
def test_a_status_is_refused_or_tried_again(desk: Desk, status: int, kind: type[Exception]) -> None:
    desk.status = status
    with pytest.raises(kind, match=str(status)):
        desk.history.newest(["AAPL"], 10)


async def test_the_past_comes_first_and_the_streams_articles_on_top(desk: Desk) -> None:
    desk.rows = [row(2, NOON + 2), row(1, NOON + 1)]
    await desk.intake.fill()
    assert desk.state.backfilled and desk.shown == [2, 1]
    desk.take(NEWS | {"id": 3, "created_at": NOON + 3 * NS, "updated_at": NOON + 3 * NS})
    assert desk.shown == [3, 2, 1] and desk.state.covered_until == NOON + 3 * NS


async def test_a_server_without_news_of_the_past_may_still_stream_new_ones(desk: Desk) -> None:
    desk.status = 500
    await desk.intake.fill()
    assert desk.state.backfilled and desk.shown == []
    desk.take(NEWS)
    assert desk.shown == [NEWS["id"]]


async def test_what_came_while_the_stream_was_away_is_there_afterwards_and_the_gap_is_told(desk: Desk) -> None:
    desk.rows = [row(1, NOON)]
    await desk.intake.fill()
    desk.intake.lost()
    desk.rows = [row(2, NOON + 60 * NS), row(1, NOON)]
    await desk.intake.fill()
    (gap,) = desk.state.status([]).gaps
    assert desk.shown == [2, 1] and gap["filled"] and gap["symbols"] == 0
    desk.intake.lost()
    await desk.intake.fill()
    assert len(desk.state.status([]).gaps) == 1, "nothing was missed"


async def test_the_stream_owes_only_what_it_did_not_bring(desk: Desk) -> None:
    desk.rows = [row(1, NOON)]
    await desk.intake.fill()
    assert not await desk.intake.newer_in_history()
    desk.rows = [row(1, NOON, updated_at=rfc3339(NOON + NS))]
    assert await desk.intake.newer_in_history()
    desk.take(NEWS | {"id": 1, "created_at": NOON, "updated_at": NOON + NS})
    assert not await desk.intake.newer_in_history()


async def test_a_changed_subscription_is_asked_for(desk: Desk) -> None:
    asked = []

    async def subscribe() -> None:
        asked.append(True)

    await desk.intake.join(frozenset(), subscribe)
    assert asked == [True] and await desk.intake.watch() == []
