// The indicators that the page shows: which ones are chosen, and their values as the server sent them.
(function (desk) {
  "use strict";
  const KEY = "tickdesk.indicators", MOST = 600;
  const menu = () => document.getElementById("indicator-menu");
  const lines = new Map(); // "sma:20": {first: ordinal, lines: [[value or null, ...], ...]}
  let known = null;

  const catalogue = () => { known = known || JSON.parse(menu().dataset.kinds); return known; };
  const chosen = () => desk.view.current.indicators;

  function split(key) {
    const [word, ...values] = key.split(":"), kind = catalogue().kinds[word];
    return { key, word, values, kind, name: [kind.label, ...values].join(" ") };
  }

  // What a browser kept may be of another version: only what has a kind is taken, and no more than may be shown.
  function sane(keys) {
    const { kinds, most, panes } = catalogue(), texts = Array.isArray(keys) ? keys.filter((key) => typeof key === "string" && kinds[key.split(":")[0]]) : null;
    if (!texts) return menu().dataset.default.split(" ");
    const own = (key) => kinds[key.split(":")[0]].pane === "own", low = texts.filter(own).slice(0, panes);
    return [...new Set(texts)].filter((key) => !own(key) || low.includes(key)).slice(0, most);
  }

  // Each user of a browser has his own.
  const place = () => [KEY, document.documentElement.dataset.user].filter(Boolean).join(".");

  function kept() {
    try {
      return sane(JSON.parse(localStorage.getItem(place())));
    } catch {
      return sane(null);
    }
  }

  function choose(keys) {
    try {
      localStorage.setItem(place(), JSON.stringify(keys));
    } catch {
      // it is then forgotten with the page
    }
    for (const key of lines.keys()) if (!keys.includes(key)) lines.delete(key);
    desk.view.choose({ indicators: keys });
    desk.indicatorMenu.show();
    desk.chart.redraw();
  }

  // Values replace those of the same bars and go on behind them. What does not join is let go and comes whole again.
  function put(key, [first, ...fresh]) {
    const held = lines.get(key), at = held ? first - held.first : -1;
    if (at < 0 || at > held.lines[0].length) { lines.delete(key); return; }
    held.lines.forEach((line, k) => line.splice(at, line.length - at, ...fresh[k]));
    const many = held.lines[0].length - MOST;
    if (many > 0) { held.lines.forEach((line) => line.splice(0, many)); held.first += many; }
  }

  // `whole`: other bars came, and all values with them.
  function hear(part, problems, whole) {
    if (whole) lines.clear();
    for (const [key, row] of Object.entries(part || {})) {
      if (lines.has(key)) put(key, row);
      else lines.set(key, { first: row[0], lines: row.slice(1) });
    }
    desk.indicatorMenu.refused(problems || {});
  }

  // [value of each line at a bar], null where there is none.
  function at(key, ordinal) {
    const held = lines.get(key);
    return held ? held.lines.map((line) => line[ordinal - held.first] ?? null) : [];
  }

  const shown = () => chosen().map(split);
  const panes = () => shown().filter(({ kind }) => kind.pane === "own");

  desk.indicators = { lines, catalogue, split, sane, kept, choose, chosen, hear, put, at, shown, panes, held: () => [...lines.keys()] };
})(window.tickdesk = window.tickdesk || {});
