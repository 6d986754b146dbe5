"""The wire of the trading API: assets as JSON objects. Source: "Trading API" (Assets)."""

from __future__ import annotations

from simulator.listing import Listing
from simulator.option import UNDERLYINGS
from simulator.wire_fields import Fields

MARGIN, COIN_MARGIN = 30, 100  # percent


def asset_fields(listing: Listing) -> Fields:
    """A coin's smallest order is one unit of its book; what is finer comes from the house. CUSIPs are invented."""
    lot, margin = (f"{listing.lot:.9f}".rstrip("0"), COIN_MARGIN) if listing.is_crypto else (None, MARGIN)
    return {
        "id": str(listing.asset_id),
        "class": listing.asset_class,
        "exchange": listing.exchange,
        "symbol": listing.symbol,
        "name": listing.name,
        "status": "active",
        "tradable": True,
        "marginable": not listing.is_crypto,
        "shortable": not listing.is_crypto,
        "easy_to_borrow": not listing.is_crypto,
        "borrow_status": "hard_to_borrow" if listing.is_crypto else "easy_to_borrow",
        "fractionable": True,
        "maintenance_margin_requirement": margin,
        "margin_requirement_long": str(margin),
        "margin_requirement_short": str(margin),
        "attributes": _attributes(listing),
        "cusip": None if listing.is_crypto else f"{listing.asset_id.int % 10**9:09d}",
        "min_order_size": lot,
        "min_trade_increment": "0.000000001" if listing.is_crypto else None,
        "price_increment": "0.01" if listing.is_crypto else None,
    }


def _attributes(listing: Listing) -> list[str]:
    if listing.is_crypto:
        return []
    options = ["has_options"] if listing.symbol in UNDERLYINGS else []
    return [*options, "fractional_eh_enabled"]
