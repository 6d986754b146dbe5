// The Health page: tiles, verdict, the machine of states and what orders wait for.
(function (desk) {
  "use strict";
  const held = { health: null, feed: null };
  const find = (css) => document.querySelector(".health " + css);

  function hear(delta, roundTripMs) {
    const now = performance.now(), { health } = delta;
    held.health = health;
    desk.latency.add("flush", health.load[0], now);
    desk.latency.add("build", delta.build_ms, now);
    desk.latency.add("network", roundTripMs === null ? null : roundTripMs - delta.build_ms, now);
    show();
  }

  const streams = () => desk.connection.held.streams;
  const row = (feed) => streams().find(([name]) => name === feed) || null;
  const main = () => (row("stocks") || streams()[0] || ["stocks", "connecting", null, null]);
  const sum = (name) => Object.values(held.health.streams).reduce((all, { counts }) => all + (counts[name] || 0), 0);

  function show() {
    const gone = desk.freshness.verdict().gone;
    showTiles(gone);
    showHead(gone);
    showMachine(gone);
    desk.healthTables.show(held.health);
    desk.healthGates.show(held.health, gone);
    desk.healthLag.show();
  }

  function tile(name, value, note, tone = "") {
    const element = find('[data-tile="' + name + '"]'), number = element.querySelector(".v");
    desk.text(number, value);
    desk.text(element.querySelector(".s"), note);
    number.className = "v " + tone;
  }

  function stateTile(name, stream, gone) {
    const state = gone ? "down" : stream[1], good = desk.connection.GOOD.has(state), age = desk.connection.ageMs(stream);
    tile(name, desk.connection.WORDS[state] || state, age === null ? "no message yet" : "last message " + desk.number.age(age) + " ago", good ? (state === "live" ? "up" : "mut") : state === "stale" ? "amb" : "dng");
  }

  function showTiles(gone) {
    const { health } = held, { number } = desk, [used, limit] = desk.connection.held.budget, orders = row("orders");
    const [flush, conflating, backlog, queue] = health.load, lag = main()[3];
    stateTile("data", main(), gone);
    if (orders) stateTile("orders", orders, gone);
    tile("lag", lag === null || lag === undefined ? number.MISSING : number.milliseconds(lag), desk.connection.NAMES[main()[0]].toLowerCase() + ", by the market's clock");
    tile("load", number.size(queue), conflating ? "conflating: quotes are merged" : "published every " + number.milliseconds(flush), conflating || backlog ? "amb" : "");
    tile("connects", number.size(Math.max(0, sum("connects") - Object.keys(health.streams).length)), gapWords(health.gaps));
    tile("left-out", number.size(sum("dropped")) + " · " + number.size(sum("quarantined")), number.size(sum("conflated")) + " quotes conflated", sum("dropped") ? "amb" : "");
    tile("symbols", limit === null ? number.size(used) : used + " / " + limit, missingWords(), limit !== null && used >= limit ? "amb" : "");
  }

  function gapWords(gaps) {
    if (!gaps.length) return "no gap";
    const open = gaps.filter(([, , until, filled]) => until === null || !filled).length;
    return gaps.length + (gaps.length === 1 ? " gap, " : " gaps, ") + (open ? open + " not filled" : "all filled");
  }

  function missingWords() {
    const missing = desk.connection.missing().length, halted = [...desk.connection.held.states.values()].filter((state) => state.halted).length;
    if (missing) return missing + " not streaming";
    return halted ? halted + " halted" : "all stream";
  }

  function showHead(gone) {
    const bad = gone || streams().some(([, state]) => !desk.connection.GOOD.has(state)) || desk.connection.missing().length;
    const verdict = find(".verdict"), [alive, pid, uptime] = held.health.worker, [, seq] = held.health.cache;
    desk.text(verdict, bad ? "◆ LOOK HERE" : "● ALL GOOD");
    verdict.className = "tag verdict " + (bad ? "warn" : "ok");
    const words = alive ? "Worker " + pid + " up " + desk.number.span(uptime * 1000) : "No worker is alive";
    desk.text(find(".about"), words + " · publication " + desk.number.size(seq));
  }

  function makeRow([feed]) {
    const button = desk.part("button", "h-stream");
    button.type = "button";
    button.dataset.feed = feed;
    button.append(desk.part("i", "dot"), desk.part("b", "", desk.connection.NAMES[feed] || feed), desk.part("span", "state"), desk.part("span", "age"), desk.part("span", "about"));
    button.addEventListener("click", () => { held.feed = feed; show(); });
    return button;
  }

  function writeRow(element, stream, gone) {
    const [feed, word] = stream, state = gone ? "down" : word, missing = desk.connection.held.missing[feed] || [];
    element.dataset.state = state;
    element.setAttribute("aria-pressed", String(feed === shownFeed()));
    desk.text(element.querySelector(".state"), desk.connection.WORDS[state] || state);
    desk.text(element.querySelector(".age"), desk.number.age(desk.connection.ageMs(stream)));
    desk.text(element.querySelector(".about"), missing.length ? "not streaming: " + missing.join(", ") : desk.connection.held.why[feed] || "");
  }

  const shownFeed = () => (row(held.feed) ? held.feed : main()[0]);

  function showMachine(gone) {
    const [feed, word] = row(shownFeed()) || main(), state = gone ? "down" : word === "paused" ? "quiet" : word;
    document.querySelectorAll(".health [data-node]").forEach((node) => {
      const on = node.dataset.node === state;
      node.classList.toggle("on", on);
      node.classList.toggle("bad", on && !desk.connection.GOOD.has(state));
    });
    desk.text(find(".h-states .note-of"), desk.connection.NAMES[feed] || feed);
    desk.keyed(document.getElementById("health-streams"), streams(), ([name]) => name, makeRow, (element, stream) => writeRow(element, stream, gone));
  }

  // Ages go on between the answers; a page without its server says so.
  function tick() {
    if (held.health && desk.view.current.page === "health") show();
  }

  desk.health = { hear, tick, held };
})(window.tickdesk = window.tickdesk || {});
