// The feed's lag over the last hour, as far as this page has seen it: the median of each 20 s, and the largest.
(function (desk) {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg", WIDTH = 600, HEIGHT = 100, REST_MS = 2000;
  let drawnAt = -REST_MS;

  function line(points, top) {
    return points.map(([x, value]) => (x * WIDTH).toFixed(1) + "," + (HEIGHT - 2 - value / top * (HEIGHT - 8)).toFixed(1)).join(" ");
  }

  function frame(box) {
    const svg = document.createElementNS(SVG, "svg");
    for (const [name, value] of [["viewBox", `0 0 ${WIDTH} ${HEIGHT}`], ["preserveAspectRatio", "none"], ["aria-hidden", "true"]]) svg.setAttribute(name, value);
    for (const css of ["high", "middle"]) {
      const each = document.createElementNS(SVG, "polyline");
      each.setAttribute("class", css);
      svg.append(each);
    }
    box.append(svg);
  }

  function show() {
    const now = performance.now(), box = document.querySelector(".lag-plot");
    if (now - drawnAt < REST_MS) return;
    drawnAt = now;
    if (!box.firstChild) frame(box);
    const hour = desk.latency.hour(now), top = Math.max(1, ...hour.map(([, , high]) => high)), { milliseconds } = desk.number;
    box.querySelector(".high").setAttribute("points", line(hour.map(([x, , high]) => [x, high]), top));
    box.querySelector(".middle").setAttribute("points", line(hour.map(([x, middle]) => [x, middle]), top));
    desk.text(document.querySelector(".lag-scale .high"), milliseconds(hour.length ? top : null));
    const medians = hour.map(([, middle]) => middle).sort((a, b) => a - b);
    desk.text(document.querySelector(".lag-note"), hour.length ? "median " + milliseconds(desk.latency.percentile(medians, 0.5)) + " · largest " + milliseconds(top) : "");
  }

  desk.healthLag = { show };
})(window.tickdesk = window.tickdesk || {});
