// What the page looks at: one symbol and one interval, on one of its pages. Choosing asks the server at once.
(function (desk) {
  "use strict";
  let current = { symbol: null, interval: "1Min", page: "trade", until: null, indicators: [] };

  const open = (view) => { current = { ...current, ...view }; };

  function show() {
    desk.watchlist.select(current.symbol);
    desk.timeframe.select(current.interval);
  }

  // What belongs to the symbol that was looked at.
  function leave() {
    desk.oneClick.disarm("another symbol was chosen.");
    desk.ticket.forget();
  }

  function choose(change) {
    const next = { ...current, ...change };
    if (next.symbol !== current.symbol || next.interval !== current.interval) next.until = null; // another past begins at now
    if (desk.gate.sameView(next, current)) return;
    if (next.symbol !== current.symbol) leave();
    current = next;
    show();
    window.dash_clientside.set_props("view", { data: next });
  }

  // The server's word: it answers with its first symbol where ours is unknown or not chosen yet.
  function adopt({ symbol, interval, until = null }) {
    if (symbol) current = { ...current, symbol, interval, until };
    show();
  }

  desk.view = { get current() { return current; }, open, choose, adopt };
})(window.tickdesk = window.tickdesk || {});
