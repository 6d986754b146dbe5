// The gate: asks when the last answer was applied, after 3 s without one, and at once when the view changed.
(function (desk) {
  "use strict";
  const PATIENCE_MS = 3000;

  function create() {
    return { n: 0, pending: null, waitingSince: null, cursor: null };
  }

  const PARTS = ["symbol", "interval", "page", "until", "indicators"];
  const sameView = (a, b) => PARTS.every((name) => String(a[name] ?? "") === String(b[name] ?? ""));

  function mayAsk(gate, view, now) {
    return !gate.pending || !sameView(gate.pending.view, view) || now - gate.pending.at >= PATIENCE_MS;
  }

  // The next ask, or null while an answer is due.
  function ask(gate, view, now) {
    if (!mayAsk(gate, view, now)) return null;
    gate.n += 1;
    gate.pending = { n: gate.n, view, at: now, cursor: gate.cursor };
    gate.waitingSince = gate.waitingSince ?? now;
    return { n: gate.n, view, cursor: gate.cursor };
  }

  // Whether `delta` answers the ask that is open. An older answer is left alone: its ask was made again.
  function isAwaited(gate, delta) {
    return Boolean(gate.pending) && delta.n === gate.pending.n;
  }

  // The cursor moves only here, after the delta is on the screen; null asks for a window.
  function applied(gate, cursor) {
    gate.cursor = cursor;
    gate.pending = null;
    gate.waitingSince = null;
  }

  // How long the answer that is awaited has taken until now.
  const roundTrip = (gate, now) => (gate.pending ? now - gate.pending.at : null);

  const silentFor = (gate, now) => (gate.waitingSince === null ? 0 : now - gate.waitingSince);

  desk.gate = { PATIENCE_MS, sameView, create, ask, isAwaited, applied, roundTrip, silentFor };
})(window.tickdesk = window.tickdesk || {});
