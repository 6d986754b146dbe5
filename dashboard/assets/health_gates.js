// What every order has to pass, and how full things are.
(function (desk) {
  "use strict";
  const box = () => document.getElementById("health-gates");

  // [name, words, tone]
  function gates({ reconcile, journal, worker }, gone) {
    const said = desk.freshness.verdict(), [kill] = desk.trading.held.lock || ["", "", false], [ok, why] = reconcile;
    const states = [...desk.connection.held.states].filter(([, state]) => state.halted).map(([symbol]) => symbol);
    return [
      ["Kill switch", kill ? "on " + kill : "off", kill ? "dng" : ""],
      ["Reconciled", ok ? "✓ with the broker" : why || "waiting", ok ? "up" : "amb"],
      ["Data fresh", said.believable ? "✓ " + desk.number.age(said.ageMs) : "no", said.believable ? "up" : "amb"],
      ["Market", desk.trading.held.isOpen ? "open" : "closed", ""],
      ["Halted", states.join(", ") || "none", states.length ? "dng" : ""],
      ["Journal", journal && !gone ? "✓ answers" : "cannot be read", journal && !gone ? "up" : "dng"],
      ["Worker", worker[0] && !gone ? "✓ alive" : "silent", worker[0] && !gone ? "up" : "dng"],
    ];
  }

  function show(health, gone) {
    const cells = gates(health, gone).flatMap(([name, words, tone]) => [{ key: name, text: name, tone: "" }, { key: name + " is", text: words, tone }]);
    desk.keyed(box(), cells, ({ key }) => key, () => desk.part("span"), (element, { text, tone }) => { element.className = tone; desk.text(element, text); });
    showGauges(health);
    desk.healthLimits.show(health);
  }

  function gauge(name, text, part) {
    const element = document.querySelector('[data-gauge="' + name + '"]');
    desk.text(element.querySelector(".v"), text);
    element.querySelector(".bar").hidden = part === null;
    if (part !== null) element.querySelector(".bar i").style.width = (Math.min(1, part) * 100).toFixed(1) + "%";
  }

  function showGauges({ load: [, , backlog, queue], worker: [, , , rss], cache: [, seq, symbols] }) {
    const { size } = desk.number, [used, limit] = desk.connection.held.budget;
    gauge("queue", size(queue) + " frames", null);
    gauge("backlog", size(Math.round(backlog / 1024)) + " kB", null);
    gauge("memory", size(Math.round(rss)) + " MB", null);
    gauge("cache", size(seq) + " · " + symbols + " symbols", null);
    gauge("symbols", limit === null ? size(used) : used + " of " + limit, limit === null ? null : used / limit);
  }

  desk.healthGates = { show, gates };
})(window.tickdesk = window.tickdesk || {});
