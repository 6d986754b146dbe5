// The connection: every stream with its state and age, under the lamp, and what the desk says of single symbols.
(function (desk) {
  "use strict";
  const NAMES = { stocks: "Stocks", crypto: "Crypto", options: "Options", news: "News", orders: "Orders" };
  const WORDS = {
    connecting: "Connecting", live: "Live", quiet: "Quiet", paused: "Paused", stale: "Stale",
    reconnecting: "Reconnecting", refused: "Refused", down: "Down",
  };
  const GOOD = new Set(["live", "quiet", "paused"]);
  const held = {
    mark: "", budget: [0, null], why: {}, missing: {}, gaps: [], limits: null,
    states: new Map(), // symbol: {halted, reason, since, silent}
    streams: [], at: 0, // [feed, state, age in ms, lag in ms]
  };

  // The rows come with each answer, the rest when it changed.
  function hear(streams, part, now) {
    Object.assign(held, { streams: streams || [], at: now });
    if (part) Object.assign(held, part, { states: new Map(part.states.map(state)) });
    if (part) told();
    hearLag(now);
  }

  function told() {
    desk.watchlist.mark();
    desk.chartOverlay.place(desk.chart.state);
  }

  // Of the main stream; kept whichever page is shown.
  function hearLag(now) {
    const lag = held.streams.length ? held.streams[0][3] : null;
    desk.latency.add("lag", lag, now);
    desk.latency.note(lag, now);
  }

  const state = ([symbol, halted, reason, since, silent]) => [symbol, { halted: Boolean(halted), reason, since, silent: Boolean(silent) }];
  const feedOf = (symbol) => (!symbol ? "stocks" : symbol.includes("/") ? "crypto" : /^[A-Z]{1,6}\d{6}[CP]\d{8}$/.test(symbol) ? "options" : "stocks");
  const missing = () => Object.values(held.missing).flat();
  const ageMs = (row, now = performance.now()) => (row[2] === null ? null : row[2] + now - held.at);

  // The stream by which a symbol comes, as a status; null where that is the main one, or none.
  function statusOf(symbol) {
    const row = held.streams.slice(1).find(([feed]) => feed === feedOf(symbol));
    return row ? { feed: row[0], state: row[1], age_ms: row[2], why: held.why[row[0]] || "" } : null;
  }

  const box = () => document.querySelector(".lamp-box");
  const list = () => document.getElementById("streams");
  const opener = () => document.querySelector(".lamp-open");

  function make([feed]) {
    const row = desk.part("div", "stream"), about = desk.part("div", "about");
    row.append(desk.part("i", "dot"), desk.part("b", "", NAMES[feed] || feed), desk.part("span", "state"), desk.part("span", "age"), about);
    row.dataset.feed = feed;
    return row;
  }

  // Why a stream is as it is, and which of its symbols do not come.
  function about(feed) {
    const absent = held.missing[feed] || [], what = absent.length ? "Does not stream: " + absent.join(", ") + "." : "";
    return [held.why[feed] || "", what].filter(Boolean).join(" ");
  }

  function write(row, stream, gone) {
    const [feed, word] = stream, state = gone ? "down" : word;
    row.dataset.state = state;
    desk.text(row.querySelector(".state"), WORDS[state] || state);
    desk.text(row.querySelector(".age"), desk.number.age(ageMs(stream)));
    desk.text(row.querySelector(".about"), gone ? "" : about(feed));
  }

  function tick(gone) {
    const bad = held.streams.filter(([, state]) => gone || !GOOD.has(state)), trouble = bad.length || missing().length;
    box().dataset.trouble = String(Boolean(trouble));
    const words = bad.map(([feed, state]) => (NAMES[feed] || feed) + " " + (gone ? "down" : state)).join(", ");
    opener().setAttribute("aria-label", "All streams" + (words ? ": " + words : ""));
    if (!list().hidden) desk.keyed(list(), held.streams, ([feed]) => feed, make, (row, stream) => write(row, stream, gone));
  }

  function open(shown) {
    list().hidden = !shown;
    opener().setAttribute("aria-expanded", String(shown));
    if (shown) tick(desk.freshness.verdict().gone);
  }

  function bind() {
    let pinned = false;
    opener().addEventListener("click", () => { pinned = !pinned; open(pinned); });
    box().addEventListener("mouseenter", () => open(true));
    box().addEventListener("mouseleave", () => { if (!pinned) open(false); });
    box().addEventListener("focusout", () => { pinned = false; open(false); });
    box().addEventListener("keydown", (event) => { if (event.key === "Escape") { pinned = false; open(false); } });
  }

  desk.connection = { held, hear, feedOf, statusOf, missing, tick, bind, ageMs, GOOD, NAMES, WORDS, stateOf: (symbol) => held.states.get(symbol) || null };
})(window.tickdesk = window.tickdesk || {});
