// Elements that stay the same as long as what they stand for stays: focus and hover outlive every change.
(function (desk) {
  "use strict";

  // `items` in their order in `box`; `make(item)` an element once a key, `write(element, item)` each time.
  desk.keyed = function (box, items, key, make, write) {
    const held = new Map([...box.children].map((element) => [element.dataset.key, element]));
    const elements = items.map((item) => held.get(key(item)) || make(item));
    elements.forEach((element, k) => { element.dataset.key = key(items[k]); write(element, items[k]); });
    desk.table.arrange(box, elements);
  };
})(window.tickdesk = window.tickdesk || {});
