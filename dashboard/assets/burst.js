// The burst: after an action of its own the page asks every 50 ms for two seconds, so that what comes of it is seen at once.
(function (desk) {
  "use strict";
  const STEP_MS = 50, LENGTH_MS = 2000;
  let timer = null, until = 0;

  function start() {
    until = performance.now() + LENGTH_MS;
    if (timer === null) timer = setInterval(step, STEP_MS);
  }

  function step() {
    const ask = desk.page.ask();
    if (ask) window.dash_clientside.set_props("ask", { data: ask });
    if (performance.now() < until) return;
    clearInterval(timer);
    timer = null;
  }

  desk.burst = { start };
})(window.tickdesk = window.tickdesk || {});
