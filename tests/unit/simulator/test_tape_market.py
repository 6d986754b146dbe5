"""The markets of a tape: shares and coins on one clock, everything played once and as it was."""

from __future__ import annotations

import pytest

from simulator.quote import CryptoQuote, Quote
from simulator.tape import TapeError, read_tape
from simulator.tape_market import tape_markets
from simulator.trade import CryptoTrade, Trade

SECOND = 10**9
START = 1_340_295_753 * SECOND
ROWS = (
    f"{START + 5},q,BTC/USD,9.5,0.25,9.6,1.5,,,",
    f"{START + 7 * SECOND},t,AMZN,,,,,223.6,55,1",
    f"{START + 8 * SECOND},t,BTC/USD,,,,,9.55,0.125,-1",
    f"{START + 9 * SECOND},q,AMZN,223.53,400,223.67,100,,,",
    f"{START + 200 * SECOND},t,BTC/USD,,,,,9.5,2,1",
)


def test_coins_of_a_tape_have_a_market_of_their_own_on_the_same_clock(tape_file):
    shares, coins = tape_markets(read_tape(tape_file(*ROWS)), 1.0, lambda: 0)
    assert coins is not None
    assert [listing.symbol for listing in shares.listings] == ["AMZN"]
    assert [(listing.symbol, listing.asset_class) for listing in coins.listings] == [("BTC/USD", "crypto")]
    assert coins.time is shares.time and coins.begins_at == shares.begins_at == START
    end = START + 300 * SECOND
    assert shares.advance(end) == [
        Trade("AMZN", START + 7 * SECOND, 2, 223.6, 55, "V", "C"),
        Quote("AMZN", START + 9 * SECOND, 223.53, 400, 223.67, 100, "V", "C"),
    ]
    assert coins.advance(START + 8 * SECOND) == [CryptoQuote("BTC/USD", START + 5, 9.5, 0.25, 9.6, 1.5, "", "")]
    assert coins.advance(end) == [
        CryptoTrade("BTC/USD", START + 8 * SECOND, 3, 9.55, 0.125, "", "", taker_side="B"),
        CryptoTrade("BTC/USD", START + 200 * SECOND, 5, 9.5, 2, "", "", taker_side="S"),
    ]


def test_the_clock_runs_to_the_end_of_the_last_minute_of_all(tape_file):
    now = [0]
    shares, _ = tape_markets(read_tape(tape_file(*ROWS)), 1.0, lambda: now[0])
    assert shares.time.now() == START
    shares.start()
    now[0] = 10_000 * SECOND
    last = START + 200 * SECOND
    assert shares.time.now() == last - last % (60 * SECOND) + 60 * SECOND


def test_options_are_left_out(tape_file):
    rows = (*ROWS, f"{START + 201 * SECOND},t,AAPL261218C00200000,,,,,3.2,1,")
    shares, coins = tape_markets(read_tape(tape_file(*rows)), 1.0, lambda: 0)
    assert coins is not None
    assert {listing.symbol for listing in (*shares.listings, *coins.listings)} == {"AMZN", "BTC/USD"}


def test_a_tape_without_shares_is_none(tape_file):
    with pytest.raises(TapeError, match="of shares"):
        read_tape(tape_file(ROWS[0], ROWS[2]))


def test_a_tape_without_coins_has_no_market_of_them(tape_file):
    assert tape_markets(read_tape(tape_file(ROWS[1])), 1.0, lambda: 0)[1] is None
