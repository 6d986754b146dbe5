"""The entries of a form: untrusted values, each read as what it should be, with what is wrong told beside its field."""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, TypeVar

from domain.feed import OCC, Feed, feed_of

MOST: Final = Decimal(1_000_000_000)
"""Shares, and USD: so that sums keep their digits."""

MOST_DECIMALS: Final = 9
"""Of a quantity, and of what a coin costs. Source: "Fractional Trading", "Crypto Spot Trading"."""

NUMBER: Final = re.compile(r"[+-]?([0-9]{1,20}(\.[0-9]{0,20})?|\.[0-9]{1,20})([eE][+-]?[0-9]{1,3})?")
SYMBOL: Final = re.compile(r"[A-Z][A-Z0-9.]{0,14}|[A-Z0-9]{2,10}/[A-Z]{3,4}|" + OCC.pattern)
TRUTHS: Final = {"true": True, "false": False}

Word = TypeVar("Word", bound=StrEnum)
Kind = TypeVar("Kind")


class Entries:
    """Reads one form; `errors` grows by field. What cannot be read is answered with something of its kind."""

    def __init__(self, values: dict[Any, Any]) -> None:
        self.errors: dict[str, str] = {}
        self._values = values

    def is_blank(self, name: str) -> bool:
        """Whether nothing was filled in."""
        value = self._value(name)
        return value is None or (isinstance(value, str) and not value.strip())

    def symbol(self, name: str) -> str:
        """A symbol in capitals."""
        value = self._value(name)
        if isinstance(value, str) and value.isascii() and SYMBOL.fullmatch(value.strip().upper()):
            return value.strip().upper()
        return self._wrong(name, "Write a symbol, for example AAPL.", "")

    def word(self, name: str, kind: type[Word], instead: Word, advice: str) -> Word:
        """One of the words of `kind`."""
        try:
            return kind(self._value(name))
        except ValueError:
            return self._wrong(name, advice, instead)

    def truth(self, name: str) -> bool:
        """Yes or no; nothing is no."""
        value = self._value(name)
        if self.is_blank(name) or isinstance(value, bool):
            return bool(value is True)
        found = TRUTHS.get(value) if isinstance(value, str) else None
        return self._wrong(name, "This is on or off.", False) if found is None else found

    def match(self, name: str, pattern: re.Pattern[str], beside: str, advice: str) -> str:
        """A text of one form."""
        value = self._value(name)
        return value if isinstance(value, str) and pattern.fullmatch(value) else self._wrong(beside, advice, "")

    def qty(self, name: str) -> Decimal:
        """A quantity of more than 0."""
        number = to_number(self._value(name))
        if number is None:
            return self._wrong(name, "Write a number of shares, for example 10.", Decimal(1))
        if number <= 0:
            return self._wrong(name, "The quantity must be more than 0.", Decimal(1))
        if number > MOST:
            return self._wrong(name, f"At most {MOST:,} shares can be ordered.", Decimal(1))
        return self._fine(name, number, MOST_DECIMALS, "A quantity has at most nine decimals.")

    def money(self, name: str) -> Decimal:
        """An amount of more than 0 USD."""
        number = to_number(self._value(name))
        if number is None or number <= 0:
            return self._wrong(name, "Write an amount of more than 0.", MOST)
        if number > MOST:
            return self._wrong(name, f"The amount must be at most {MOST:,}.", MOST)
        return self._fine(name, number, 2, "An amount of money has two decimals.")

    def price(self, name: str, symbol: str, needed: str) -> Decimal:
        """A price of more than 0 on the tick of what `symbol` is; `needed` is said where there is none."""
        number = to_number(self._value(name))
        if number is None or number <= 0:
            return self._wrong(name, needed, Decimal(1))
        if number > MOST:
            return self._wrong(name, f"The price must be at most {MOST:,}.", Decimal(1))
        if feed_of(symbol) is Feed.CRYPTO:
            return self._fine(name, number, MOST_DECIMALS, "The price of a coin has at most nine decimals.")
        text = "Sub-penny increment: prices of 1.00 and more have two decimals, below that four."
        return self._fine(name, number, 2 if number >= 1 else 4, text)

    def percent(self, name: str, least: Decimal, advice: str) -> Decimal:
        """A percentage from `least` to less than 100."""
        number = to_number(self._value(name))
        if number is None or not least <= number < 100:
            return self._wrong(name, advice, least)
        return self._fine(name, number, MOST_DECIMALS, "A percentage has at most nine decimals.")

    def _value(self, name: str) -> Any:
        return self._values.get(name)

    def _fine(self, name: str, number: Decimal, decimals: int, advice: str) -> Decimal:
        return number if number == round(number, decimals) else self._wrong(name, advice, number)

    def _wrong(self, name: str, advice: str, instead: Kind) -> Kind:
        self.errors[name] = advice
        return instead


def to_number(value: Any) -> Decimal | None:
    """A finite number out of text or a number, written with plain digits; None for anything else, also for booleans."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        text = str(value).strip()
    except ValueError:  # an int of more than 4300 digits
        return None
    return Decimal(text) if NUMBER.fullmatch(text) else None
