// How the desk prints numbers. Missing is an en dash, never 0; minus is U+2212; the space before a unit does not break.
(function (desk) {
  "use strict";
  const MISSING = "–", MINUS = "\u2212", SPACE = "\u00a0";
  const known = (value) => typeof value === "number" && Number.isFinite(value);

  // 2 decimals, under 1 USD 4. A coin (its symbol has a slash) has 4 under 1000 USD, and under 1 USD five digits that say something.
  function decimals(value, symbol = "") {
    const amount = Math.abs(value);
    if (!symbol.includes("/")) return amount < 1 ? 4 : 2;
    if (amount >= 1 || !amount) return amount < 1000 ? 4 : 2;
    return Math.min(9, 4 - Math.floor(Math.log10(amount)));
  }

  // A price of 0 is no price.
  const price = (value, symbol) => (known(value) && value > 0 ? value.toFixed(decimals(value, symbol)) : MISSING);

  // A mid may lie on half a cent.
  const mid = (value, symbol) => (known(value) && value > 0 ? value.toFixed(Math.max(3, decimals(value, symbol))) : MISSING);

  function spread(value) {
    if (!known(value)) return MISSING;
    const exact = (digits, shifted = value * 10 ** digits) => Math.abs(shifted - Math.round(shifted)) < 0.005 && (!value || Math.round(shifted));
    return value.toFixed([2, 4, 6].find((digits) => exact(digits)) ?? 8);
  }

  const basisPoints = (part, whole) => (known(part) && whole > 0 ? (part / whole * 1e4).toFixed(1) + SPACE + "bp" : MISSING);
  const size = (value) => (known(value) ? value.toLocaleString("en-US", { maximumFractionDigits: Math.abs(value) < 1 ? 6 : 4 }) : MISSING);

  const sign = (value) => (value > 0 ? "+" : value < 0 ? MINUS : "");
  const rounded = (value, digits) => Number(value.toFixed(digits));
  function signed(value, digits = 2) {
    return known(value) ? sign(rounded(value, digits)) + parted(Math.abs(value), digits) : MISSING;
  }
  const percent = (part) => (known(part) ? signed(part * 100) + SPACE + "%" : MISSING);

  // 0.3 s, 24 s, 3 min, 2 h; never "now".
  function age(ms) {
    if (!known(ms)) return MISSING;
    if (ms < 9950) return (Math.max(0, ms) / 1000).toFixed(1) + SPACE + "s";
    if (ms < 59500) return Math.round(ms / 1000) + SPACE + "s";
    return ms < 3570000 ? Math.round(ms / 60000) + SPACE + "min" : Math.round(ms / 3600000) + SPACE + "h";
  }

  // 0.3 ms, 24 ms, 1,040 ms
  const milliseconds = (ms) => (known(ms) ? (ms < 100 ? ms.toFixed(1) : size(Math.round(ms))) + SPACE + "ms" : MISSING);

  // A long time, counted up: 0:42, 13 min, 3 h 24 min.
  function span(ms) {
    const minutes = Math.floor(ms / 60000);
    if (minutes < 1) return left(ms);
    return minutes < 60 ? minutes + SPACE + "min" : Math.floor(minutes / 60) + SPACE + "h" + SPACE + minutes % 60 + SPACE + "min";
  }

  // Cash has its sign of money, a table has none; thousands are parted.
  const plain = (value) => (known(value) ? (value < 0 ? MINUS : "") + parted(Math.abs(value), 2) : MISSING);
  const parted = (value, digits) => value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const money = (value) => (known(value) ? (value < 0 ? MINUS : "") + "$" + parted(Math.abs(value), 2) : MISSING);

  // +300, −200, flat
  const shares = (value) => (!known(value) ? MISSING : value === 0 ? "flat" : sign(value) + size(Math.abs(value)));

  // An average has four decimals where it needs them.
  const average = (value) => (known(value) && value > 0 ? value.toFixed(Math.abs(value * 100 - Math.round(value * 100)) < 0.005 && value >= 1 ? 2 : 4) : MISSING);

  const two = (value) => String(value).padStart(2, "0");

  // 0:42, 13:22; from an hour on 5 h 13 min.
  function left(ms) {
    if (!known(ms)) return MISSING;
    const s = Math.max(0, Math.ceil(ms / 1000));
    if (s >= 3600) return Math.floor(s / 3600) + SPACE + "h" + SPACE + Math.floor(s % 3600 / 60) + SPACE + "min";
    return Math.floor(s / 60) + ":" + two(s % 60);
  }

  desk.number = { MISSING, price, mid, spread, basisPoints, milliseconds, span, size, signed, percent, age, left, two, decimals, plain, money, shares, average };
})(window.tickdesk = window.tickdesk || {});
