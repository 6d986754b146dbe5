// The watchlist: a row a symbol that was not taken off the list, made once a window, changed in place.
(function (desk) {
  "use strict";
  const SLOT_MS = 120000; // market time between two points of a sparkline
  const rows = new Map();
  let everything = [], sparkValues = {}; // what the desk streams, and the last hour of it
  let selected = null;

  function make(symbol) {
    const spread = desk.part("span"), age = desk.part("span", "a", "–"), sub = desk.part("div", "sub");
    const badge = desk.part("span", "tag halted", "HALTED"), normal = desk.part("span", "normal");
    const last = desk.part("div", "b val fresh", "–"), change = desk.part("div", "micro chg fresh", "–");
    const name = desk.part("div"), numbers = desk.part("div", "num"), drawing = desk.spark.make();
    badge.hidden = true;
    spread.append(desk.part("span", "", "–"), " · ");
    normal.append(spread, age);
    sub.append(badge, normal);
    name.append(desk.part("div", "sym", symbol), sub);
    numbers.append(last, change);
    const element = frame(symbol, [name, drawing, numbers]);
    return { symbol, element, badge, normal, age, spread, last, change, drawing, values: [], price: 0, ageMs: null, at: 0 };
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
    [everything, sparkValues] = [symbols, sparks];
    const box = document.querySelector("#watchlist .rows"), wished = symbols.filter((symbol) => !desk.hiddenSymbols.has(symbol));
    const shown = wished.length ? wished : symbols;
    if (String(shown) !== String([...rows.keys()]) || box.querySelector(".loading")) fill(box, shown);
    rows.forEach((row) => { row.values = sparks[row.symbol] || []; });
    select(selected);
    mark();
  }

  // A symbol that was taken off the list and is wanted again.
  function putBack(symbol) {
    if (!desk.hiddenSymbols.has(symbol)) return;
    desk.hiddenSymbols.unhide(symbol);
    load(everything, sparkValues);
    desk.gate.applied(desk.page.gate, null); // its numbers come with a window
  }

  function fill(box, symbols) {
    const held = new Map(rows);
    rows.clear();
    symbols.forEach((symbol) => rows.set(symbol, held.get(symbol) || make(symbol)));
    box.replaceChildren(...[...rows.values()].map((row) => row.element));
    desk.text(document.querySelector("#watchlist .count-of"), String(symbols.length));
  }

  // Halted, silent and missing symbols, and how many may still be added.
  function mark() {
    const missing = new Set(desk.connection.missing());
    rows.forEach((row) => {
      const state = desk.connection.stateOf(row.symbol), halted = Boolean(state && state.halted);
      Object.assign(row, { silent: Boolean(state && state.silent), missing: missing.has(row.symbol) });
      row.badge.hidden = !halted;
      row.normal.hidden = halted;
      row.element.title = halted ? "Halted" + (state.reason ? ": " + state.reason : "") : "";
    });
    desk.watchFoot.show(desk.connection.held.budget);
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
    desk.text(row.last, desk.number.price(last, row.symbol));
    desk.text(row.change, desk.number.percent(part));
    desk.text(row.spread.firstChild, desk.number.spread(spread));
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
      desk.text(row.age, row.missing ? "not streaming" : (row.silent && age !== null ? "no data " : "") + desk.number.age(age));
      row.spread.hidden = Boolean(row.missing || row.silent);
      row.element.classList.toggle("aged", Boolean(row.missing || row.silent) || (age !== null && age > agedMs));
    });
  }

  function select(symbol) {
    const another = symbol !== selected;
    selected = symbol;
    if (another && rows.has(symbol)) rows.get(symbol).element.scrollIntoView({ block: "nearest" });
    rows.forEach((row) => {
      row.element.setAttribute("aria-selected", String(row.symbol === symbol));
      row.element.tabIndex = row.symbol === symbol ? 0 : -1;
    });
  }

  // Arrow keys move the choice; the list is one stop of the Tab key.
  function key(event) {
    if (event.key === "Delete" && !event.repeat) desk.watchRemove.remove(selected);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key], symbols = [...rows.keys()];
    const next = symbols[symbols.indexOf(selected) + step];
    if (!step || !next) return;
    event.preventDefault();
    desk.view.choose({ symbol: next });
    rows.get(next).element.focus();
  }

  // The row goes at once; the next one is chosen in its place.
  function takeOff(symbol) {
    const symbols = [...rows.keys()], k = symbols.indexOf(symbol);
    if (symbol === selected) desk.view.choose({ symbol: symbols[k + 1] || symbols[k - 1] });
    desk.hiddenSymbols.hide(symbol);
    load(everything, sparkValues);
  }

  function bind() {
    document.querySelector("#watchlist .rows").addEventListener("keydown", key);
    document.querySelector(".add-symbol").addEventListener("click", () => document.getElementById("symbol-search").focus());
    desk.watchRemove.bind();
  }

  const lastOf = (symbol) => (rows.has(symbol) ? rows.get(symbol).last.textContent : "");
  const element = (symbol) => (rows.has(symbol) ? rows.get(symbol).element : null);
  desk.watchlist = { load, update, tick, select, bind, mark, putBack, takeOff, element, lastOf, symbols: () => [...rows.keys()], all: () => everything };
})(window.tickdesk = window.tickdesk || {});
