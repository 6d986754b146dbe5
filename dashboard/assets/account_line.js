// The account in the header, and on a phone over the positions: equity, and the day's profit or loss in money and in percent.
(function (desk) {
  "use strict";

  function show(account) {
    const [total, profit, , before] = account || [null, null, null, null];
    document.querySelectorAll("#equity, .of-equity").forEach((equity) => desk.text(equity.lastElementChild, desk.number.money(total)));
    document.querySelectorAll("#day-pnl, .of-day").forEach((day) => {
      desk.text(day.querySelector(".sum"), desk.number.signed(profit, 2));
      desk.text(day.querySelector(".part"), before > 0 ? " " + desk.number.percent(profit / before) : "");
      desk.direction(day.lastElementChild, profit);
    });
  }

  desk.accountLine = { show };
})(window.tickdesk = window.tickdesk || {});
