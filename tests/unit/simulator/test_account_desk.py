"""Accounts: their keys, cash and limits; begun anew; and met in the book by one another."""

from __future__ import annotations

import contextlib
from decimal import Decimal

import pytest

from simulator.account_desk import AccountDesk
from simulator.accounts import Accounts
from simulator.margin import Margin
from simulator.rejection import Rejection
from simulator.trader import Trader
from simulator.update_hub import UpdateHub
from tests.unit.simulator.room import Room


class Office:
    """A room with an account desk."""

    def __init__(self, room: Room) -> None:
        self.room, self.accounts = room, Accounts([])
        self.desk = AccountDesk(room.floor, self.accounts, UpdateHub(room.faults))

    def open(self, **fields: object) -> Trader:
        return self.desk.find(self.desk.open({**fields})["id"])

    def by_key(self, key: str) -> Trader:
        account = self.accounts.authenticate(key, "a-secret")
        assert account is not None
        return self.room.floor.trader(account)


@pytest.fixture
def office() -> Office:
    return Office(Room())


def test_an_account_has_keys_of_its_own_or_chosen_ones(office):
    made = office.desk.open({"cash": Decimal(5_000)})
    chosen = office.desk.open({"key": "anna-1", "secret": "a-secret"})
    assert office.accounts.authenticate(made["key"], made["secret"]) is not None
    assert office.by_key("anna-1").row.cash == 100_000 and chosen["key"] == "anna-1"
    assert "secret" not in str(office.desk.describe(office.by_key("anna-1")))


def test_two_accounts_meet_in_the_book_and_nothing_is_lost(office):
    buyer, seller = office.open(), office.open()
    office.room.empty_book()
    bid = office.room.order(buyer, "buy", 100, "200.00")
    sale = office.room.order(seller, "sell", 60)
    assert office.room.latest(sale).status == "filled" and office.room.latest(bid).filled_qty == 60
    assert (buyer.ledger.qty("AAPL"), seller.ledger.qty("AAPL")) == (60, -60)
    assert buyer.ledger.cash + seller.ledger.cash == 200_000
    assert [(fill.quantity, fill.resting.owner) for fill in office.room.passed] == [(60, str(bid.account_id))]
    office.room.tell()
    trade = office.room.market.records["AAPL"].last_trade
    assert trade is not None and (trade.price, trade.size) == (200.0, 60)


def test_all_accounts_and_the_crowd_together_neither_gain_nor_lose(office):
    traders = [office.open() for _ in range(3)]
    for turn in range(30):
        trader, side = traders[turn % 3], "buy" if (turn * 7) % 5 < 2 or turn < 3 else "sell"
        with contextlib.suppress(Rejection):
            office.room.order(trader, side, 100 + turn)
        office.room.play(0.2)
    ours = {str(trader.row.account_id) for trader in traders}
    crowd_cash, crowd_shares = Decimal(0), 0
    for fill in office.room.passed:
        for part, sign in ((fill.incoming, fill.incoming.side), (fill.resting, fill.resting.side)):
            if part.owner not in ours:
                crowd_cash -= sign * fill.quantity * Decimal(fill.price) / 100
                crowd_shares += sign * fill.quantity
    assert sum(len(trader.executions) for trader in traders) > 15
    assert sum(trader.ledger.cash for trader in traders) + crowd_cash == 300_000
    assert sum(trader.ledger.qty("AAPL") for trader in traders) + crowd_shares == 0


