// Time and sales: newest on top. Row: [time in ms, price, size, side, outlier]; side 1 at the ask, -1 at the bid.
(function (desk) {
  "use strict";
  const MOST = 60, BLOCK = 500;
  const SIDES = { "1": ["▲", "up"], "-1": ["▼", "down"], "0": ["·", "dim"] };

  function make([ms, price, size, side, outlier]) {
    const [sign, css] = SIDES[side] || SIDES[0], element = desk.part("div", size >= BLOCK ? "tape-row big" : "tape-row");
    if (outlier) Object.assign(element, { className: element.className + " outlier", title: "Far from all other prices. Shown, and kept out of nothing." });
    const time = desk.part("span", "", desk.newYork.second(ms));
    time.append(desk.part("span", "micro", "." + Math.floor(ms % 1000 / 100)));
    element.append(desk.part("span", "side " + css, sign), time, desk.part("span", "fresh " + css, (outlier ? "! " : "") + desk.number.price(price, desk.quote.held.symbol || "")));
    element.append(desk.part("span", "fresh", desk.number.size(size)));
    return element;
  }

  let newest = null; // time of the newest print that was ever shown

  function add(prints, whole) {
    if (prints.length) newest = prints.at(-1)[0];
    const box = document.querySelector("#tape .rows");
    if (whole) box.replaceChildren();
    box.prepend(...prints.slice(-MOST).reverse().map(make));
    while (box.childElementCount > MOST) box.lastElementChild.remove();
  }

  desk.tape = { add, newest: () => newest };
})(window.tickdesk = window.tickdesk || {});
