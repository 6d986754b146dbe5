// The volume profile: how much was traded at which price, of the bars in view. A bar's volume lies evenly from its low to its high.
(function (desk) {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg", PART = 0.16; // of the plot's width

  // {low, step, volumes} of the bars between two ordinals; null where nothing was traded.
  function profile({ candles: { x, high, low }, volume }, [from, to], rows) {
    const inside = x.flatMap((ordinal, k) => (ordinal >= from && ordinal <= to && volume.y[k] > 0 ? [k] : []));
    if (!inside.length) return null;
    const bottom = Math.min(...inside.map((k) => low[k])), top = Math.max(...inside.map((k) => high[k]));
    const step = (top - bottom) / rows || 1, volumes = new Array(rows).fill(0);
    for (const k of inside) spread(volumes, volume.y[k], (low[k] - bottom) / step, (high[k] - bottom) / step);
    return { low: bottom, step, volumes };
  }

  // A volume over rows, by how much of each row lies between two places.
  function spread(volumes, much, from, to) {
    const first = Math.min(volumes.length - 1, Math.floor(from)), last = Math.min(volumes.length - 1, Math.floor(to));
    if (first === last || to <= from) { volumes[first] += much; return; }
    for (let row = first; row <= last; row += 1) volumes[row] += much * Math.max(0, Math.min(row + 1, to) - Math.max(row, from)) / (to - from);
  }

  function frame(box) {
    const svg = document.createElementNS(SVG, "svg"), paths = ["all", "most"].map((css) => { const path = document.createElementNS(SVG, "path"); path.setAttribute("class", css); return path; });
    svg.append(...paths);
    box.replaceChildren(svg);
    return svg;
  }

  function bar(to, { low, step, volumes }, row, most) {
    const top = to.y(low + (row + 1) * step), height = to.y(low + row * step) - top, width = volumes[row] / most * to.size.w * PART;
    return top + height < to.size.t || top > to.bottom ? "" : `M${to.right.toFixed(1)},${(top + 0.5).toFixed(1)}h${(-width).toFixed(1)}v${Math.max(1, height - 1).toFixed(1)}h${width.toFixed(1)}Z`;
  }

  function place(chart, to) {
    const box = document.querySelector(".overlay .volume-profile"), wanted = desk.indicators.shown().find(({ word }) => word === "volume_profile");
    const found = wanted && profile(chart.bars, chart.range.x, Number(wanted.values[0]));
    box.hidden = !found;
    if (!found) return;
    const svg = box.firstChild || frame(box), most = Math.max(...found.volumes), peak = found.volumes.indexOf(most);
    box.style.height = to.bottom + "px";
    svg.querySelector(".all").setAttribute("d", found.volumes.map((_, row) => (row === peak ? "" : bar(to, found, row, most))).join(""));
    svg.querySelector(".most").setAttribute("d", bar(to, found, peak, most));
  }

  desk.volumeProfile = { profile, place };
})(window.tickdesk = window.tickdesk || {});
