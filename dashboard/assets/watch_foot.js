// The foot of the watchlist: how many symbols are streamed, and how many the plan allows.
(function (desk) {
  "use strict";
  const NEAR = 0.9;

  // {text, why, near}; `all`: how many there are of every kind. The plan counts stocks only.
  function words([used, limit], all = used) {
    const kind = limit !== null && all > used ? " stock symbol" : " symbol", counted = (count) => count + kind + (count === 1 ? "" : "s");
    if (limit === null) return { text: counted(used), why: "", near: false };
    const why = used >= limit ? "Full: remove one to add another." : "";
    return { text: used + " of " + counted(limit), why, near: used >= limit * NEAR };
  }

  function show(budget) {
    const foot = document.querySelector(".wl-foot"), { text, why, near } = words(budget, desk.watchlist.all().length);
    if (!foot) return;
    desk.text(foot.querySelector(".used"), budget[0] || budget[1] !== null ? text : "");
    desk.text(foot.querySelector(".why"), why);
    foot.classList.toggle("amb", near);
  }

  desk.watchFoot = { words, show };
})(window.tickdesk = window.tickdesk || {});
