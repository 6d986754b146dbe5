// The burst: after an action of its own the page asks every 50 ms for two seconds, so that what comes of it is seen at once.
// For a moment the chart's usual redraws make way: one of them would hold up the answer that brings the fill.
(function (desk) {
  "use strict";
  const STEP_MS = 50, LENGTH_MS = 2000, WAY_MS = 400;
  let timer = null, until = 0, clearUntil = 0;

  function start() {
    until = performance.now() + LENGTH_MS;
    clearUntil = performance.now() + WAY_MS;
    if (timer === null) timer = setInterval(step, STEP_MS);
  }

  function step() {
    const ask = desk.page.ask();
    if (ask) window.dash_clientside.set_props("ask", { data: ask });
    if (performance.now() < until) return;
    clearInterval(timer);
    timer = null;
  }

  // How long a redraw that nobody waits for has to wait.
  const wayMs = () => clearUntil - performance.now();

  desk.burst = { start, wayMs, done: () => { clearUntil = 0; } };
})(window.tickdesk = window.tickdesk || {});
