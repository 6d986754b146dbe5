// The news: headlines as text, newest first. Every word in them is a stranger's; a link opens only what begins with http(s).
(function (desk) {
  "use strict";
  const FIELDS = ["id", "headline", "source", "url", "symbols", "at", "summary"];
  const held = { items: new Map(), mark: 0, only: "all" };
  const box = () => document.getElementById("news");

  const of = (row) => Object.fromEntries(FIELDS.map((name, k) => [name, row[k]]));
  const newestFirst = () => [...held.items.values()].sort((a, b) => b.at - a.at || b.id - a.id);

  function hear(part) {
    if (!part) return;
    Object.assign(held, { mark: part.mark, items: new Map(part.items.map(of).map((item) => [item.id, item])) });
    show();
    desk.chartOverlay.place(desk.chart.state);
  }

  // The address if a browser may open it, else null.
  function link(url) {
    try {
      const parsed = new URL(url);
      return ["http:", "https:"].includes(parsed.protocol) ? parsed.href : null;
    } catch {
      return null;
    }
  }

  const about = (symbol) => newestFirst().filter(({ symbols }) => symbols.includes(symbol));
  const shown = () => (held.only === "all" ? newestFirst() : about(desk.view.current.symbol));

  function make(item) {
    const row = desk.part("div", "news-row");
    row.setAttribute("role", "listitem");
    row.dataset.news = String(item.id);
    row.append(desk.part("span", "age dim"), headline(item), desk.part("span", "source dim", item.source), chips(item.symbols));
    return row;
  }

  function headline({ headline: text, url, summary }) {
    const href = link(url), element = desk.part(href ? "a" : "span", "headline", text);
    if (href) Object.assign(element, { href, target: "_blank", rel: "noopener noreferrer" });
    element.title = summary || text;
    return element;
  }

  function chips(symbols) {
    const all = desk.part("span", "news-chips"), known = new Set(desk.watchlist.all());
    symbols.slice(0, 4).forEach((symbol) => all.append(known.has(symbol) ? chip(symbol) : desk.part("span", "dim micro", symbol)));
    if (symbols.length > 4) all.append(desk.part("span", "dim micro", "+" + (symbols.length - 4)));
    return all;
  }

  function chip(symbol) {
    const button = desk.part("button", "chip", symbol);
    Object.assign(button, { type: "button", ariaLabel: "Show " + symbol });
    button.addEventListener("click", () => desk.view.choose({ symbol }));
    return button;
  }

  // An item that was changed is another row.
  const key = (item) => [item.id, item.headline, item.url].join(" ");

  function show() {
    const items = shown();
    desk.keyed(box().querySelector(".rows"), items, key, make, (row, item) => desk.text(row.firstChild, age(item)));
    box().classList.toggle("none", !items.length);
    box().querySelectorAll("[data-news][aria-pressed]").forEach((each) => each.setAttribute("aria-pressed", String(each.dataset.news === held.only)));
    desk.text(box().querySelector('[data-news="symbol"]'), desk.view.current.symbol || "This symbol");
    desk.tabs.count("news", held.items.size);
  }

  // By the market's clock: a tape's news is as old as the tape says.
  const age = ({ at }) => desk.number.age(desk.clock.now() === null ? null : Math.max(0, desk.clock.now() - at));

  let ticked = 0;
  function tick(now) {
    if (now - ticked < 1000 || !box().offsetParent) return;
    ticked = now;
    show();
  }

  // The tab, with the row of one item in view.
  function open(id) {
    desk.tabs.open("dock", "news");
    show();
    const row = box().querySelector('[data-news="' + id + '"]');
    if (row) { row.scrollIntoView({ block: "nearest" }); row.dataset.flash = "up-a"; }
  }

  function bind() {
    box().querySelector(".seg").addEventListener("click", (event) => {
      const button = event.target.closest("[data-news]");
      if (button) { held.only = button.dataset.news; show(); }
    });
  }

  desk.news = { held, hear, show, tick, open, bind, about, link };
})(window.tickdesk = window.tickdesk || {});
