"""Whole tapes, shuffled, repeated and corrected, against the bars that pandas makes of what they became."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pandas as pd
import pytest

from domain.bar import is_emptied
from domain.bar_book import BarBook
from tests.tapes import LENGTHS, bars_of, difference, real_tape, write_tape
from tests.unit.domain.bar_oracle import Print, record, records
from tests.unit.domain.ticks import NS

FAR = 10**19 // 2


def prints_of(tape: Path) -> list[Print]:
    rows = pd.read_csv(tape).query("kind == 't'")
    columns = zip(rows["ts_ns"].tolist(), rows["price"].tolist(), rows["size"].tolist(), strict=True)
    return [Print(at, 0, price, size, number, "", "") for number, (at, price, size) in enumerate(columns)]


def disturbed(rows: list[Print], random: Random) -> list[Print]:
    """The prints up to 90 s late, one in ten twice; those of one instant stay in order."""
    late = {row.ts_event: random.choice((0, 0, 1, 20, 90)) * random.randrange(NS) for row in rows}
    arriving = [(row.ts_event + late[row.ts_event], row) for row in rows]
    again = [(at + random.randrange(90 * NS), row) for at, row in arriving if random.random() < 0.1]
    return [row for _, row in sorted(arriving + again, key=lambda item: item[0])]


def play(rows: list[Print], random: Random) -> tuple[BarBook, dict[int, Print]]:
    """Take the prints in batches with corrections and cancels between; the book, and by number what the prints became."""
    book, held, waiting, seen, newest = BarBook(1), {}, disturbed(rows, random), set(), 0
    while waiting:
        size = random.choice((1, 10, 60))
        batch, waiting = waiting[:size], waiting[size:]
        fresh = {row.id: row for row in batch if row.id not in seen}
        seen |= fresh.keys()
        held |= fresh
        book.add_trades(records(fresh.values()))
        newest = max([newest, *(row.ts_event for row in batch)])
        book.close_until(newest)
        if random.random() < 0.5 and held:
            change(book, held, random.choice(list(held)[-200:]), random)
    book.close_until(FAR)
    return book, held


def change(book: BarBook, held: dict[int, Print], number: int, random: Random) -> None:
    was = held[number]
    if random.random() < 0.5:
        book.cancel(record(was))
        del held[number]
        return
    held[number] = replace(
        was, price=round(was.price + random.randint(-9, 9) / 100, 4), size=was.size + random.randint(1, 9)
    )
    book.correct(record(was), record(held[number]))


def assert_exact(tape: Path, folder: Path) -> None:
    book, held = play(prints_of(tape), Random(7))
    became = sorted(held.values(), key=lambda row: row.ts_event)
    corrected = folder / "corrected.csv"
    columns = {"ts_ns": "ts_event", "price": "price", "size": "size"}
    frame = pd.DataFrame({name: [getattr(row, of) for row in became] for name, of in columns.items()})
    frame.assign(kind="t").to_csv(corrected, index=False)
    assert book.corrections > 10 and book.late > 10
    for interval in LENGTHS:
        bars = book.series(0, interval).bars
        ours = pd.DataFrame(bars[~is_emptied(bars)].copy())
        ours["start"] = pd.to_datetime(ours["start"], utc=True)
        assert difference(ours, bars_of(corrected, interval)) == "", interval


def test_a_tape_shuffled_repeated_and_corrected_is_exact(tmp_path: Path) -> None:
    assert_exact(write_tape(tmp_path / "tape.csv.gz", minutes=24), tmp_path)


def test_the_real_tape_shuffled_repeated_and_corrected_is_exact(tmp_path: Path) -> None:
    tape = real_tape()
    if tape is None:
        pytest.skip("the real tape is not on this machine (set TICKDESK_TAPE)")
    assert_exact(tape, tmp_path)
