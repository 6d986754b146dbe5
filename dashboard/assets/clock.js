// The market's clock, estimated from what the answers say. It may stand still or run fast; it is never this machine's clock.
(function (desk) {
  "use strict";
  const JUMP_MS = 2500;

  // An answer's time is late, never early: of all estimates the largest is the best one.
  function better(held, heard, at) {
    const zero = heard.now_ms - at * heard.rate;
    const same = held && held.rate === heard.rate && Math.abs(zero - held.zero) < JUMP_MS;
    return { ...heard, zero: same ? Math.max(held.zero, zero) : zero };
  }

  let held = null;
  const hear = (market, at) => { if (!held || market.now_ms !== held.now_ms || market.rate !== held.rate) held = better(held, market, at); else held = { ...held, ...market }; };
  const now = (at = performance.now()) => (held && held.now_ms ? held.zero + at * held.rate : null);

  function session(market, ms) {
    if (!market || !market.now_ms) return "Market time";
    if (market.rate === 0) return "Market paused";
    if (market.is_open) return market.next_close_ms > ms ? "Market open · closes in " + desk.number.left(market.next_close_ms - ms) : "Market open";
    return market.next_open_ms > ms ? "Market closed · opens in " + desk.number.left(market.next_open_ms - ms) : "Market closed";
  }

  function show() {
    const root = document.getElementById("market-clock"), ms = now();
    if (!root || ms === null) return;
    desk.text(root.querySelector(".session"), session(held, ms));
    desk.text(root.querySelector(".time"), desk.newYork.second(ms));
    desk.text(root.querySelector(".day"), " ET · " + desk.newYork.day(ms));
  }

  desk.clock = { better, hear, now, session, show, rate: () => (held ? held.rate : 1) };
})(window.tickdesk = window.tickdesk || {});
