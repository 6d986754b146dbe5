// What Dash calls: the clientside callbacks of callbacks/delta.py.
(function (desk) {
  "use strict";
  const none = () => window.dash_clientside.no_update;

  function ask(pulse, view) {
    desk.page.start(view);
    return desk.gate.ask(desk.page.gate, desk.view.current, performance.now()) ?? none();
  }

  function apply(delta) {
    desk.delta.apply(delta, desk.page.gate, performance.now());
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, { gate: { ask }, delta: { apply } });
})(window.tickdesk = window.tickdesk || {});
