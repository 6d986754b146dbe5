// The menu of the look: opened by its button, closed by Esc, by a click elsewhere, and when the focus leaves it.
(function (desk) {
  "use strict";
  const opener = () => document.getElementById("look-open"), menu = () => document.getElementById("look-menu");

  function open(shown) {
    menu().hidden = !shown;
    opener().setAttribute("aria-expanded", String(shown));
  }

  // A swatch shows a palette in the theme of the page.
  function show() {
    const chosen = desk.look.chosen(), { theme } = document.documentElement.dataset;
    menu().querySelectorAll("[data-look] button").forEach((button) => {
      const { look } = button.closest("[data-look]").dataset;
      button.setAttribute("aria-pressed", String(button.dataset.value === chosen[look]));
    });
    menu().querySelectorAll(".swatch").forEach((swatch) => { swatch.dataset.theme = theme; });
  }

  function choose(event) {
    const button = event.target.closest("[data-look] button");
    if (button) desk.look.choose({ [button.closest("[data-look]").dataset.look]: button.dataset.value });
  }

  const outside = (target) => !target || !target.closest || !target.closest(".look");

  function bind() {
    const box = opener().parentElement;
    opener().addEventListener("click", () => open(menu().hidden));
    menu().addEventListener("click", choose);
    box.addEventListener("keydown", (event) => { if (event.key === "Escape" && !menu().hidden) { open(false); opener().focus(); } });
    box.addEventListener("focusout", (event) => { if (event.relatedTarget && outside(event.relatedTarget)) open(false); });
    document.addEventListener("pointerdown", (event) => { if (outside(event.target)) open(false); });
    desk.look.onChange(show);
    show();
  }

  desk.lookMenu = { bind };
})(window.tickdesk = window.tickdesk || {});
