// The rail: from page to page without loading anything; the address follows, and Back goes back.
(function (desk) {
  "use strict";
  const links = () => [...document.querySelectorAll(".rail a")];
  const pageOf = (path) => (links().find((link) => link.pathname === path) || links()[0]).dataset.page;

  function show(page) {
    links().forEach((link) => { if (link.dataset.page === page) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current"); });
    document.querySelector(".trade").hidden = page !== "trade";
    document.querySelector(".health").hidden = page !== "health";
    document.title = page === "trade" ? "Tickdesk" : "Tickdesk · Health";
    desk.view.choose({ page });
    if (page === "trade") desk.chart.redraw();
  }

  function go(page) {
    if (page === desk.view.current.page) return;
    history.pushState(null, "", links().find((link) => link.dataset.page === page).href);
    show(page);
  }

  function click(event) {
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return; // a new tab is the browser's
    event.preventDefault();
    go(link.dataset.page);
  }

  function bind() {
    document.querySelector(".rail").addEventListener("click", click);
    window.addEventListener("popstate", () => show(pageOf(location.pathname)));
    show(pageOf(location.pathname));
  }

  desk.rail = { bind, go };
})(window.tickdesk = window.tickdesk || {});
