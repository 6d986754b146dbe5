"""The messages of Alpaca's data websockets as they are on the wire: one-letter keys, the type in `T`.

Keys after docs.alpaca.markets (real-time stock, crypto, option data; streaming news). Times stay raw, because the decoder would
round them to microseconds. Unknown keys are passed over. Structs that hold no list need no look from the collector.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class Trade(msgspec.Struct, tag_field="T", tag="t", gc=False):
    """A print of a stock, a coin or an option. Options send one condition as text; `tks` is the taker's side of a coin."""

    S: str
    p: float
    s: float
    t: msgspec.Raw
    i: Int64 = 0
    x: str = ""
    z: str = ""
    c: list[str] | str | None = None
    tks: str = ""


class Quote(msgspec.Struct, tag_field="T", tag="q", gc=False):
    """A change of the best bid and ask."""

    S: str
    bp: float
    ap: float
    t: msgspec.Raw
    bs: float = 0.0
    ap_size: float = msgspec.field(default=0.0, name="as")
    bx: str = ""
    ax: str = ""
    z: str = ""


class _Bar(msgspec.Struct, tag_field="T"):
    S: str
    o: float
    h: float
    l: float  # noqa: E741 (Alpaca's key)
    c: float
    v: float
    t: msgspec.Raw
    n: Int64 = 0
    vw: float = 0.0


class MinuteBar(_Bar, tag="b"):
    """Alpaca's own bar of one minute; `t` is its start."""


class UpdatedBar(_Bar, tag="u"):
    """The minute anew, because a trade of it came late; about 30 s after its end."""


class DailyBar(_Bar, tag="d"):
    """The day so far, sent each minute; `t` is midnight in New York (UTC for coins)."""


class Correction(msgspec.Struct, tag_field="T", tag="c"):
    """A trade was another one: `o..` as it was told, `c..` as it is."""

    S: str
    oi: Int64
    op: float
    os: float
    ci: Int64
    cp: float
    cs: float
    t: msgspec.Raw
    x: str = ""
    z: str = ""
    oc: list[str] | None = None
    cc: list[str] | None = None


class Cancel(msgspec.Struct, tag_field="T", tag="x"):
    """A trade never was: `a` is C (cancel) or E (error)."""

    S: str
    i: Int64
    p: float
    s: float
    t: msgspec.Raw
    x: str = ""
    z: str = ""
    a: str = ""


class Status(msgspec.Struct, tag_field="T", tag="s"):
    """A halt, its reason, or its end."""

    S: str
    t: msgspec.Raw
    sc: str = ""
    sm: str = ""
    rc: str = ""
    rm: str = ""
    z: str = ""


class Luld(msgspec.Struct, tag_field="T", tag="l"):
    """Limit up-limit down: the prices `d` to `u` between which a stock may trade."""

    S: str
    u: float
    d: float
    t: msgspec.Raw
    i: str = ""
    z: str = ""


class BookLevel(msgspec.Struct, gc=False):
    """One price of an order book; a size of 0 removes it."""

    p: float
    s: float


class Book(msgspec.Struct, tag_field="T", tag="o"):
    """The order book of a coin: whole if `r`, else what changed."""

    S: str
    t: msgspec.Raw
    b: list[BookLevel] = []
    a: list[BookLevel] = []
    r: bool = False


class News(msgspec.Struct, tag_field="T", tag="n"):
    """An article."""

    id: Int64
    headline: str
    created_at: msgspec.Raw
    updated_at: msgspec.Raw
    summary: str = ""
    author: str = ""
    source: str = ""
    content: str = ""
    url: str | None = None
    symbols: list[str] = []


class Imbalance(msgspec.Struct, tag_field="T", tag="i"):
    """An order imbalance; passed over, like alpaca-py does."""


class Success(msgspec.Struct, tag_field="T", tag="success"):
    """An answer of the handshake."""

    msg: str = ""


class Failure(msgspec.Struct, tag_field="T", tag="error"):
    """An error frame; broker.refusal says what the codes mean."""

    code: int = 0
    msg: str = ""


class Subscription(msgspec.Struct, tag_field="T", tag="subscription"):
    """The whole set that the server will send, after every change."""

    trades: list[str] | None = None
    quotes: list[str] | None = None
    bars: list[str] | None = None
    news: list[str] | None = None
    orderbooks: list[str] | None = None


Bar = MinuteBar | UpdatedBar | DailyBar
Control = Success | Failure | Subscription
Message = (
    Trade | Quote | MinuteBar | UpdatedBar | DailyBar | Correction | Cancel | Status | Luld | Book | News | Imbalance
    | Success | Failure | Subscription
)  # fmt: skip

TICKS: Final[frozenset[type]] = frozenset({Trade, Quote})
