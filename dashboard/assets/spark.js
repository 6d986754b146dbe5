// The sparkline of a watchlist row: the last hour's closes as one line.
(function (desk) {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg", WIDTH = 70, HEIGHT = 24, EDGE = 2;

  function make() {
    const box = desk.part("div", "spark fresh"), svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("aria-hidden", "true");
    svg.append(document.createElementNS(SVG, "polyline"));
    box.append(svg);
    return box;
  }

  function points(values) {
    const low = Math.min(...values), span = Math.max(...values) - low || 1, step = WIDTH / Math.max(values.length - 1, 1);
    const y = (value) => EDGE + (1 - (value - low) / span) * (HEIGHT - 2 * EDGE);
    return values.map((value, k) => (k * step).toFixed(1) + "," + y(value).toFixed(1)).join(" ");
  }

  function draw(box, values, change) {
    desk.direction(box, change);
    box.querySelector("polyline").setAttribute("points", values.length > 1 ? points(values) : "");
  }

  desk.spark = { make, points, draw };
})(window.tickdesk = window.tickdesk || {});
