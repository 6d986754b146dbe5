// The flash of a price that moved: the background only, 350 ms, at most one a cell each 500 ms.
(function (desk) {
  "use strict";
  const REST_MS = 500;
  const flashed = new WeakMap();

  desk.flash = function (element, change) {
    const now = performance.now();
    if (!change || now - (flashed.get(element) ?? -REST_MS) < REST_MS) return;
    flashed.set(element, now);
    const turn = (element.dataset.flash || "").endsWith("a") ? "b" : "a";
    element.dataset.flash = (change > 0 ? "up-" : "down-") + turn;
  };
})(window.tickdesk = window.tickdesk || {});
