// The ways out: cancel and flatten everything, in the dock and, on a phone, below every page with how many each of them means.
(function (desk) {
  "use strict";
  const BUTTONS = { cancel: ["cancel-all", "phone-cancel-all"], flatten: ["flatten-all", "phone-flatten-all"] };
  const LABELS = { cancel: "Cancel all", flatten: "Flatten all" }, NOTHING = { cancel: "No order works.", flatten: "Nothing is held." };
  const ACTS = { cancel: () => { if (desk.trading.open().length) desk.blotter.cancelAll(); }, flatten: () => desk.dialogs.flatten() };

  // Flatten cancels what works first, so it has something to do as long as anything is held or works.
  function show() {
    const counts = { cancel: desk.trading.open().length, flatten: desk.trading.held.positions.filter(({ qty }) => qty).length };
    const idle = { cancel: !counts.cancel, flatten: !counts.flatten && !counts.cancel };
    for (const [name, ids] of Object.entries(BUTTONS)) ids.map((id) => document.getElementById(id)).forEach((button, k) => {
      button.setAttribute("aria-disabled", String(idle[name]));
      button.title = idle[name] ? NOTHING[name] : "";
      if (k) desk.text(button, LABELS[name] + (counts[name] ? " (" + counts[name] + ")" : ""));
    });
  }

  function bind() {
    for (const [name, ids] of Object.entries(BUTTONS)) ids.forEach((id) => document.getElementById(id).addEventListener("click", ACTS[name]));
  }

  desk.waysOut = { bind, show };
})(window.tickdesk = window.tickdesk || {});
