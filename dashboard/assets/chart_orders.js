// Working orders and the position on the chart: lines that change with the order's state only, and a button on each.
(function (desk) {
  "use strict";
  const TOKEN = { buy: "up", sell: "down", position: "text-2" };
  const CHIP_PX = 24, TAGS_PX = 27;
  const held = { key: "", lines: [], shapes: [], chips: new Map() };
  const area = () => document.querySelector(".order-lines");

  const ofOrder = (order) => ({ id: order.id, kind: order.side, price: desk.order.level(order), order });
  const ofPosition = (position) => ({ id: "position", kind: "position", price: position.average, position });

  function lines(symbol) {
    const orders = desk.trading.open().filter((order) => order.symbol === symbol && desk.order.level(order) !== null).map(ofOrder);
    const position = desk.trading.positionOf(symbol);
    return position && position.qty && position.average ? [...orders, ofPosition(position)] : orders;
  }

  const keyOf = ({ id, price, order, position }) => [id, price, order ? order.state + desk.order.remaining(order) : position.qty].join(" ");

  // A stop is dotted: it waits for the market to come to it.
  function shape({ kind, price, order }) {
    const line = { color: desk.chartLook.color(TOKEN[kind]), width: 1, dash: !order ? "solid" : desk.order.isStop(order) ? "dot" : "dash" };
    return { type: "line", xref: "paper", x0: 0, x1: 1, y0: price, y1: price, line, editable: false };
  }

  // After each answer; `filled`: fills came with it.
  function update(filled) {
    held.lines = lines(desk.chart.state.shown.symbol);
    const key = held.lines.map(keyOf).join("|") + desk.chart.state.shown.symbol, moved = key !== held.key;
    if (moved) Object.assign(held, { key, shapes: held.lines.map(shape) });
    if (moved) chips();
    held.lines.forEach((line) => write(held.chips.get(line.id), line));
    if (filled) desk.chart.drawSoon();
    else if (moved) desk.chart.redraw();
  }

  const recolor = () => { held.shapes = held.lines.map(shape); };

  function chips() {
    const wanted = new Set(held.lines.map(({ id }) => id));
    for (const [id, chip] of held.chips) if (!wanted.has(id)) { chip.element.remove(); chip.tag.remove(); held.chips.delete(id); }
    held.lines.filter(({ id }) => !held.chips.has(id)).forEach(make);
  }

  function make(line) {
    const element = desk.part("div", "ol " + line.kind), tag = desk.part("div", "axis-tag of-line " + line.kind);
    const parts = ["k", "say", "say fresh"].map((css) => desk.part("span", css)), off = desk.part("button", "", "×");
    const act = line.order ? () => desk.blotter.cancel([line.id]) : () => desk.positions.close(desk.chart.state.shown.symbol);
    off.type = "button";
    off.dataset.testid = line.order ? "chart-cancel-" + line.id : "chart-close-" + line.position.symbol;
    off.setAttribute("aria-label", line.order ? "Cancel order" : "Close position");
    off.addEventListener("click", act);
    element.append(...parts, off);
    area().append(element, tag);
    held.chips.set(line.id, { element, tag, parts });
  }

  function write({ element, tag, parts }, { order, position, price }) {
    const { size, signed } = desk.number;
    const texts = order
      ? [order.side.toUpperCase() + " " + size(desk.order.remaining(order)), desk.order.typeOf(order) + ", " + order.tif, ""]
      : [(position.qty > 0 ? "LONG " : "SHORT ") + size(Math.abs(position.qty)), "", signed(position.unrealized)];
    texts.forEach((text, k) => { desk.text(parts[k], text); parts[k].hidden = !text; });
    if (position) desk.direction(parts[2], position.unrealized);
    element.classList.toggle("pending", Boolean(order) && desk.order.look(order.state)[1] === "pending");
    desk.text(tag, desk.number.price(price, desk.chart.state.shown.symbol));
  }

  // Chips that would lie on each other move apart; a line out of view has none.
  function place(to, lastY) {
    let free = -Infinity;
    const inside = held.lines.map((line) => [to.y(line.price), held.chips.get(line.id)]).sort(([a], [b]) => a - b);
    for (const [y, chip] of inside) {
      const top = Math.max(y, free), hidden = y < to.size.t || y > to.bottom;
      for (const element of [chip.element, chip.tag]) { element.hidden = hidden; element.style.top = top.toFixed(1) + "px"; }
      chip.tag.style.top = clear(y, lastY).toFixed(1) + "px";
      chip.element.style.right = (document.querySelector(".overlay").clientWidth - to.right + 8) + "px";
      if (!hidden) free = top + CHIP_PX;
    }
  }

  // A tag that would lie under that of the last price stands beside it.
  const clear = (y, lastY) => (lastY !== null && Math.abs(y - lastY) < TAGS_PX ? lastY + (y < lastY ? -TAGS_PX : TAGS_PX) : y);

  // The extent of the bars, and of lines that are not far from them.
  function widened(extent) {
    const [low, high, most] = extent, near = (high - low) * 0.6;
    const prices = held.lines.map(({ price }) => price).filter((price) => price > low - near && price < high + near);
    return [Math.min(low, ...prices), Math.max(high, ...prices), most];
  }

  desk.chartOrders = { update, place, widened, recolor, shapes: () => held.shapes, any: () => held.lines.length > 0 };
})(window.tickdesk = window.tickdesk || {});
