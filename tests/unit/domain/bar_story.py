"""Stories for the oracle: prints with all kinds of conditions that arrive late, twice, and are corrected and cancelled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random

from tests.unit.domain.bar_oracle import Print, Told
from tests.unit.domain.ticks import MINUTE, NOON, NS

SYMBOLS = 2
GAPS = (0, 0, 1, 300_000_000, 999_999_999, NS, 4 * NS, 7 * NS, 59 * NS, MINUTE, 4 * MINUTE)
LATENESS = (0, 0, 0, 1, NS, 3 * NS, 50 * NS, 130 * NS)
CONDITIONS = ("@", "@", "@", "@F", "@I", "I", "B", "@4I", "@TI", "@T", "M", "9", "Z", "@?", "7V", " ")

Step = Callable[[Told], None]


def prints(random: Random, most: int) -> list[Print]:
    """Prints in order of event time, with sums that floats hold exactly."""
    rows, now = [], NOON
    for number in range(1, random.randint(1, most) + 1):
        now += random.choice(GAPS)
        price, tape = random.randint(396, 404) / 4, random.choice(("A", "B", "C", ""))
        symbol, size = random.randrange(SYMBOLS), random.randint(1, 500)
        rows.append(Print(now, symbol, price, size, number, random.choice(CONDITIONS), tape))
    return rows


def story(random: Random, most: int = 30) -> Iterator[Step]:
    """What a book is told, step by step: batches of prints, corrections and cancels of what has come, some told twice."""
    arriving = [(row.ts_event + random.choice(LATENESS), row) for row in prints(random, most)]
    arriving += [(at + random.choice(LATENESS), row) for at, row in random.choices(arriving, k=random.randint(0, 4))]
    waiting, come = [row for _, row in sorted(arriving, key=lambda item: item[0])], []
    while waiting:
        taken = random.randint(1, max(len(waiting) // 2, 1))
        batch, waiting = waiting[:taken], waiting[taken:]
        come += batch
        yield lambda told, batch=batch: told.trades(batch)  # type: ignore[misc]
        for _ in range(random.choice((0, 0, 1, 2))):
            row = random.choice(come)
            yield from (_change(random, row),) * random.choice((1, 1, 2))


def _change(random: Random, row: Print) -> Step:
    """A cancel, or a correction of price, size, conditions and id; of a print that may have been changed before."""
    if random.random() < 0.4:
        return lambda told: told.cancel(row)
    corrected = random.choice((row.id, row.id + 1_000_000))
    changed = replace(row, id=corrected, price=random.randint(390, 410) / 4, size=random.randint(1, 500))
    now = replace(changed, conditions=random.choice(CONDITIONS))
    return lambda told: told.correct(row, now)
