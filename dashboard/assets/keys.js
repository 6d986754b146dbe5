// The keys of the page. None fires in a text field, with a modifier held, or again while it is held down.
(function (desk) {
  "use strict";
  const KEYS = {
    "/": () => document.getElementById("symbol-search").focus(),
    "[": () => desk.timeframe.step(-1),
    "]": () => desk.timeframe.step(1),
    Home: () => desk.chart.backToNow(),
    b: () => desk.ticket.choose("buy"),
    s: () => desk.ticket.choose("sell"),
    l: () => desk.ticket.setType("limit"),
    m: () => desk.ticket.setType("market"),
    A: () => desk.oneClick.toggle(),
    B: () => desk.oneClick.fire("buy"),
    S: () => desk.oneClick.fire("sell"),
    C: () => desk.blotter.cancelAll(),
    F: () => desk.dialogs.flatten(),
    K: () => desk.killSwitch.press(),
  };

  ["10", "25", "50", "100", "200", "close"].forEach((qty, k) => { KEYS[k + 1] = () => desk.ticket.preset(qty); });

  // G, and then within two seconds the letter of a page.
  const PAGES = { t: "trade", h: "health" };
  let going = 0;

  function go(key) {
    const page = performance.now() - going < 2000 ? PAGES[key.toLowerCase()] : null;
    going = key === "g" ? performance.now() : 0;
    if (page) desk.rail.go(page);
    return Boolean(page || going);
  }

  const inField = (target) => target instanceof Element && target.closest("input, textarea, select, [contenteditable]");

  function press(event) {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || inField(event.target)) return;
    if (go(event.key) || !KEYS[event.key] || desk.view.current.page !== "trade" && event.key !== "K") return;
    event.preventDefault();
    KEYS[event.key]();
  }

  desk.keys = { bind: () => document.addEventListener("keydown", press) };
})(window.tickdesk = window.tickdesk || {});
