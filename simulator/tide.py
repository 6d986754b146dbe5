"""The tide: how much more or less is traded at an hour of the session than on average."""

from __future__ import annotations

from simulator.hours import AlwaysOpen, Hours, Today

HEIGHT = 2.6  # of opening and close above noon
ASYMMETRY = 0.25


class Tide:
    """Volume over a day looks like a U where there is an opening and a close; around the clock it is even."""

    def __init__(self, hours: Hours) -> None:
        self._today = None if isinstance(hours, AlwaysOpen) else Today(hours)

    def factor(self, ts_event: int) -> float:
        """Of the average, 1 over a whole session."""
        session = self._today.session(ts_event) if self._today is not None else None
        if session is None:
            return 1.0
        return shape((ts_event - session.opens_at) / (session.closes_at - session.opens_at))

    def left_ns(self, ts_event: int) -> int | None:
        """How long the session still goes on; None where none ever ends."""
        session = self._today.session(ts_event) if self._today is not None else None
        return session.closes_at - ts_event if session is not None else None


def shape(done: float) -> float:
    """The factor when so much of a session is over; its mean over the session is 1."""
    away = 2 * done - 1
    swing = away * away * (1 + ASYMMETRY * (-away))
    return (1 + HEIGHT * swing) / (1 + HEIGHT / 3)


FLAT = Tide(AlwaysOpen())
