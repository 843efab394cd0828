// Keys, and a word when live updates stop. Pages work without this file.
//   [data-row]        a row of a list, with a link in it: j and k move between rows
//   [data-key="t"]    what the key does: followed, pressed, or focused when it is a field; several
//                     keys may stand there; the one in the focused row goes before the page's own
(() => {
  "use strict";
  const OFF = "closedloop-keys-off";
  const FIELDS = "input:not([type=checkbox]), textarea, select, [contenteditable]";
  const dialog = document.getElementById("keys");
  const notices = document.getElementById("notice");

  const stored = () => {
    try { return localStorage.getItem(OFF) === "1"; } catch { return false; }
  };
  const store = (off) => {
    try { off ? localStorage.setItem(OFF, "1") : localStorage.removeItem(OFF); } catch { /* as before */ }
  };

  const switchBox = document.getElementById("keys-on");
  switchBox.checked = !stored();
  switchBox.addEventListener("change", () => store(!switchBox.checked));

  function move(step) {
    const rows = [...document.querySelectorAll("[data-row]")];
    if (!rows.length) return;
    const here = rows.indexOf(document.activeElement.closest("[data-row]"));
    const next = here < 0 ? (step > 0 ? 0 : rows.length - 1) : here + step;
    const row = rows[Math.min(Math.max(next, 0), rows.length - 1)];
    row.querySelector("a").focus();
    row.scrollIntoView({ block: "nearest" });
  }

  function act(key) {
    const row = document.activeElement.closest("[data-row]");
    const selector = `[data-key*="${CSS.escape(key)}"]`;
    const target = row?.querySelector(selector) ?? document.querySelector(`main ${selector}:not([data-row] *)`);
    if (!target) return false;
    target.closest("details")?.setAttribute("open", "");
    if (target.matches(`${FIELDS}, fieldset`)) target.focus();
    else target.click();
    return true;
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest(FIELDS) || dialog.open) return;
    if (stored() && event.key !== "?") return;
    if (event.key === "?") dialog.showModal();
    else if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (!/^[a-z[\]/]$/.test(event.key) || !act(event.key)) return;
    event.preventDefault();
  });

  // ── live parts ────────────────────────────────────────────────────────────────────────────
  const clock = () => new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  let latest = clock();
  let lost = false;

  function fell() {
    if (lost) return;
    lost = true;
    document.documentElement.setAttribute("data-lost", "");
    const words = document.createElement("p");
    words.className = "notice warn";
    words.textContent = `No updates since ${latest}, retrying. What you type here is kept.`;
    notices.replaceChildren(words);
  }

  function came() {
    latest = clock();
    if (lost) notices.replaceChildren();
    lost = false;
    document.documentElement.removeAttribute("data-lost");
  }

  // A tab that nobody looks at asks for nothing.
  document.addEventListener("htmx:before:request", (event) => {
    if (document.hidden && event.target.closest("[hx-trigger*=every]")) event.preventDefault();
  });
  document.addEventListener("htmx:error", fell);
  document.addEventListener("live:lost", fell);
  document.addEventListener("live:back", came);
  document.addEventListener("htmx:after:request", (event) => {
    const status = event.detail.ctx?.response?.status ?? event.detail.ctx?.response?.raw?.status;
    if (status >= 500) fell();
    else if (status) came();
  });
  // What a live part shows when the server fails is the last good state, not the failure.
  document.addEventListener("htmx:before:swap", (event) => {
    const status = event.detail.ctx?.response?.raw?.status;
    if (status >= 500) event.preventDefault();
  });
})();
