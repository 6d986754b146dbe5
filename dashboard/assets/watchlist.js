// The watchlist: a row a symbol, made once a window, changed in place.
(function (desk) {
  "use strict";
  const SLOT_MS = 120000; // market time between two points of a sparkline
  const rows = new Map();
  let selected = null;

  function make(symbol) {
    const spread = desk.part("span", "", "–"), age = desk.part("span", "a", "–"), sub = desk.part("div", "sub");
    const last = desk.part("div", "b val fresh", "–"), change = desk.part("div", "micro chg fresh", "–");
    const name = desk.part("div"), numbers = desk.part("div", "num"), drawing = desk.spark.make();
    sub.append(spread, " · ", age);
    name.append(desk.part("div", "sym", symbol), sub);
    numbers.append(last, change);
    const element = frame(symbol, [name, drawing, numbers]);
    return { symbol, element, age, spread, last, change, drawing, values: [], price: 0, ageMs: null, at: 0 };
  }

  function frame(symbol, parts) {
    const element = desk.part("div", "wl-row");
    element.setAttribute("role", "option");
    element.dataset.testid = "watch-" + symbol;
    element.append(...parts);
    element.addEventListener("click", () => desk.view.choose({ symbol }));
    return element;
  }

  function load(symbols, sparks) {
    const box = document.querySelector("#watchlist .rows");
    if (String(symbols) !== String([...rows.keys()])) fill(box, symbols);
    rows.forEach((row) => { row.values = sparks[row.symbol] || []; });
    select(selected);
  }

  function fill(box, symbols) {
    rows.clear();
    symbols.forEach((symbol) => rows.set(symbol, make(symbol)));
    box.replaceChildren(...[...rows.values()].map((row) => row.element));
    const count = symbols.length === 1 ? "1 symbol" : symbols.length + " symbols";
    desk.text(document.querySelector("#watchlist .count-of"), count);
  }

  // [symbol, last, previous close, spread, age in ms]
  function update(changes, now) {
    for (const [symbol, last, previous, spread, ageMs] of changes) {
      const row = rows.get(symbol);
      if (row) show(row, last, previous, spread, ageMs, now);
    }
  }

  function show(row, last, previous, spread, ageMs, now) {
    const part = last > 0 && previous > 0 ? last / previous - 1 : null;
    if (row.price > 0 && last > 0) desk.flash(row.last, last - row.price);
    Object.assign(row, { price: last, ageMs, at: now });
    desk.text(row.last, desk.number.price(last));
    desk.text(row.change, desk.number.percent(part));
    desk.text(row.spread, desk.number.spread(spread));
    desk.direction(row.change, part);
    moveSpark(row, last, Math.floor((desk.clock.now() ?? 0) / SLOT_MS));
    desk.spark.draw(row.drawing, row.values, part);
  }

  // The last price is the sparkline's last point; every two minutes it stays and another one begins.
  function moveSpark(row, last, slot) {
    if (!(last > 0) || !row.values.length) return;
    if (row.slot !== undefined && slot > row.slot) row.values = row.values.slice(1).concat(last);
    row.values[row.values.length - 1] = last;
    row.slot = slot;
  }

  // Ages go on between the answers.
  function tick(now) {
    const agedMs = Number(document.querySelector(".app").dataset.staleAfterMs);
    rows.forEach((row) => {
      const age = row.ageMs === null ? null : row.ageMs + now - row.at;
      desk.text(row.age, desk.number.age(age));
      row.element.classList.toggle("aged", age !== null && age > agedMs);
    });
  }

  function select(symbol) {
    selected = symbol;
    rows.forEach((row) => {
      row.element.setAttribute("aria-selected", String(row.symbol === symbol));
      row.element.tabIndex = row.symbol === symbol ? 0 : -1;
    });
  }

  // Arrow keys move the choice; the list is one stop of the Tab key.
  function key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key], symbols = [...rows.keys()];
    const next = symbols[symbols.indexOf(selected) + step];
    if (!step || !next) return;
    event.preventDefault();
    desk.view.choose({ symbol: next });
    rows.get(next).element.focus();
  }

  const bind = () => document.querySelector("#watchlist .rows").addEventListener("keydown", key);
  desk.watchlist = { load, update, tick, select, bind, symbols: () => [...rows.keys()] };
})(window.tickdesk = window.tickdesk || {});
