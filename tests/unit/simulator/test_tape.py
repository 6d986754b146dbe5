"""Reading a tape: what it says, or exactly what is wrong with it."""

from __future__ import annotations

import gzip

import pytest

from domain.session import to_datetime
from simulator.hours import next_session, session_at
from simulator.quote import Quote
from simulator.tape import TapeError, read_tape
from simulator.tape_market import TapeMarket
from simulator.trade import Trade

QUOTE = "1340295753639826023,q,AMZN,223.53,400,223.67,100,,,"
TRADE = "1340295753694150258,t,AMZN,,,,,223.6,55,1"


def test_rows_become_quotes_and_trades_with_their_row_number(tape_file):
    quote, trade = read_tape(tape_file(QUOTE, TRADE))
    assert quote == Quote("AMZN", 1340295753639826023, 223.53, 400, 223.67, 100, "V", "C")
    assert trade == Trade("AMZN", 1340295753694150258, 2, 223.6, 55, "V", "C")


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("x,t,AMZN,,,,,223.6,55,1", "invalid literal"),
        ("1340295753694150258,t,AMZN,,,,,,55,1", "could not convert"),
        ("1340295753694150258,t,AMZN,,,,,-1,55,1", "not a price"),
        ("1340295753694150258,t,AMZN,,,,,nan,55,1", "not a price"),
        ("1340295753694150258,t,AMZN,,,,,223.6,0,1", "no shares"),
        ("1340295753694150258,t,AMZN,,,,,223.6,-5,1", "number of shares"),
        ("1340295753694150258,z,AMZN,,,,,223.6,55,1", "kind is 'z'"),
        ("1340295753694150258,t,,,,,,223.6,55,1", "must be given"),
        ("1340295753694150258,t,AMZN", "index out of range"),
        ("1340295753000000000,t,AMZN,,,,,223.6,55,1", "goes back"),
    ],
)
def test_a_bad_row_is_named(tape_file, row, problem):
    path = tape_file(QUOTE, row)
    with pytest.raises(TapeError, match=problem) as caught:
        read_tape(path)
    assert caught.value.row == 2
    assert f"{path}, row 2" in str(caught.value)
    assert "SIMULATOR_TAPE" in str(caught.value)


def test_a_missing_column_is_named(tape_file):
    with pytest.raises(TapeError, match="lacks the columns resting_side"):
        read_tape(tape_file(QUOTE, header="ts_ns,kind,symbol,bid,bid_size,ask,ask_size,price,size"))


def test_a_missing_or_unreadable_or_empty_file_is_named(tmp_path, tape_file):
    plain, cut = tmp_path / "plain.csv", tmp_path / "cut.gz"
    plain.write_text("ts_ns,kind\n")
    cut.write_bytes(gzip.compress(b"x" * 10_000)[:-20])
    for path in (tmp_path / "missing.csv.gz", plain, cut, tmp_path):
        with pytest.raises(TapeError, match="cannot be read") as caught:
            read_tape(path)
        assert str(path) in str(caught.value)
    with pytest.raises(TapeError, match="no rows"):
        read_tape(tape_file())


def test_the_clock_waits_runs_and_stands_still_at_the_end_of_the_last_minute(tape_file):
    real = [0]
    market = TapeMarket(read_tape(tape_file(QUOTE, TRADE)), 2.0, lambda: real[0])
    real[0] = 5_000_000_000
    assert market.time.now() == 1340295753_000000000
    assert session_at(market.hours, market.time.now()) is not None
    market.start()
    real[0] += 1_000_000_000
    market.start()
    assert market.time.now() == 1340295755_000000000
    real[0] += 3_600_000_000_000
    assert to_datetime(market.time.now()).isoformat() == "2012-06-21T16:23:00+00:00"
    assert session_at(market.hours, market.time.now()) is None
    assert next_session(market.hours, market.time.now()).day.isoformat() == "2012-06-22"


def test_every_row_is_played_once(tape_file):
    market = TapeMarket(read_tape(tape_file(QUOTE, TRADE)), 1.0, lambda: 0)
    assert market.advance(1340295753639826023) == []
    assert [type(event) for event in market.advance(1340295753694150258)] == [Quote]
    assert [type(event) for event in market.advance(2**62)] == [Trade]
    assert market.advance(2**62) == []
