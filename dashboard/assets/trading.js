// What the page holds of the account: its money, positions, orders and fills, and what locks new orders.
(function (desk) {
  "use strict";
  const MOST_FILLS = 500;
  const held = {
    account: null, // [equity, profit of the day, buying power, equity of the day before]
    positions: [], // {symbol, qty, average, last, unrealized, realized, bare}: bare are shares without the exits of their entry
    orders: new Map(), fills: [], // newest order first; {id, symbol, side, qty, price, at}, oldest first
    lock: null, // [who holds the kill switch, why orders wait, whether the broker blocks the account]
    isOpen: true, cursor: null,
  };

  const position = ([symbol, qty, average, last, unrealized, realized, bare]) => ({ symbol, qty, average, last, unrealized, realized, bare });
  const fill = ([id, symbol, side, qty, price, at]) => ({ id, symbol, side, qty, price, at });

  function hear(trade, market) {
    const { account, lock } = trade;
    Object.assign(held, { account, lock, positions: trade.positions.map(position), isOpen: market.is_open });
    if (trade.orders && (trade.orders.whole || trade.orders.rows.length || trade.orders.fills.length)) renew(trade.orders);
    else if (trade.orders) held.cursor = { account: trade.orders.account, change: trade.orders.change };
    show(Boolean(trade.orders && trade.orders.fills.length));
  }

  function renew(orders) {
    const news = take(orders);
    desk.blotter.show(held.orders);
    news.forEach((order) => { desk.ticket.follow(order); desk.toasts.tell(order); });
  }

  // The orders that changed, for those who tell of changes; a whole window is no news.
  function take({ account, change, whole, rows, fills }) {
    if (whole) { held.orders.clear(); held.fills.length = 0; }
    const orders = rows.map(desk.order.of), news = whole ? [] : orders.filter(isNews);
    orders.slice().reverse().forEach((order) => held.orders.set(order.id, order));
    addFills(fills.map(fill));
    held.cursor = { account, change };
    return news;
  }

  function isNews(order) {
    const before = held.orders.get(order.id);
    return !before || before.state !== order.state || before.filled !== order.filled;
  }

  function addFills(fills) {
    const known = new Set(held.fills.map((each) => each.id));
    held.fills.push(...fills.filter((each) => !known.has(each.id)));
    held.fills.splice(0, held.fills.length - MOST_FILLS);
  }

  function show(filled) {
    desk.accountLine.show(held.account);
    desk.killSwitch.show(held.lock[0]);
    desk.positions.show(held.positions);
    desk.waysOut.show();
    desk.chartOrders.update(filled);
    desk.ticket.tick();
    desk.oneClick.tick();
  }

  const open = () => [...held.orders.values()].filter(desk.order.isOpen);
  const positionOf = (symbol) => held.positions.find((each) => each.symbol === symbol) || null;

  desk.trading = { held, hear, open, positionOf };
})(window.tickdesk = window.tickdesk || {});
