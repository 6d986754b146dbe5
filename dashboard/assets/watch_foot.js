// The foot of the watchlist: how many symbols are streamed, and how many the plan allows.
(function (desk) {
  "use strict";
  const NEAR = 0.9;

  // {text, why, near}
  function words([used, limit]) {
    const counted = (count) => count + (count === 1 ? " symbol" : " symbols");
    if (limit === null) return { text: counted(used), why: "", near: false };
    const why = used >= limit ? "Full: remove one to add another." : "";
    return { text: used + " of " + counted(limit), why, near: used >= limit * NEAR };
  }

  function show(budget) {
    const foot = document.querySelector(".wl-foot"), { text, why, near } = words(budget);
    if (!foot) return;
    desk.text(foot.querySelector(".used"), budget[0] || budget[1] !== null ? text : "");
    desk.text(foot.querySelector(".why"), why);
    foot.classList.toggle("amb", near);
  }

  desk.watchFoot = { words, show };
})(window.tickdesk = window.tickdesk || {});
