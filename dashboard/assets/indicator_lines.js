// The lines of the indicators in Plotly's own traces, and the panes below the chart. Nothing is added to the figure: the traces
// and axes are there, out of sight, and are given their values and their place.
(function (desk) {
  "use strict";
  const AVERAGES = ["sma-fast", "sma-slow", "info", "text-2"], GAP = 0.03;
  const HEIGHTS = [0, 0.22, 0.19]; // of a pane, by how many there are
  // Token and dash of each line.
  const LOOKS = {
    vwap: [["vwap", "dash"]], bollinger: [["info", "solid"], ["info", "dot"], ["info", "solid"]], volume_average: [["text-2", "solid"]],
    rsi: [["info", "solid"]], macd: [["info", "solid"], ["sma-fast", "solid"], ["text-3", "solid"]], atr: [["sma-slow", "solid"]],
  };
  const MARKS = { rsi: [30, 50, 70] };
  const ranges = new Map(); // of the panes: as long as a range suits it stays

  let tokens = { of: "" };

  // A token of the style sheet as a value: read once a look.
  function color(name) {
    const { theme, palette } = document.documentElement.dataset, of = theme + palette;
    if (tokens.of !== of) tokens = { of };
    tokens[name] = tokens[name] || getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
    return tokens[name];
  }

  // The looks of an indicator's lines among those that are shown: the first average is the fast one, the next the slow one.
  function looks(shown, { key, word }) {
    if (LOOKS[word]) return LOOKS[word];
    const averages = shown.filter((each) => !LOOKS[each.word] && each.kind.lines.length).map((each) => each.key);
    return [[AVERAGES[averages.indexOf(key) % AVERAGES.length], "solid"]];
  }

  const put = (list, values) => { list.length = 0; for (const value of values) list.push(value); };

  // Ordinals and values of a line over the bars that are held.
  function fill(trace, first, line, from, to) {
    const begin = Math.max(0, from - first), values = line.slice(begin, to - first + 1);
    put(trace.x, values.map((_, k) => first + begin + k));
    put(trace.y, values);
  }

  const axisOf = (pane, place) => (pane === "price" ? "y" : pane === "volume" ? "y2" : "y" + (place + 3));

  function write(plot, bars) {
    const trace = (name) => plot.data.find((item) => item.name === name), { x } = bars.candles, shown = desk.indicators.shown();
    const own = shown.filter(({ kind }) => kind.pane === "own").map(({ key }) => key);
    let used = 0;
    for (const indicator of shown) {
      const held = desk.indicators.lines.get(indicator.key), axis = axisOf(indicator.kind.pane, own.indexOf(indicator.key));
      if (!held || !x.length) continue;
      const dressed = looks(shown, indicator);
      held.lines.forEach((line, k) => {
        const bar = indicator.kind.lines[k] === "histogram", target = bar ? trace("histogram-" + own.indexOf(indicator.key)) : trace("line-" + used++);
        fill(target, held.first, line, x[0], x[x.length - 1]);
        Object.assign(target, { visible: true, yaxis: axis });
        if (bar) put(target.marker.color, target.y.map((value) => color(value >= 0 ? "up" : "down") + "80"));
        else Object.assign(target.line, { color: color(dressed[k][0]), dash: dressed[k][1] });
      });
    }
    hideRest(plot, used, own);
  }

  function hideRest(plot, used, own) {
    for (const item of plot.data) {
      const [name, number] = item.name.split("-");
      const idle = name === "line" ? Number(number) >= used : name === "histogram" && !(own[number] || "").startsWith("macd");
      if (!idle || !item.visible) continue;
      item.visible = false;
      [item.x, item.y].forEach((list) => { list.length = 0; });
    }
  }

  // [bottom, top] of the chart and of each pane, as parts of the height.
  function domains(count) {
    const height = HEIGHTS[count], top = (place) => (count - place) * (height + GAP) - GAP;
    return { price: [count * (height + GAP), 1], panes: Array.from({ length: count }, (_, k) => [top(k) - height, top(k)]) };
  }

  // Lowest and highest value of a pane between two ordinals.
  function extent(key, [from, to]) {
    const held = desk.indicators.lines.get(key);
    const values = held ? held.lines.flatMap((line) => line.slice(Math.max(0, Math.ceil(from) - held.first), Math.max(0, Math.floor(to) - held.first + 1))) : [];
    const numbers = values.filter((value) => value !== null && value !== undefined);
    return numbers.length ? [Math.min(...numbers), Math.max(...numbers)] : null;
  }

  function fitted(before, [low, high]) {
    const span = Math.max(high - low, Math.abs(high) * 1e-4, 1e-6), wish = [low - span * 0.12, high + span * 0.3];
    return before && before[0] <= low && before[1] >= high && before[1] - before[0] < (wish[1] - wish[0]) * 1.6 ? before : wish;
  }

  function rangeOf({ key, word }, x) {
    const found = extent(key, x), wish = word === "rsi" ? [0, 100] : found ? fitted(ranges.get(key), found) : [0, 1];
    ranges.set(key, wish);
    return wish;
  }

  function layOut(plot, x) {
    const own = desk.indicators.panes(), { price, panes } = domains(own.length);
    for (const key of [...ranges.keys()]) if (!own.some((each) => each.key === key)) ranges.delete(key);
    plot.layout.yaxis.domain = price;
    for (let k = 0; k < desk.indicators.catalogue().panes; k += 1) {
      const axis = plot.layout["yaxis" + (k + 3)], mine = own[k];
      Object.assign(axis, { visible: Boolean(mine), domain: mine ? panes[k] : [0, 0.001], showticklabels: Boolean(mine) });
      Object.assign(axis, { gridcolor: color("grid"), linecolor: color("line"), spikecolor: color("text-3") });
      axis.tickfont = { size: 11, color: color("text-3") };
      if (mine) Object.assign(axis, { range: rangeOf(mine, x), autorange: false, tickmode: MARKS[mine.word] ? "array" : "auto", tickvals: MARKS[mine.word] || [] });
    }
  }

  desk.indicatorLines = { write, layOut, domains, fitted, looks, color };
})(window.tickdesk = window.tickdesk || {});
