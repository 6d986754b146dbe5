// The exits that go with an order. The broker holds them: a bracket round an entry, or a pair (OCO) for what is held.
(function (desk) {
  "use strict";
  const RISK = 0.005, REWARD = 0.01; // what is suggested, as parts of the entry's price
  const state = { on: false, touched: false };
  const get = (name) => document.getElementById("ticket-" + name);
  const find = (css) => document.querySelector(".bracket " + css);
  const texts = () => [get("take-profit").value.trim(), get("stop-loss").value.trim()];

  // An order that only makes the position smaller needs no entry: its two prices are the exits.
  const closes = ({ side, qty }, held) => held * (side === "buy" ? 1 : -1) < 0 && qty <= Math.abs(held);

  // What the ticket says besides its own fields; nothing while it is off.
  function values(form, held) {
    if (!state.on) return {};
    const [gain, loss] = texts(), legs = { ...(gain && { take_profit_price: gain }), ...(loss && { stop_loss_price: loss }) };
    if (closes(form, held)) return { ...legs, order_class: "oco", type: "limit", limit_price: gain };
    return { ...legs, order_class: gain && loss ? "bracket" : "oto" };
  }

  // The exits of a position win where the position wins: as if its entry were made now.
  const mirrored = (form) => ({ ...form, side: form.side === "buy" ? "sell" : "buy" });

  // {risk, reward, ratio} in USD; null where a number is missing.
  function of({ side, qty }, entry, gain, loss) {
    const sign = side === "buy" ? 1 : -1, reward = sign * (gain - entry) * qty, risk = sign * (entry - loss) * qty;
    const known = (value) => (Number.isFinite(value) ? value : null);
    return { risk: known(risk), reward: known(reward), ratio: risk > 0 && reward > 0 ? reward / risk : null };
  }

  function suggest(form, entry, held, symbol) {
    if (!state.on || state.touched || !(entry > 0)) return;
    const { side } = closes(form, held) ? mirrored(form) : form, sign = side === "buy" ? 1 : -1, digits = desk.number.decimals(entry, symbol);
    const set = (name, part) => desk.field.set(get(name), (entry * (1 + part)).toFixed(digits));
    set("take-profit", sign * REWARD);
    set("stop-loss", -sign * RISK);
    state.touched = false;
  }

  // `form`: the ticket; `entry`: what a share would cost; `equity` in USD or null.
  function show(form, entry, held, equity) {
    const out = closes(form, held), [gain, loss] = texts().map(desk.field.parse), sums = of(out ? mirrored(form) : form, entry, gain, loss);
    desk.text(find(".br-word"), out ? "Exit pair" : "Bracket");
    desk.text(find(".note-of"), out ? "one cancels the other" : "the broker holds both");
    desk.text(find(".p-gain"), state.on && sums.reward !== null ? desk.number.signed(sums.reward) : "");
    desk.text(find(".p-loss"), state.on && sums.risk !== null ? desk.number.signed(-sums.risk) : "");
    measure(entry, gain, loss, sums);
    tell(sums, equity);
  }

  function measure(entry, gain, loss, { ratio }) {
    const bar = find(".rr"), shown = state.on && ratio !== null, risk = 100 / (1 + (ratio || 1));
    bar.hidden = !shown;
    if (!shown) return;
    bar.querySelector(".l").style.width = bar.querySelector("b").style.left = risk.toFixed(1) + "%";
    bar.querySelector(".w").style.width = (100 - risk).toFixed(1) + "%";
    const { price } = desk.number, words = [price(loss), "entry " + price(entry), price(gain)];
    bar.querySelectorAll(".rr-lab span").forEach((part, k) => desk.text(part, words[k]));
    bar.setAttribute("aria-label", "Stop " + words[0] + ", " + words[1] + ", target " + words[2]);
  }

  function tell({ risk, ratio }, equity) {
    const { signed, plain, percent } = desk.number, part = equity > 0 && risk > 0 ? percent(risk / equity).replace("+", "") + " of equity" : "";
    document.querySelectorAll(".preview .of-bracket").forEach((row) => { row.hidden = !state.on; });
    const [sum, share] = document.querySelectorAll(".p-risk > *");
    desk.text(sum, risk === null ? desk.number.MISSING : risk < 0 ? signed(-risk) : plain(risk));
    desk.text(share, part);
    desk.text(document.querySelector(".p-reward"), ratio === null ? desk.number.MISSING : ratio.toFixed(2) + " to 1");
  }

  function turn(on) {
    state.on = on;
    state.touched = false;
    get("bracket").setAttribute("aria-checked", String(on));
    find(".br-body").hidden = !on;
    if (!on) ["take-profit", "stop-loss"].forEach((name) => desk.field.set(get(name), ""));
    state.touched = false;
  }

  // A price that somebody wrote is not overwritten by a suggestion.
  const edited = (entry) => { if ([get("take-profit"), get("stop-loss")].includes(entry)) state.touched = true; };

  desk.bracket = { values, of, show, suggest, turn, edited, closes, isOn: () => state.on };
})(window.tickdesk = window.tickdesk || {});
