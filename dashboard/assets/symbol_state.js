// What is out of the ordinary with the symbol that is shown: halted, limit up and limit down.
(function (desk) {
  "use strict";
  const find = (css) => document.querySelector(css);
  const since = (state) => (state.since ? "since " + desk.newYork.second(state.since) : "");

  // The badge in the quote strip.
  function showQuote(symbol) {
    const badge = find(".q-halt"), state = desk.connection.stateOf(symbol), halted = Boolean(state && state.halted);
    badge.hidden = !halted;
    if (halted) desk.text(badge.querySelector(".reason"), [state.reason, since(state)].filter(Boolean).join(" "));
  }

  // The band over the chart, from the halt on.
  function placeHalt(chart, to) {
    const band = find(".halt-band"), state = desk.connection.stateOf(chart.shown.symbol), now = desk.clock.now();
    const place = state && state.halted && now !== null ? desk.chartTime.span(chart, to, state.since || now, now) : null;
    band.hidden = !place;
    if (!place) return;
    Object.assign(band.style, { left: place.left + "px", width: to.right - place.left + "px", top: to.size.t + "px", height: to.size.h + "px" });
    band.classList.toggle("narrow", to.right - place.left < 150);
    desk.text(band.querySelector("span"), [since(state), state.reason].filter(Boolean).join(" · "));
  }

  function limits(to) {
    const [up, down] = desk.connection.held.limits || [0, 0];
    const both = [{ name: "Limit up", price: up, css: "limit-up" }, { name: "Limit down", price: down, css: "limit-down" }];
    return both.filter(({ price }) => price > 0 && to.y(price) > to.size.t && to.y(price) < to.bottom);
  }

  function make({ css }) {
    const line = desk.part("div", "limit-line " + css);
    line.append(desk.part("span"));
    return line;
  }

  function placeLimits(chart, to) {
    desk.keyed(find(".limit-lines"), limits(to), ({ css }) => css, make, (line, { name, price }) => {
      Object.assign(line.style, { top: to.y(price).toFixed(1) + "px", left: to.size.l + "px", width: to.size.w + "px" });
      desk.text(line.firstChild, name + " " + desk.number.price(price, chart.shown.symbol));
    });
  }

  function place(chart, to) {
    placeHalt(chart, to);
    placeLimits(chart, to);
  }

  desk.symbolState = { place, showQuote };
})(window.tickdesk = window.tickdesk || {});
