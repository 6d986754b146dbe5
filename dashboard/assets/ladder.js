// The ladder: for crypto the book's levels, asks above bids; for other symbols the best bid and ask alone.
(function (desk) {
  "use strict";
  const A_SIDE = 11;
  const held = { symbol: null, mark: -1, bids: [], asks: [] };
  const find = (css) => document.querySelector("#ladder " + css);

  function hear(symbol, part) {
    if (symbol !== held.symbol) Object.assign(held, { symbol, mark: -1, bids: [], asks: [] });
    if (part) Object.assign(held, part);
    show(desk.connection.feedOf(symbol) === "crypto");
  }

  // A level: {price, size, side, best}; the row between the sides has neither price nor size.
  function levels(bids, asks) {
    const of = (side, sign) => (row, k) => ({ key: side + k, side, price: row ? row[0] : 0, size: row ? row[1] : 0, best: k === 0 && Boolean(row), sign });
    const fill = (rows) => Array.from({ length: A_SIDE }, (_, k) => rows[k] || null);
    return [...fill(asks).map(of("ask")).reverse(), { key: "mid", side: "mid" }, ...fill(bids).map(of("bid"))];
  }

  function topOfBook() {
    const { bid, ask, bidSize, askSize } = desk.quote.held;
    const row = (side, price, size) => ({ key: side + 0, side, price, size, best: price > 0 });
    return [row("ask", ask, askSize), { key: "mid", side: "mid" }, row("bid", bid, bidSize)];
  }

  function make() {
    const row = desk.part("div", "lad");
    row.append(...["bs fresh", "p fresh", "as fresh"].map((css) => desk.part("span", css)));
    return row;
  }

  function show(deep) {
    const rows = deep ? levels(held.bids, held.asks) : topOfBook();
    const largest = Math.max(1e-12, ...rows.map(({ size }) => size || 0));
    desk.text(find(".depth-of"), deep ? "Depth" : "Top of book (" + document.getElementById("ladder").dataset.feed + ")");
    desk.keyed(find(".lad-rows"), rows, ({ key }) => key, make, (element, row) => write(element, row, largest, deep));
  }

  function write(element, { side, price, size, best }, largest, deep) {
    const [bid, middle, ask] = element.children, { number } = desk;
    element.className = ["lad", side === "mid" ? "in" : side, best ? side + "0" : ""].join(" ").trim();
    const shown = price > 0 ? number.size(size) : "", width = deep && price > 0 ? Math.max(2, size / largest * 100).toFixed(0) + "%" : "0%";
    desk.text(bid, side === "bid" ? shown : "");
    desk.text(ask, side === "ask" ? shown : "");
    desk.text(middle, side === "mid" ? spread(deep) : number.price(price, held.symbol));
    for (const [cell, name] of [[bid, "bid"], [ask, "ask"]]) cell.style.setProperty("--w", side === name ? width : "0%");
  }

  // Of what the ladder shows: book and quote are told of one after the other.
  function spread(deep) {
    const bid = deep ? held.bids[0]?.[0] : desk.quote.held.bid, ask = deep ? held.asks[0]?.[0] : desk.quote.held.ask;
    return bid > 0 && ask > 0 ? desk.number.spread(ask - bid) : desk.number.MISSING;
  }

  desk.ladder = { held, hear, levels };
})(window.tickdesk = window.tickdesk || {});
