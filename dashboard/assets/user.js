// Who is logged in, and what that role may not do. The server decides; this only spares a click that would be refused.
(function (desk) {
  "use strict";
  const root = () => document.documentElement.dataset;
  const isViewer = () => root().role === "viewer";

  // On an open desk everybody is one.
  const isInstructor = () => !root().user || root().role === "instructor";

  // Dash knows the name of the cookie with the page's token; it carries the port that the desk itself listens on.
  function token() {
    const name = JSON.parse(document.querySelector('script[id="_dash-config"]').textContent).csrf_token_name + "=";
    return (document.cookie.split("; ").find((part) => part.startsWith(name)) || "").slice(name.length);
  }

  // The form that a browser without scripts would post.
  function logOut() {
    const form = desk.part("form"), field = desk.part("input");
    Object.assign(form, { method: "post", action: "/logout", hidden: true });
    Object.assign(field, { name: "token", value: token() });
    form.append(field);
    document.body.append(form);
    form.submit();
  }

  // Why this user may send no order, or nothing.
  const lock = () => (isViewer() ? "you are logged in as a viewer, who may look at everything and send nothing." : "");

  function bind() {
    const box = document.getElementById("user"), { user, role } = root();
    box.hidden = !user;
    desk.text(box.querySelector(".name"), user || "");
    desk.text(box.querySelector(".role"), role || "");
    desk.text(document.querySelector(".menu-user .who"), user ? user + ", " + role : "");
    for (const id of ["log-out", "menu-log-out"]) document.getElementById(id).addEventListener("click", logOut);
  }

  desk.user = { bind, lock, isInstructor };
})(window.tickdesk = window.tickdesk || {});
