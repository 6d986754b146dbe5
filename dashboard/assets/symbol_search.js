// The symbol search: type to filter, arrows and Enter to choose, Esc to leave.
(function (desk) {
  "use strict";
  const MARKS = {
    role: "combobox", "aria-controls": "symbol-matches", "aria-expanded": "false", "aria-autocomplete": "list",
    "aria-label": "Symbol", spellcheck: "false",
  };
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
    element.id = "match-" + k;
    element.setAttribute("role", "option");
    element.setAttribute("aria-selected", String(k === marked));
    element.addEventListener("pointerdown", (event) => { event.preventDefault(); choose(symbol); });
    return element;
  }

  function show() {
    const none = desk.part("div", "match none dim", "No such symbol here");
    list().replaceChildren(...(found.length ? found.map(item) : [none]));
    list().hidden = false;
    box().setAttribute("aria-expanded", "true");
    box().setAttribute("aria-activedescendant", found.length ? "match-" + marked : "");
    const row = list().children[marked];
    if (row) row.scrollIntoView({ block: "nearest" });
  }

  function filter() {
    found = matches(desk.watchlist.symbols(), box().value);
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
    if (symbol) desk.view.choose({ symbol });
    leave();
  }

  function mark(by) {
    if (list().hidden) filter();
    else if (found.length) { marked = (marked + by + found.length) % found.length; show(); }
  }

  const KEYS = {
    ArrowDown: () => mark(1), ArrowUp: () => mark(-1), Enter: () => found.length && choose(found[marked]), Escape: leave,
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
