"""Documents: small values that are replaced whole, in the transaction of a publication."""

from __future__ import annotations

import pytest

from domain.depth import Depth
from domain.news import NewsItem
from market_cache import document
from market_cache.reader import MarketReader
from market_cache.writer import NO_BARS, NO_TICKS
from tests.unit.market_cache.market import TinyMarket

OLDER = NewsItem(1, "Older", "", "A", "B", "", ("AAPL",), 10, 10)
NEWER = NewsItem(2, "<b>Newer</b>", "text", "A", "B", "https://example.com", ("AAPL", "MSFT"), 20, 30)
BOOK = Depth("BTC/USD", 5, ((100.0, 1.0), (99.0, 2.0)), ((101.0, 1.5),))


def put(market: TinyMarket, **documents: bytes) -> int:
    return market.writer.publish(NO_TICKS, NO_BARS, None, 0, documents)


def test_a_document_comes_with_the_number_of_its_publication(market: TinyMarket, reader: MarketReader) -> None:
    first = put(market, one=b"1", two=b"2")
    second = put(market, two=b"22")
    reader.catch_up()
    assert (reader.document("one"), reader.document("two")) == ((first, b"1"), (second, b"22"))
    assert reader.document("three") is None


def test_an_empty_document_takes_it_away(market: TinyMarket, reader: MarketReader) -> None:
    put(market, one=b"1")
    reader.catch_up()
    assert reader.document("one")
    put(market, one=b"")
    reader.catch_up(force=True)
    assert reader.document("one") is None


def test_news_is_newest_first_and_a_book_is_read_as_it_was_told(market: TinyMarket, reader: MarketReader) -> None:
    documents = {document.NEWS: document.pack_news([OLDER, NEWER]), "depth:BTC/USD": document.pack_depth(BOOK)}
    market.writer.publish(NO_TICKS, NO_BARS, None, 0, documents)
    reader.catch_up()
    assert reader.news() == [NEWER, OLDER]
    assert reader.depth("BTC/USD") == BOOK and reader.depth("ETH/USD") is None


def test_reading_again_costs_no_read_until_a_document_changes(
    market: TinyMarket, reader: MarketReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(market, one=b"1")
    reader.catch_up()
    assert reader.document("one") and reader.document("none") is None
    market.trade(1.0)
    reader.catch_up(force=True)
    with monkeypatch.context() as patch:
        patch.delattr(reader, "_store")
        assert reader.document("one") and reader.document("none") is None
    put(market, one=b"11")
    reader.catch_up(force=True)
    held = reader.document("one")
    assert held and held[1] == b"11"


def test_documents_outlive_an_epoch_and_belong_to_their_stamp(market: TinyMarket, reader: MarketReader) -> None:
    put(market, one=b"1")
    market.begin()
    reader.catch_up()
    assert reader.document("one")


@pytest.mark.parametrize("bytes_", [b"", b"x", b"\x93\x01\x02\x03"])
def test_bytes_that_are_no_news_and_no_book_are_none(bytes_: bytes) -> None:
    assert document.unpack_news(bytes_) == [] and document.unpack_depth(bytes_) is None
