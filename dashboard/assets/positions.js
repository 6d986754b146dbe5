// The positions: a row a symbol that is or was held today, with its profit and the button that closes it.
(function (desk) {
  "use strict";
  const COLUMNS = ["sym", "num", "num wider", "num fresh", "num fresh wider", "num fresh b", "num fresh wider", "num wider", "num acts"];
  const WAYS_OUT = [
    ["Close", "close", "", {}], ["50\u00a0%", "half", " ghost wider", { part: "0.5" }],
    ["25\u00a0%", "quarter", " ghost wider", { part: "0.25" }], ["Reverse", "reverse", " ghost wider", { reverse: true }],
  ];
  const rows = new Map();
  const table = () => document.getElementById("positions").querySelector("table");

  function make(symbol) {
    const row = desk.table.row(COLUMNS);
    row.element.dataset.row = symbol;
    row.acts = WAYS_OUT.map(([label, name, css, what]) => {
      const button = desk.table.button(label, name + "-" + symbol, () => close(symbol, what));
      button.className += css;
      return button;
    });
    [row.close] = row.acts;
    row.bare = Object.assign(document.createElement("span"), { className: "tag warn", textContent: "No exits", hidden: true });
    row.why = desk.table.whyRow(COLUMNS.length);
    row.why.dataset.why = "bare";
    row.cells[0].append(symbol, " ", row.bare);
    row.cells[8].append(...row.acts);
    row.element.addEventListener("click", () => desk.view.choose({ symbol }));
    rows.set(symbol, row);
    return row;
  }

  const elements = (row) => [row.element, row.why];

  function show(positions) {
    const traded = new Set(desk.trading.held.fills.map(({ symbol }) => symbol));
    const shown = positions.filter(({ symbol, qty, realized }) => qty || realized || traded.has(symbol));
    desk.table.arrange(table().tBodies[0], shown.flatMap(({ symbol }) => elements(rows.get(symbol) || make(symbol))));
    shown.forEach((each) => write(rows.get(each.symbol), each));
    total(shown);
    const held = shown.filter(({ qty }) => qty).length;
    desk.tabs.count("positions", held);
    table().parentElement.classList.toggle("none", !shown.length);
  }

  // Its entry ended before it was filled whole, and the exits ended with it.
  function warn(row, symbol, bare) {
    row.bare.hidden = !bare;
    const words = bare ? desk.number.size(bare) + " " + symbol + " have no take-profit and no stop-loss: their entry ended before it was filled whole. Send a stop, or close the position." : "";
    desk.text(row.why.firstChild, words);
    row.why.hidden = !bare;
    row.element.classList.toggle("explained", Boolean(bare));
  }

  function write(row, { symbol, qty, average, last, unrealized, realized, bare }) {
    warn(row, symbol, bare);
    const { shares, price, signed, percent, plain, MISSING } = desk.number, cost = qty && average ? Math.abs(qty * average) : null;
    const open = [shares(qty), desk.number.average(average), price(last), plain(qty * last), signed(unrealized)];
    const texts = [...open, cost ? percent(unrealized / cost) : MISSING, signed(realized)];
    texts.forEach((text, k) => desk.text(row.cells[k + 1], text));
    [[5, unrealized], [6, unrealized], [7, realized]].forEach(([k, value]) => desk.direction(row.cells[k], value));
    row.acts.forEach((button) => { button.hidden = !qty; });
    row.element.classList.toggle("flat", !qty);
    row.element.setAttribute("aria-selected", String(symbol === desk.view.current.symbol));
  }

  let foot = null;

  function total(shown) {
    const sum = (of) => shown.reduce((all, each) => all + of(each), 0), { signed, plain } = desk.number;
    if (!foot) { foot = desk.table.row(COLUMNS); foot.element.className = "total"; foot.cells[0].textContent = "Total"; }
    desk.table.arrange(table().tFoot, shown.length ? [foot.element] : []);
    const profits = [[5, sum((each) => each.unrealized)], [7, sum((each) => each.realized)]];
    desk.text(foot.cells[4], plain(sum((each) => each.qty * each.last)));
    profits.forEach(([k, value]) => { desk.text(foot.cells[k], signed(value)); desk.direction(foot.cells[k], value); });
  }

  const REST_MS = 600; // a double click is one order
  const waiting = [];

  // One after the other: who closes two positions quickly means both.
  function close(symbol, what = {}) {
    const row = rows.get(symbol), now = performance.now();
    if (now - (row.closedAt ?? -REST_MS) < REST_MS) return;
    row.closedAt = now;
    row.acts.forEach((button) => button.setAttribute("aria-busy", "true"));
    waiting.push({ symbol, ...what, nonce: desk.action.nonce() });
    next();
  }

  function flatten() {
    waiting.push({ flatten: true, nonce: desk.action.nonce() });
    next();
  }

  function next() {
    const [first] = waiting;
    if (first && desk.action.send("positions", first, (answer) => answered(answer, rows.get(first.symbol)))) waiting.shift();
  }

  function answered(answer, row) {
    if (row) setTimeout(() => row.acts.forEach((button) => button.removeAttribute("aria-busy")), Math.max(0, row.closedAt + REST_MS - performance.now()));
    if (answer.problem) desk.toasts.show(answer.problem, "bad");
    (answer.notes || []).forEach((note) => desk.toasts.show(note, "careful"));
    next();
  }

  desk.positions = { show, close, flatten };
})(window.tickdesk = window.tickdesk || {});
