// New York's wall clock. `wall(ms)` is a Date whose UTC fields read as the time in New York.
(function (desk) {
  "use strict";
  const HOUR = 3600000;
  const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: "America/New_York", hourCycle: "h23",
    year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric",
  });
  const offsets = new Map();

  // Asked of the browser once an hour of market time: the offset changes on full hours only.
  function offset(ms) {
    const hour = Math.floor(ms / HOUR);
    if (!offsets.has(hour)) offsets.set(hour, measured(hour * HOUR));
    return offsets.get(hour);
  }

  function measured(ms) {
    const part = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
    return Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute) - ms;
  }

  const two = (value) => String(value).padStart(2, "0");
  const wall = (ms) => new Date(ms + offset(ms));
  const minute = (ms) => { const at = wall(ms); return two(at.getUTCHours()) + ":" + two(at.getUTCMinutes()); };
  const second = (ms) => minute(ms) + ":" + two(wall(ms).getUTCSeconds());
  const date = (ms) => { const at = wall(ms); return at.getUTCDate() + " " + MONTHS[at.getUTCMonth()]; };
  const day = (ms) => DAYS[wall(ms).getUTCDay()] + " " + date(ms);
  const dayNumber = (ms) => Math.floor((ms + offset(ms)) / (24 * HOUR));

  desk.newYork = { wall, offset, minute, second, date, day, dayNumber };
})(window.tickdesk = window.tickdesk || {});
