// An order as the page holds it, and how it is told.
(function (desk) {
  "use strict";
  const FIELDS = ["id", "symbol", "side", "type", "qty", "filled", "limit", "tif", "state", "paid", "reason", "at"];
  const LOOKS = {
    intent: ["Sending", "pending"], sending: ["Sending", "pending"], unknown: ["Unknown", "unknown"],
    denied: ["Denied", "rejected"], not_placed: ["Not placed", "rejected"], rejected: ["Rejected", "rejected"],
    partially_filled: ["Partial", "partial"], filled: ["Filled", "filled"], canceled: ["Canceled", "done"],
    expired: ["Expired", "done"], replaced: ["Replaced", "done"],
    pending_cancel: ["Canceling", "pending"], pending_replace: ["Replacing", "pending"], done_for_day: ["Done for today", "working"],
  };
  const DONE = new Set(["denied", "not_placed", "rejected", "filled", "canceled", "expired", "replaced"]);
  const FAILED = new Set(["denied", "not_placed", "rejected", "unknown"]);

  const of = (row) => Object.fromEntries(FIELDS.map((name, k) => [name, row[k]]));
  const look = (state) => LOOKS[state] || ["Working", "working"];
  const isOpen = (order) => !DONE.has(order.state);
  const remaining = (order) => (isOpen(order) ? order.qty - order.filled : 0);

  const past = (side) => (side === "buy" ? "Bought" : "Sold");

  function what({ side, qty, symbol, limit }) {
    return side + " " + desk.number.size(qty) + " " + symbol + (limit === null ? " at market" : " at " + desk.number.price(limit));
  }

  function filledPart(order) {
    const all = order.filled >= order.qty ? "" : " of " + desk.number.size(order.qty);
    return past(order.side) + " " + desk.number.size(order.filled) + all + " " + order.symbol + " at " + desk.number.average(order.paid) + ".";
  }

  // One sentence on where the order stands, with the reason where there is one.
  function words(order) {
    const [word] = look(order.state), done = order.filled > 0 ? " " + filledPart(order) : "";
    if (order.state === "filled") return filledPart(order);
    if (FAILED.has(order.state)) return word + ": " + (order.reason || what(order) + ".") + done;
    return word + ": " + what(order) + "." + done;
  }

  const failed = (order) => FAILED.has(order.state);
  desk.order = { of, look, isOpen, remaining, words, failed, what };
})(window.tickdesk = window.tickdesk || {});
