// The tabs: which of several panels is shown where there is room for one only, and how many rows each has.
(function (desk) {
  "use strict";
  const all = () => [...document.querySelectorAll("[data-tab]")];

  function choose(tab) {
    const { group, tab: name } = tab.dataset;
    document.querySelector(".trade").dataset[group] = name;
    all().filter((each) => each.dataset.group === group).forEach((each) => each.setAttribute("aria-selected", String(each === tab)));
  }

  function count(name, value) {
    document.querySelectorAll('[data-count="' + name + '"]').forEach((element) => desk.text(element, value ? String(value) : ""));
  }

  desk.tabs = { bind: () => all().forEach((tab) => tab.addEventListener("click", () => choose(tab))), count };
})(window.tickdesk = window.tickdesk || {});
