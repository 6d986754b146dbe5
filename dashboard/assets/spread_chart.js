// Ten minutes of the spread: a step a market second, its range on the right, its average above.
(function (desk) {
  "use strict";
  const SPAN_MS = 600000, SVG = "http://www.w3.org/2000/svg", WIDTH = 240, HEIGHT = 84, REST_MS = 900;
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

  function steps(items, top) {
    const end = items.at(-1)[0], x = (ms) => WIDTH * (1 - (end - ms) / SPAN_MS), y = (value) => HEIGHT - 3 - value / top * (HEIGHT - 8);
    return items.map(([ms, value], k) => (k ? "H" + x(ms).toFixed(1) + "V" : "M" + x(ms).toFixed(1) + ",") + y(value).toFixed(1)).join("");
  }

  function frame(box) {
    const svg = document.createElementNS(SVG, "svg");
    for (const [name, value] of Object.entries({ viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" })) svg.setAttribute(name, value);
    for (const css of ["grid", "area", "line"]) {
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("class", css);
      svg.append(path);
    }
    box.replaceChildren(svg);
    svg.querySelector(".grid").setAttribute("d", [0.25, 0.5, 0.75].map((part) => `M${WIDTH * part},0V${HEIGHT}`).join(""));
    return svg;
  }

  function draw() {
    const box = document.querySelector("#spread-chart .spread-plot"), svg = box.querySelector("svg") || frame(box);
    const values = points.map(([, spread]) => spread), high = Math.max(...values), low = Math.min(...values);
    drawnAt = performance.now();
    const line = points.length > 1 ? steps(points, high * 1.05 || 1) : "";
    svg.querySelector(".line").setAttribute("d", line);
    svg.querySelector(".area").setAttribute("d", line && line + `V${HEIGHT}H${(WIDTH * (1 - (points.at(-1)[0] - points[0][0]) / SPAN_MS)).toFixed(1)}Z`);
    words(svg, values, low, high);
  }

  function words(svg, values, low, high) {
    const root = document.getElementById("spread-chart"), known = values.length > 0;
    const average = known ? values.reduce((sum, value) => sum + value, 0) / values.length : null;
    desk.text(root.querySelector(".high"), desk.number.spread(known ? high : null));
    desk.text(root.querySelector(".low"), desk.number.spread(known ? low : null));
    desk.text(root.querySelector(".average"), known ? "average " + (average * 100).toFixed(1) + "\u00a0¢" : "");
    svg.setAttribute("aria-label", known ? `Spread of ten minutes, ${low.toFixed(2)} to ${high.toFixed(2)}` : "Spread of ten minutes, none yet");
  }

  desk.spreadChart = { add, join, steps };
})(window.tickdesk = window.tickdesk || {});
