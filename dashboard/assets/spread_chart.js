// Ten minutes of the spread: a step a market second, its range on the right, its average above.
(function (desk) {
  "use strict";
  const SPAN_MS = 600000, UNKNOWN_MS = 60000, SVG = "http://www.w3.org/2000/svg", WIDTH = 240, HEIGHT = 84, REST_MS = 900;
  let points = [], drawnAt = -REST_MS;

  // One value a second: a second that comes again takes the place of the first.
  function join(held, rows) {
    const fresh = new Map(held.concat(rows).map(([ms, spread]) => [Math.floor(ms / 1000), [ms, spread]]));
    const all = [...fresh.values()].sort((a, b) => a[0] - b[0]), end = all.length ? all.at(-1)[0] : 0;
    return all.filter(([ms]) => ms > end - SPAN_MS);
  }

  function add(rows, whole) {
    if (!rows.length && !whole) return;
    points = join(whole ? [] : points, rows);
    if (whole || performance.now() - drawnAt >= REST_MS) draw();
  }

  // A spread holds until the next quote; after a minute without one it is not known, and the line stops.
  function runs(items) {
    const begins = items.flatMap(([ms], k) => (k === 0 || ms - items[k - 1][0] > UNKNOWN_MS ? [k] : []));
    return begins.map((begin, k) => items.slice(begin, begins[k + 1]));
  }

  // The line of a run as a path: a level a second.
  function steps(items, top, end) {
    const x = (ms) => (WIDTH * (1 - (end - ms) / SPAN_MS)).toFixed(1);
    const y = (value) => (HEIGHT - 3 - value / top * (HEIGHT - 8)).toFixed(1);
    return items.map(([ms, value], k) => (k ? "H" + x(ms) + "V" : "M" + x(ms) + ",") + y(value)).join("");
  }

  function path(css) {
    const element = document.createElementNS(SVG, "path");
    element.setAttribute("class", css);
    return element;
  }

  function frame(box) {
    const svg = document.createElementNS(SVG, "svg");
    const marks = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" };
    for (const [name, value] of Object.entries(marks)) svg.setAttribute(name, value);
    svg.append(path("grid"), path("area"), path("line"));
    const quarters = [0.25, 0.5, 0.75].map((part) => `M${WIDTH * part},0V${HEIGHT}`);
    svg.querySelector(".grid").setAttribute("d", quarters.join(""));
    box.replaceChildren(svg);
    return svg;
  }

  function draw() {
    const box = document.querySelector("#spread-chart .spread-plot"), svg = box.querySelector("svg") || frame(box);
    const values = points.map(([, spread]) => spread), high = Math.max(...values), low = Math.min(...values);
    drawnAt = performance.now();
    const lines = runs(points).map((run) => steps(run, high * 1.05 || 1, points.at(-1)[0]));
    svg.querySelector(".line").setAttribute("d", lines.join(""));
    const areas = lines.map((line) => line + `V${HEIGHT}H${line.slice(1, line.indexOf(","))}Z`);
    svg.querySelector(".area").setAttribute("d", areas.join(""));
    words(svg, values, low, high);
  }

  const cents = (value) => (value < 1 ? (value * 100).toFixed(1) + "\u00a0¢" : desk.number.money(value));

  function words(svg, values, low, high) {
    const root = document.getElementById("spread-chart"), known = values.length > 0;
    const average = known ? values.reduce((sum, value) => sum + value, 0) / values.length : null;
    desk.text(root.querySelector(".high"), desk.number.spread(known ? high : null));
    desk.text(root.querySelector(".low"), desk.number.spread(known ? low : null));
    desk.text(root.querySelector(".average"), known ? "average " + cents(average) : "");
    const range = known ? `${low.toFixed(2)} to ${high.toFixed(2)}` : "none yet";
    svg.setAttribute("aria-label", "Spread of ten minutes, " + range);
  }

  desk.spreadChart = { add, join, runs };
})(window.tickdesk = window.tickdesk || {});
