// The quote panel: last, change of the day, bid and ask with sizes, spread and mid. [bid, bid size, ask, ask size, age in ms]
(function (desk) {
  "use strict";
  const held = { symbol: null, ageMs: null, at: 0, price: 0, bid: 0, ask: 0, bidSize: 0, askSize: 0 };
  const KINDS = { stocks: "EQUITY", crypto: "CRYPTO", options: "OPTION" };
  const find = (css) => document.querySelector(".a-quote " + css);
  const plain = (value) => (value > 0 ? value.toFixed(desk.number.decimals(value, held.symbol)) : desk.number.MISSING);

  function show(symbol, quote, last, now) {
    const another = symbol !== held.symbol;
    if (another) Object.assign(held, { symbol, price: 0, bid: 0, ask: 0 });
    for (const place of [".a-quote", ".phone-quote"]) desk.text(document.querySelector(place + " .sym"), symbol || desk.number.MISSING);
    desk.text(find(".kind"), KINDS[desk.connection.feedOf(symbol)]);
    const [bid, bidSize, ask, askSize, ageMs] = quote || [0, null, 0, null, null];
    Object.assign(held, { ageMs, at: now, bidSize, askSize });
    desk.symbolState.showQuote(symbol);
    showLast(...(last || [0, 0]));
    showSide("bid", bid, bidSize);
    showSide("ask", ask, askSize);
    showSpread(bid, ask);
    if (another) desk.ticket.suggest();
  }

  function move(name, value, element) {
    if (held[name] > 0 && value > 0) desk.flash(element, value - held[name]);
    held[name] = value;
  }

  function showLast(price, previous) {
    const known = price > 0 && previous > 0, change = known ? price - previous : null;
    const part = known ? desk.number.percent(price / previous - 1) : null;
    move("price", price, find(".last"));
    for (const place of [".a-quote", ".phone-quote"].map((css) => document.querySelector(css))) {
      const note = place.querySelector(".chg");
      desk.text(place.querySelector(".last"), desk.number.price(price, held.symbol));
      desk.text(note, known ? desk.number.signed(change, desk.number.decimals(price, held.symbol)) + " (" + part + ")" : desk.number.MISSING);
      desk.direction(note, change);
    }
  }

  function showSide(name, price, size) {
    const cell = document.getElementById("quote-" + name), shown = desk.number.size(price > 0 ? size : null);
    move(name, price, cell.parentElement);
    desk.text(cell, plain(price));
    desk.text(find("." + name + " .size"), name === "bid" ? "× " + shown : shown + " ×");
  }

  function showSpread(bid, ask) {
    const both = bid > 0 && ask > 0, middle = (bid + ask) / 2;
    desk.text(document.getElementById("quote-spread"), desk.number.spread(both ? ask - bid : null));
    desk.text(find(".bp"), desk.number.basisPoints(both ? ask - bid : null, middle));
    desk.text(find(".mid"), desk.number.mid(both ? middle : null, held.symbol));
  }

  function tick(now) {
    const age = held.ageMs === null ? null : held.ageMs + now - held.at;
    const state = desk.connection.stateOf(held.symbol), said = state && state.silent && age !== null;
    find(".updated").classList.toggle("amb", Boolean(said));
    desk.text(find(".updated"), age === null ? "waiting for the first quote" : said ? "no data " + desk.number.age(age) : "updated " + desk.number.age(age) + " ago");
  }

  desk.quote = { held, show, tick };
})(window.tickdesk = window.tickdesk || {});
