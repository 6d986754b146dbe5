// Working orders and the position on the chart: lines that change with the order's state only, and a button on each.
(function (desk) {
  "use strict";
  const TOKEN = { buy: "up", sell: "down", position: "text-2" };
  const CHIP_PX = 24, TAGS_PX = 27, TAG_PX = 19, PLUS_PX = 26;
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
    const wanted = new Set(held.lines.map(({ id }) => id)), gone = [...held.chips.keys()].filter((id) => !wanted.has(id));
    for (const id of gone) { held.chips.get(id).all.forEach((part) => part.remove()); held.chips.delete(id); }
    held.lines.filter(({ id }) => !held.chips.has(id)).forEach(make);
    gone.forEach((id) => desk.chartDrag.revert(id));
  }

  function make(line) {
    const hit = desk.part("div", "order-hit " + line.kind), drawn = desk.part("div", "drag-line " + line.kind);
    const element = desk.part("div", "ol " + line.kind), tag = desk.part("div", "axis-tag of-line " + line.kind);
    const parts = ["k", "say", "say fresh"].map((css) => desk.part("span", css)), off = desk.part("button", "", "×");
    const act = line.order ? () => desk.blotter.cancel([line.id]) : () => desk.positions.close(desk.chart.state.shown.symbol);
    off.type = "button";
    off.dataset.testid = line.order ? "chart-cancel-" + line.id : "chart-close-" + line.position.symbol;
    off.setAttribute("aria-label", line.order ? "Cancel order" : "Close position");
    off.addEventListener("click", act);
    element.append(desk.part("span", "grip"), ...parts, off);
    hit.dataset.testid = "chart-line-" + line.id;
    area().append(hit, drawn, element, tag);
    held.chips.set(line.id, { element, tag, parts, hit, drawn, all: [hit, drawn, element, tag] });
    if (line.order) for (const part of [hit, element]) desk.orderDrag.bind(part, line.id, () => priceOf(line.id));
  }

  const priceOf = (wanted) => held.lines.find(({ id }) => id === wanted)?.price ?? 0;

  function write({ element, hit, tag, parts }, { order, position, price }) {
    for (const part of [element, hit]) part.classList.toggle("fixed", !order || !desk.orderDrag.may(order.id));
    const { size, signed } = desk.number;
    const texts = order
      ? [order.side.toUpperCase() + " " + size(desk.order.remaining(order)), desk.order.typeOf(order) + ", " + order.tif, ""]
      : [(position.qty > 0 ? "LONG " : "SHORT ") + size(Math.abs(position.qty)), "", signed(position.unrealized)];
    texts.forEach((text, k) => { desk.text(parts[k], text); parts[k].hidden = !text; });
    if (position) desk.direction(parts[2], position.unrealized);
    element.classList.toggle("pending", Boolean(order) && (desk.chartDrag.waits(order.id) || desk.order.look(order.state)[1] === "pending"));
    desk.text(tag, desk.number.price(price, desk.chart.state.shown.symbol));
  }

  // Chips that would lie on each other move apart; a line out of view has none.
  function place(to, lastY) {
    let free = -Infinity, tagged = -Infinity;
    const inside = held.lines.map((line) => [desk.chartDrag.at(line.id) ?? line.price, held.chips.get(line.id), line]);
    for (const [price, chip, line] of inside.sort(([a], [b]) => b - a)) {
      const y = to.y(price), top = Math.max(y, free), hidden = y < to.size.t || y > to.bottom;
      for (const element of [chip.element, chip.tag]) { element.hidden = hidden; element.style.top = top.toFixed(1) + "px"; }
      const tag = clear(Math.max(clear(y, lastY), tagged), lastY, 1);
      chip.tag.style.top = tag.toFixed(1) + "px";
      chip.element.style.right = (document.querySelector(".overlay").clientWidth - to.right + PLUS_PX) + "px";
      placeLine(chip, to, y, hidden, price !== line.price);
      desk.text(chip.tag, desk.number.price(price, desk.chart.state.shown.symbol));
      if (!hidden) [free, tagged] = [top + CHIP_PX, tag + TAG_PX];
    }
  }

  // What is taken hold of, and the line as long as it is dragged: Plotly's own stays where the order is.
  function placeLine({ hit, drawn }, to, y, hidden, dragged) {
    hit.hidden = hidden;
    drawn.hidden = hidden || !dragged;
    for (const element of [hit, drawn]) Object.assign(element.style, { top: y.toFixed(1) + "px", left: to.size.l + "px", width: to.size.w + "px" });
  }

  // A tag that would lie under that of the last price stands beside it; `way` 1: below it.
  const clear = (y, lastY, way = y < lastY ? -1 : 1) => (lastY !== null && Math.abs(y - lastY) < TAGS_PX - 0.5 ? lastY + way * TAGS_PX : y);

  // The extent of the bars, and of lines that are not far from them.
  function widened(extent) {
    const [low, high, most] = extent, near = (high - low) * 0.6;
    const prices = held.lines.map(({ price }) => price).filter((price) => price > low - near && price < high + near);
    return [Math.min(low, ...prices), Math.max(high, ...prices), most];
  }

  desk.chartOrders = { update, place, widened, recolor, shapes: () => held.shapes, has: (side, price) => held.lines.some((line) => line.kind === side && line.price === price), any: () => held.lines.length > 0 };
})(window.tickdesk = window.tickdesk || {});
