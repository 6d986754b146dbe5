// How much of each limit is used, and how near the breaker is.
(function (desk) {
  "use strict";
  const NEAR = 0.8;
  const box = () => document.getElementById("health-limits"), part = () => document.getElementById("health-breaker");
  const UNITS = { usd: (value) => desk.number.plain(value), count: (value) => desk.number.size(value), part: (value) => desk.number.percent(value).replace("+", "") };

  function make() {
    const element = desk.part("div"), words = desk.part("div", "lbl"), bar = desk.part("div", "bar");
    words.append(desk.part("span"), desk.part("span", "v"));
    bar.append(desk.part("i"));
    element.append(words, bar);
    return element;
  }

  // [name, used or null, limit, unit]
  function write(element, [name, used, limit, unit]) {
    const [label, value] = element.querySelectorAll(".lbl span"), bar = element.querySelector(".bar i"), tell = UNITS[unit];
    const part_ = used === null || !(limit > 0) ? 0 : Math.min(1, Math.max(0, used / limit));
    desk.text(label, name);
    desk.text(value, used === null ? "at most " + tell(limit) : tell(used) + " of " + tell(limit));
    bar.style.width = (part_ * 100).toFixed(1) + "%";
    element.querySelector(".bar").hidden = used === null;
    element.querySelector(".bar").classList.toggle("near", part_ >= NEAR);
  }

  // [open, failures, failures that open it]
  function showBreaker([open, failures, most]) {
    const state = part().querySelector(".breaker-state"), cells = [...Array(most).keys()].map((k) => ({ key: String(k), full: k < failures }));
    desk.text(state, open ? "OPEN, ORDERS STOP" : "CLOSED, ORDERS PASS");
    state.className = "tag breaker-state " + (open ? "bad" : "ok");
    desk.text(part().querySelector(".v"), failures + " of " + most);
    desk.keyed(part().querySelector(".cells"), cells, ({ key }) => key, () => desk.part("i"), (cell, { full }) => cell.classList.toggle("full", full));
    document.getElementById("health-breaker-reset").hidden = !open || !desk.user.isInstructor();
  }

  function show({ limits, breaker }) {
    desk.keyed(box(), limits || [], ([name]) => name, make, write);
    if (breaker) showBreaker(breaker);
  }

  desk.healthLimits = { show };
})(window.tickdesk = window.tickdesk || {});
