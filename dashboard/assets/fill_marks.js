// Our fills on the chart: Plotly's own lists, changed in place. A fill lies in the bar in which it happened.
(function (desk) {
  "use strict";
  const NAMES = { buy: "fills-buy", sell: "fills-sell" };

  // Ordinal of the last bar that began by then; null before the first one.
  function ordinal({ x, customdata }, at) {
    let low = 0, high = x.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (customdata[middle] <= at) low = middle + 1;
      else high = middle;
    }
    return low ? x[low - 1] : null;
  }

  const put = (list, values) => list.splice(0, list.length, ...values);

  // `end`: after that the chart has no bars (it shows the past).
  function write(plot, candles, symbol, all, end = Infinity) {
    const fills = all.filter(({ at }) => at < end);
    for (const [side, name] of Object.entries(NAMES)) {
      const trace = plot.data.find((item) => item.name === name), mine = fills.filter((fill) => fill.symbol === symbol && fill.side === side);
      const placed = mine.map((fill) => [ordinal(candles, fill.at), fill]).filter(([x]) => x !== null);
      put(trace.x, placed.map(([x]) => x));
      put(trace.y, placed.map(([, fill]) => fill.price));
      put(trace.customdata, placed.map(([, fill]) => fill.id));
    }
  }

  desk.fillMarks = { ordinal, write };
})(window.tickdesk = window.tickdesk || {});
