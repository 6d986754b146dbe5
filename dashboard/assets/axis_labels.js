// The labels under the chart: x is a bar's number, the label its start in New York. A new day is labelled with its date.
(function (desk) {
  "use strict";
  const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
  const STEPS = [1, 2, 5, 10, 15, 30].map((n) => n * SECOND)
    .concat([1, 2, 5, 10, 15, 30].map((n) => n * MINUTE), [1, 2, 3, 6, 12].map((n) => n * HOUR), [1, 2, 5, 10, 20, 50, 100].map((n) => n * DAY));
  const LENGTH = {
    "1s": SECOND, "5s": 5 * SECOND, "1Min": MINUTE, "5Min": 5 * MINUTE, "15Min": 15 * MINUTE, "1Hour": HOUR, "1Day": DAY,
  };
  const AHEAD = 60; // bars beyond the last one that carry labels too

  const bucket = (ms, step) => Math.floor((ms + desk.newYork.offset(ms)) / step);

  // Places in `starts` at which a new step begins.
  function marks(starts, step) {
    return starts.flatMap((start, k) => (k && bucket(start, step) !== bucket(starts[k - 1], step) ? [k] : []));
  }

  function label(starts, k, interval, step) {
    const start = starts[k], newDay = k > 0 && desk.newYork.dayNumber(start) !== desk.newYork.dayNumber(starts[k - 1]);
    if (newDay || step >= DAY) return desk.newYork.date(start);
    return LENGTH[interval] < MINUTE && step < MINUTE ? desk.newYork.second(start) : desk.newYork.minute(start);
  }

  function extended(starts, interval) {
    const last = starts[starts.length - 1];
    return starts.concat(Array.from({ length: AHEAD }, (_, k) => last + (k + 1) * LENGTH[interval]));
  }

  // {vals, texts} for all held bars at the smallest step that puts at most `most` labels into the visible range.
  function labels(ordinals, starts, interval, range, most) {
    if (!starts.length) return { vals: [], texts: [] };
    const times = extended(starts, interval), first = ordinals[0];
    const visible = times.slice(Math.max(0, Math.ceil(range[0] - first)), Math.max(0, Math.floor(range[1] - first) + 1));
    const step = STEPS.find((s) => s >= LENGTH[interval] && marks(visible, s).length <= most) ?? STEPS[STEPS.length - 1];
    const places = marks(times, step);
    return { vals: places.map((k) => first + k), texts: places.map((k) => label(times, k, interval, step)) };
  }

  desk.axisLabels = { LENGTH, labels };
})(window.tickdesk = window.tickdesk || {});
