// Where the time goes: what each answer and each redraw took, kept for five minutes, and their percentiles.
(function (desk) {
  "use strict";
  const KEEP_MS = 300000, HOUR_MS = 3600000, BUCKET_MS = 20000;
  const HOPS = {
    lag: ["Newest event to worker", "behind the market's clock"], flush: ["Collected before publishing", ""],
    build: ["Callback builds the answer", ""], network: ["Network and browser, there and back", ""], paint: ["Redraw of the chart", ""],
  };
  const samples = Object.fromEntries(Object.keys(HOPS).map((hop) => [hop, []]));

  function add(hop, ms, now) {
    if (typeof ms !== "number" || !Number.isFinite(ms)) return;
    const held = samples[hop];
    held.push([now, ms]);
    while (held[0][0] < now - KEEP_MS) held.shift();
  }

  // The value below which the part of all values lies.
  function percentile(sorted, part) {
    return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(part * sorted.length) - 1))];
  }

  // {hop, name, note, p50, p95, p99} of the hops that were measured.
  function rows() {
    return Object.entries(HOPS).flatMap(([hop, [name, note]]) => {
      const sorted = samples[hop].map(([, ms]) => ms).sort((a, b) => a - b);
      return sorted.length ? [{ hop, name, note, p50: percentile(sorted, 0.5), p95: percentile(sorted, 0.95), p99: percentile(sorted, 0.99) }] : [];
    });
  }

  const history = []; // [start, values] of the lag, a bucket each 20 s of the last hour

  function note(ms, now) {
    if (typeof ms !== "number") return;
    const start = Math.floor(now / BUCKET_MS) * BUCKET_MS;
    if (!history.length || history.at(-1)[0] !== start) history.push([start, []]);
    history.at(-1)[1].push(ms);
    while (history[0][0] < now - HOUR_MS) history.shift();
  }

  // [part of the hour from 0 to 1, median, largest] of each bucket.
  function hour(now) {
    const sorted = (values) => values.slice().sort((a, b) => a - b);
    return history.map(([start, values]) => [1 - (now - start) / HOUR_MS, percentile(sorted(values), 0.5), Math.max(...values)]);
  }

  desk.latency = { note, hour, add, percentile, rows };
})(window.tickdesk = window.tickdesk || {});
