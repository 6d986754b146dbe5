// The market's clock, estimated from what the answers say. It may stand still or run fast; it is never this machine's clock.
(function (desk) {
  "use strict";
  const JUMP_MS = 2500; // at a rate of 1

  // An answer's time is late, never early: of all estimates the largest is the best one.
  function better(held, heard, at) {
    const zero = heard.now_ms - at * heard.rate;
    const same = held && held.rate === heard.rate && Math.abs(zero - held.zero) < JUMP_MS * Math.max(1, heard.rate);
    return { ...heard, zero: same ? Math.max(held.zero, zero) : zero };
  }

  let held = null;

  // The same time heard again is only older: the estimate stays.
  function hear(market, at) {
    const same = held && market.now_ms === held.now_ms && market.rate === held.rate;
    held = same ? { ...held, ...market } : better(held, market, at);
  }

  const now = (at = performance.now()) => (held && held.now_ms ? held.zero + at * held.rate : null);

  // A moment of this machine's clock, in market time.
  const toMarket = (ms) => (held && held.now_ms ? now() - (Date.now() - ms) * held.rate : ms);

  function session(market, ms) {
    if (!market || !market.now_ms) return "Market time";
    if (market.rate === 0) return "Market paused";
    const [state, turn, at] = market.is_open
      ? ["Market open", "closes", market.next_close_ms] : ["Market closed", "opens", market.next_open_ms];
    return at > ms ? state + " · " + turn + " in " + desk.number.left(at - ms) : state;
  }

  function show() {
    const root = document.getElementById("market-clock"), ms = now();
    if (!root || ms === null) return;
    desk.text(root.querySelector(".session"), session(held, ms));
    desk.text(root.querySelector(".time"), desk.newYork.second(ms));
    desk.text(root.querySelector(".day"), " ET · " + desk.newYork.day(ms));
  }

  desk.clock = { better, hear, now, toMarket, session, show, rate: () => (held ? held.rate : 1) };
})(window.tickdesk = window.tickdesk || {});
