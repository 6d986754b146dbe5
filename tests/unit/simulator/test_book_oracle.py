"""The book against one that is written as plainly as can be: a list that is searched whole for every fill."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.book import Book
from simulator.order import Order, Side

MANY = "many"
PRICES = st.integers(96, 104)
PLACE = st.tuples(
    st.just("place"),
    st.sampled_from(Side),
    PRICES,
    st.integers(1, 300),
    st.booleans(),
    st.booleans(),
    st.sampled_from([MANY, "anna", "bert"]),
)
CANCEL = st.tuples(st.just("cancel"), st.integers(0, 40))
REDUCE = st.tuples(st.just("reduce"), st.integers(0, 40), st.integers(0, 200))


class PlainBook:
    """Every order with what is left of it, in the order of arrival: nothing is sorted, nothing is added up."""

    def __init__(self) -> None:
        self.orders: list[list] = []  # [number, owner, side, price, remaining, hidden]

    def place(self, number, owner, side, price, quantity, rest, hidden):
        fills, displaced = [], []
        while quantity:
            found = [o for o in self.orders if o[2] != side and (o[3] - price) * side <= 0]
            if not found:
                break
            best = min(found, key=lambda o: (o[3] * side, o[5]))  # min keeps the oldest of equals
            if best[1] == owner != MANY:
                self.orders.remove(best)
                displaced.append(best[0])
                continue
            passed = min(best[4], quantity)
            fills.append((best[3], passed, best[0]))
            best[4] -= passed
            quantity -= passed
            if not best[4]:
                self.orders.remove(best)
        if rest and quantity:
            self.orders.append([number, owner, side, price, quantity, hidden])
        return fills, displaced

    def cancel(self, number):
        self.orders = [o for o in self.orders if o[0] != number]

    def reduce(self, number, remaining):
        for o in self.orders:
            if o[0] == number and 0 < remaining < o[4]:
                o[4] = remaining

    def touch(self):
        shown = [o for o in self.orders if not o[5]]
        bid = max((o[3] for o in shown if o[2] is Side.BUY), default=0)
        ask = min((o[3] for o in shown if o[2] is Side.SELL), default=0)
        sizes = [
            sum(o[4] for o in shown if o[2] is side and o[3] == price)
            for side, price in zip(Side, (bid, ask), strict=True)
        ]
        return bid, sizes[0], ask, sizes[1]

    def queue(self, side):
        shown = [o for o in self.orders if not o[5] and o[2] is side]
        return [(o[0], o[4]) for o in sorted(shown, key=lambda o: -o[3] * side)]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(PLACE, PLACE, CANCEL, REDUCE), max_size=40))
def test_it_does_what_the_plain_book_does(actions):
    book, plain = Book(many=MANY), PlainBook()
    placed = gone = traded = 0
    for number, action in enumerate(actions):
        if action[0] == "cancel":
            left = book.cancel(action[1])
            gone += left.remaining if left else 0
            plain.cancel(action[1])
        elif action[0] == "reduce":
            resting = {o[0]: o[4] for o in plain.orders}
            if book.reduce(action[1], action[2]):
                gone += resting[action[1]] - action[2]
            plain.reduce(action[1], action[2])
        else:
            _, side, price, quantity, rest, hidden, owner = action
            order = Order(number, owner, side, price, quantity, hidden)
            fills = book.submit(order, rest=rest)
            found = [(fill.price, fill.quantity, fill.resting.order_id) for fill in fills]
            displaced = book.drain_displaced()
            assert (found, [o.order_id for o in displaced]) == plain.place(
                number, owner, side, price, quantity, rest, hidden
            )
            assert all(fill.quantity > 0 for fill in fills)
            placed += quantity
            traded += sum(fill.quantity for fill in fills)
            gone += sum(o.remaining for o in displaced) + (0 if rest else order.remaining)
        assert book.touch() == plain.touch()
        for side in Side:
            assert [(o.order_id, o.remaining) for o in book.orders(side)] == plain.queue(side)
        bid, _, ask, _ = book.touch()
        assert not bid or not ask or bid < ask
    resting = sum(o[4] for o in plain.orders)
    assert placed == 2 * traded + resting + gone


@settings(max_examples=100, deadline=None)
@given(st.lists(PLACE, max_size=25), st.sampled_from(Side), PRICES, st.sampled_from(["anna", "carl", MANY]))
def test_what_it_says_can_be_had_is_what_an_order_gets(actions, side, price, owner):
    book = Book(many=MANY)
    for number, (_, placed_side, placed_price, quantity, _, hidden, placed_owner) in enumerate(actions):
        book.submit(Order(number, placed_owner, placed_side, placed_price, quantity, hidden))
    there = book.within(side, price, owner)
    order = Order(999, owner, side, price, there + 50)
    book.submit(order, rest=False)
    assert order.remaining == 50
