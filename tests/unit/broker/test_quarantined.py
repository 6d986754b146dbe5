"""What is left out of the data: counted by cause, and kept as it came, within bounds."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest

from broker.quarantined import KEPT_A_BATCH, Quarantined, Rejected
from broker.wire import decode
from tests.unit.broker.test_messages import (
    BAR,
    BOOK,
    CANCEL,
    COIN,
    CORRECTION,
    LULD,
    QUOTE,
    SYMBOLS,
    TRADE,
    packed,
    text,
)

NAN, INFINITE = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        (TRADE | {"p": -1}, "impossible trade"),
        (TRADE | {"s": 0}, "impossible trade"),
        (COIN | {"p": NAN}, "impossible trade"),
        (QUOTE | {"bp": 99.0}, "impossible quote"),
        (QUOTE | {"as": -1}, "impossible quote"),
        (BAR | {"h": 1.0}, "impossible bar"),
        (BAR | {"T": "u", "v": -1}, "impossible bar"),
        (BAR | {"T": "d", "l": NAN}, "impossible bar"),
        (CORRECTION | {"cp": 0}, "impossible correction, limit or book"),
        (CORRECTION | {"cs": NAN}, "impossible correction, limit or book"),
        (CORRECTION | {"op": INFINITE}, "impossible correction, limit or book"),
        (CANCEL | {"s": -5}, "impossible correction, limit or book"),
        (LULD | {"u": NAN}, "impossible correction, limit or book"),
        (LULD | {"d": 200.0}, "impossible correction, limit or book"),
        (LULD | {"d": 0}, "impossible correction, limit or book"),
        (BOOK | {"b": [{"p": NAN, "s": 1}]}, "impossible correction, limit or book"),
        (BOOK | {"a": [{"p": 1.0, "s": -1}]}, "impossible correction, limit or book"),
        (BOOK | {"a": [{"p": 1.0, "s": 1.0}, {"p": 0, "s": 1}]}, "impossible correction, limit or book"),
        (BOOK | {"b": [{"p": 1.0, "s": INFINITE}]}, "impossible correction, limit or book"),
        (TRADE | {"p": "126.55"}, "undecodable"),
        (TRADE | {"S": None}, "undecodable"),
        (BOOK | {"b": [{"p": 1.0}]}, "undecodable"),
        (TRADE | {"T": "zzz"}, "unknown type"),
    ],
    ids=str,
)
def test_a_bad_message_is_counted_by_its_cause_and_the_rest_of_the_frame_is_kept(
    message: dict[str, Any], cause: str
) -> None:
    batch = decode([packed(TRADE | {"i": 1}, message, BAR, TRADE | {"i": 2})], SYMBOLS)
    assert batch.quarantined.counts == {cause: 1}
    assert batch.ticks["id"].tolist() == [1, 2] and len(batch.minutes.bars) == 1
    assert (batch.corrections, batch.lulds, batch.books) == ([], [], [])


def test_a_bad_message_in_a_frame_of_text_is_counted_by_its_cause_too() -> None:
    batch = decode([text(TRADE | {"i": 1}, TRADE | {"p": -1}, {"T": "zzz"}, {"T": "t"}, TRADE | {"i": 2})], SYMBOLS)
    assert batch.quarantined.counts == {"impossible trade": 1, "unknown type": 1, "undecodable": 1}
    assert batch.ticks["id"].tolist() == [1, 2]


def test_what_could_not_be_read_is_kept_as_it_came() -> None:
    bad = {"T": "brandnew", "S": "AAPL", "deep": [1, {"a": None}]}
    batch = decode([packed(TRADE, bad), b"\xc1garbage"], SYMBOLS)
    assert batch.quarantined.raw == [
        Rejected("unknown type", msgpack.packb(bad)),
        Rejected("undecodable", b"\xc1garbage"),
    ]


def test_what_cannot_be_is_kept_so_that_it_can_be_read_again() -> None:
    batch = decode([packed(TRADE, TRADE | {"p": -1.0, "i": 77})], SYMBOLS)
    (kept,) = batch.quarantined.raw
    again = msgpack.unpackb(kept.raw, timestamp=0)
    assert kept.cause == "impossible trade"
    assert (again["T"], again["S"], again["p"], again["i"]) == ("t", "AAPL", -1.0, 77)


def test_all_are_counted_but_only_some_are_kept() -> None:
    batch = decode([packed(*[TRADE | {"p": -1}] * 500)], SYMBOLS)
    assert batch.quarantined.counts == {"impossible trade": 500} and len(batch.quarantined.raw) == KEPT_A_BATCH


def test_a_frame_that_is_cut_off_anywhere_is_counted_once_and_nothing_is_raised() -> None:
    whole = packed(TRADE, QUOTE, BAR, BOOK, CORRECTION)
    for length in range(1, len(whole)):
        assert decode([whole[:length]], SYMBOLS).quarantined.counts == {"undecodable": 1}, length


def test_a_bad_frame_does_not_touch_the_next() -> None:
    batch = decode([packed(TRADE)[:-1], packed(TRADE | {"i": 3})], SYMBOLS)
    assert batch.ticks["id"].tolist() == [3] and batch.quarantined.counts == {"undecodable": 1}


def test_nothing_was_left_out_at_first() -> None:
    assert (Quarantined().counts, Quarantined().raw) == ({}, [])
