// Which part of the bars the chart shows. It follows the newest bar until the user zooms or pans; then his range is kept
// until he goes back to now. Pure: ranges in, ranges out.
(function (desk) {
  "use strict";
  const SHOWN = 120, ROOM = 12; // bars in view, and free places right of the last one
  const FEWEST = 12, FACTOR = 1.6, LEAST = 30, BAR_PX = 5;

  const create = () => ({ follow: true, x: [-SHOWN, ROOM], y: [0, 1] });

  // A bar wants some pixels, or nobody sees whether it is hollow. Orders have their buttons right of the last bar: `wide`
  // leaves them a fifth of the width.
  function following(last, held, wide = false, widthPx = Infinity) {
    const shown = Math.min(SHOWN, Math.max(held, LEAST), Math.max(LEAST, Math.floor(widthPx / BAR_PX)));
    return [last - shown + 0.5, last + (wide ? shown / 4 : ROOM) + 0.5];
  }

  // Prices need air: above for the legend, below for the volume.
  function padded([low, high], air = 0.16) {
    const span = Math.max(high - low, high * 2e-5, 1e-4);
    return [low - span * 0.2, high + span * air];
  }

  // The air above for a legend of so many pixels on so many.
  function airFor(legendPx, heightPx) {
    const part = Math.min(0.5, legendPx / Math.max(1, heightPx));
    return Math.max(0.16, 1.2 * part / (1 - part));
  }

  // The y range stays as it is while it suits, so that the axis does not tremble with each tick.
  function fitted(y, extent, above) {
    const wish = padded(extent, above), span = wish[1] - wish[0], air = span * 0.04, top = above ? (wish[1] - extent[1]) * 0.7 : air;
    const suits = y[0] <= extent[0] - air && y[1] >= extent[1] + top && y[1] - y[0] <= span * FACTOR;
    return suits ? y : wish;
  }

  function wheel(x, place, turn, held) {
    const span = x[1] - x[0], wish = Math.min(Math.max(span * Math.exp(turn), FEWEST), held * 1.5 + 60);
    const from = place - (place - x[0]) * wish / span;
    return [from, from + wish];
  }

  desk.axisRange = { create, following, fitted, padded, airFor, wheel };
})(window.tickdesk = window.tickdesk || {});
