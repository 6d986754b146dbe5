// The marks: which version the page holds of what changes rarely. What is held already is not sent again.
(function (desk) {
  "use strict";
  desk.marks = () => ({ connection: desk.connection.held.mark, news: desk.news.held.mark, depth: Math.max(desk.ladder.held.mark, 0), indicators: desk.indicators.held() });
})(window.tickdesk = window.tickdesk || {});
