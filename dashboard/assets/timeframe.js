// The timeframe buttons, and [ and ] that step through them.
(function (desk) {
  "use strict";
  const buttons = () => [...document.querySelectorAll("#timeframe button")];

  function select(interval) {
    buttons().forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.interval === interval)));
  }

  function step(by) {
    const names = buttons().map((button) => button.dataset.interval), at = names.indexOf(desk.view.current.interval) + by;
    if (names[at]) desk.view.choose({ interval: names[at] });
  }

  function bind() {
    document.getElementById("timeframe").addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) desk.view.choose({ interval: button.dataset.interval });
    });
  }

  desk.timeframe = { select, step, bind };
})(window.tickdesk = window.tickdesk || {});
