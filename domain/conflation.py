"""Conflation: of several quotes of a symbol only the newest matters to who cannot keep up. Trades are never dropped."""

from __future__ import annotations

import numpy as np

from domain.tick import IS_QUOTE, Records


def newest_quotes(ticks: Records) -> tuple[Records, int]:
    """All trades and the last quote of each symbol, in order of arrival, and how many quotes were dropped."""
    quotes = np.flatnonzero(ticks["kind"] == IS_QUOTE)
    backwards = quotes[::-1]
    _, last = np.unique(ticks["symbol"][backwards], return_index=True)
    kept = np.concatenate([np.flatnonzero(ticks["kind"] != IS_QUOTE), backwards[last]])
    return ticks[np.sort(kept)], len(quotes) - len(last)
