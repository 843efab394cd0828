// From a case to the previous and the next one of the list it was opened from: [ and ].
// The list leaves its rows in this tab's memory; a case that was opened otherwise has no neighbours.
(() => {
  "use strict";
  const KEY = "closedloop-list";
  const rows = () => [...document.querySelectorAll("[data-row]")];
  const place = document.getElementById("neighbours");

  function leave() {
    const list = { address: location.pathname + location.search, rows: rows().map((row) => row.querySelector("a").pathname) };
    try { sessionStorage.setItem(KEY, JSON.stringify(list)); } catch { /* then without neighbours */ }
  }

  function show() {
    let list = null;
    try { list = JSON.parse(sessionStorage.getItem(KEY)); } catch { /* as if there were none */ }
    const here = list?.rows.indexOf(location.pathname) ?? -1;
    if (here < 0) return;
    document.querySelector(".back a").href = list.address;
    for (const [step, key] of [[-1, "["], [1, "]"]]) {
      const link = place.querySelector(`[data-key="${key}"]`);
      const address = list.rows[here + step];
      if (address) link.href = address;
      else link.remove();
    }
    place.hidden = false;
  }

  if (place) show();
  else if (rows().length) addEventListener("pagehide", leave);
})();
