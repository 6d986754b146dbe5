// What Plotly cannot take from the style sheet: the tokens of the chosen look, written into its figure.
(function (desk) {
  "use strict";
  const NAMES = ["up", "down", "panel", "grid", "line", "text", "text-2", "text-3"], VOLUME = "57"; // a third of the strength
  let tokens = null;

  function read() {
    const style = getComputedStyle(document.documentElement);
    tokens = Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue("--" + name).trim()]));
    return tokens;
  }

  const color = (name) => (tokens || read())[name];

  // Up hollow, down filled, in every palette.
  function dressCandles({ increasing, decreasing }) {
    Object.assign(increasing, { fillcolor: color("panel") });
    increasing.line.color = color("up");
    decreasing.line.color = decreasing.fillcolor = color("down");
  }

  function dressFills(trace, name) {
    trace.marker.color = color(name);
    trace.marker.line.color = color("text");
  }

  function dressAxis(axis) {
    Object.assign(axis, { gridcolor: color("grid"), linecolor: color("line"), spikecolor: color("text-3") });
    axis.tickfont.color = color("text-3");
  }

  // Before each drawing: Dash may have put its own figure back.
  function dress({ data, layout }) {
    const trace = (name) => data.find((item) => item.name === name);
    dressCandles(trace("candles"));
    dressFills(trace("fills-buy"), "up");
    dressFills(trace("fills-sell"), "down");
    [layout.xaxis, layout.yaxis].forEach(dressAxis);
    layout.font.color = color("text-2");
  }

  function changed() {
    read();
    desk.bars.recolor(desk.chart.state.bars, color("up") + VOLUME, color("down") + VOLUME);
    desk.chartOrders.recolor();
    desk.chart.redraw();
  }

  function bind() {
    desk.look.onChange(changed);
    changed();
  }

  desk.chartLook = { bind, color, dress };
})(window.tickdesk = window.tickdesk || {});
