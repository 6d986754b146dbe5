"""The data path's own components: the pulse, what the page looks at, what it asks, and the answer. None of them shows."""

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
    ]
