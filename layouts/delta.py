"""The data path's own components: pulse, view, what is asked and what is answered. None of them shows."""

from __future__ import annotations

from dash import dcc
from dash.development.base_component import Component

from layouts import ids


def data_path(refresh_ms: int, interval: str) -> list[Component]:
    """The pulse is never disabled: a guard that switched it off would freeze the page after one failed request."""
    return [
        dcc.Interval(id=ids.PULSE, interval=refresh_ms),
        dcc.Store(id=ids.VIEW, data={"symbol": None, "interval": interval}),
        dcc.Store(id=ids.ASK),
        dcc.Store(id=ids.DELTA),
        *(dcc.Store(id=make(action)) for action in ids.ACTIONS for make in (ids.ask_of, ids.answer_of)),
    ]
