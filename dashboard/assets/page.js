// The page: started once, then everything that goes on by the clock, four times a second.
(function (desk) {
  "use strict";
  const STEP_MS = 250;
  const gate = desk.gate.create();
  const page = { gate, started: false, answered: false, start, ask, show, tick };

  // `view`: what the page opens with.
  function start(view) {
    if (page.started) return;
    page.started = true;
    desk.view.open({ ...view, indicators: desk.indicators.kept() });
    for (const part of [desk.watchlist, desk.timeframe, desk.symbolSearch, desk.keys, desk.tabs, desk.rail]) part.bind();
    for (const part of [desk.connection, desk.news, desk.user, desk.indicatorMenu, desk.lookMenu, desk.waysOut]) part.bind();
    for (const part of [desk.ticket, desk.oneClick, desk.killSwitch, desk.dialogs]) part.bind();
    waitForPlot();
    setInterval(tick, STEP_MS);
  }

  function waitForPlot() {
    if (!desk.chart.attach()) setTimeout(waitForPlot, 30);
  }

  // The next ask, or null while an answer is due.
  function ask() {
    const next = desk.gate.ask(gate, desk.view.current, performance.now());
    return next && { ...next, orders: desk.trading.held.cursor, marks: desk.marks() };
  }

  // After each applied answer.
  function show() {
    page.answered = true;
    tick();
  }

  function tick() {
    const now = performance.now();
    desk.freshness.tick(now, desk.gate.silentFor(gate, now));
    desk.clock.show();
    desk.watchlist.tick(now);
    desk.quote.tick(now);
    desk.chartOverlay.tick(desk.chart.state, now);
    desk.connection.tick(desk.freshness.verdict(now).gone);
    desk.news.tick(now);
    desk.health.tick(now);
    desk.ticket.tick();
    desk.oneClick.tick();
  }

  desk.page = page;
})(window.tickdesk = window.tickdesk || {});
