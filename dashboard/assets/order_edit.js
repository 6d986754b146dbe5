// A working order is changed: the broker replaces it by another one, which stands behind those that were there.
(function (desk) {
  "use strict";
  const DIALOG = "edit-dialog", MAY = new Set(["new", "held"]);
  const FIELDS = { qty: "qty", limit_price: "limit-price", stop_price: "stop-price" };
  const state = { order: null };
  const get = (name) => document.getElementById("edit-" + name);
  const show = (is_open) => window.dash_clientside.set_props(DIALOG, { is_open });

  // What is partly filled, or was ordered for an amount of money, cannot be changed; what nobody has confirmed cannot be named.
  const may = (order) => MAY.has(order.state) && order.type !== "market" && order.notional === null;

  // The text of each field as the order is now; null for what it does not have.
  function texts({ type, symbol, qty, limit, stop, trail, percent }) {
    const { price, size } = desk.number, known = (value) => (value === null ? null : price(value, symbol));
    const trailing = trail !== null ? price(trail, symbol) : size(percent) + "%";
    return { qty: String(qty), limit_price: known(limit), stop_price: type === "trailing_stop" ? trailing : known(stop) };
  }

  function open(id) {
    const order = desk.trading.held.orders.get(id);
    if (!order || !may(order)) return;
    state.order = order;
    show(true);
    setTimeout(() => fill(order, 20), 0);
  }

  // The dialog's content is there a moment after it was opened.
  function fill(order, patience) {
    if (!get("qty")) { if (patience) setTimeout(() => fill(order, patience - 1), 20); return; }
    desk.text(document.querySelector(".asking .what"), desk.order.what(order).replace(/^./, (letter) => letter.toUpperCase()) + ".");
    for (const [name, text] of Object.entries(texts(order))) {
      const entry = get(FIELDS[name]);
      entry.closest(".field").hidden = text === null;
      desk.field.set(entry, text || "");
      desk.field.complain("edit_" + name, "");
    }
    desk.text(document.querySelector(".e-stop_price label"), order.type === "trailing_stop" ? "Trail, in $ or %" : "Stop price");
  }

  // Only what was changed is sent.
  function changes(order) {
    const before = texts(order), now = Object.entries(FIELDS).map(([name, id]) => [name, get(id).value.trim()]);
    return Object.fromEntries(now.filter(([name, text]) => before[name] !== null && text !== before[name]));
  }

  // Whether the dialog may go.
  function submit() {
    const { order } = state, changed = changes(order);
    if (!Object.keys(changed).length) return true;
    desk.action.send("blotter", { replace: { id: order.id, ...trailing(order, changed) }, nonce: desk.action.nonce() }, answered);
    return false;
  }

  // What trails is told by how far, not by where it stands.
  function trailing(order, { stop_price: text, ...rest }) {
    if (text === undefined || order.type !== "trailing_stop") return { ...rest, ...(text !== undefined && { stop_price: text }) };
    return { ...rest, trail: text.replace(/\s*%$/, "") };
  }

  function answered(answer) {
    const named = Object.entries(answer.errors || {}), rest = named.filter(([name, text]) => !desk.field.complain("edit_" + name.replace("trail", "stop_price"), text));
    const problem = answer.problem || rest.map(([, text]) => text).join(" ");
    if (problem) desk.toasts.show("Not replaced: " + problem, "bad");
    if (!named.length) show(false);
  }

  desk.orderEdit = { may, open, submit, texts };
})(window.tickdesk = window.tickdesk || {});
