// The tabs: which of several panels is shown where there is room for one only, and how many rows each has.
(function (desk) {
  "use strict";
  const all = () => [...document.querySelectorAll("[data-tab]")];

  const stands = ({ tab, also }, name) => tab === name || also === name;

  // `also`: a tab that stands for a second panel where both have room.
  function open(group, name) {
    document.querySelector(".trade").dataset[group] = name;
    all().filter((each) => each.dataset.group === group).forEach((each) => each.setAttribute("aria-selected", String(stands(each.dataset, name))));
  }

  function count(name, value) {
    document.querySelectorAll('[data-count="' + name + '"]').forEach((element) => desk.text(element, value ? String(value) : ""));
  }

  const choose = ({ dataset: { group, tab } }) => { open(group, tab); desk.news.show(); desk.chart.redraw(); };
  desk.tabs = { bind: () => all().forEach((tab) => tab.addEventListener("click", () => choose(tab))), open, count };
})(window.tickdesk = window.tickdesk || {});
