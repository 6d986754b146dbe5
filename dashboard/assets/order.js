// An order as the page holds it, and how it is told.
(function (desk) {
  "use strict";
  const FIELDS = [
    "id", "symbol", "side", "type", "qty", "filled", "limit", "tif", "state", "paid", "reason", "at",
    "stop", "trail", "percent", "notional", "orderClass", "extended", "parent",
  ];
  const LOOKS = {
    intent: ["Sending", "pending"], sending: ["Sending", "pending"], unknown: ["Unknown", "unknown"],
    denied: ["Denied", "rejected"], not_placed: ["Not placed", "rejected"], rejected: ["Rejected", "rejected"],
    partially_filled: ["Partial", "partial"], filled: ["Filled", "filled"], canceled: ["Canceled", "done"],
    held: ["Waiting", "working"], expired: ["Expired", "done"], replaced: ["Replaced", "done"],
    pending_cancel: ["Canceling", "pending"], pending_replace: ["Replacing", "pending"], done_for_day: ["Done for today", "working"],
  };
  const DONE = new Set(["denied", "not_placed", "rejected", "filled", "canceled", "expired", "replaced"]);
  const FAILED = new Set(["denied", "not_placed", "rejected", "unknown"]);

  const of = (row) => Object.fromEntries(FIELDS.map((name, k) => [name, row[k]]));
  const look = (state) => LOOKS[state] || ["Working", "working"];
  const isOpen = (order) => !DONE.has(order.state);
  const remaining = (order) => (isOpen(order) ? order.qty - order.filled : 0);

  const TYPES = { market: "Market", limit: "Limit", stop: "Stop", stop_limit: "Stop limit", trailing_stop: "Trailing" };
  const CLASSES = { bracket: "Bracket", oco: "OCO", oto: "OTO" };
  const typeOf = ({ type }) => TYPES[type] || type;
  const classOf = ({ orderClass }) => CLASSES[orderClass] || "";

  // Where it stands in the market: a limit, the price that sets it off, or how far it stays behind.
  function priceWords({ symbol, type, limit, stop, trail, percent }) {
    const { price, size } = desk.number;
    if (type === "trailing_stop") return trail !== null ? price(trail, symbol) + " behind" : size(percent) + "\u00a0% behind";
    return [stop, limit].filter((value) => value !== null && value !== undefined).map((value) => price(value, symbol)).join(" / ") || price(null);
  }

  // The price at which it lies on the chart; null for what lies nowhere.
  const level = ({ limit, stop }) => limit ?? stop ?? null;
  const isStop = ({ type }) => type === "stop" || type === "stop_limit" || type === "trailing_stop";

  const past = (side) => (side === "buy" ? "Bought" : "Sold");

  function what(order) {
    const { side, qty, notional, symbol, type, limit } = order, { size, money, price } = desk.number;
    const count = qty > 0 ? size(qty) : notional ? money(notional) + " of" : size(qty);
    const at = type === "market" ? " at market" : type === "limit" ? " at " + price(limit) : " " + typeOf(order).toLowerCase() + " " + priceWords(order);
    return side + " " + count + " " + symbol + at;
  }

  function filledPart(order) {
    const all = order.filled >= order.qty ? "" : " of " + desk.number.size(order.qty);
    return past(order.side) + " " + desk.number.size(order.filled) + all + " " + order.symbol + " at " + desk.number.average(order.paid) + ".";
  }

  // What a broker's own words do not say.
  const ADVICE = [["wash trade", "You have an open order on the other side: cancel it first, or let a bracket or an exit pair hold both."]];
  const advised = (reason) => [reason, ...ADVICE.filter(([said]) => reason.includes(said)).map(([, advice]) => advice)].join(". ");

  const LOOKING = "No answer from the broker. Looking the order up; do not send it again.", RESERVED = " What it may cost stays reserved.";

  // Why an order ended before it was filled, or what is being done about one of which nobody knows; nothing for all others.
  function why({ state, reason }) {
    if (state === "unknown") return (reason || LOOKING) + RESERVED;
    return DONE.has(state) && state !== "filled" && reason ? advised(reason) : "";
  }

  // One sentence on where the order stands, with the reason where there is one.
  function words(order) {
    const [word] = look(order.state), done = order.filled > 0 ? " " + filledPart(order) : "";
    if (order.state === "filled") return filledPart(order);
    if (FAILED.has(order.state)) return word + ": " + ((order.reason && advised(order.reason)) || what(order) + ".") + done;
    return word + ": " + what(order) + "." + done + (order.reason ? " " + order.reason : "");
  }

  const failed = (order) => FAILED.has(order.state);
  desk.order = { of, look, isOpen, remaining, words, why, failed, what, typeOf, classOf, priceWords, level, isStop };
})(window.tickdesk = window.tickdesk || {});
