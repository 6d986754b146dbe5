// The breaker of orders: open after failures in a row, until somebody resets it.
(function (desk) {
  "use strict";
  const why = () => (desk.trading.held.lock || [])[3] || "";

  // [what happened, what it means, what to do], or null.
  const words = () => (why() ? [why(), "New orders are refused. Close, Flatten all and Cancel still work.", desk.user.isInstructor() ? "Reset it when you know why." : "An instructor resets it."] : null);

  const reset = () => desk.action.send("breaker", { reset: true }, answered);

  function answered(answer) {
    if (answer.problem) desk.toasts.show(answer.problem, "bad");
    else desk.toasts.show("The breaker was reset. New orders are let through.", "careful");
  }

  desk.breaker = { words, reset };
})(window.tickdesk = window.tickdesk || {});
