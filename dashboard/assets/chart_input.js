// The user's hands on the chart: pan, zoom, wheel, hover, and the ways back to now.
(function (desk) {
  "use strict";
  const ranges = (event) => Object.keys(event).some((key) => /^[xy]axis\.(range|autorange)/.test(key));

  function bind(chart, plot) {
    plot.on("plotly_relayout", (event) => { if (ranges(event)) keep(chart, plot); });
    plot.on("plotly_relayouting", () => desk.chartOverlay.place(chart));
    plot.on("plotly_doubleclick", desk.chart.backToNow);
    plot.on("plotly_afterplot", () => desk.chartOverlay.place(chart));
    bindHover(chart, plot);
    desk.chartTicket.bind(plot);
    bindGrip(chart, plot);
    plot.addEventListener("wheel", (event) => wheel(chart, plot, event), { passive: false });
    document.querySelector(".back-to-now").addEventListener("click", desk.chart.backToNow);
    watchSize(plot);
  }

  // An observer reports once at its start, when nothing has changed.
  function watchSize(plot) {
    let width = plot.clientWidth, height = plot.clientHeight;
    new ResizeObserver(() => {
      if (plot.clientWidth === width && plot.clientHeight === height) return;
      [width, height] = [plot.clientWidth, plot.clientHeight];
      desk.chart.redraw();
    }).observe(plot);
  }

  // From now on the range is the user's.
  function keep(chart, plot) {
    chart.range.follow = false;
    chart.range.x = Array.from(plot.layout.xaxis.range, Number);
    chart.range.y = Array.from(plot.layout.yaxis.range, Number);
    desk.chartPast.look(chart);
    desk.chart.redraw();
  }

  function bindHover(chart, plot) {
    plot.on("plotly_hover", (event) => { chart.hovered = event.points[0].x; desk.legend.show(chart); });
    plot.on("plotly_unhover", () => { chart.hovered = null; desk.legend.show(chart); });
    const panel = plot.closest(".plot"); // the plus at the axis lies over the plot
    panel.addEventListener("mousemove", (event) => desk.chartOverlay.cursor(chart, event));
    panel.addEventListener("mouseleave", () => desk.chartOverlay.cursor(chart, null));
  }

  function bindGrip(chart, plot) {
    plot.addEventListener("pointerdown", () => { chart.grabbed = true; }, true);
    for (const name of ["pointerup", "pointercancel", "blur"]) {
      window.addEventListener(name, () => release(chart), true);
    }
    window.addEventListener("pointermove", released(chart), true);
  }

  // A release outside the window is not told to us; the next move shows it.
  const released = (chart) => (event) => { if (event.buttons === 0) release(chart); };

  // Plotly ends its own drag first.
  function release(chart) {
    if (chart.grabbed) setTimeout(desk.chart.redraw, 60);
    chart.grabbed = false;
  }

  // The wheel zooms the time about the pointer; the prices follow what is then in view.
  function wheel(chart, plot, event) {
    event.preventDefault();
    const { range, bars } = chart, box = plot.getBoundingClientRect(), size = plot._fullLayout._size;
    const place = range.x[0] + (event.clientX - box.left - size.l) / size.w * (range.x[1] - range.x[0]);
    const turn = Math.max(-0.5, Math.min(0.5, event.deltaY * 0.0015));
    range.x = desk.axisRange.wheel(range.x, place, turn, desk.bars.length(bars));
    range.follow = false;
    desk.chart.refit();
    desk.chartPast.look(chart);
    desk.chart.redraw();
  }

  desk.chartInput = { bind };
})(window.tickdesk = window.tickdesk || {});
