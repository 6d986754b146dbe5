// What Dash calls: the clientside callbacks of callbacks/delta.py and callbacks/action.py.
(function (desk) {
  "use strict";
  const none = () => window.dash_clientside.no_update;

  function ask(pulse, view) {
    desk.page.start(view);
    return desk.page.ask() ?? none();
  }

  function apply(delta) {
    desk.delta.apply(delta, desk.page.gate, performance.now());
  }

  const ACTIONS = ["ticket", "one-click", "blotter", "positions", "kill-switch", "breaker", "symbol-search", "watchlist"];
  const answers = Object.fromEntries(ACTIONS.map((name) => [name, (answer) => desk.action.hear(name, answer)]));

  window.dash_clientside = Object.assign({}, window.dash_clientside, { gate: { ask }, delta: { apply }, answers });
})(window.tickdesk = window.tickdesk || {});
