// Looking back: the chart holds 600 bars; who pans near to their end gets those around what he looks at in exchange.
(function (desk) {
  "use strict";
  const MOST = 600, NEAR = 40; // bars left beyond the view

  // The ordinal up to which bars are wanted for a view, null for the newest ones, undefined where what is held will do.
  // `held`: {first, last, until, newest, begins}; `begins`: there is nothing older than the first.
  function wanted([from, to], { first, last, until, newest, begins }) {
    const older = from < first + NEAR && !begins, newer = until !== null && to > last - NEAR;
    if (!older && !newer) return undefined;
    const end = Math.round((from + to) / 2) + MOST / 2;
    const next = end >= newest - 1 ? null : end;
    return next === until || (next !== null && until !== null && Math.abs(next - until) < NEAR) ? undefined : next;
  }

  function look(chart) {
    const { x } = chart.bars.candles, { until } = chart.shown;
    if (!x.length || chart.newest === null || chart.range.follow) return;
    const held = { first: x[0], last: x[x.length - 1], until, newest: chart.newest, begins: chart.begins };
    const next = wanted(chart.range.x, held);
    if (next !== undefined) desk.view.choose({ until: next });
  }

  desk.chartPast = { wanted, look };
})(window.tickdesk = window.tickdesk || {});