@pytest.mark.parametrize(("multiplier", "power"), [(1, 10_000), (2, 20_000), (4, 40_000)])
def test_the_multiplier_is_what_can_be_bought(office, multiplier, power):
    trader = office.open(cash=Decimal(10_000), multiplier=Decimal(multiplier))
    assert Margin(trader, office.room.floor.prices).buying_power() == power
    office.room.empty_book()
    assert office.room.order(trader, "buy", power // 100, "100.00").status == "new"
    assert Margin(trader, office.room.floor.prices).buying_power() == 0
    with pytest.raises(Rejection, match="insufficient buying power"):
        office.room.order(trader, "buy", 1, "100.00")


def test_what_is_bought_uses_the_multiplier_too(office):
    trader = office.open(cash=Decimal(10_000), multiplier=Decimal(4))
    order = office.room.order(trader, "buy", 100)
    margin = Margin(trader, office.room.floor.prices)
    assert order.status == "filled" and margin.gross_value > 10_000
    assert margin.buying_power() == 4 * margin.equity - margin.gross_value


def test_an_account_without_credit_sells_nothing_short(office):
    trader = office.open(multiplier=Decimal(1))
    with pytest.raises(Rejection, match="not allowed to short"):
        office.room.order(trader, "sell", 1)


def test_an_account_may_send_so_many_orders_a_minute_of_market_time(office):
    trader, room = office.open(orders_per_minute=Decimal(2)), office.room
    first = room.order(trader, "buy", 1, "1.00")
    room.order(trader, "buy", 1, "1.00")
    with pytest.raises(Rejection) as refusal:
        room.order(trader, "buy", 1, "1.00")
    assert refusal.value.status == 429 and "2 orders a minute" in refusal.value.message
    with pytest.raises(Rejection, match="2 orders a minute"):
        room.floor.replace(first, {"limit_price": Decimal("1.01")})
    room.floor.cancel(first)
    room.play(61)
    assert room.order(trader, "buy", 1, "1.00").status == "new"


def test_an_account_may_open_positions_in_its_symbols_only(office):
    trader, room = office.open(symbols=["AAPL"]), office.room
    assert room.order(trader, "buy", 1).status == "filled"
    with pytest.raises(Rejection, match="AAPL only, not NVDA"):
        room.order(trader, "buy", 1, symbol="NVDA")
    office.desk.change(str(trader.row.account_id), {"symbols": ["NVDA"]})
    assert room.order(trader, "sell", 1).status == "filled"


def test_a_reset_is_a_new_account_for_the_same_keys(office):
    office.desk.open({"key": "anna-1", "secret": "a-secret", "cash": Decimal(7_000), "multiplier": Decimal(1)})
    before, room = office.by_key("anna-1"), office.room
    room.order(before, "buy", 10)
    resting = room.order(before, "buy", 5, "1.00")
    made = office.desk.reset(str(before.row.account_id), {})
    after = office.by_key("anna-1")
    assert made["id"] == str(after.row.account_id) != str(before.row.account_id)
    assert (after.ledger.cash, after.row.limits.multiplier, after.orders) == (7_000, 1, {})
    assert room.events(resting) == ["new", "canceled"] and not before.open_orders
    assert before.ledger.qty("AAPL") == 10
    with pytest.raises(Rejection, match="account not found"):
        office.desk.reset(str(before.row.account_id), {})


def test_all_accounts_are_reset_and_a_restart_finds_the_new_ones(tmp_path):
    office = Office(Room(path=tmp_path / "practice.db"))
    for key in ("anna-1", "ben-1"):
        office.desk.open({"key": key, "secret": "a-secret", "symbols": ["AAPL"]})
    first = {office.by_key(key).row.account_id for key in ("anna-1", "ben-1")}
    made = office.desk.reset_all({"cash": Decimal(500)})
    office.room.db.close()
    again = Office(Room(path=tmp_path / "practice.db"))
    found = again.desk.traders()
    assert [(str(trader.row.account_id), trader.row.cash) for trader in found] == [(each["id"], 500) for each in made]
    assert not first & {trader.row.account_id for trader in found}
    assert all(trader.row.limits.symbols == ("AAPL",) for trader in found)


def test_accounts_of_before_there_were_limits_have_the_usual_ones(tmp_path):
    room = Room(path=tmp_path / "practice.db")
    room.trader()
    text = "CAST(substr(CAST(body AS TEXT), 1, instr(CAST(body AS TEXT), ',\"limits\"') - 1) || '}' AS BLOB)"
    room.db._connection.execute(f"UPDATE accounts SET body = {text}")
    room.db.close()
    (trader,) = Room(path=tmp_path / "practice.db").floor.traders.values()
    assert (trader.multiplier, trader.row.limits.orders_per_minute, trader.row.closed) == (2, None, False)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"cash": Decimal(-1)}, "cash"),
        ({"cash": "much"}, "cash"),
        ({"multiplier": Decimal(3)}, "multiplier"),
        ({"multiplier": Decimal("1.5")}, "multiplier"),
        ({"orders_per_minute": Decimal(-1)}, "orders_per_minute"),
        ({"symbols": "AAPL"}, "symbols"),
        ({"symbols": ["AAPL", "ZZZZ"]}, "ZZZZ"),
        ({"key": "a b"}, "key"),
        ({"key": "first"}, "key is in use"),
        ({"secret": "short"}, "secret"),
        ({"money": Decimal(1)}, "money"),
    ],
)
def test_what_is_wrong_with_an_account_is_named(office, fields, field):
    office.desk.open({"key": "first"})
    with pytest.raises(Rejection, match=field):
        office.desk.open(fields)
    assert len(office.desk.traders()) == 1
