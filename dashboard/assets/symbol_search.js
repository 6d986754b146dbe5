// The symbol search: type to filter, arrows and Enter to choose, Esc to leave. What is not streamed yet can be asked for.
(function (desk) {
  "use strict";
  const MARKS = {
    role: "combobox", "aria-controls": "symbol-matches", "aria-expanded": "false", "aria-autocomplete": "list",
    "aria-label": "Symbol", spellcheck: "false",
  };
  const SYMBOL = /^[A-Z][A-Z0-9.]{0,20}(\/[A-Z]{3,4})?$/;
  let found = [], marked = 0;
  const box = () => document.getElementById("symbol-search");
  const list = () => document.getElementById("symbol-matches");

  // Symbols that begin with the text first, then those that contain it.
  function matches(symbols, typed) {
    const text = typed.trim().toUpperCase(), begin = symbols.filter((symbol) => symbol.startsWith(text));
    return begin.concat(symbols.filter((symbol) => symbol.includes(text) && !symbol.startsWith(text)));
  }

  function item(symbol, k) {
    const element = desk.part("div", "match", symbol);
    element.append(desk.part("span", "", desk.watchlist.lastOf(symbol)));
    element.id = "match-" + k;
    element.setAttribute("role", "option");
    element.setAttribute("aria-selected", String(k === marked));
    element.addEventListener("pointerdown", (event) => { event.preventDefault(); choose(symbol); });
    return element;
  }

  const typed = () => box().value.trim().toUpperCase();

  // The last line of a list without matches: an offer to stream what was typed.
  function offer() {
    const symbol = typed();
    if (!SYMBOL.test(symbol)) return desk.part("div", "match none dim", "Write a symbol, for example AAPL");
    const element = desk.part("div", "match", "Stream " + symbol);
    element.setAttribute("role", "option");
    element.setAttribute("aria-selected", "true");
    element.addEventListener("pointerdown", (event) => { event.preventDefault(); wish(symbol); });
    return element;
  }

  function wish(symbol) {
    if (!SYMBOL.test(symbol)) return;
    desk.action.send("symbol-search", { symbol }, answered);
    leave();
  }

  function answered(answer) {
    if (answer.problem) desk.toasts.show(answer.problem, "bad");
    else { desk.hiddenSymbols.unhide(answer.symbol); chooseWhenThere(answer.symbol, 60); }
  }

  // Its history is read first; the page hears of it with the next window.
  function chooseWhenThere(symbol, tries) {
    if (desk.watchlist.symbols().includes(symbol)) desk.view.choose({ symbol });
    else if (tries) setTimeout(() => chooseWhenThere(symbol, tries - 1), 250);
  }

  function show() {
    const none = offer();
    list().replaceChildren(...(found.length ? found.map(item) : [none]));
    list().hidden = false;
    box().setAttribute("aria-expanded", "true");
    box().setAttribute("aria-activedescendant", found.length ? "match-" + marked : "");
    const row = list().children[marked];
    if (row) row.scrollIntoView({ block: "nearest" });
  }

  function filter() {
    found = matches(desk.watchlist.all(), box().value);
    marked = 0;
    show();
  }

  function close() {
    list().hidden = true;
    box().setAttribute("aria-expanded", "false");
    box().removeAttribute("aria-activedescendant");
  }

  function leave() {
    close();
    window.dash_clientside.set_props("symbol-search", { value: "" });
    box().blur();
  }

  function choose(symbol) {
    if (symbol) { desk.watchlist.putBack(symbol); desk.rail.go("trade"); desk.view.choose({ symbol }); }
    leave();
  }

  function mark(by) {
    if (list().hidden) filter();
    else if (found.length) { marked = (marked + by + found.length) % found.length; show(); }
  }

  const KEYS = {
    ArrowDown: () => mark(1), ArrowUp: () => mark(-1), Enter: () => found.length ? choose(found[marked]) : wish(typed()), Escape: leave,
  };

  function key(event) {
    if (!KEYS[event.key]) return;
    event.preventDefault();
    KEYS[event.key]();
  }

  function bind() {
    for (const [name, value] of Object.entries(MARKS)) box().setAttribute(name, value);
    for (const name of ["input", "focus"]) box().addEventListener(name, filter);
    box().addEventListener("keydown", key);
    box().addEventListener("blur", close);
  }

  desk.symbolSearch = { bind, matches };
})(window.tickdesk = window.tickdesk || {});
