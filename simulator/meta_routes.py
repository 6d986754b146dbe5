"""The REST routes of codes: what the letters for exchanges and conditions mean. Source: the tapes' own specifications."""

from __future__ import annotations

from typing import Final, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.accounts import Accounts
from simulator.answer import Endpoint, answer, for_account
from simulator.data_query import BadQuery

NamesT = TypeVar("NamesT")

STOCK_EXCHANGES: Final = {
    "A": "NYSE American", "B": "Nasdaq BX", "C": "NYSE National", "D": "FINRA ADF", "E": "Market Independent",
    "H": "MIAX", "I": "International Securities Exchange", "J": "Cboe EDGA", "K": "Cboe EDGX", "L": "Long-Term Stock Exchange",
    "M": "NYSE Texas", "N": "New York Stock Exchange", "P": "NYSE Arca", "Q": "Nasdaq", "S": "Nasdaq Small Cap",
    "T": "Nasdaq Int", "U": "Members Exchange", "V": "IEX", "W": "CBOE", "X": "Nasdaq PSX", "Y": "Cboe BYX", "Z": "Cboe BZX",
}  # fmt: skip
OPTION_EXCHANGES: Final = {
    "A": "NYSE American Options", "B": "BOX Options", "C": "Cboe Options", "D": "MIAX Emerald", "E": "Cboe EDGX Options",
    "H": "Nasdaq GEMX", "I": "Nasdaq ISE", "J": "Nasdaq MRX", "M": "MIAX Options", "N": "NYSE Arca Options",
    "O": "OPRA", "P": "MIAX Pearl", "Q": "Nasdaq Options", "S": "MIAX Sapphire", "T": "Nasdaq BX Options",
    "U": "MEMX Options", "W": "Cboe C2 Options", "X": "Nasdaq PHLX", "Z": "Cboe BZX Options",
}  # fmt: skip
_TRADES_CTA: Final = {
    " ": "Regular Sale", "4": "Derivatively Priced", "5": "Reopening", "6": "Closing", "B": "Average Price",
    "C": "Cash Sale", "F": "Intermarket Sweep", "H": "Price Variation", "I": "Odd Lot", "K": "Rule 127 or 155",
    "L": "Sold Last", "M": "Official Close", "N": "Next Day", "O": "Opening", "P": "Prior Reference Price",
    "Q": "Official Open", "R": "Seller", "T": "Extended Hours", "U": "Extended Hours, Sold out of Sequence",
    "V": "Contingent", "X": "Cross", "Z": "Sold out of Sequence",
}  # fmt: skip
_TRADES_UTP: Final = {
    "@": "Regular Sale", "1": "Stopped Stock", "4": "Derivatively Priced", "5": "Reopening", "6": "Closing",
    "9": "Corrected Consolidated Close", "A": "Acquisition", "B": "Bunched", "C": "Cash Sale", "D": "Distribution",
    "F": "Intermarket Sweep", "G": "Bunched, Sold out of Sequence", "H": "Price Variation", "I": "Odd Lot",
    "K": "Rule 155", "L": "Sold Last", "M": "Official Close", "N": "Next Day", "O": "Opening",
    "P": "Prior Reference Price", "Q": "Official Open", "R": "Seller", "S": "Split", "T": "Extended Hours",
    "U": "Extended Hours, Sold out of Sequence", "V": "Contingent", "W": "Average Price", "X": "Cross", "Y": "Yellow Flag",
    "Z": "Sold out of Sequence",
}  # fmt: skip
_QUOTES_CTA: Final = {
    "A": "Slow on the Ask", "B": "Slow on the Bid", "C": "Closing", "H": "Slow on both Sides", "L": "Closed Market Maker",
    "N": "Not Firm", "O": "Opening", "R": "Regular", "U": "Slow by a Liquidity Replenishment Point", "W": "Slow by a Set Slow List",
}  # fmt: skip
_QUOTES_UTP: Final = {
    "A": "Manual on the Ask", "B": "Manual on the Bid", "F": "Fast Trading", "H": "Manual on both Sides",
    "L": "Closed Market Maker", "N": "Not Firm", "O": "Opening", "R": "Regular", "Y": "One-sided",
}  # fmt: skip
STOCK_CONDITIONS: Final = {"trade": (_TRADES_CTA, _TRADES_UTP), "quote": (_QUOTES_CTA, _QUOTES_UTP)}
"""Of tapes A and B, and of tape C."""
OPTION_CONDITIONS: Final = {
    "trade": {
        "I": "Automatic Execution", "J": "Reopening", "S": "Intermarket Sweep", "a": "Single Leg Auction",
        "b": "Single Leg Auction, Sweep", "c": "Single Leg Cross", "d": "Single Leg Cross, Sweep", "e": "Single Leg Floor",
        "f": "Multi Leg", "g": "Multi Leg Auction", "h": "Multi Leg Cross", "i": "Multi Leg Floor",
    },
    "quote": {"A": "Eligible for Automatic Execution", "F": "Not Eligible", "R": "Rotation", "X": "Halted"},
}  # fmt: skip


def meta_routes(accounts: Accounts) -> list[Route]:
    """The routes, behind the key check."""
    paths = {
        "/v2/stocks/meta/exchanges": _told(STOCK_EXCHANGES),
        "/v2/stocks/meta/conditions/{kind}": _stock_conditions,
        "/v1beta1/options/meta/exchanges": _told(OPTION_EXCHANGES),
        "/v1beta1/options/meta/conditions/{kind}": _option_conditions,
    }
    return [Route(path, for_account(accounts, endpoint), methods=["GET"]) for path, endpoint in paths.items()]


def _told(names: dict[str, str]) -> Endpoint:
    async def read(_: Request) -> Response:
        return answer(names)

    return read


async def _stock_conditions(request: Request) -> Response:
    tape = request.query_params.get("tape", "")
    if tape not in ("A", "B", "C"):
        raise BadQuery(f"Invalid format for parameter tape: {tape}")
    return answer(_of_kind(request, STOCK_CONDITIONS)[tape == "C"])


async def _option_conditions(request: Request) -> Response:
    return answer(_of_kind(request, OPTION_CONDITIONS))


def _of_kind(request: Request, names: dict[str, NamesT]) -> NamesT:
    kind = request.path_params["kind"]
    if kind not in names:
        raise BadQuery(f"Invalid format for parameter ticktype: {kind}")
    return names[kind]
