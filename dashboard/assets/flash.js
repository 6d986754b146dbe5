// The flash of a price that moved: the background only, 350 ms, at most one a cell each 500 ms.
(function (desk) {
  "use strict";
  const REST_MS = 500;
  const flashed = new WeakMap();

  desk.flash = function (element, change) {
    const now = performance.now();
    if (!change || now - (flashed.get(element) ?? -REST_MS) < REST_MS) return;
    flashed.set(element, now);
    element.classList.remove("flash-up", "flash-down");
    void element.offsetWidth; // a style flush: the same animation starts again only after it
    element.classList.add(change > 0 ? "flash-up" : "flash-down");
  };
})(window.tickdesk = window.tickdesk || {});
