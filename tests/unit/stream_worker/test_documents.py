"""News and order books on their way into a real cache: each article once, depth not too often, both bounded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgpack
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broker.messages import Book, BookLevel
from domain.depth import Depth
from domain.news import NewsItem
from stream_worker.depth_desk import DEPTH_S, DepthDesk
from stream_worker.news_desk import KEPT, NewsDesk
from tests.unit.domain.ticks import NOON, NS
from tests.unit.stream_worker.test_publisher import Desk

ITEM = NewsItem(1, "Headline", "", "Ann", "practice", "", ("AAPL",), NOON, NOON)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "cache")
    yield made
    made.publisher.writer.close()


def published(desk: Desk) -> list[NewsItem]:
    desk.publisher.beat()
    desk.reader.catch_up(force=True)
    return desk.reader.news()


def depth(desk: Desk, symbol: str = "BTC/USD") -> Depth | None:
    desk.publisher.beat()
    desk.reader.catch_up(force=True)
    return desk.reader.depth(symbol)


def message(symbol: str, at: int, bid: float, whole: bool = False, size: float = 1.0) -> Book:
    raw = msgspec.Raw(msgpack.packb(msgpack.Timestamp(*divmod(at, 10**9))))
    return Book(symbol, raw, [BookLevel(bid, size)], [BookLevel(bid + 1, size)], whole)


def test_the_newest_article_is_first_whatever_the_order_of_arrival(desk: Desk) -> None:
    news = NewsDesk(desk.publisher)
    news.take([ITEM, replace(ITEM, id=3, created_at=NOON + 2 * NS)])
    news.take([replace(ITEM, id=2, created_at=NOON + NS), replace(ITEM, id=4, created_at=NOON + NS)])
    assert [item.id for item in published(desk)] == [3, 4, 2, 1]


def test_of_an_article_the_version_that_was_updated_last_stands(desk: Desk) -> None:
    news = NewsDesk(desk.publisher)
    news.take([replace(ITEM, headline="second", updated_at=NOON + 5)])
    news.take(
        [replace(ITEM, headline="first", updated_at=NOON), replace(ITEM, headline="same time", updated_at=NOON + 5)]
    )
    assert [item.headline for item in published(desk)] == ["second"]
    news.take([replace(ITEM, headline="third", updated_at=NOON + 6)])
    assert [item.headline for item in published(desk)] == ["third"]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 4)), min_size=1, max_size=20), st.integers(1, 20))
def test_versions_end_the_same_however_they_were_bundled(
    desk: Desk, versions: list[tuple[int, int]], size: int
) -> None:
    items = [
        replace(ITEM, id=id, headline=f"{id}.{at}", created_at=NOON + id, updated_at=NOON + at) for id, at in versions
    ]
    news = NewsDesk(desk.publisher)
    for begin in range(0, len(items), size):
        news.take(items[begin : begin + size])
    newest = {id: max(at for other, at in versions if other == id) for id, _ in versions}
    assert [item.headline for item in published(desk)] == [f"{id}.{newest[id]}" for id in sorted(newest, reverse=True)]


def test_only_the_newest_articles_are_kept(desk: Desk) -> None:
    news = NewsDesk(desk.publisher)
    news.take(replace(ITEM, id=number, created_at=NOON + number) for number in range(1, KEPT + 11))
    assert [item.id for item in published(desk)] == list(range(KEPT + 10, 10, -1))
    news.take([replace(ITEM, id=5, created_at=NOON + 5)])
    assert len(published(desk)) == KEPT and published(desk)[-1].id == 11


def test_news_that_are_forgotten_are_gone_and_may_come_again(desk: Desk) -> None:
    news = NewsDesk(desk.publisher)
    news.take([ITEM])
    assert len(published(desk)) == 1
    news.forget()
    assert published(desk) == []
    news.take([ITEM])
    assert published(desk) == [ITEM]


def test_a_book_is_published_when_it_is_whole(desk: Desk) -> None:
    books = DepthDesk(desk.publisher)
    books.take(message("BTC/USD", NOON, 10.0))
    books.publish()
    assert depth(desk) is None
    books.take(message("BTC/USD", NOON + 1, 10.0, whole=True))
    books.take(message("BTC/USD", NOON + 2, 9.0))
    books.publish()
    assert depth(desk) == Depth("BTC/USD", NOON + 2, ((10.0, 1.0), (9.0, 1.0)), ((10.0, 1.0), (11.0, 1.0)))


def test_books_are_published_at_most_four_times_a_second_and_the_last_word_is_not_lost(desk: Desk) -> None:
    books = DepthDesk(desk.publisher)
    books.take(message("BTC/USD", NOON, 10.0, whole=True))
    books.publish()
    books.take(message("BTC/USD", NOON + 1, 20.0, whole=True))
    books.take(message("ETH/USD", NOON + 1, 5.0, whole=True))
    books.publish()
    first = depth(desk)
    assert first is not None and first.bids == ((10.0, 1.0),) and depth(desk, "ETH/USD") is None
    books._published_at -= DEPTH_S
    books.publish()
    second, other = depth(desk), depth(desk, "ETH/USD")
    assert second is not None and second.bids == ((20.0, 1.0),) and other is not None


def test_after_a_new_connection_changes_wait_for_a_whole_book(desk: Desk) -> None:
    books = DepthDesk(desk.publisher)
    books.take(message("BTC/USD", NOON, 10.0, whole=True))
    books.publish()
    books.forget()
    books._published_at -= DEPTH_S
    books.take(message("BTC/USD", NOON + 1, 11.0))
    books.publish()
    known = depth(desk)
    assert known is not None and known.ts_event == NOON


def test_the_depth_of_a_coin_that_nobody_watches_is_taken_away(desk: Desk) -> None:
    books = DepthDesk(desk.publisher)
    for symbol in "BTC/USD", "ETH/USD":
        books.take(message(symbol, NOON, 10.0, whole=True))
    books.publish()
    assert depth(desk, "ETH/USD") is not None
    books.keep_only(["BTC/USD"])
    assert depth(desk, "ETH/USD") is None and depth(desk) is not None
