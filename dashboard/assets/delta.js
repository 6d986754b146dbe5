// Applying a delta: every panel takes its part, and only then the page's cursor moves.
(function (desk) {
  "use strict";

  function apply(answer, gate, now) {
    if (!answer || !desk.gate.isAwaited(gate, answer)) return;
    const delta = desk.unpacked(answer, gate.pending.cursor, desk.watchlist.all());
    desk.freshness.hear(delta.status, now);
    desk.connection.hear(delta.status.streams, delta.connection, now);
    desk.clock.hear(delta.status.market, now);
    const joined = hold(delta, now);
    if (delta.health) desk.health.hear(delta, desk.gate.roundTrip(gate, now));
    desk.trading.hear(delta.trade, delta.status.market);
    desk.gate.applied(gate, joined && !historyCame(delta) ? delta.cursor : null);
    desk.page.show();
  }

  // History came after the first window (the worker starts later than the page, or filled a gap): take a whole one.
  let backfilled = null;
  function historyCame({ status, window: whole }) {
    const came = backfilled === false && status.backfilled && !whole;
    backfilled = status.backfilled;
    return came;
  }

  // False where the delta does not join what the page holds.
  function hold(delta, now) {
    const { window: whole, cursor } = delta;
    if (!("bars" in delta)) return true; // nothing of the market in it
    const all = whole && "symbols" in whole ? whole : null; // not only other bars of the same symbol
    if (whole) desk.view.adopt(cursor);
    if (all) desk.watchlist.load(all.symbols, all.sparks);
    if (delta.watch) desk.watchlist.update(delta.watch, now);
    desk.quote.show(cursor.symbol, delta.quote, delta.last, now);
    desk.ladder.hear(cursor.symbol, delta.depth);
    desk.news.hear(delta.news);
    desk.tape.add(all ? all.tape : delta.tape || [], Boolean(all));
    desk.spreadChart.add(all ? all.spreads : delta.spreads || [], Boolean(all));
    desk.indicators.hear(delta.indicators, delta.indicator_problems, Boolean(whole));
    return desk.chart.hold(whole ? whole.bars : delta.bars || [], delta.forming, whole ? cursor : null);
  }

  desk.delta = { apply };
})(window.tickdesk = window.tickdesk || {});
