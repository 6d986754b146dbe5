// A line where a new session begins: between the last bar of a day in New York and the first of the next one.
(function (desk) {
  "use strict";
  const CLOSE_PX = 24; // nearer to each other they would be a fence

  // Ordinals of the first bars of days, of those in view.
  function breaks({ x, customdata }, [from, to]) {
    const day = desk.newYork.dayNumber;
    return x.filter((ordinal, k) => k > 0 && ordinal >= from && ordinal <= to && day(customdata[k]) !== day(customdata[k - 1]));
  }

  function place(chart, to) {
    const box = document.querySelector(".overlay .session-breaks"), intraday = chart.shown.interval !== "1Day";
    const found = intraday && chart.plot ? breaks(chart.bars.candles, chart.range.x) : [];
    const apart = found.length > 1 ? to.x(found[1]) - to.x(found[0]) : Infinity;
    desk.keyed(box, apart < CLOSE_PX ? [] : found, String, () => desk.part("div", "session-break"), (line, ordinal) => {
      Object.assign(line.style, { left: to.x(ordinal - 0.5).toFixed(1) + "px", top: to.size.t + "px", height: to.size.h + "px" });
    });
  }

  desk.sessionBreaks = { breaks, place };
})(window.tickdesk = window.tickdesk || {});
