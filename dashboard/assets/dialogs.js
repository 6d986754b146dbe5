// The dialogs: opened before what cannot be undone, answered by one of two buttons.
(function (desk) {
  "use strict";
  const set = (id, is_open) => window.dash_clientside.set_props(id, { is_open });
  // What the second button does; false where the dialog must stay.
  const ACTS = {
    "flatten-dialog": () => desk.positions.flatten(), "kill-dialog": () => desk.killSwitch.off(),
    "edit-dialog": () => desk.orderEdit.submit(), "breaker-dialog": () => desk.breaker.reset(),
  };

  function open(id) {
    set(id, true);
    if (id === "flatten-dialog") setTimeout(() => list(20), 0);
  }

  // The dialog's content is there a moment after it was opened.
  function list(patience) {
    const box = document.querySelector(".will-send"), held = desk.trading.held.positions.filter(({ qty }) => qty);
    if (!box) { if (patience) setTimeout(() => list(patience - 1), 20); return; }
    const line = ({ symbol, qty }) => (qty > 0 ? "Sell " : "Buy ") + desk.number.size(Math.abs(qty)) + " " + symbol + " at market";
    box.replaceChildren(...held.map((each) => desk.part("li", "", line(each))));
    const what = held.length === 1 ? "1 position" : held.length + " positions";
    desk.text(document.querySelector('[data-act="flatten-dialog"]'), "Flatten " + what);
  }

  function click(event) {
    const button = event.target.closest("[data-act]");
    if (!button) return;
    const act = ACTS[button.dataset.act], stays = act && act() === false;
    Object.keys(ACTS).filter((id) => !(stays && id === button.dataset.act)).forEach((id) => set(id, false));
  }

  function flatten() {
    if (desk.trading.held.positions.some(({ qty }) => qty) || desk.trading.open().length) open("flatten-dialog");
  }

  function bind() {
    document.addEventListener("click", click);
    for (const id of ["breaker-reset", "health-breaker-reset"]) document.getElementById(id).addEventListener("click", () => open("breaker-dialog"));
  }

  desk.dialogs = { bind, open, flatten };
})(window.tickdesk = window.tickdesk || {});
