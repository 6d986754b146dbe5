// The preview: what a ticket comes to by the numbers on the page. The server decides; this only shows.
(function (desk) {
  "use strict";

  // What the next share would cost: the limit, the price that sets the order off, or the other side of the quote.
  function priceOf({ side, type, limit, stop }, { bid, ask, last }) {
    const far = (side === "buy" ? ask : bid) || last;
    return type === "limit" || type === "stop_limit" ? limit : type === "stop" ? stop : far;
  }

  // Shares; of an amount of money as many as it buys.
  const sharesOf = ({ qty, notional }, price) => (notional ? notional / price : qty);

  // {cost, power, after, worst}; null where a number is missing.
  function of(form, now) {
    const price = priceOf(form, now), sign = form.side === "buy" ? 1 : -1, qty = sharesOf(form, price);
    if (!(qty > 0) || !(price > 0)) return null;
    const after = now.held + sign * qty, closing = Math.min(qty, sign * now.held < 0 ? Math.abs(now.held) : 0);
    const worst = after + sign * now.working, opening = qty - closing;
    return { cost: qty * price, power: now.power === null ? null : now.power - (opening - closing) * price, after, worst };
  }

  const find = (css) => document.querySelector(".preview ." + css);

  function show(form, now) {
    const sum = of(form, now), { MISSING, money, shares } = desk.number;
    desk.text(find("p-cost"), sum ? money(sum.cost) : MISSING);
    desk.text(find("p-power"), sum && sum.power !== null ? money(sum.power) : MISSING);
    find("p-power").classList.toggle("dng", Boolean(sum && sum.power < 0));
    const worst = sum && sum.worst !== sum.after ? "worst case " + shares(sum.worst) : "";
    desk.text(find("p-after b"), sum ? shares(sum.after) : MISSING);
    desk.text(find("p-after span"), worst);
  }

  desk.preview = { of, show, priceOf, sharesOf };
})(window.tickdesk = window.tickdesk || {});
