"""The activation: one time that the kill switch was turned on, told from the times before and after, over restarts too."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final

from orders.journal import Journal

NAME: Final = "kill_activation"


@dataclass(frozen=True, slots=True)
class Activation:
    """One of an account. `since` is when the worker noticed it, by this machine's clock (ns)."""

    number: int
    since: int


class Activations:
    """Numbers the activations that an account has seen. What is known of the last one lies in the journal."""

    def __init__(self, journal: Journal, account_id: str) -> None:
        self._journal, self._account_id = journal, account_id

    def see(self, hands: frozenset[str]) -> Activation | None:
        """The activation that goes on now, None while the switch is off. `hands` are `KillSwitch.hands`.

        It is another one if none of the hands that held the switch at the last look holds it still.
        """
        known = self._known()
        if sorted(hands) != known["hands"]:
            known = self._note(hands, known)
        return Activation(known["number"], known["since"]) if hands else None

    def _known(self) -> dict[str, Any]:
        found: dict[str, Any] | None = self._journal.state(self._account_id, NAME)
        return found or {"number": 0, "since": 0, "hands": []}

    def _note(self, hands: frozenset[str], before: dict[str, Any]) -> dict[str, Any]:
        now = {**before, "hands": sorted(hands)}
        another = bool(hands) and not hands & set(before["hands"])
        if another:
            now |= {"number": before["number"] + 1, "since": time.time_ns()}
        with self._journal.writing() as rows:
            rows.put_state(self._account_id, NAME, now)
            if another:
                rows.audit(self._account_id, NAME, number=now["number"], hands=now["hands"])
        return now
