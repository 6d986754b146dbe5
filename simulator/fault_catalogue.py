"""The catalogue of faults: every name with what happens."""

from __future__ import annotations

ORDER_FAULTS = {
    "504_before_accept": "POST /v2/orders is answered 504, and there is no order",
    "504_after_accept": "POST /v2/orders is answered 504, though the order is there",
    "rate_limited": "POST /v2/orders is answered 429, and there is no order",
    "hang_before_accept": "POST /v2/orders is answered 504 after `seconds`, and there is no order",
    "hang": "POST /v2/orders is answered `seconds` after the order is there",
    "reset_before_accept": "the connection of POST /v2/orders breaks, and there is no order",
    "reset_after_accept": "the connection of POST /v2/orders breaks, though the order is there",
    "html_after_accept": "POST /v2/orders is answered by a page of HTML, though the order is there",
    "empty_after_accept": "POST /v2/orders is answered by nothing, though the order is there",
    "truncated_after_accept": "POST /v2/orders is answered by half a body, though the order is there",
    "duplicate_after_accept": "POST /v2/orders is answered as if the name were in use, though the order is there",
    "rest_504": "any other request about orders, positions or the account is answered 504 and does nothing",
    "rest_rate_limited": "the same with 429",
    "rest_html": "the same with a page of HTML",
    "rest_hang": "the same with 504 after `seconds`",
    "rest_reset": "the same, and the connection breaks",
    "drop_trade_update": "a trade update is lost",
    "repeat_trade_update": "a trade update comes twice",
    "delay_trade_update": "a trade update comes `seconds` late",
    "rare_trade_updates": "before the next trade update come those that hardly ever come",
    "reset_trade_stream": "the connections of the trading stream break: all at once, or while it lasts at a trade update",
    "fill_after_cancel": "an order is filled although its cancel was accepted",
    "partial_then_rest": "an order is filled in two parts",
    "replace_rejected": "a replacement that was accepted is rejected afterwards",
}
"""About orders, the account and the trading stream."""

DATA_FAULTS = {
    "data_mute": "nothing is sent for `seconds`, though the connection lives and answers pings",
    "data_drop": "connections break without a word: all at once, or while it lasts at a frame",
    "data_lose": "a frame is lost",
    "data_delay": "a frame comes `seconds` late, and all that follow wait for it",
    "data_duplicate": "a frame comes twice",
    "data_reorder": "a frame comes after the next one",
    "data_garbage": "a frame that is cut off comes before a good one",
    "data_flood": "a frame comes `limit` times more (20 if nothing is said)",
    "data_slot_taken": "authentication is refused with 406",
    "data_slot_held": "a slot stays taken for `seconds` after its connection broke",
    "data_symbol_limit": "subscriptions of more than `limit` symbols are refused with 405",
    "data_partial_ack": "subscriptions leave out the symbols of `missing`",
    "data_auth_failed": "authentication is refused with 402",
    "data_error": "authentication is answered with the stream's error `code`",
    "data_upgrade_refused": "a connection is refused at the door with the HTTP status `code`",
}
"""About the market data streams; `feed` names one of FEEDS, else all of them."""

ABOUT = ORDER_FAULTS | DATA_FAULTS
NAMES = tuple(ABOUT)
CODES = {
    "data_error": (*range(400, 414), 500),
    "data_upgrade_refused": (401, 403, 404, 429, 500, 502, 503, 504),
}
"""The faults that answer with a `code`, and which there are."""

FEEDS = ("stocks", "crypto", "options", "news", "test")

LASTING = frozenset({"data_mute"})
"""Faults that last `seconds`, however often they are used."""
STANDING = frozenset({"data_symbol_limit"})
"""Faults that stand until they are disarmed."""
AT_ONCE = frozenset({"data_drop", "reset_trade_stream"})
"""Faults that strike in the moment they are armed, unless they are to last."""

PLAIN_WORDS = {
    "drop": ("data_drop",),
    "stall": ("data_mute",),
    "delay": ("data_delay",),
    "duplicate": ("data_duplicate",),
    "reorder": ("data_reorder",),
    "malformed": ("data_garbage",),
    "flood": ("data_flood",),
    "406": ("data_slot_taken",),
    "429": ("rate_limited", "rest_rate_limited"),
    "504": ("504_before_accept", "rest_504"),
    "lost_trade_update": ("drop_trade_update",),
    "repeated_trade_update": ("repeat_trade_update",),
    "partial_fill": ("partial_then_rest",),
}
"""What people say, and the faults that are meant."""
