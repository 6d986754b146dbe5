// An action: one question to the desk at a time, over a Store of its own, and what is done with its answer.
(function (desk) {
  "use strict";
  const PATIENCE_MS = 15000; // the desk answers within 12 s, or says that it does not know
  const LOST = "No answer from the desk. Look at your orders before you send again.";
  const open = new Map();
  let count = 0;

  // The page's mark of one ticket. The same mark twice is the same order.
  function nonce() {
    return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  // False while the last question of this name is open: nothing is sent then, and nothing waits to be sent later.
  function send(name, data, done) {
    if (open.has(name)) return false;
    count += 1;
    const question = { n: count, done, timer: setTimeout(() => end(name, { lost: true, problem: LOST }), PATIENCE_MS) };
    open.set(name, question);
    window.dash_clientside.set_props(name + "-ask", { data: { ...data, n: question.n } });
    desk.burst.start();
    return true;
  }

  function hear(name, answer) {
    if (answer && open.has(name) && open.get(name).n === answer.n) end(name, answer);
  }

  function end(name, answer) {
    const question = open.get(name);
    clearTimeout(question.timer);
    open.delete(name);
    question.done(answer);
    desk.burst.start();
  }

  desk.action = { nonce, send, hear, busy: (name) => open.has(name) };
})(window.tickdesk = window.tickdesk || {});
