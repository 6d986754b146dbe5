// The account in the header: equity, and the day's profit or loss in money and in percent.
(function (desk) {
  "use strict";

  function show(account) {
    const equity = document.getElementById("equity"), day = document.getElementById("day-pnl");
    const [total, profit, , before] = account || [null, null, null, null];
    desk.text(equity.lastElementChild, desk.number.money(total));
    desk.text(day.querySelector(".sum"), desk.number.signed(profit, 2));
    desk.text(day.querySelector(".part"), before > 0 ? " " + desk.number.percent(profit / before) : "");
    desk.direction(day.lastElementChild, profit);
  }

  desk.accountLine = { show };
})(window.tickdesk = window.tickdesk || {});
