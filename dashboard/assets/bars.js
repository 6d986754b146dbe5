// The bars that the chart holds: the very lists that Plotly draws, changed in place.
// Row: [ordinal, start, open, high, low, close, volume, trades].
(function (desk) {
  "use strict";
  const MOST = 600;
  const COLUMNS = ["x", "customdata", "open", "high", "low", "close"]; // the order of a row

  function create() {
    const candles = Object.fromEntries(COLUMNS.map((name) => [name, []]));
    return { candles, volume: { x: candles.x.slice(), y: [], color: [] }, up: "", down: "" };
  }

  function lists(bars) {
    return [...COLUMNS.map((name) => bars.candles[name]), bars.volume.x, bars.volume.y, bars.volume.color];
  }

  const color = (bars, row) => (row[5] >= row[2] ? bars.up : bars.down);
  const values = (bars, row) => [...row.slice(0, 6), row[0], row[6], color(bars, row)];
  const length = (bars) => bars.candles.x.length;

  function write(bars, place, row) {
    const cells = values(bars, row);
    lists(bars).forEach((list, k) => { list[place] = cells[k]; });
  }

  function load(bars, rows) {
    lists(bars).forEach((list) => { list.length = 0; });
    rows.slice(-MOST).forEach((row, place) => write(bars, place, row));
  }

  // The volume's colours by those of another look.
  function recolor(bars, up, down) {
    Object.assign(bars, { up, down });
    const { open, close } = bars.candles;
    open.forEach((value, k) => { bars.volume.color[k] = close[k] >= value ? up : down; });
  }

  // Replaces the bar of the same ordinal or appends the next one. False: the row does not join; the page needs a window.
  function put(bars, row) {
    const held = length(bars), place = held ? row[0] - bars.candles.x[0] : 0;
    if (place < 0 || place > held) return false;
    write(bars, place, row);
    if (length(bars) > MOST) lists(bars).forEach((list) => list.shift());
    return true;
  }

  // Moves the bars into the lists of another owner (Plotly's traces), which then are the bars' own.
  function moveInto(bars, candles, volume) {
    const targets = [...COLUMNS.map((name) => candles[name]), volume.x, volume.y, volume.marker.color];
    lists(bars).forEach((list, k) => { if (targets[k] !== list) targets[k].splice(0, targets[k].length, ...list); });
    COLUMNS.forEach((name) => { bars.candles[name] = candles[name]; });
    Object.assign(bars.volume, { x: volume.x, y: volume.y, color: volume.marker.color });
  }

  // Lists of their own again. Plotly leaves a trace without bars out, and fails where it finds some there that it was not
  // told to draw, as it does when the page changes its size in between.
  function detach(bars) {
    const { candles, volume } = create();
    Object.assign(bars, { candles, volume });
  }

  // [lowest, highest, largest volume] of the bars between two ordinals, null where there is none.
  function extent(bars, from, to) {
    const { x, low, high } = bars.candles;
    const inside = x.flatMap((ordinal, k) => (ordinal >= from && ordinal <= to ? [k] : []));
    if (!inside.length) return null;
    const of = (list) => inside.map((k) => list[k]);
    return [Math.min(...of(low)), Math.max(...of(high)), Math.max(...of(bars.volume.y))];
  }

  desk.bars = { MOST, create, load, put, recolor, detach, moveInto, extent, length };
})(window.tickdesk = window.tickdesk || {});
