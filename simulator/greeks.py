"""Implied volatility and the greeks of a contract, by the formula of Black and Scholes for one that pays no dividend."""

from __future__ import annotations

import math
from typing import NamedTuple

from domain.session import NS_PER_SECOND
from simulator.option import Contract

RATE = 0.04  # a year, without risk
LOWEST, HIGHEST = 0.01, 5.0  # volatility a year
_YEAR_S = 365 * 86_400


class Greeks(NamedTuple):
    """For one share: `theta` a day, `vega` and `rho` for one percentage point."""

    delta: float
    gamma: float
    rho: float
    theta: float
    vega: float


def _normal(x: float) -> float:
    return math.erfc(-x / math.sqrt(2)) / 2


def _density(x: float) -> float:
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


class Pricing:
    """A contract while its share is at `price` USD, at an instant before its end."""

    def __init__(self, contract: Contract, price: float, now: int) -> None:
        self._sign = 1 if contract.kind == "call" else -1
        self._price, self._strike = price, float(contract.strike)
        self._years = (contract.expires_at - now) / NS_PER_SECOND / _YEAR_S
        self._discount = math.exp(-RATE * max(self._years, 0.0))

    def _distances(self, volatility: float) -> tuple[float, float]:
        spread = volatility * math.sqrt(self._years)
        above = (math.log(self._price / self._strike) + (RATE + volatility**2 / 2) * self._years) / spread
        return above, above - spread

    def worth(self, volatility: float) -> float:
        """USD for one share."""
        above, below = self._distances(volatility)
        sign = self._sign
        return sign * (self._price * _normal(sign * above) - self._strike * self._discount * _normal(sign * below))

    def implied_volatility(self, worth: float) -> float | None:
        """The volatility at which a contract is worth so much; None if there is none."""
        if self._years <= 0 or not self.worth(LOWEST) < worth < self.worth(HIGHEST):
            return None
        low, high = LOWEST, HIGHEST
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (middle, high) if self.worth(middle) < worth else (low, middle)
        return low

    def greeks(self, volatility: float) -> Greeks:
        """How the worth changes."""
        above, below = self._distances(volatility)
        sign, root = self._sign, math.sqrt(self._years)
        carry = RATE * self._strike * self._discount * _normal(sign * below)
        decay = -self._price * _density(above) * volatility / (2 * root) - sign * carry
        return Greeks(
            delta=sign * _normal(sign * above),
            gamma=_density(above) / (self._price * volatility * root),
            rho=sign * self._strike * self._years * self._discount * _normal(sign * below) / 100,
            theta=decay / 365,
            vega=self._price * _density(above) * root / 100,
        )
