// The blotter: a row an order, those that work first, then the newest.
(function (desk) {
  "use strict";
  const COLUMNS = ["sym", "side", "wider", "mut wider", "", "num", "num b", "num wider", "num dim wider", "num acts"];
  const TIF = { day: "Day", gtc: "GTC", ioc: "IOC", fok: "FOK", opg: "Open", cls: "Close" };
  const rows = new Map();
  const table = () => document.getElementById("blotter").querySelector("table");

  function make(order) {
    const row = desk.table.row(COLUMNS);
    row.element.dataset.row = order.id;
    row.state = desk.part("span", "st");
    row.cancel = desk.table.button("Cancel", "cancel-" + order.id, () => cancel([order.id]));
    row.asking = desk.part("span", "dim wider", " asking the broker");
    row.type = desk.part("span", "");
    row.tag = desk.part("span", "tag");
    row.edit = desk.table.button("Edit", "edit-" + order.id, () => desk.orderEdit.open(order.id));
    row.edit.classList.add("ghost");
    row.cells[2].append(row.type, row.tag);
    row.cells[4].append(row.state, row.asking);
    row.cells[9].append(row.edit, row.cancel);
    row.why = desk.table.whyRow(COLUMNS.length);
    row.element.addEventListener("click", () => desk.view.choose({ symbol: order.symbol }));
    rows.set(order.id, row);
    return row;
  }

  // Under an order that ended before it was filled, or of which nobody knows, stands why.
  const elements = (order) => {
    const row = rows.get(order.id) || make(order);
    return desk.order.why(order) ? [row.element, row.why] : [row.element];
  };

  const place = (a, b) => desk.order.isOpen(b) - desk.order.isOpen(a) || b.at - a.at;

  function show(orders) {
    const sorted = [...orders.values()].sort(place);
    desk.table.arrange(table().tBodies[0], sorted.flatMap(elements));
    sorted.forEach((order) => write(rows.get(order.id), order));
    const working = sorted.filter(desk.order.isOpen).length;
    desk.tabs.count("blotter", working);
    table().parentElement.classList.toggle("none", !sorted.length);
  }

  // The time, and the day before it where that is not today.
  function when(ms) {
    const { second, date, dayNumber } = desk.newYork, now = desk.clock.now();
    return now !== null && dayNumber(ms) !== dayNumber(now) ? date(ms) + " " + second(ms) : second(ms);
  }

  function write(row, order) {
    const { size, money, average } = desk.number, word = (text) => text.charAt(0).toUpperCase() + text.slice(1);
    [[0, order.symbol], [1, word(order.side)], [3, TIF[order.tif] || order.tif]].forEach(([k, text]) => desk.text(row.cells[k], text));
    desk.text(row.type, desk.order.typeOf(order));
    desk.text(row.tag, desk.order.classOf(order));
    row.tag.hidden = !desk.order.classOf(order);
    const all = order.qty > 0 || order.notional === null ? size(order.qty) : money(order.notional);
    const numbers = [size(order.filled) + " / " + all, desk.order.priceWords(order), average(order.paid), when(desk.clock.toMarket(order.at))];
    numbers.forEach((text, k) => desk.text(row.cells[k + 5], text));
    row.cells[1].className = order.side === "buy" ? "side-b" : "side-s";
    showState(row, order);
  }

  function showState(row, order) {
    const [word, css] = desk.order.look(order.state);
    row.element.dataset.state = order.state;
    row.element.classList.toggle("over", !desk.order.isOpen(order));
    row.state.className = "st " + css;
    desk.text(row.why.firstChild, desk.order.why(order));
    row.why.dataset.why = order.state;
    row.element.classList.toggle("explained", Boolean(desk.order.why(order)));
    desk.text(row.state, word);
    row.asking.hidden = order.state !== "unknown";
    row.cancel.hidden = !desk.order.isOpen(order);
    row.edit.hidden = row.cancel.hidden || !desk.orderEdit.may(order);
    if (row.cancel.hidden || order.state === "pending_cancel") row.cancel.removeAttribute("aria-busy");
  }

  const MOST = 50, waiting = new Set();
  let everything = false;

  // While one request is under way others are gathered, and go together with the next.
  function cancel(ids) {
    ids.forEach((id) => { waiting.add(id); if (rows.has(id)) rows.get(id).cancel.setAttribute("aria-busy", "true"); });
    next();
  }

  function cancelAll() {
    everything = true;
    next();
  }

  function next() {
    const ids = [...waiting].slice(0, MOST), data = everything ? { all: true } : { ids };
    if (!(everything || ids.length) || !desk.action.send("blotter", data, answered)) return;
    ids.forEach((id) => waiting.delete(id));
    everything = false;
  }

  function answered(answer) {
    const problems = (answer.cancels || []).filter(([, problem]) => problem);
    table().querySelectorAll("[aria-busy]").forEach((each) => each.removeAttribute("aria-busy"));
    if (answer.problem) desk.toasts.show(answer.problem, "bad");
    problems.forEach(([, problem]) => desk.toasts.show("Not canceled: " + problem, "bad"));
    next();
  }

  desk.blotter = { show, cancel, cancelAll };
})(window.tickdesk = window.tickdesk || {});
