"""An amount: how the trading API writes money, prices and quantities, as strings."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal


def amount(number: Decimal | int, decimals: int = 9) -> str:
    """Without zeros at the end and without an exponent, rounded to at most `decimals`."""
    rounded = Decimal(number).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
    text = f"{rounded:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
