// A table whose rows stay the same elements: hover, focus and scroll outlive every change.
(function (desk) {
  "use strict";

  // `columns`: a class for each cell.
  function row(columns) {
    const element = document.createElement("tr"), cells = columns.map((css) => desk.part("td", css));
    element.append(...cells);
    return { element, cells };
  }

  // The rows in this order; those that are not among them go.
  function arrange(body, elements) {
    const focus = document.activeElement;
    elements.forEach((element, k) => { if (body.children[k] !== element) body.insertBefore(element, body.children[k] || null); });
    while (body.children.length > elements.length) body.lastChild.remove();
    if (focus !== document.activeElement && document.contains(focus)) focus.focus({ preventScroll: true });
  }

  // A row of words under another one, for all to read.
  function whyRow(width) {
    const { element, cells: [cell] } = row([""]);
    element.className = "why";
    cell.colSpan = width;
    return element;
  }

  function button(label, testid, act) {
    const element = desk.part("button", "tb xs", label);
    element.type = "button";
    element.dataset.testid = testid;
    element.addEventListener("click", (event) => { event.stopPropagation(); act(element); });
    element.addEventListener("keydown", (event) => { if (event.repeat) event.preventDefault(); });
    return element;
  }

  desk.table = { row, whyRow, arrange, button };
})(window.tickdesk = window.tickdesk || {});
