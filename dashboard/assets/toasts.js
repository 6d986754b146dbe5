// The toasts: at most three, six seconds each. What went wrong stays until it is dismissed.
(function (desk) {
  "use strict";
  const MOST = 3, SHOWN_MS = 6000;
  const area = () => document.getElementById("toast-area");

  function show(text, tone = "ok") {
    const same = [...area().children].find((each) => each.firstChild.textContent === text);
    if (same) same.remove();
    const note = desk.part("div", "note " + tone), close = desk.part("button", "", "×");
    note.setAttribute("role", tone === "ok" ? "status" : "alert"); // fills wait their turn, the rest is said at once
    Object.assign(close, { type: "button", ariaLabel: "Dismiss" });
    close.addEventListener("click", () => note.remove());
    note.append(desk.part("span", "", text), close);
    area().append(note);
    if (tone !== "bad") setTimeout(() => note.remove(), SHOWN_MS);
    makeRoom();
  }

  // The oldest goes first, and of those the ones that would go by themselves.
  function makeRoom() {
    while (area().children.length > MOST) (area().querySelector(".note:not(.bad)") || area().firstChild).remove();
  }

  const TOLD = new Set(["filled", "canceled", "expired", "rejected", "denied", "not_placed", "unknown"]);

  function tell(order) {
    if (TOLD.has(order.state)) show(desk.order.words(order), desk.order.failed(order) ? "bad" : "ok");
  }

  desk.toasts = { show, tell };
})(window.tickdesk = window.tickdesk || {});
