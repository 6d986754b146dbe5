// A price on the chart starts a ticket: by the plus at the axis, or by a click with Shift. As long as the ticket has a limit price
// that was not sent, a ghost line shows where it would lie; dragging it changes the ticket.
(function (desk) {
  "use strict";
  const GHOST = "ghost";
  const find = (css) => document.querySelector(".overlay " + css);
  let parts = null, hover = null;

  // Below the market one buys, above it one sells: either way the order rests.
  const sideAt = (price, { bid, ask, price: last }) => (price <= (bid > 0 && ask > 0 ? (bid + ask) / 2 : last) ? "buy" : "sell");

  function start(price) {
    const { symbol } = desk.chart.state.shown;
    if (!(price > 0) || symbol !== desk.view.current.symbol) return;
    desk.tabs.open("side", "ticket");
    desk.ticket.choose(sideAt(price, desk.quote.held));
    desk.ticket.setType("limit");
    write(price);
    document.getElementById("ticket-limit-price").focus();
  }

  function write(price) {
    const { symbol } = desk.chart.state.shown;
    desk.field.set(document.getElementById("ticket-limit-price"), price.toFixed(desk.number.decimals(price, symbol)));
    desk.chartOverlay.place(desk.chart.state);
  }

  // {side, price, qty} of a ticket that would rest at a limit; null where it has none.
  function limit() {
    const side = document.getElementById("ticket-side").dataset.value, filled = desk.ticketForm.read(side);
    return filled.limit > 0 ? { side, price: filled.limit, qty: filled.qty, notional: filled.notional } : null;
  }

  function frame(box) {
    const line = desk.part("div", "ghost-line"), chip = desk.part("div", "ol"), tag = desk.part("div", "axis-tag of-line");
    const texts = ["grip", "k", "say"].map((css) => desk.part("span", css));
    chip.append(...texts);
    box.append(line, chip, tag);
    for (const element of [line, chip]) desk.chartDrag.bind(element, GHOST, { price: () => limit().price, may: () => limit() !== null, drop });
    return { line, chip, tag, texts };
  }

  function drop(price) {
    desk.chartDrag.revert(GHOST);
    write(price);
  }

  // Whether another tag of the axis stands there: the chip says the price too.
  function covered(y) {
    const tags = [...document.querySelectorAll(".overlay > .axis-tag.last, .order-lines .axis-tag")].filter((tag) => !tag.hidden);
    return tags.some((tag) => Math.abs(parseFloat(tag.style.top) - y) < (tag.classList.contains("last") ? 26 : 19));
  }

  const count = ({ qty, notional }) => (notional > 0 ? desk.number.money(notional) : qty > 0 ? desk.number.size(qty) : "");

  function place(to) {
    const box = find(".ghost-order"), wish = limit(), price = wish && (desk.chartDrag.at(GHOST) ?? wish.price), y = wish && to.y(price);
    const sent = wish && !desk.chartDrag.busy() && desk.chartOrders.has(wish.side, wish.price); // then that line is there
    box.hidden = !wish || sent || y < to.size.t || y > to.bottom || !desk.bars.length(desk.chart.state.bars);
    if (box.hidden) return;
    parts = parts || frame(box);
    box.className = "ghost-order " + wish.side;
    Object.assign(parts.line.style, { top: y.toFixed(1) + "px", left: to.size.l + "px", width: to.size.w + "px" });
    for (const element of [parts.chip, parts.tag]) element.style.top = y.toFixed(1) + "px";
    parts.chip.style.left = to.size.l + 8 + "px";
    desk.text(parts.texts[1], (wish.side.toUpperCase() + " " + count(wish)).trim());
    const text = desk.number.price(price, desk.chart.state.shown.symbol);
    desk.text(parts.texts[2], text + ", not sent");
    desk.text(parts.tag, text);
    parts.tag.hidden = covered(y);
  }

  // The plus stands at the axis beside the price under the pointer.
  function plus(to, y) {
    const button = find(".axis-plus"), off = y === null || y < to.size.t || y > to.bottom || !desk.bars.length(desk.chart.state.bars) || desk.chartDrag.busy();
    button.hidden = off;
    hover = off ? null : desk.chartDrag.rounded(to.price(y), desk.chart.state.shown.symbol || "");
    if (off) return;
    Object.assign(button.style, { top: y.toFixed(1) + "px", left: to.right - 20 + "px" });
    button.title = "Limit ticket at " + desk.number.price(hover, desk.chart.state.shown.symbol) + " (or Shift and click)";
  }

  // Down and up at the same place: a pull with Shift is Plotly's zoom.
  function bind(plot) {
    let down = null; // {x, y, price}: while a button is down Plotly covers the page, and nothing is under the pointer
    find(".axis-plus").addEventListener("click", () => { if (hover !== null) start(hover); });
    plot.addEventListener("pointerdown", (event) => {
      down = event.shiftKey && event.button === 0 && hover !== null ? { x: event.clientX, y: event.clientY, price: hover } : null;
    }, true);
    window.addEventListener("pointerup", (event) => {
      if (down && Math.hypot(event.clientX - down.x, event.clientY - down.y) < 4) start(down.price);
      down = null;
    }, true);
    document.querySelector(".ticket").addEventListener("input", () => desk.chartOverlay.place(desk.chart.state));
  }

  desk.chartTicket = { start, place, plus, bind, sideAt };
})(window.tickdesk = window.tickdesk || {});
