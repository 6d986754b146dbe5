// The look: theme and palette on the page's root. Loaded in the head, before anything is painted, by the desk and by the login;
// Dash does not load it again. Until a theme is chosen the system's is followed.
(function (desk) {
  "use strict";
  const KEY = "tickdesk.look", DEFAULTS = { theme: "system", palette: "green-red" };
  const CHOICES = { theme: ["system", "dark", "light"], palette: ["green-red", "blue-orange", "red-up"] };
  const light = window.matchMedia("(prefers-color-scheme: light)");
  let kept = read();

  // What is not a choice of ours is the default.
  function sane(look) {
    const pick = (name) => (CHOICES[name].includes(look && look[name]) ? look[name] : DEFAULTS[name]);
    return { theme: pick("theme"), palette: pick("palette") };
  }

  function read() {
    try {
      return sane(JSON.parse(localStorage.getItem(KEY)));
    } catch {
      return { ...DEFAULTS }; // a browser that keeps nothing, or keeps something else
    }
  }

  function keep() {
    try {
      localStorage.setItem(KEY, JSON.stringify(kept));
    } catch {
      // it is then forgotten with the page
    }
  }

  const shownTheme = () => (kept.theme === "system" ? (light.matches ? "light" : "dark") : kept.theme);

  function apply() {
    const root = document.documentElement.dataset;
    Object.assign(root, { theme: shownTheme(), bsTheme: shownTheme(), palette: kept.palette });
    document.dispatchEvent(new Event("tickdesk:look"));
  }

  function choose(change) {
    kept = sane({ ...kept, ...change });
    keep();
    apply();
  }

  light.addEventListener("change", apply);
  window.addEventListener("storage", (event) => { if (event.key === KEY) { kept = read(); apply(); } }); // another tab chose
  apply();
  desk.look = { choose, sane, chosen: () => ({ ...kept }), onChange: (act) => document.addEventListener("tickdesk:look", act) };
})(window.tickdesk = window.tickdesk || {});
