// Whether the numbers may be believed, and how the page says it: lamp, age, banner, grey.
(function (desk) {
  "use strict";
  const SILENT_MS = 3200; // a server that has not answered for longer is gone, whatever it said last
  const START_MS = 5000; // connecting for longer than this wants a word
  const BELIEVABLE = new Set(["live", "quiet", "paused"]);
  const WORDS = {
    connecting: "CONNECTING", live: "DATA LIVE", quiet: "QUIET", paused: "PAUSED", stale: "DATA STALE",
    reconnecting: "RECONNECTING", refused: "REFUSED", down: "DISCONNECTED",
  };
  const held = { status: null, at: 0, silent: 0, since: null, startedAt: performance.now() };

  function hear(status, now) {
    Object.assign(held, { status, at: now });
  }

  // What the page may say now: state, why, age of the data in ms, and since when (market time) it is not believable.
  function judge(status, heardMsAgo, silentMs) {
    const gone = silentMs > SILENT_MS, state = gone ? "down" : status ? status.state : "connecting";
    const ageMs = !status || status.age_ms === null ? null : status.age_ms + heardMsAgo;
    return { state, gone, why: status ? status.why : "", ageMs, believable: BELIEVABLE.has(state) };
  }

  const OF_ALL = new Set(["refused", "down"]); // states of the main stream that no other outlives

  // Of the stream by which the symbol on the chart comes.
  function verdict(now = performance.now()) {
    const own = held.status && !OF_ALL.has(held.status.state) && desk.connection.statusOf(desk.view.current.symbol);
    return { ...judge(own || held.status, now - held.at, held.silent), since: held.since, feed: own ? own.feed : "stocks" };
  }

  // Of the main stream.
  const main = (now) => judge(held.status, now - held.at, held.silent);

  const FROZEN = "The prices are the last ones received.", SILENT = "The stream worker does not answer.";

  // [what happened, what it means, what to do]
  function words({ state, gone, ageMs, why, feed }) {
    const age = desk.number.age(ageMs), known = ageMs !== null, data = feed && feed !== "stocks" ? desk.connection.NAMES[feed] + " data" : "Market data";
    const stopped = known ? data + " stopped " + age + " ago." : "No " + data.toLowerCase() + ".";
    const old = known ? data + " is " + age + " old." : data + " is stale.";
    return {
      gone: ["This page has lost its server.", "Every number below is old.",
        "It reconnects by itself; if it does not, start the desk again."],
      connecting: ["Waiting for market data.", "Nothing has come from the feed yet.", "It begins by itself."],
      stale: [old, "The feed is silent and the prices are the last ones received.", why || "It reconnects by itself."],
      reconnecting: [stopped, "The connection to the feed was lost. " + FROZEN, why || "Reconnecting by itself."],
      refused: ["The feed refused the connection.", why || "No market data comes.",
        "Check the keys in .env and start the desk again."],
      down: [stopped, known ? SILENT + " " + FROZEN : why || SILENT,
        "It starts again by itself; if it stays away, look in the logs folder."],
    }[gone ? "gone" : state];
  }

  function showLamp({ state, ageMs }) {
    const lamp = document.getElementById("connection-lamp"), age = document.getElementById("data-age");
    if (lamp.dataset.state !== state) lamp.dataset.state = state;
    desk.text(lamp.querySelector("b"), WORDS[state] || state.toUpperCase());
    desk.text(age, desk.number.age(ageMs));
    age.dataset.ageMs = ageMs === null ? "" : String(Math.round(ageMs));
  }

  // What is said while the data may be believed: the kill switch is on, or symbols do not come.
  function beside() {
    const killed = desk.killSwitch.words(), broken = desk.breaker.words(), missing = desk.connection.missing();
    if (killed) return ["kill", killed];
    if (broken) return ["breaker", broken];
    if (!missing.length) return null;
    const names = missing.slice(0, 6).join(", ") + (missing.length > 6 ? " and " + (missing.length - 6) + " more" : "");
    return ["missing", [names + (missing.length > 1 ? " do" : " does") + " not stream.", "What is shown of " + (missing.length > 1 ? "them" : "it") + " is old or missing.", "Look at the list under the lamp for the reason."]];
  }

  function showBanner(now, said) {
    const banner = document.getElementById("banner"), starting = said.state === "connecting" && now - held.startedAt < START_MS;
    const instead = said.believable ? beside() : null, hidden = (said.believable && !instead) || starting;
    if (banner.hidden !== hidden) banner.hidden = hidden;
    document.querySelector(".app").classList.toggle("banner-on", !hidden);
    const [kind, sentences] = hidden ? ["", ["", "", ""]] : instead || [said.state, words(said)], [what, means, todo] = sentences;
    const heard = hidden ? "" : kind + said.gone + (kind === "missing" ? what : "");
    if (banner.dataset.heard !== heard) desk.text(banner.querySelector(".heard"), [what, means, todo].join(" "));
    Object.assign(banner.dataset, { state: kind || said.state, heard });
    document.getElementById("breaker-reset").hidden = kind !== "breaker" || !desk.user.isInstructor();
    desk.text(banner.querySelector(".what"), what);
    desk.text(banner.querySelector(".means"), means);
    desk.text(banner.querySelector(".todo"), todo);
  }

  // The age is the worker's of a moment ago; a print that came after that is data too.
  const lastData = (now, ageMs) => Math.max(now - ageMs * desk.clock.rate(), Math.min(desk.tape.newest() ?? 0, now));

  // Market time of the last data, kept from the moment at which the numbers stopped being believable.
  function remember(said) {
    const now = desk.clock.now();
    if (said.believable) held.since = null;
    else if (held.since === null && now !== null && said.ageMs !== null) held.since = lastData(now, said.ageMs);
  }

  function tick(now, silent) {
    held.silent = silent;
    const said = verdict(now), app = document.querySelector(".app"), stale = String(!said.believable && held.status !== null);
    remember(said);
    showLamp(main(now));
    showBanner(now, said);
    if (app.dataset.stale !== stale) {
      app.dataset.stale = stale;
      desk.chartOverlay.place(desk.chart.state);
    }
  }

  desk.freshness = { hear, judge, verdict, words, tick };
})(window.tickdesk = window.tickdesk || {});
