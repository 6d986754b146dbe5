// What the indicators say of the bar under the pointer, or of the newest one: on the prices in the legend, the others in their panes.
(function (desk) {
  "use strict";
  const digits = { rsi: 2 };

  function number({ word }, value, symbol) {
    if (value === null) return desk.number.MISSING;
    if (word === "volume_average") return desk.number.size(Math.round(value));
    return (value < 0 ? "\u2212" : "") + Math.abs(value).toFixed(digits[word] ?? Math.max(desk.number.decimals(value, symbol), word === "atr" || word === "macd" ? 4 : 2));
  }

  // A sample of the line, its name, and its value; "–" where there is none.
  function part(indicator, chart, ordinal, shown) {
    const element = desk.part("span", "ind"), values = desk.indicators.at(indicator.key, ordinal), dressed = desk.indicatorLines.looks(shown, indicator);
    const sample = desk.part("i", dressed[0][1] === "dash" ? "dashed" : "");
    sample.style.color = "var(--" + dressed[0][0] + ")";
    element.dataset.key = indicator.key;
    element.append(sample, desk.part("span", "dim", indicator.name + " "));
    element.append(desk.part("span", "", (values.length ? values : [null]).map((value) => number(indicator, value, chart.shown.symbol)).join("  ")));
    return element;
  }

  function parts(chart, ordinal) {
    const shown = desk.indicators.shown();
    return shown.filter(({ kind }) => kind.pane === "price" || kind.pane === "volume").map((each) => part(each, chart, ordinal, shown));
  }

  // Each pane has its own, at its top.
  function place(chart, ordinal) {
    const box = document.querySelector(".overlay .pane-legends"), layout = chart.plot && chart.plot._fullLayout, shown = desk.indicators.shown();
    const elements = desk.indicators.panes().map((indicator, k) => {
      const element = desk.part("div", "pane-legend fresh"), axis = layout && layout["yaxis" + (k + 3)];
      element.style.top = (axis && axis._offset !== undefined ? axis._offset + 2 : 0) + "px";
      element.append(part(indicator, chart, ordinal, shown));
      return element;
    });
    box.replaceChildren(...elements);
  }

  desk.indicatorLegend = { parts, place, number };
})(window.tickdesk = window.tickdesk || {});
