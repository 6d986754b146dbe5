// The chart: Plotly's own lists changed in place and drawn again, at most twice a second. A figure is never handed over.
(function (desk) {
  "use strict";
  const REST_MS = 500, LABEL_PX = 92;
  const bars = desk.bars.create();
  const range = desk.axisRange.create();
  const chart = {
    bars, range, shown: { symbol: null, interval: "1Min", until: null },
    newest: null, begins: false, // ordinal of the newest bar there is; whether nothing is older than what is held
    plot: null, // Plotly's element, once it has drawn
    formingRow: null, forming: null, // the bar that has not closed yet, and its ordinal
    drawn: 0, // bars in the last drawing
    hovered: null, // ordinal under the pointer
    grabbed: false, drawnAt: -REST_MS, timer: null,
  };

  const trace = (plot, name) => plot.data.find((item) => item.name === name);

  // Dash may draw its own figure again after a zoom; the lists are then the same ones, or are filled again here.
  function adoptLists(plot) {
    const candles = trace(plot, "candles"), volume = trace(plot, "volume");
    if (candles.x !== bars.candles.x || volume.y !== bars.volume.y) desk.bars.moveInto(bars, candles, volume);
  }

  // Once Plotly has drawn the empty figure: true from then on.
  function attach() {
    const plot = document.querySelector("#chart .js-plotly-plot");
    if (chart.plot === plot || !plot || !plot._fullLayout || !plot.on) return Boolean(chart.plot);
    chart.plot = plot;
    desk.chartInput.bind(chart, plot);
    desk.chartLook.bind();
    schedule(true);
    return true;
  }

  // Takes rows and the forming bar; `cursor` says that the rows are a whole window. False: they do not join what is held.
  function hold(rows, forming, cursor) {
    if (cursor) load(rows, cursor);
    const moved = cursor || rows.length || String(forming) !== String(chart.formingRow);
    const past = chart.shown.until !== null, drawn = past ? null : forming; // the past stands still
    Object.assign(chart, { formingRow: forming, forming: drawn ? drawn[0] : null, newest: forming ? forming[0] : chart.newest });
    const joined = rows.concat(drawn ? [drawn] : []).every((row) => desk.bars.put(bars, row));
    if (moved) schedule(Boolean(cursor)); // what did not move is not drawn again
    return joined || Boolean(cursor);
  }

  function load(rows, { symbol, interval, until = null }) {
    desk.bars.load(bars, rows);
    chart.begins = rows.length < desk.bars.MOST - 1;
    if (until === null && rows.length) chart.newest = rows[rows.length - 1][0];
    if (symbol !== chart.shown.symbol || interval !== chart.shown.interval) Object.assign(range, { follow: true, y: [0, 1] });
    chart.shown = { symbol, interval, until };
    chart.hovered = null;
  }

  function schedule(atOnce = false) {
    if (atOnce) { clearTimeout(chart.timer); chart.timer = null; }
    if (chart.timer !== null) return;
    const wait = atOnce ? 0 : Math.max(0, chart.drawnAt + REST_MS - performance.now(), desk.burst.wayMs());
    chart.timer = setTimeout(() => { chart.timer = null; draw(); }, wait);
  }

  // A fill: its row is painted first, and its marker right after that.
  function drawSoon() {
    desk.burst.done();
    requestAnimationFrame(() => setTimeout(() => { clearTimeout(chart.timer); chart.timer = null; draw(); }, 0));
  }

  function draw() {
    if (!chart.plot || chart.grabbed || !chart.plot.offsetParent) return; // under the user's hand, or on another page
    chart.drawnAt = performance.now();
    adoptLists(chart.plot);
    desk.chartLook.dress(chart.plot);
    desk.fillMarks.write(chart.plot, bars.candles, chart.shown.symbol, desk.trading.held.fills, chart.shown.until === null ? Infinity : bars.candles.customdata.at(-1) + desk.axisLabels.LENGTH[chart.shown.interval]);
    chooseRange();
    desk.indicatorLines.write(chart.plot, bars);
    writeLayout(chart.plot);
    desk.indicatorLines.layOut(chart.plot, range.x);
    const count = desk.bars.length(bars);
    window.Plotly.redraw(chart.plot).then(() => drawn(count));
    if (!count) desk.bars.detach(bars);
  }

  function drawn(count) {
    const now = performance.now();
    chart.drawn = count;
    desk.chart.drawMs = now - chart.drawnAt;
    desk.latency.add("paint", desk.chart.drawMs, now);
  }

  function chooseRange() {
    const { x } = bars.candles, held = x.length;
    if (!held) return;
    if (chart.shown.until !== null) return;
    if (range.follow) range.x = desk.axisRange.following(x[held - 1], held, desk.chartOrders.any(), chart.plot.clientWidth);
    if (range.follow) refit();
  }

  function refit() {
    const extent = desk.bars.extent(bars, ...range.x);
    if (extent) range.y = desk.axisRange.fitted(range.y, desk.chartOrders.widened(extent), air());
  }

  // The legend never lies on candles.
  function air() {
    const legend = document.querySelector(".overlay .legend"), part = 1 - desk.indicatorLines.domains(desk.indicators.panes().length).price[0];
    return desk.axisRange.airFor(legend.offsetHeight + 8, chart.plot.clientHeight * part);
  }

  function writeLayout(plot) {
    const { xaxis, yaxis, yaxis2 } = plot.layout, extent = desk.bars.extent(bars, ...range.x);
    const { x, customdata } = bars.candles, most = Math.max(3, Math.floor(plot.clientWidth / LABEL_PX));
    const marks = desk.axisLabels.labels(x, customdata, chart.shown.interval, range.x, most);
    const tickformat = "." + desk.number.decimals(range.y[1], chart.shown.symbol || "") + "f";
    Object.assign(xaxis, { range: range.x.slice(), autorange: false });
    Object.assign(xaxis, { tickmode: "array", tickvals: marks.vals, ticktext: marks.texts });
    Object.assign(yaxis, { range: range.y.slice(), autorange: false, showticklabels: x.length > 0, tickformat });
    plot.layout.shapes = desk.chartOrders.shapes();
    Object.assign(yaxis2, { range: [0, Math.max(extent ? extent[2] : 0, 1) * 6.5], autorange: false });
  }

  function backToNow() {
    Object.assign(range, { follow: true, y: [0, 1] });
    desk.view.choose({ until: null });
    schedule(true);
  }

  desk.chart = { state: chart, attach, hold, backToNow, refit, drawSoon, redraw: () => schedule(true), drawMs: 0 };
})(window.tickdesk = window.tickdesk || {});
