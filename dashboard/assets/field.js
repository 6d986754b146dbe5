// A field of the ticket: its text, and what is wrong with it.
(function (desk) {
  "use strict";
  const write = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;

  // As if it were typed: whoever listens to the field hears it.
  function set(entry, value) {
    write.call(entry, value);
    entry.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // What a person means by it; NaN for what is no number. The server reads the text itself.
  const parse = (text) => (/^\d+(\.\d*)?$|^\.\d+$/.test(text.trim()) ? Number(text) : NaN);
  const number = (entry) => parse(entry.value);

  // A select, as if it were chosen.
  function choose(select, value) {
    select.value = value;
    select.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // Several fields of a ticket share one on the page.
  const SHARED = { trail_price: "stop_price", trail_percent: "stop_price", notional: "qty", stop_loss_limit_price: "stop_loss_price" };
  const box = (name) => document.querySelector('[data-error="' + (SHARED[name] || name) + '"]');

  function complain(name, text) {
    const error = box(name);
    if (!error) return false;
    desk.text(error, text);
    error.hidden = !text;
    const frame = error.parentElement;
    frame.classList.toggle("bad", Boolean(text));
    const entry = frame.querySelector("input, select");
    if (entry) entry.setAttribute("aria-invalid", String(Boolean(text)));
    return true;
  }

  const clear = () => document.querySelectorAll("[data-error]").forEach((error) => complain(error.dataset.error, ""));

  desk.field = { set, parse, number, choose, complain, clear };
})(window.tickdesk = window.tickdesk || {});
