"""Groups: which orders hang together, in whatever order they are listed, with and without their parent."""

from __future__ import annotations

from domain.order import Order
from orders.groups import groups_of, without_group_of
from tests.unit.orders.samples import order

ENTRY = order("entry", order_id="P")
GAIN, LOSS = (order(name, order_id=name, parent_id="P") for name in ("gain", "loss"))
ALONE = order("alone", order_id="X")
UNSENT = [order(name, order_id="", state="sending") for name in ("one", "two")]


def names(orders: list[Order]) -> list[str]:
    return [each.client_order_id for each in orders]


def test_a_parent_and_its_legs_are_one_group_and_what_has_no_order_id_is_none() -> None:
    found = groups_of([GAIN, ALONE, ENTRY, *UNSENT, LOSS])
    assert [names(group) for group in found.values()] == [["gain", "entry", "loss"], ["alone"], ["one"], ["two"]]


def test_legs_whose_parent_is_gone_still_hang_together() -> None:
    assert [names(group) for group in groups_of([GAIN, ALONE, LOSS]).values()] == [["gain", "loss"], ["alone"]]


def test_what_is_left_without_a_group() -> None:
    every = [GAIN, ALONE, ENTRY, *UNSENT, LOSS]
    assert names(without_group_of(LOSS, every)) == names(without_group_of(ENTRY, every)) == ["alone", "one", "two"]
    assert names(without_group_of(UNSENT[0], every)) == ["gain", "entry", "loss", "alone", "two"]
    assert names(without_group_of(ALONE, [GAIN, LOSS])) == ["gain", "loss"]
