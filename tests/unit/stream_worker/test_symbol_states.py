"""What is out of the ordinary with a symbol: halts, bands, silence."""

from __future__ import annotations

import msgpack
import msgspec
import pytest

from broker.messages import Luld, Status
from domain.symbol_state import SymbolState
from stream_worker.symbol_states import SymbolStates
from tests.unit.domain.ticks import NOON, NS


def status(code: str, at: int = NOON, symbol: str = "AAPL", **texts: str) -> Status:
    return Status(symbol, msgspec.Raw(msgpack.packb(msgpack.Timestamp(*divmod(at, 10**9)))), code, **texts)


def luld(up: float, down: float, indicator: str = "B") -> Luld:
    return Luld("AAPL", up, down, msgspec.Raw(b"\xc0"), indicator)


@pytest.fixture
def states() -> SymbolStates:
    return SymbolStates()


@pytest.fixture
def halted(states: SymbolStates) -> SymbolStates:
    states.take_status(status("H", sm="Trading Halt", rc="T12", rm="For information requested"))
    return states


def test_nothing_is_out_of_the_ordinary_at_first(states: SymbolStates) -> None:
    assert (states.told(), states.halted()) == ({}, [])


def test_a_halt_is_told_with_its_reason_and_since_when(halted: SymbolStates) -> None:
    assert halted.told() == {"AAPL": SymbolState(True, "Trading Halt", "For information requested", NOON)}
    assert halted.halted() == ["AAPL"]


def test_codes_stand_in_for_words_that_are_not_there(states: SymbolStates) -> None:
    states.take_status(status("P", rc="LUDP"))
    assert states.told()["AAPL"] == SymbolState(True, "P", "LUDP", NOON)


@pytest.mark.parametrize("code", ["2", "H", "P", "F"])
@pytest.mark.parametrize("again", ["3", "T"])
def test_a_halt_lasts_until_trading_resumes(states: SymbolStates, code: str, again: str) -> None:
    states.take_status(status(code))
    states.take_status(status("Q", NOON + 5))
    states.take_status(status("4", NOON + 6))
    assert states.halted() == ["AAPL"], "quotes resume before trades do"
    states.take_status(status(again, NOON + 7))
    assert states.halted() == []


@pytest.mark.parametrize("code", ["Q", "4", "", "X"])
def test_a_status_that_is_no_halt_halts_nothing(states: SymbolStates, code: str) -> None:
    states.take_status(status(code))
    assert states.halted() == []


def test_a_trade_after_a_halt_says_that_it_is_over(halted: SymbolStates) -> None:
    halted.traded("AAPL", NOON + NS)
    halted.traded("MSFT", NOON + 5 * NS)
    assert halted.halted() == ["AAPL"], "what traded before the halt may be told up to a second later"
    halted.traded("AAPL", NOON + NS + 1)
    assert (halted.told(), halted.halted()) == ({}, [])


def test_the_end_of_a_halt_by_a_trade_leaves_the_band(halted: SymbolStates) -> None:
    halted.take_luld(luld(180.5, 160.25))
    halted.traded("AAPL", NOON + 2 * NS)
    told = halted.told()["AAPL"]
    assert (told.halted, told.status, told.limit_up, told.limit_down) == (False, "", 180.5, 160.25)


def test_a_band_is_told_and_the_newest_stands(states: SymbolStates) -> None:
    states.take_luld(luld(180.5, 160.25, "A"))
    states.take_luld(luld(181.0, 161.0, "B"))
    assert states.told() == {"AAPL": SymbolState(limit_up=181.0, limit_down=161.0, indicator="B")}
    assert states.halted() == []


def test_silence_is_told_among_the_symbols_that_were_looked_at(halted: SymbolStates) -> None:
    halted.silent(["MSFT", "AAPL"], ["AAPL", "MSFT", "TSLA"])
    assert {name for name, state in halted.told().items() if state.silent} == {"AAPL", "MSFT"}
    halted.silent(["TSLA"], ["TSLA"])
    assert {name for name, state in halted.told().items() if state.silent} == {"AAPL", "MSFT", "TSLA"}
    halted.silent([], ["AAPL", "MSFT", "TSLA"])
    assert set(halted.told()) == {"AAPL"} and halted.told()["AAPL"].halted


def test_what_is_forgotten_is_ordinary(halted: SymbolStates) -> None:
    halted.forget(["AAPL", "MSFT"])
    assert (halted.told(), halted.halted()) == ({}, [])


def test_what_was_told_does_not_change_afterwards(halted: SymbolStates) -> None:
    told = halted.told()
    halted.take_status(status("H", symbol="MSFT"))
    assert set(told) == {"AAPL"}
