// Signed out: when the desk says that a login is needed (it ended, or a user was made), the page goes there.
(function (desk) {
  "use strict";
  const NEEDS_LOGIN = 401;

  // `fetch` with a look at what comes back; `leave` is called at most once.
  function watched(fetch, leave) {
    let left = false;
    return async (...asked) => {
      const answer = await fetch(...asked);
      if (answer.status === NEEDS_LOGIN && !left) {
        left = true;
        leave();
      }
      return answer;
    };
  }

  desk.signedOut = { watched };
  window.fetch = watched(window.fetch.bind(window), () => window.location.assign("/login"));
})(window.tickdesk = window.tickdesk || {});
