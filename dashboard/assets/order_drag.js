// The line of a working order is dragged: the order is replaced by the same call as by its row's Edit. One drag is one request.
(function (desk) {
  "use strict";
  const PATIENCE_MS = 3000; // the replaced order goes within that, or the line goes back

  const orderOf = (id) => desk.trading.held.orders.get(id);

  // What trails moves by itself; a viewer moves nothing.
  const may = (id) => {
    const order = orderOf(id);
    return Boolean(order) && order.type !== "trailing_stop" && desk.orderEdit.may(order) && document.documentElement.dataset.role !== "viewer";
  };

  // The field whose price the line shows, with the new price as it would be typed.
  function change(order, price) {
    const name = order.limit !== null && order.limit !== undefined ? "limit_price" : "stop_price";
    return { id: order.id, [name]: price.toFixed(desk.number.decimals(price, order.symbol)) };
  }

  function drop(id, price) {
    const order = orderOf(id);
    if (!order || !may(id)) { refused(id, "the order has changed meanwhile."); return; }
    const sent = desk.action.send("blotter", { replace: change(order, price), nonce: desk.action.nonce() }, (answer) => answered(id, answer));
    if (!sent) refused(id, "another change is under way.");
  }

  function refused(id, why) {
    desk.toasts.show("Not replaced: " + why, "bad");
    desk.chartDrag.revert(id);
  }

  function answered(id, answer) {
    const problem = answer.problem || Object.values(answer.errors || {}).join(" ");
    if (problem) refused(id, problem);
    else if (answer.order && desk.order.failed(desk.order.of(answer.order))) desk.chartDrag.revert(id); // its own note says why
    else setTimeout(() => desk.chartDrag.revert(id), PATIENCE_MS);
  }

  const bind = (element, id, price) => desk.chartDrag.bind(element, id, { price, may: () => may(id), drop: (to) => drop(id, to) });
  desk.orderDrag = { bind, may, change };
})(window.tickdesk = window.tickdesk || {});
