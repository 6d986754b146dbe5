// What the ticket's fields say, and which of them the chosen type uses.
(function (desk) {
  "use strict";
  const USES = { market: [], limit: ["limit"], stop: ["stop"], stop_limit: ["limit", "stop"], trailing_stop: ["trail"] };
  const get = (name) => document.getElementById("ticket-" + name);
  const isCoin = (symbol) => Boolean(symbol) && symbol.includes("/");
  const uses = (type, what) => USES[type].includes(what);

  // "$500" is an amount of money, "1%" a part of the price.
  const money = (text) => text.trim().startsWith("$");
  const percent = (text) => text.trim().endsWith("%");
  const bare = (text) => text.trim().replace(/^\$\s*|\s*%$/g, "");

  // Numbers; NaN for what is none, null for what the type does not use.
  function read(side) {
    const type = get("type").value, { parse } = desk.field, qty = get("qty").value, stop = get("stop-price").value;
    const price = (what, text) => (uses(type, what) ? parse(bare(text)) : null);
    return {
      side, type, tif: get("tif").value,
      qty: money(qty) ? null : parse(qty), notional: money(qty) ? parse(bare(qty)) : null,
      limit: price("limit", get("limit-price").value), stop: price("stop", stop),
      trail: price("trail", stop), percent: uses(type, "trail") && percent(stop),
    };
  }

  // The texts as they stand: the server reads every digit itself.
  function values(symbol, side) {
    const type = get("type").value, stop = get("stop-price").value;
    const prices = {
      limit: { limit_price: get("limit-price").value }, stop: { stop_price: stop },
      trail: { [percent(stop) ? "trail_percent" : "trail_price"]: bare(stop) },
    };
    const rest = { time_in_force: get("tif").value, extended_hours: get("extended-hours").checked };
    return Object.assign({ symbol, side, type, ...amount(), ...rest }, ...USES[type].map((what) => prices[what]));
  }

  const amount = () => (money(get("qty").value) ? { notional: bare(get("qty").value) } : { qty: get("qty").value.trim() });

  // One click sends at the market, whatever the ticket says besides the quantity.
  const atMarket = (symbol, side) => ({ symbol, side, type: "market", time_in_force: isCoin(symbol) ? "gtc" : "day", ...amount() });

  // What the type does not use is off and says so.
  function show() {
    const type = get("type").value, word = type.replace("_", " "), trails = uses(type, "trail");
    turn("limit-price", "t-limit", uses(type, "limit"), "not for " + word);
    turn("stop-price", "t-stop", uses(type, "stop") || trails, trails ? "0.50 or 1%" : "not for " + word);
    document.querySelector(".t-peg").classList.toggle("off", !uses(type, "limit"));
    desk.text(document.querySelector(".t-stop label span"), trails ? "Trail, in $ or %" : "Stop price");
  }

  function turn(name, css, on, hint) {
    const entry = get(name);
    if (!on && entry.value) desk.field.set(entry, "");
    entry.disabled = !on;
    entry.placeholder = on && !hint.startsWith("0.") ? "" : hint;
    document.querySelector("." + css).classList.toggle("off", !on);
  }

  const COIN_QTY = [0.01, 0.05, 0.1, 0.5, 1], SHARES = [10, 25, 50, 100, 200];
  let coin = false;

  // Coins are traded in parts and until canceled; shares by the whole and for the day.
  function suit(symbol) {
    if (!symbol || isCoin(symbol) === coin) return;
    coin = !coin;
    const steps = coin ? COIN_QTY : SHARES;
    document.querySelectorAll(".t-chips .chip:not([data-qty='close'])").forEach((chip, k) => { chip.dataset.qty = chip.textContent = String(steps[k]); });
    desk.field.set(get("qty"), String(steps[0]));
    desk.field.choose(get("tif"), coin ? "gtc" : "day");
  }

  const step = (entry) => (entry === get("qty") ? (coin ? 0.01 : 1) : percent(entry.value) ? 0.1 : null);

  desk.ticketForm = { read, values, atMarket, show, suit, step, uses };
})(window.tickdesk = window.tickdesk || {});
