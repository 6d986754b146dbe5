// The keys of the page. None fires in a text field, with a modifier held, or again while it is held down.
(function (desk) {
  "use strict";
  const KEYS = {
    "/": () => document.getElementById("symbol-search").focus(),
    "[": () => desk.timeframe.step(-1),
    "]": () => desk.timeframe.step(1),
    Home: () => desk.chart.backToNow(),
  };

  const inField = (target) => target instanceof Element && target.closest("input, textarea, select, [contenteditable]");

  function press(event) {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || inField(event.target) || !KEYS[event.key]) return;
    event.preventDefault();
    KEYS[event.key]();
  }

  desk.keys = { bind: () => document.addEventListener("keydown", press) };
})(window.tickdesk = window.tickdesk || {});
