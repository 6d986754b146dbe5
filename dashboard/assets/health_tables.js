// The tables of the Health page: latency by hop, gaps, and what was left out and why.
(function (desk) {
  "use strict";
  const COUNTS = {
    dropped: "Dropped frames", conflated: "Conflated quotes", late: "Late trades, bars amended", corrections: "Corrections and cancels",
    outliers: "Outliers, shown and marked", bar_mismatches: "Bars that differed from Alpaca's", unasked: "Messages nobody asked for",
    unchecked: "Minutes that history never answered for",
  };
  const body = (id) => document.querySelector("#" + id + " tbody");

  function rows(id, items, key, columns, write) {
    const make = () => desk.table.row(columns).element;
    desk.keyed(body(id), items, key, make, (element, item) => write([...element.children], item));
    document.getElementById(id).classList.toggle("none", !items.length);
  }

  function showLatency() {
    const items = desk.latency.rows(), most = Math.max(1, ...items.map(({ p99 }) => p99)), ms = (value) => value.toFixed(value < 100 ? 1 : 0);
    desk.text(document.querySelector("#health-table th:nth-child(2)"), "0 to " + ms(most) + " ms");
    rows("health-table", items, ({ hop }) => hop, ["", "track", "num", "num", "num b"], (cells, item) => {
      if (!cells[0].firstChild) cells[0].append(desk.part("div", "", item.name), desk.part("div", "micro dim", item.note));
      if (!cells[1].firstChild) cells[1].append(bars());
      cells[0].parentElement.dataset.row = item.hop;
      ["p99", "p95", "p50"].forEach((name, k) => { cells[1].firstChild.children[k].style.width = (item[name] / most * 100).toFixed(1) + "%"; });
      ["p50", "p95", "p99"].forEach((name, k) => desk.text(cells[k + 2], ms(item[name])));
    });
  }

  function bars() {
    const box = desk.part("div", "lat");
    box.append(...["a", "b", "c"].map((css) => desk.part("i", css)));
    return box;
  }

  // [feed, from, to, filled, verified, symbols]
  function showGaps(gaps) {
    rows("health-gaps", gaps, ([feed, from]) => feed + from, ["", "num", "", "num", "", ""], (cells, [feed, from, until, filled, verified, symbols]) => {
      const now = desk.clock.now() ?? from, length = desk.number.left((until ?? now) - from);
      const texts = [desk.newYork.second(from), length, desk.connection.NAMES[feed] || feed, symbols === null ? desk.number.MISSING : desk.number.size(symbols)];
      texts.forEach((text, k) => desk.text(cells[k], text));
      tag(cells[4], until === null ? ["◌ Open", "warn"] : filled ? ["✓ From history", "ok"] : ["◆ Not filled", "warn"]);
      tag(cells[5], verified === true ? ["✓ Verified", "ok"] : verified === false ? ["◆ Differs", "bad"] : [filled ? "nothing to compare" : "–", ""]);
    });
  }

  function tag(cell, [text, tone]) {
    if (!cell.firstChild) cell.append(desk.part("span"));
    cell.firstChild.className = tone ? "tag " + tone : "dim";
    desk.text(cell.firstChild, text);
  }

  function showLeftOut(streams) {
    const items = Object.entries(streams).flatMap(([feed, { counts, causes }]) => [
      ...Object.entries(causes).map(([cause, count]) => ({ feed, what: "Quarantined: " + cause, count })),
      ...Object.entries(COUNTS).filter(([name]) => counts[name]).map(([name, what]) => ({ feed, what, count: counts[name] })),
    ]);
    rows("health-left-out", items, ({ feed, what }) => feed + what, ["", "", "num b"], (cells, { feed, what, count }) => {
      [what, desk.connection.NAMES[feed] || feed, desk.number.size(count)].forEach((text, k) => desk.text(cells[k], text));
    });
  }

  function show(health) {
    showLatency();
    showGaps(health.gaps);
    showLeftOut(health.streams);
  }

  desk.healthTables = { show };
})(window.tickdesk = window.tickdesk || {});
