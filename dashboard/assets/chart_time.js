// Where a moment lies on the chart: its place among the bars, whose numbers leave out the time without any.
(function (desk) {
  "use strict";

  // The number of the last bar that began at `ms` or before; -1 before the first.
  function place(starts, ms) {
    let low = 0, high = starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= ms) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  // The ordinal, with its fraction, of a moment; null before the first bar.
  function ordinal({ x, customdata }, ms, length) {
    const k = place(customdata, ms);
    const later = k === x.length - 1 && ms >= customdata[k] + length && desk.chart.state.shown.until !== null;
    if (later) return Infinity; // after the bars of the past that are held: further right than anything
    return k < 0 ? null : x[k] - 0.5 + Math.min(1, (ms - customdata[k]) / length);
  }

  // Pixels of a span, kept within the plot; null where nothing of it is in view. What began before the first bar begins there.
  function span(chart, to, from, until) {
    const { candles } = chart.bars, length = desk.axisLabels.LENGTH[chart.shown.interval];
    const end = candles.x.length ? ordinal(candles, until, length) : null;
    if (end === null) return null;
    const begin = ordinal(candles, from, length) ?? candles.x[0] - 0.5;
    const left = Math.max(to.x(begin), to.size.l), right = Math.min(Math.max(to.x(end), to.x(begin) + 4), to.right);
    return right > left ? { left, width: right - left } : null;
  }

  desk.chartTime = { place, ordinal, span };
})(window.tickdesk = window.tickdesk || {});
