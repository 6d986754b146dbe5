// The x that takes a symbol off the list: one button, beside the row under the pointer or with the focus.
(function (desk) {
  "use strict";
  let target = null, button = null;
  const list = () => document.querySelector("#watchlist .rows");

  function make() {
    const element = desk.part("button", "wl-remove", "×");
    Object.assign(element, { type: "button", hidden: true });
    element.addEventListener("click", () => remove(target));
    element.addEventListener("mouseleave", hide);
    document.getElementById("watchlist").append(element);
    return element;
  }

  function textWidth(element) {
    const range = document.createRange();
    range.selectNodeContents(element);
    return range.getBoundingClientRect().width;
  }

  function show(row) {
    if (!row || row.classList.contains("loading")) return;
    target = row.dataset.testid.replace("watch-", "");
    button.hidden = false;
    button.dataset.testid = "remove-" + target;
    button.setAttribute("aria-label", "Remove " + target + " from the watchlist");
    const name = row.querySelector(".sym"), inset = name.getBoundingClientRect().left - list().getBoundingClientRect().left;
    button.style.left = inset + textWidth(name) + 4 + "px";
    button.style.top = row.offsetTop - list().scrollTop + 4 + "px";
  }

  function hide(event) {
    const to = event.relatedTarget;
    if (to === button || (to && to.closest && to.closest(".wl-row"))) return;
    button.hidden = document.activeElement !== button;
  }

  function remove(symbol) {
    if (!symbol || desk.watchlist.symbols().length < 2) return desk.toasts.show("The list keeps one symbol.", "careful");
    if (!desk.action.send("watchlist", { symbol }, (answer) => told(symbol, answer))) return undefined;
    button.hidden = true;
    desk.watchlist.takeOff(symbol);
    const next = desk.watchlist.element(desk.view.current.symbol);
    return next && next.focus();
  }

  function told(symbol, { problem, kept }) {
    if (problem) desk.toasts.show(symbol + " is off your list. " + problem, "careful");
    else desk.toasts.show(symbol + " is off your list." + (kept ? " It is still streamed: " + kept + "." : ""));
  }

  function bind() {
    button = make();
    list().addEventListener("mouseover", (event) => show(event.target.closest(".wl-row")));
    list().addEventListener("focusin", (event) => show(event.target.closest(".wl-row")));
    for (const name of ["mouseleave", "focusout"]) list().addEventListener(name, hide);
    list().addEventListener("scroll", () => { button.hidden = true; });
    button.addEventListener("blur", hide);
  }

  desk.watchRemove = { bind, remove };
})(window.tickdesk = window.tickdesk || {});
