"""Lists and chains of contracts: the filter, the default end of a list, and the greeks by independent means."""

from __future__ import annotations

from datetime import date

import pytest

from domain.session import NS_PER_SECOND
from simulator.contract_filter import ContractFilter, weekend_after
from simulator.greeks import RATE, Pricing
from simulator.listing import generated_listings
from simulator.option import Contract, contracts
from tests.unit.simulator.room import START

TODAY = date(2026, 11, 20)
DAY_NS = 86_400 * NS_PER_SECOND


@pytest.fixture(scope="module")
def known() -> dict[str, Contract]:
    return contracts(generated_listings(), TODAY)


def chosen(known: dict[str, Contract], last: date = date.max, **parameters: str) -> list[Contract]:
    wanted = ContractFilter.parse(parameters, last)
    return [each for each in known.values() if wanted.lets_through(each)]


def test_every_filter_leaves_out_what_it_should(known):
    assert {each.underlying.symbol for each in chosen(known, underlying_symbols="aapl,SPY")} == {"AAPL", "SPY"}
    assert {each.kind for each in chosen(known, type="PUT")} == {"put"}
    assert {each.expiration for each in chosen(known, expiration_date="2026-12-18")} == {date(2026, 12, 18)}
    later = chosen(known, expiration_date_gte="2026-11-21", expiration_date_lte="2026-12-18")
    assert {each.expiration for each in later} == {date(2026, 11, 27), date(2026, 12, 18)}
    strikes = {
        each.strike for each in chosen(known, root_symbol="AAPL", strike_price_gte="220", strike_price_lte="240")
    }
    assert strikes == {220, 230, 240}
    assert chosen(known, root_symbol="ZZZZ") == []


def test_without_a_date_a_list_ends_with_the_week(known):
    assert weekend_after(TODAY) == date(2026, 11, 22) and weekend_after(date(2026, 11, 22)) == date(2026, 11, 22)
    assert {each.expiration for each in chosen(known, weekend_after(TODAY))} == {TODAY}
    assert date(2027, 1, 15) in {
        each.expiration for each in chosen(known, weekend_after(TODAY), expiration_date_gte="2026-12-01")
    }


@pytest.mark.parametrize(
    "parameters",
    [
        {"type": "x"},
        {"style": "asian"},
        {"expiration_date": "soon"},
        {"strike_price_gte": "x"},
        {"strike_price_lte": "nan"},
    ],
)
def test_what_cannot_be_read_is_named(parameters):
    with pytest.raises(ValueError, match=f"invalid {next(iter(parameters))}"):
        ContractFilter.parse(parameters)


@pytest.mark.parametrize("symbol", ["AAPL261218C00230000", "AAPL261218P00220000"])
def test_greeks_are_the_slopes_of_the_worth(known, symbol):
    contract, price, volatility = known[symbol], 232.0, 0.35
    pricing = Pricing(contract, price, START)
    greeks = pricing.greeks(volatility)

    def worth(price: float = price, now: int = START, volatility: float = volatility) -> float:
        return Pricing(contract, price, now).worth(volatility)

    assert greeks.delta == pytest.approx((worth(price + 0.01) - worth(price - 0.01)) / 0.02, abs=1e-4)
    assert greeks.gamma == pytest.approx((worth(price + 1) - 2 * worth() + worth(price - 1)), rel=1e-2)
    assert greeks.vega == pytest.approx((worth(volatility=0.36) - worth(volatility=0.34)) / 2, rel=1e-3)
    assert greeks.theta == pytest.approx((worth(now=START + DAY_NS) - worth(now=START - DAY_NS)) / 2, rel=1e-2)
    assert (greeks.rho > 0) == (contract.kind == "call")
    assert pricing.implied_volatility(worth()) == pytest.approx(volatility, abs=1e-6)


def test_put_and_call_differ_by_the_share_and_its_strike_paid_later(known):
    call, put = (Pricing(known[f"AAPL261218{kind}00230000"], 232.0, START) for kind in "CP")
    years = (known["AAPL261218C00230000"].expires_at - START) / (365 * DAY_NS)
    assert call.worth(0.3) - put.worth(0.3) == pytest.approx(232.0 - 230.0 * 2.718281828 ** (-RATE * years), abs=1e-6)


def test_there_is_no_volatility_below_the_exercise_and_after_the_end(known):
    contract = known["AAPL261218C00230000"]
    assert Pricing(contract, 260.0, START).implied_volatility(20.0) is None
    assert Pricing(contract, 232.0, contract.expires_at).implied_volatility(5.0) is None
