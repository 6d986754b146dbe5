// The kill switch: going on asks nothing, coming off does.
(function (desk) {
  "use strict";
  const NOT_YOU = "An instructor takes the kill switch off.";
  let by = "";
  const button = () => document.getElementById("kill-switch");

  function show(holder) {
    by = holder;
    button().setAttribute("aria-pressed", String(Boolean(by)));
    desk.text(button().lastElementChild, by ? "KILL ON" : "KILL");
  }

  const send = (on) => desk.action.send("kill-switch", { on }, answered);

  function answered(answer) {
    if ("kill" in answer) show(answer.kill);
    if (answer.problem) desk.toasts.show(answer.problem, "bad");
    else desk.toasts.show(by ? "The kill switch is on. New orders are refused; working orders are being canceled." : "The kill switch is off.", "careful");
  }

  function press() {
    if (!by) send(true);
    else if (desk.user.isInstructor()) desk.dialogs.open("kill-dialog");
    else desk.toasts.show(NOT_YOU, "careful");
  }

  // [what happened, what it means, what to do], or null.
  function words() {
    return by && ["The kill switch is on " + by + ".", "New orders are refused. Close, Flatten all and Cancel still work.", desk.user.isInstructor() ? "Press KILL ON to take it off." : NOT_YOU];
  }

  const bind = () => button().addEventListener("click", press);
  desk.killSwitch = { show, bind, press, words, off: () => send(false) };
})(window.tickdesk = window.tickdesk || {});
