// The ticket: filled in here, checked and sent by the server.
(function (desk) {
  "use strict";
  const REST_MS = 600; // the desk denies the same ticket within 500 ms
  const state = { side: "buy", nonce: null, sentAt: -REST_MS, followed: null };
  const get = (name) => document.getElementById("ticket-" + name);
  const symbol = () => desk.view.current.symbol;

  const form = () => desk.ticketForm.read(state.side);
  const heldQty = () => (desk.trading.positionOf(symbol()) || { qty: 0 }).qty;
  const values = () => ({ ...desk.ticketForm.values(symbol(), state.side), ...desk.bracket.values(form(), heldQty()) });

  const resting = () => desk.action.busy("ticket") || performance.now() - state.sentAt < REST_MS;

  // The mark stays until the answer is there: what is sent again before that is the same order.
  function submit() {
    if (desk.lock.reason() || resting()) return;
    state.nonce = state.nonce || desk.action.nonce();
    desk.action.send("ticket", { ticket: { ...values(), nonce: state.nonce } }, answered);
    state.sentAt = performance.now();
    desk.field.clear();
    say("", "");
    tick();
    setTimeout(tick, REST_MS + 20);
  }

  function answered(answer) {
    if (!answer.lost) state.nonce = null;
    if (answer.errors) refused(answer.errors);
    else if (answer.problem) { say(answer.problem, "bad"); desk.toasts.show(answer.problem, "bad"); }
    else if (answer.order) follow(desk.order.of(answer.order), true);
    tick();
  }

  // Nothing was sent, so nothing has to rest.
  function refused(errors) {
    state.sentAt = -REST_MS;
    complain(errors);
  }

  // Beside the field; what belongs to no field goes below the button.
  function complain(errors) {
    const rest = Object.entries(errors).filter(([name, text]) => !desk.field.complain(name, text)).map(([, text]) => text);
    const first = document.querySelector("[aria-invalid='true']");
    say(rest.join(" ") || "Nothing was sent. Look at the marked field.", "bad");
    if (first) first.focus();
  }

  function say(text, tone) {
    const message = get("message");
    desk.text(message, text);
    message.dataset.tone = tone;
  }

  // The message goes on with the order that was sent last.
  function follow(order, mine = false) {
    const newest = desk.trading.held.orders.get(order.id) || order;
    if (mine) state.followed = order.id;
    if (state.followed === order.id) say(desk.order.words(newest), desk.order.failed(newest) ? "bad" : "ok");
  }

  // What the preview reckons with.
  function now() {
    const { bid, ask, price: last } = desk.quote.held, { account } = desk.trading.held;
    const same = desk.trading.open().filter((order) => order.symbol === symbol() && order.side === state.side);
    const working = same.reduce((sum, order) => sum + desk.order.remaining(order), 0);
    return { bid, ask, last, held: heldQty(), working, power: account ? account[2] : null };
  }

  function tick() {
    const filled = form(), why = desk.lock.reason(), sight = now(), entry = desk.preview.priceOf(filled, sight);
    desk.preview.show(filled, sight);
    desk.bracket.show({ ...filled, qty: desk.preview.sharesOf(filled, entry) }, entry, sight.held, desk.trading.held.account && desk.trading.held.account[0]);
    showLock(why);
    showButton(filled, why);
    showPresets(filled);
  }

  function showLock(why) {
    document.querySelector(".preview").hidden = Boolean(why);
    document.querySelector(".ticket .locked").hidden = !why;
    desk.text(document.querySelector(".ticket .why"), why ? "Locked: " + why[1] : "");
  }

  // What the order waits for, in a few words.
  function at({ type, limit, stop, trail, percent }) {
    const { MISSING, price, size } = desk.number, known = (value) => (value > 0 ? price(value) : MISSING);
    const trailing = trail > 0 ? (percent ? size(trail) + "\u00a0%" : price(trail)) : MISSING;
    return { market: "at market", limit: "at " + known(limit), stop: "stop " + known(stop), stop_limit: "stop " + known(stop), trailing_stop: "trailing " + trailing }[type];
  }

  function showButton(filled, why) {
    const { side, qty, notional } = filled, button = get("submit"), verb = side === "buy" ? "Buy " : "Sell ", { size, money, MISSING } = desk.number;
    const count = notional > 0 ? money(notional) + " of" : qty > 0 ? size(qty) : MISSING;
    const what = desk.bracket.isOn() && desk.bracket.closes(filled, heldQty()) ? "with an exit pair" : at(filled);
    desk.text(button, why ? "Locked" : verb + count + " " + (symbol() || "") + " " + what);
    button.setAttribute("aria-disabled", String(Boolean(why)));
    button.setAttribute("aria-busy", String(resting()));
    button.title = why ? "Locked: " + why[1] : "";
  }

  function showPresets({ qty }) {
    const held = desk.trading.positionOf(symbol());
    document.querySelectorAll(".t-chips .chip").forEach((chip) => {
      const wish = chip.dataset.qty === "close" ? Math.abs(held ? held.qty : 0) : Number(chip.dataset.qty);
      chip.setAttribute("aria-pressed", String(chip.dataset.qty !== "close" && wish === qty));
      if (chip.dataset.qty === "close") chip.setAttribute("aria-disabled", String(!wish));
    });
  }

  function choose(side) {
    state.side = side;
    get("side").dataset.value = side;
    get("side").querySelectorAll("button").forEach((each) => each.setAttribute("aria-pressed", String(each.dataset.value === side)));
    for (const each of ["buy", "sell"]) get("submit").classList.toggle(each, each === side);
    suggestExits();
    tick();
  }

  // A limit begins at our side of the quote: it rests there.
  function chooseType() {
    const { bid, ask } = desk.quote.held;
    desk.ticketForm.suit(symbol());
    desk.ticketForm.show();
    if (desk.ticketForm.uses(get("type").value, "limit") && !get("limit-price").value) setLimit(state.side === "buy" ? bid : ask);
    suggestExits();
    tick();
  }

  const suggestExits = () => desk.bracket.suggest(form(), desk.preview.priceOf(form(), now()), heldQty(), symbol());

  const setType = (type) => desk.field.choose(get("type"), type);
  const priced = (price) => price.toFixed(desk.number.decimals(price, symbol() || ""));
  const setLimit = (price) => { if (price > 0) desk.field.set(get("limit-price"), priced(price)); };
  const setQty = (qty) => { if (qty > 0) desk.field.set(get("qty"), String(qty)); };

  // Close is the other side of what is held, all of it.
  function preset(wish) {
    if (wish !== "close") return setQty(Number(wish));
    const held = desk.trading.positionOf(symbol());
    if (!held || !held.qty) return undefined;
    choose(held.qty > 0 ? "sell" : "buy");
    return setQty(Math.abs(held.qty));
  }

  function peg(name) {
    const { bid, ask } = desk.quote.held;
    setType("limit");
    setLimit({ bid, ask, mid: (bid + ask) / 2 }[name]);
  }

  // A quantity of money has its sign and a percentage its own, and keeps it.
  function step(entry, by) {
    const [, before, digits, after] = /^(\s*\$?)([\d.]*)(\s*%?\s*)$/.exec(entry.value) || [], value = desk.field.parse(digits || "");
    if (entry.disabled || Number.isNaN(value)) return;
    const smallest = desk.ticketForm.step(entry), isPrice = smallest === null, unit = isPrice ? (value < 1 ? 0.0001 : 0.01) : before ? 10 * smallest : smallest;
    const next = value + by * unit;
    if (next <= 0) return;
    desk.field.set(entry, before + (isPrice ? priced(next) : String(Number(next.toFixed(6)))) + after);
  }

  // The limit is a price of one symbol: another symbol begins without one, until its own quote has come.
  function forget() {
    for (const name of ["limit-price", "stop-price"]) desk.field.set(get(name), "");
    desk.bracket.turn(false);
    desk.field.clear();
  }

  function click(event) {
    const button = event.target.closest("button");
    if (!button) return;
    const { qty, peg: name, step: by, value } = button.dataset;
    if (button === get("submit")) submit();
    else if (button === get("bracket")) { desk.bracket.turn(!desk.bracket.isOn()); suggestExits(); tick(); }
    else if (qty) preset(qty);
    else if (name) peg(name);
    else if (by) step(button.parentElement.querySelector("input"), Number(by));
    else if (value) choose(value);
  }

  // A held key counts once.
  function key(event) {
    const entry = event.target.matches("input"), by = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (event.key === "Enter" && event.repeat) event.preventDefault();
    else if (event.key === "Enter" && event.target.matches("input, select")) submit();
    else if (entry && by) { event.preventDefault(); step(event.target, by * (event.shiftKey ? 10 : 1)); }
  }

  function edited(event) {
    const error = event.target.closest(".field") && event.target.closest(".field").querySelector("[data-error]");
    if (error) desk.field.complain(error.dataset.error, "");
    desk.bracket.edited(event.target);
    if (event.target === get("type")) chooseType();
    tick();
  }

  function bind() {
    const panel = document.querySelector(".ticket");
    panel.addEventListener("click", click);
    panel.addEventListener("keydown", key);
    for (const name of ["input", "change"]) panel.addEventListener(name, edited);
    chooseType();
  }

  desk.ticket = { bind, tick, choose, setType, preset, forget, suggest: chooseType, follow, quantity: () => get("qty").value };
})(window.tickdesk = window.tickdesk || {});
