// News on the chart's time axis: a mark where something was told of the symbol; a click opens it.
(function (desk) {
  "use strict";
  const NEAR_PX = 26;
  const box = () => document.querySelector(".news-marks");

  // Items that would lie on each other share a mark: the newest stands for all.
  function gathered(chart, to) {
    const { candles } = chart.bars, length = desk.axisLabels.LENGTH[chart.shown.interval], marks = [];
    for (const item of desk.news.about(chart.shown.symbol)) {
      const ordinal = candles.x.length ? desk.chartTime.ordinal(candles, item.at, length) : null, x = ordinal === null ? -1 : to.x(ordinal);
      if (x < to.size.l || x > to.right) continue;
      const near = marks.find((mark) => Math.abs(mark.x - x) < NEAR_PX);
      if (near) near.items.push(item);
      else marks.push({ x, items: [item] });
    }
    return marks;
  }

  function make({ items }) {
    const button = desk.part("button", "news-mark");
    button.type = "button";
    button.dataset.news = String(items[0].id);
    button.addEventListener("click", () => desk.news.open(button.dataset.news));
    return button;
  }

  function place(chart, to) {
    desk.keyed(box(), gathered(chart, to), ({ items }) => String(items[0].id), make, (button, { x, items }) => {
      Object.assign(button.style, { left: x.toFixed(1) + "px", top: to.foot + "px" });
      desk.text(button, items.length > 1 ? String(items.length) : "N");
      const words = items.map(({ headline }) => headline).join("\n");
      if (button.title !== words) Object.assign(button, { title: words, ariaLabel: "News: " + items[0].headline });
    });
  }

  desk.newsMarks = { place };
})(window.tickdesk = window.tickdesk || {});
