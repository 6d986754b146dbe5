// What lies over the plot: tint of the forming bar, last price with its tag, the time without data, the way back to now.
(function (desk) {
  "use strict";
  const find = (css) => document.querySelector(".overlay " + css);

  // Pixels of ordinals and prices, by the axes as they are at this moment (also while the user drags them).
  function scale(plot) {
    const { _size: size, xaxis, yaxis } = plot._fullLayout;
    const part = (value, [from, to]) => (value - from) / (to - from), high = size.h * (1 - yaxis.domain[0]);
    return {
      size, bottom: size.t + high, foot: size.t + size.h, right: size.l + size.w, // of the prices; of all, panes too
      x: (ordinal) => size.l + part(ordinal, xaxis.range) * size.w,
      y: (price) => size.t + (1 - part(price, yaxis.range)) * high,
      price: (y) => yaxis.range[0] + (1 - (y - size.t) / high) * (yaxis.range[1] - yaxis.range[0]),
    };
  }

  function style(element, values) {
    for (const [name, value] of Object.entries(values)) element.style[name] = value.toFixed(1) + "px";
  }

  function place(chart) {
    const held = desk.bars.length(chart.bars);
    find(".chart-empty").hidden = held > 0 || !desk.page.answered;
    find(".back-to-now").hidden = chart.range.follow || !held;
    if (!chart.plot || !chart.plot._fullLayout.xaxis) return;
    const to = scale(chart.plot), last = newest(chart);
    placeTint(to, last && last.x === chart.forming ? last : null);
    placeTold(chart, to);
    placeLast(to, last);
    desk.chartOrders.place(to, last && to.y(last.price));
    desk.chartTicket.place(to);
    placeNoData(to, last);
    desk.legend.show(chart);
    hideCovered(chart.plot);
  }

  // What was told of the feed and of the symbol.
  function placeTold(chart, to) {
    for (const part of [desk.gapBands, desk.symbolState, desk.newsMarks, desk.sessionBreaks, desk.volumeProfile]) part.place(chart, to);
  }

  // Of the market: who looks back has other bars before him.
  function newest({ bars: { candles: { x, open, close } }, shown, formingRow: row }) {
    const k = x.length - 1;
    if (shown.until !== null && row) return { x: row[0], price: row[5], change: row[5] - row[2], start: row[1] };
    return k < 0 ? null : { x: x[k], price: close[k], change: close[k] - open[k] };
  }

  // Between the redraws the last price and the time left go on; once a second an open gap and a halt do.
  function tick(chart, now) {
    if (!chart.plot || !chart.plot._fullLayout.xaxis || !chart.plot.offsetParent) return;
    const to = scale(chart.plot);
    placeLast(to, newest(chart));
    desk.chartTicket.place(to);
    if (now - toldAt < 1000) return;
    toldAt = now;
    placeTold(chart, to);
  }

  let toldAt = 0;

  const believed = () => desk.freshness.verdict().believable;

  function placeTint(to, last) {
    const tint = find(".forming-tint");
    const from = last && Math.max(to.x(last.x - 0.5), to.size.l), until = last && Math.min(to.x(last.x + 0.5), to.right);
    tint.hidden = !last || until <= from || !believed();
    if (!tint.hidden) style(tint, { left: from, width: until - from, top: to.size.t, height: to.size.h });
  }

  function placeLast(to, last) {
    const line = find(".last-line"), tag = find(".axis-tag.last"), y = last && to.y(last.price);
    line.hidden = !last || y < to.size.t || y > to.bottom;
    tag.hidden = !last;
    if (!last) return;
    const color = !believed() ? "var(--text-3)" : last.change >= 0 ? "var(--up)" : "var(--down)";
    style(line, { top: y, left: to.size.l, width: to.size.w });
    style(tag, { top: Math.min(Math.max(y, to.size.t + 16), to.bottom - 16) });
    line.style.setProperty("--c", color);
    tag.style.setProperty("--c", color);
    showTag(last.price);
  }

  function showTag(price) {
    const tag = find(".axis-tag.last");
    if (!tag.firstChild) tag.append(desk.part("span"), desk.part("small"));
    desk.text(tag.firstChild, desk.number.price(price, desk.chart.state.shown.symbol));
    desk.text(tag.lastChild, tagNote());
  }

  // The time left of the forming bar, or how old the price is.
  function tagNote() {
    const { believable, ageMs } = desk.freshness.verdict(), { bars, shown, formingRow } = desk.chart.state;
    if (!believable) return ageMs === null ? "old" : desk.number.age(ageMs) + " old";
    const start = shown.until !== null && formingRow ? formingRow[1] : bars.candles.customdata.at(-1), now = desk.clock.now();
    const left = start + desk.axisLabels.LENGTH[shown.interval] - now;
    return now === null || left <= 0 ? "last" : short(left) + " left";
  }

  // The tag has room for "0:22 left" and for "17 h left".
  const short = (ms) => (ms < 3600000 ? desk.number.left(ms) : Math.floor(ms / 3600000) + "\u00a0h");

  function placeNoData(to, last) {
    const area = find(".no-data"), { believable, since } = desk.freshness.verdict();
    const from = last ? Math.max(to.x(last.x + 0.6), to.size.l) : 0;
    area.hidden = believable || !last || from >= to.right;
    if (area.hidden) return;
    style(area, { left: from, width: to.right - from, top: to.size.t, height: to.size.h });
    area.classList.toggle("narrow", to.right - from < 96);
    desk.text(area.querySelector("span"), since === null ? "" : "since " + desk.newYork.second(since) + openGap(since));
  }

  // How long it lasts already, by the market's clock.
  const openGap = (since) => (desk.clock.now() - since >= 1000 ? " · Gap " + desk.number.left(desk.clock.now() - since) : "");

  // Axis numbers under a tag are hidden, so that nothing is ever half covered.
  function hideCovered(plot) {
    const shown = [...document.querySelectorAll(".overlay .axis-tag")].filter((tag) => !tag.hidden);
    const tags = shown.map((tag) => tag.getBoundingClientRect());
    plot.querySelectorAll(".ytick text").forEach((label) => {
      const { top, bottom } = label.getBoundingClientRect(), middle = (top + bottom) / 2;
      label.style.opacity = tags.some((tag) => middle > tag.top - 9 && middle < tag.bottom + 9) ? 0 : 1;
    });
  }

  // The price under the pointer, on the axis.
  function cursor(chart, event) {
    const tag = find(".cursor-tag"), to = scale(chart.plot);
    const y = event ? event.clientY - chart.plot.getBoundingClientRect().top : -1;
    desk.chartTicket.plus(to, event ? y : null);
    tag.hidden = !event || y < to.size.t || y > to.bottom || !desk.bars.length(chart.bars);
    if (tag.hidden) return;
    style(tag, { top: y });
    desk.text(tag, desk.number.price(to.price(y), chart.shown.symbol));
  }

  desk.chartOverlay = { place, tick, cursor, scale };
})(window.tickdesk = window.tickdesk || {});
