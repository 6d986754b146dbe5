// Gaps on the chart: an amber band over the time in which nothing came, with its length and what filled it.
(function (desk) {
  "use strict";
  const LABEL_PX = 104, STEP_PX = 32;
  const box = () => document.querySelector(".gap-bands");

  // [from, to or null, filled, verified or null] -> two lines
  function words([from, until, filled, verified], now) {
    const length = "Gap " + desk.number.left((until ?? now) - from);
    if (until === null) return [length, "nothing came yet"];
    if (!filled) return [length, "not filled yet"];
    return [length, verified === false ? "filled, but bars differ" : "filled from history"];
  }

  // Those of which something is in view, from left to right. An open one lies under "No data" until data comes again.
  function visible(chart, to) {
    const now = desk.clock.now(), { believable } = desk.freshness.verdict();
    const shown = desk.connection.held.gaps.filter(([, until]) => now !== null && (until !== null || believable));
    return shown.map((gap) => ({ gap, now, place: desk.chartTime.span(chart, to, gap[0], gap[1] ?? now) })).filter(({ place }) => place);
  }

  function make() {
    const band = desk.part("div", "gap-band"), label = desk.part("div", "gap-label");
    label.append(desk.part("b"), desk.part("span"));
    band.append(label);
    return band;
  }

  function place(chart, to) {
    let edge = -Infinity, level = 0;
    desk.keyed(box(), visible(chart, to), ({ gap }) => String(gap[0]), make, (band, { gap, now, place: { left, width } }) => {
      level = left + width < edge ? (level + 1) % 4 : 0;
      edge = left + width + LABEL_PX;
      Object.assign(band.style, { left: left + "px", width: width + "px", top: to.size.t + "px", height: to.size.h + "px" });
      write(band, words(gap, now), edge > to.right, to.size.h * 0.74 - level * STEP_PX);
      band.dataset.filled = String(Boolean(gap[2]));
      band.classList.toggle("differs", gap[3] === false);
    });
  }

  function write(band, [length, what], leftward, top) {
    const label = band.firstChild;
    label.classList.toggle("leftward", leftward);
    label.style.top = Math.max(top, 40) + "px";
    desk.text(label.firstChild, length);
    desk.text(label.lastChild, what);
  }

  desk.gapBands = { place, words };
})(window.tickdesk = window.tickdesk || {});
