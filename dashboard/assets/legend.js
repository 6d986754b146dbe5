// The legend over the chart: symbol, interval, and open, high, low, close and volume of the newest bar or of the one
// under the pointer.
(function (desk) {
  "use strict";
  const WORDS = {
    "1s": "1 second", "5s": "5 seconds", "1Min": "1 min", "5Min": "5 min", "15Min": "15 min", "1Hour": "1 hour", "1Day": "1 day",
  };

  const pair = (word, value, css) => {
    const part = desk.part("span", css), name = desk.part("span", "dim", word + " ");
    part.append(name, value);
    return part;
  };

  function place({ bars, hovered }) {
    const { x } = bars.candles, hover = hovered === null ? -1 : Math.round(hovered) - x[0];
    return hover >= 0 && hover < x.length ? hover : x.length - 1;
  }

  function parts(chart) {
    const k = place(chart), { open, high, low, close, customdata } = chart.bars.candles, { size } = desk.number;
    const price = (value) => desk.number.price(value, chart.shown.symbol);
    const way = close[k] >= open[k] ? "up" : "down", last = pair("C", "");
    last.append(desk.part("span", way, price(close[k])));
    const prices = [pair("O", price(open[k])), pair("H", price(high[k])), pair("L", price(low[k])), last];
    const values = [...prices, pair("V", size(chart.bars.volume.y[k]))];
    const at = chart.hovered === null ? [] : [desk.part("span", "dim", when(customdata[k], chart.shown.interval))];
    return [...values, ...at, desk.part("span", "break"), ...desk.indicatorLegend.parts(chart, chart.bars.candles.x[k])];
  }

  const time = (ms, interval) => " " + desk.newYork[interval.endsWith("s") ? "second" : "minute"](ms);
  const when = (ms, interval) => desk.newYork.date(ms) + (interval === "1Day" ? "" : time(ms, interval));

  function show(chart) {
    const legend = document.querySelector(".overlay .legend"), { symbol, interval } = chart.shown;
    if (!symbol) return;
    const head = [desk.part("b", "", symbol), desk.part("span", "mut", WORDS[interval])];
    legend.replaceChildren(...head, ...(desk.bars.length(chart.bars) ? parts(chart) : []));
    desk.indicatorLegend.place(chart, chart.bars.candles.x[place(chart)]);
  }

  desk.legend = { show };
})(window.tickdesk = window.tickdesk || {});
