// Symbols that were taken off this browser's list. What the desk streams for others stays, and can be put back by the search.
(function (desk) {
  "use strict";
  const KEY = "tickdesk.hidden";
  const symbols = new Set(read());

  function read() {
    try {
      const held = JSON.parse(localStorage.getItem(KEY) || "[]");
      return Array.isArray(held) ? held.filter((symbol) => typeof symbol === "string") : [];
    } catch {
      return []; // a browser that keeps nothing, or keeps something else
    }
  }

  function keep() {
    try {
      localStorage.setItem(KEY, JSON.stringify([...symbols]));
    } catch {
      // it is then forgotten with the page
    }
  }

  function hide(symbol) { symbols.add(symbol); keep(); }
  function unhide(symbol) { if (symbols.delete(symbol)) keep(); }

  desk.hiddenSymbols = { hide, unhide, has: (symbol) => symbols.has(symbol) };
})(window.tickdesk = window.tickdesk || {});
