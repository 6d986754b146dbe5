"""The states of symbols: halts, limit up-limit down bands, and symbols from which nothing comes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from broker.messages import Luld, Status
from broker.wire_time import time
from domain.session import NS_PER_SECOND
from domain.symbol_state import HALTS, TRADES_AGAIN, SymbolState

ORDINARY = SymbolState()


class SymbolStates:
    """What is out of the ordinary, by symbol."""

    def __init__(self) -> None:
        self._states: dict[str, SymbolState] = {}

    def take_status(self, message: Status) -> None:
        """A halt, or its end."""
        state = replace(self._of(message.S), since=time(message.t))
        if message.sc in TRADES_AGAIN:
            self._put(message.S, replace(state, halted=False, status="", reason=""))
            return
        halted = state.halted or message.sc in HALTS
        self._put(
            message.S, replace(state, halted=halted, status=message.sm or message.sc, reason=message.rm or message.rc)
        )

    def take_luld(self, message: Luld) -> None:
        """The band within which a stock may trade."""
        state = self._of(message.S)
        self._put(message.S, replace(state, limit_up=message.u, limit_down=message.d, indicator=message.i))

    def traded(self, symbol: str, ts_event: int) -> None:
        """A trade after a halt says that it is over, also when its end was told while the stream was away."""
        state = self._states.get(symbol)
        if state is not None and state.halted and ts_event > state.since + NS_PER_SECOND:
            self._put(symbol, replace(state, halted=False, status="", reason=""))

    def halted(self) -> list[str]:
        """Symbols that do not trade now."""
        return [symbol for symbol, state in self._states.items() if state.halted]

    def silent(self, symbols: Iterable[str], among: Iterable[str]) -> None:
        """Of the symbols `among` these are silent although others go on and history has newer trades of them."""
        names = set(symbols)
        for symbol in among:
            if self._of(symbol).silent != (symbol in names):
                self._put(symbol, replace(self._of(symbol), silent=symbol in names))

    def forget(self, symbols: Iterable[str]) -> None:
        """Nothing is known of these any more."""
        for symbol in symbols:
            self._states.pop(symbol, None)

    def told(self) -> dict[str, SymbolState]:
        """All that are out of the ordinary."""
        return dict(self._states)

    def _of(self, symbol: str) -> SymbolState:
        return self._states.get(symbol, ORDINARY)

    def _put(self, symbol: str, state: SymbolState) -> None:
        if replace(state, since=0, status="", reason="") == ORDINARY and not state.status:
            self._states.pop(symbol, None)
        else:
            self._states[symbol] = state
