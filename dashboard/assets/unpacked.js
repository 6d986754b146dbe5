// An answer as the page reads it: what callbacks/packed.py left out is put back.
(function (desk) {
  "use strict";
  const LISTS = { bars: [], tape: [], spreads: [], watch: [] }, TRADE = { account: null, positions: [], lock: ["", "", false, ""], orders: null };

  // When the market opens is not told while it is open, and the other way round.
  const clock = ([now_ms, rate, open, turn]) => ({ now_ms, rate, is_open: Boolean(open), next_open_ms: open ? null : turn, next_close_ms: open ? turn : null });

  function status({ market, streams, ...rest }) {
    return { why: "", backfilled: true, ...rest, market: clock(market), streams: streams.map(([feed, state, ...ages]) => [feed, state || "live", ...ages]) };
  }

  // Times count from the first row's.
  const timed = (rows) => rows.map((row, k) => (k ? [row[0] + rows[0][0], ...row.slice(1)] : row));

  // `cursor`: the page's own; `symbols`: those of the last window.
  function unpacked(delta, cursor, symbols) {
    const market = "forming" in delta ? { quote: null, last: null, ...LISTS, ...delta } : delta;
    const whole = { cursor: null, window: null, connection: null, ...market, status: status(delta.status), trade: { ...TRADE, ...delta.trade } };
    if (delta.cursor) whole.cursor = { ...(delta.cursor.epoch ? {} : cursor), ...delta.cursor };
    if (delta.tape) whole.tape = timed(delta.tape);
    if (delta.watch) whole.watch = delta.watch.map(([name, ...rest]) => [typeof name === "number" ? symbols[name] : name, ...rest]);
    return whole;
  }

  desk.unpacked = unpacked;
})(window.tickdesk = window.tickdesk || {});
