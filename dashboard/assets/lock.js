// The lock: why no order may open anything now. Close, flatten and cancel are never locked.
(function (desk) {
  "use strict";

  function stale({ state, ageMs, gone, why }) {
    const limitMs = Number(document.querySelector(".app").dataset.staleAfterMs), limit = desk.number.age(limitMs);
    if (gone) return "this page has lost its server. Unlocks by itself when it is back.";
    if (state === "connecting") return "waiting for market data. Unlocks by itself.";
    if (state === "refused") return "the feed refused the connection. Check the keys in .env and start the desk again.";
    if (ageMs !== null && ageMs < limitMs) return lower(why || "The feed is not connected.") + " Unlocks by itself when data is fresh.";
    const old = ageMs === null ? "no market data." : "the last data is " + desk.number.age(ageMs) + " old, the limit is " + limit + ".";
    return old + " Unlocks by itself when data is fresh.";
  }

  const lower = (text) => text.charAt(0).toLowerCase() + text.slice(1);

  // [kind, sentence] by what the server said and what the page sees, or null.
  function judge(verdict, { lock, isOpen }) {
    if (desk.user.lock()) return ["role", desk.user.lock()];
    if (!verdict.believable) return ["stale", stale(verdict)];
    if (!lock) return ["waiting", "waiting for the account."];
    const [kill, why, blocked, breaker] = lock;
    if (kill) return ["kill", "the kill switch is on (" + kill + "). Closing and canceling still work."];
    if (breaker) return ["breaker", lower(breaker) + " Closing and canceling still work."];
    if (blocked) return ["blocked", "the broker has blocked this account."];
    if (why) return ["reconcile", lower(why) + " Unlocks by itself when orders are compared with the broker."];
    return isOpen ? null : ["closed", "the market is closed."];
  }

  const reason = () => judge(desk.freshness.verdict(), desk.trading.held);

  desk.lock = { judge, reason };
})(window.tickdesk = window.tickdesk || {});
