// Writing into the page: only what changed, so that nothing is laid out for nothing.
(function (desk) {
  "use strict";
  desk.text = function (element, value) {
    if (element && element.textContent !== value) element.textContent = value;
  };

  // `part("div", "sym", "AMZN")`: an element with a class and a text.
  desk.part = function (name, css = "", text = "") {
    const element = document.createElement(name);
    if (css) element.className = css;
    if (text) element.textContent = text;
    return element;
  };

  desk.direction = function (element, change) {
    element.classList.toggle("up", change > 0);
    element.classList.toggle("down", change < 0);
  };
})(window.tickdesk = window.tickdesk || {});
