// A line is dragged: it moves with the pointer, in steps of the price. Let go, its new price is sent once; Escape puts it back.
(function (desk) {
  "use strict";
  let drag = null; // {id, price, from, drop, sent}
  const state = () => desk.chart.state;

  const rounded = (price, symbol) => Number(price.toFixed(desk.number.decimals(price, symbol)));

  function priceAt(event) {
    const { plot, shown } = state(), to = desk.chartOverlay.scale(plot), y = event.clientY - plot.getBoundingClientRect().top;
    return rounded(to.price(Math.min(Math.max(y, to.size.t), to.bottom)), shown.symbol || "");
  }

  // `price()`: where the line is; `may()`: whether it can be moved; `drop(price)`: what is done with the new one.
  function bind(element, id, { price, may, drop }) {
    element.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || event.target.closest("button") || drag || !may()) return;
      event.preventDefault();
      event.stopPropagation();
      element.setPointerCapture(event.pointerId);
      drag = { id, price: price(), from: price(), drop, pointer: event.clientY, moved: false };
      state().grabbed = true;
    });
    element.addEventListener("pointermove", (event) => { if (drag && drag.id === id && !drag.sent) move(event); });
    element.addEventListener("pointerup", () => { if (drag && drag.id === id && !drag.sent) release(); });
    element.addEventListener("pointercancel", () => revert(id));
  }

  // A click that trembles is no drag.
  function move(event) {
    if (!drag.moved && Math.abs(event.clientY - drag.pointer) < 3) return;
    Object.assign(drag, { moved: true, price: priceAt(event) });
    desk.chartOverlay.place(state());
  }

  function release() {
    const { price, from, drop, moved } = drag;
    if (!moved || price === from || price <= 0) { revert(); return; }
    drag.sent = true; // the line waits where it was put until it is known what came of it
    drop(price);
  }

  // Back to where the line is by the order's own word.
  function revert(id = drag && drag.id) {
    if (!drag || drag.id !== id) return;
    drag = null;
    desk.chartOverlay.place(state());
    desk.chart.redraw();
  }

  const at = (id) => (drag && drag.id === id && drag.moved ? drag.price : null);
  const waits = (id) => Boolean(drag && drag.id === id && drag.sent);

  function key(event) {
    if (event.key !== "Escape" || !drag || drag.sent) return;
    event.stopPropagation();
    state().grabbed = false;
    revert();
  }

  document.addEventListener("keydown", key, true);
  desk.chartDrag = { bind, revert, at, waits, rounded, busy: () => drag !== null };
})(window.tickdesk = window.tickdesk || {});
