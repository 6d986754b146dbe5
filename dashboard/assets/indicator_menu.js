// The menu of the indicators: what is shown with its parameters, and what may be added. What is wrong is told beside its field,
// and the chart keeps what it had.
(function (desk) {
  "use strict";
  const opener = () => document.getElementById("indicators"), menu = () => document.getElementById("indicator-menu");
  const find = (css) => menu().querySelector(css);
  const NUMBER = /^\d{1,6}(\.\d{1,4})?$/;

  // What is wrong with a text for a parameter; empty if nothing is.
  function fault(parameter, text) {
    const value = Number(text), right = NUMBER.test(text.trim()) && (parameter.part || Number.isInteger(value));
    return right && value >= parameter.low && value <= parameter.high ? "" : parameter.problem;
  }

  const written = (text) => String(Number(text));

  function field(row, indicator, parameter, k) {
    const label = desk.part("label", "ind-field"), entry = desk.part("input"), error = desk.part("span", "err");
    entry.type = "text";
    entry.inputMode = "decimal";
    entry.autocomplete = "off";
    entry.value = indicator.values[k];
    entry.dataset.testid = "indicator-" + indicator.word + "-" + parameter.name;
    error.setAttribute("role", "alert");
    error.hidden = true;
    label.append(desk.part("span", "dim", parameter.label), entry);
    row.append(label);
    entry.addEventListener("change", () => changed(row, indicator));
    return { parameter, entry, error };
  }

  function make(indicator) {
    const row = desk.part("div", "ind-row"), off = desk.part("button", "tb xs ghost", "×");
    row.dataset.key = indicator.key;
    row.append(desk.part("b", "", indicator.kind.label));
    row.fields = indicator.kind.parameters.map((parameter, k) => field(row, indicator, parameter, k));
    off.type = "button";
    off.setAttribute("aria-label", "Take off " + indicator.name);
    off.dataset.testid = "remove-indicator-" + indicator.key;
    off.addEventListener("click", () => remove(indicator.key));
    row.append(off, ...row.fields.map(({ error }) => error));
    return row;
  }

  function complain({ entry, error }, text) {
    desk.text(error, text);
    error.hidden = !text;
    entry.setAttribute("aria-invalid", String(Boolean(text)));
  }

  function changed(row, { key, word }) {
    const faults = row.fields.map((each) => { const text = fault(each.parameter, each.entry.value); complain(each, text); return text; });
    const next = [word, ...row.fields.map(({ entry }) => written(entry.value))].join(":"), chosen = desk.indicators.chosen();
    if (faults.some(Boolean) || next === key) return;
    if (chosen.includes(next)) { complain(row.fields[0], "It is shown already."); return; }
    desk.indicators.choose(chosen.map((each) => (each === key ? next : each)));
    focus(next, row.fields.findIndex(({ entry }) => entry === document.activeElement));
  }

  // The row was made anew: the field that had the focus has it again.
  function focus(key, k) {
    const row = [...find(".ind-rows").children].find((each) => each.dataset.key === key);
    if (row && row.fields[k]) row.fields[k].entry.focus();
  }

  function say(text) {
    desk.text(find(".ind-problem"), text);
    find(".ind-problem").hidden = !text;
  }

  // Why one more of a kind has no room; empty if it has.
  function full(word) {
    const { kinds, most, panes } = desk.indicators.catalogue(), own = kinds[word].pane === "own";
    if (desk.indicators.chosen().length >= most) return "At most " + most + " indicators: take one off first.";
    return own && desk.indicators.panes().length >= panes ? "At most " + panes + " panes below the chart: take one off first." : "";
  }

  // A second one of a kind begins with the next period that is not there yet.
  function fresh(word) {
    const { parameters } = desk.indicators.catalogue().kinds[word], chosen = desk.indicators.chosen();
    const key = (period) => [word, ...parameters.map((each, k) => (k ? each.default : period))].join(":");
    const periods = parameters.length ? [parameters[0].default, 50, 100, 200, 10, 5] : [""];
    const all = parameters.length ? periods.map(key) : [word];
    return all.find((each) => !chosen.includes(each)) || null;
  }

  function add(word) {
    const next = fresh(word), problem = full(word) || (next ? "" : "It is shown already.");
    say(problem);
    if (!problem) desk.indicators.choose([...desk.indicators.chosen(), next]);
  }

  function remove(key) {
    say("");
    desk.indicators.choose(desk.indicators.chosen().filter((each) => each !== key));
    (find(".ind-row button") || find(".ind-add button")).focus();
  }

  function show() {
    const shown = desk.indicators.shown(), box = find(".ind-rows"), held = new Map([...box.children].map((row) => [row.dataset.key, row]));
    desk.table.arrange(box, shown.map((each) => held.get(each.key) || make(each)));
    find(".ind-none").hidden = shown.length > 0;
    const many = opener().querySelector(".many");
    many.hidden = !shown.length;
    desk.text(many, String(shown.length));
  }

  // The server's word: {key: [parameter or empty, what is wrong]}.
  function refused(problems) {
    for (const [key, [name, text]] of Object.entries(problems)) {
      const row = [...find(".ind-rows").children].find((each) => each.dataset.key === key);
      const mine = row && row.fields.find(({ parameter }) => parameter.name === name);
      if (mine) complain(mine, text);
      else say(text);
    }
  }

  function open(shown) {
    menu().hidden = !shown;
    opener().setAttribute("aria-expanded", String(shown));
    if (shown) (find(".ind-row input") || find(".ind-add button")).focus();
  }

  const outside = (target) => !(target instanceof Element) || !target.closest(".indicators");

  function bind() {
    opener().addEventListener("click", () => open(menu().hidden));
    menu().addEventListener("click", (event) => { const button = event.target.closest("[data-add]"); if (button) add(button.dataset.add); });
    opener().parentElement.addEventListener("keydown", (event) => { if (event.key === "Escape" && !menu().hidden) { event.stopPropagation(); open(false); opener().focus(); } });
    document.addEventListener("pointerdown", (event) => { if (!menu().hidden && outside(event.target)) open(false); });
    show();
  }

  desk.indicatorMenu = { bind, show, refused, fault, fresh, full };
})(window.tickdesk = window.tickdesk || {});
