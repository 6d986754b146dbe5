// One click: armed for 60 s, each order renews it. Off by Esc, another symbol, a lock, or 30 s without the user's eye.
(function (desk) {
  "use strict";
  const ARMED_MS = 60000, AWAY_MS = 30000, REST_MS = 600, HOLD_MS = 800;
  const ARM_TITLE = "One-click for 60 seconds; each order renews it (Shift+A)";
  const state = { until: null, away: null, nonce: null, sentAt: -REST_MS, pressedAt: Infinity };
  const panel = () => document.querySelector(".oneclick");
  const find = (css) => panel().querySelector(css);
  const armed = () => state.until !== null;

  function arm() {
    if (desk.lock.reason()) return;
    state.until = performance.now() + ARMED_MS;
    tick();
  }

  // `why` is told where the user did not do it himself.
  function disarm(why = "") {
    if (!armed()) return;
    state.until = null;
    if (why) desk.toasts.show("One-click is off: " + why, "careful");
    tick();
  }

  const resting = () => desk.action.busy("one-click") || performance.now() - state.sentAt < REST_MS;

  function fire(side) {
    if (!armed() || desk.lock.reason() || resting()) return;
    state.nonce = state.nonce || desk.action.nonce();
    const ticket = { ...desk.ticketForm.atMarket(desk.view.current.symbol, side), nonce: state.nonce };
    desk.action.send("one-click", { ticket }, answered);
    state.sentAt = performance.now();
    state.until = performance.now() + ARMED_MS;
    tick();
    setTimeout(tick, REST_MS + 20);
  }

  function answered(answer) {
    if (!answer.lost) state.nonce = null;
    const problem = answer.problem || Object.values(answer.errors || {}).join(" ");
    if (problem) desk.toasts.show(problem, "bad");
    else desk.ticket.follow(desk.order.of(answer.order), true);
    tick();
  }

  function tick() {
    const now = performance.now(), why = desk.lock.reason();
    if (armed() && why) disarm(why[1]);
    else if (armed() && now >= state.until) disarm("60 seconds without an order.");
    else if (armed() && state.away !== null && now - state.away >= AWAY_MS) disarm("the page was not looked at for 30 seconds.");
    else show(now, why);
  }

  function show(now, why) {
    const left = armed() ? state.until - now : 0;
    panel().dataset.armed = String(armed());
    desk.text(find(".state"), armed() ? "ONE-CLICK ARMED" : "One-click");
    desk.text(find(".left"), armed() ? desk.number.left(left) : "");
    find(".countdown i").style.width = (left / ARMED_MS * 100).toFixed(1) + "%";
    showArm(why);
    showSides(why);
  }

  function showArm(why) {
    const button = document.getElementById("one-click-arm");
    desk.text(button, armed() ? "Disarm" : "Arm");
    button.setAttribute("aria-pressed", String(armed()));
    button.setAttribute("aria-disabled", String(Boolean(why)));
    button.title = why ? "Locked: " + why[1] : ARM_TITLE;
  }

  function showSides(why) {
    const { bid, ask } = desk.quote.held, off = String(!armed() || Boolean(why));
    for (const [name, price] of [["sell", bid], ["buy", ask]]) {
      const button = document.getElementById("one-click-" + name);
      desk.text(button.querySelector(".at"), desk.number.price(price));
      button.setAttribute("aria-disabled", off);
      button.title = why ? "Locked: " + why[1] : armed() ? "" : "Arm first.";
      button.setAttribute("aria-busy", String(resting()));
    }
    desk.text(find(".oc-qty b"), desk.ticket.quantity() || desk.number.MISSING);
  }

  // With real money a tap is not enough.
  const isHeld = () => document.documentElement.dataset.mode !== "live" || performance.now() - state.pressedAt >= HOLD_MS;

  function toggle() {
    const held = isHeld();
    state.pressedAt = Infinity;
    if (armed()) disarm();
    else if (held) arm();
    else desk.toasts.show("Real money: hold Arm for a second.", "careful");
  }

  function click(event) {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.value) fire(button.dataset.value);
    else toggle();
  }

  function bind() {
    panel().addEventListener("click", click);
    document.getElementById("one-click-arm").addEventListener("pointerdown", () => { state.pressedAt = performance.now(); });
    panel().addEventListener("keydown", (event) => { if (event.repeat) event.preventDefault(); });
    document.addEventListener("keydown", (event) => { if (event.key === "Escape") disarm(); });
    window.addEventListener("blur", () => { state.away = performance.now(); });
    window.addEventListener("focus", () => { state.away = null; });
  }

  desk.oneClick = { bind, tick, arm, disarm, toggle, fire, armed };
})(window.tickdesk = window.tickdesk || {});
