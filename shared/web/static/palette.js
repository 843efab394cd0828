// Ctrl+K: everything that this page can do or open, found by typing. Pages work without this file.
//   [data-command]   is an entry: its text, or the attribute's when that has words; followed,
//                    pressed, or focused when it is a field
//   The other entries are what the page shows anyway: its navigation, and what `?` says of keys.
// The combobox with a list of the ARIA Authoring Practices Guide.
(() => {
  "use strict";
  const dialog = document.getElementById("palette");
  if (!dialog) return;
  const [words, list, found] = ["words", "list", "found"].map((part) => document.getElementById(`palette-${part}`));
  const FIELDS = "input:not([type=checkbox]), textarea, select, fieldset";
  const plain = (text) => text.normalize("NFKC").toLocaleLowerCase();
  const line = (text) => text.replace(/\s+/g, " ").trim();
  let opener = null;
  let entries = [];
  let chosen = -1;

  // ── what there is ─────────────────────────────────────────────────────────────────────────
  // What is hidden, such as the bar of a telephone, is no entry; what is folded away is.
  const isThere = (element) => !element.disabled && !element.closest("[hidden]")
    && (element.closest("details:not([open])") || element.getClientRects().length > 0);

  function said(element) {
    const copy = element.cloneNode(true);
    copy.querySelectorAll(".n").forEach((count) => count.remove());
    return line(element.dataset.command || copy.textContent);
  }

  function targetOf(key) {
    const selector = `[data-key*="${CSS.escape(key)}"]`;
    return opener?.closest("[data-row]")?.querySelector(selector)
      ?? document.querySelector(`main ${selector}:not([data-row] *)`);
  }

  function keyed() {
    return [...document.querySelectorAll("#keys .keys > div")].flatMap((entry) => {
      const keys = [...entry.querySelectorAll("kbd")];
      const target = keys.length === 1 && targetOf(keys[0].textContent);
      return target ? [{ target, text: line(entry.querySelector("dd").textContent), key: keys[0].textContent, kind: "Do" }] : [];
    });
  }

  const linked = (selector, kind) => [...document.querySelectorAll(selector)]
    .map((target) => ({ target, text: said(target), kind }));

  function gathered() {
    const seen = new Set();
    return [
      ...keyed(),
      ...linked("main [data-command]", "Do"),
      ...linked("main nav .views a[href]", "View"),
      ...linked(".top nav a[href]", "Page"),
      { target: document.getElementById("keys"), text: "Keys and help", key: "?", kind: "Help" },
    ].filter(({ target, kind }) => {
      const isNew = !seen.has(target) && (kind === "Help" || isThere(target));
      seen.add(target);
      return isNew;
    });
  }

  // ── the list ──────────────────────────────────────────────────────────────────────────────
  function option(entry, at) {
    const item = document.createElement("li");
    item.id = `palette-${at}`;
    item.role = "option";
    const text = document.createElement("bdi");
    text.textContent = entry.text;
    const kind = document.createElement("span");
    kind.className = "meta";
    kind.textContent = entry.kind;
    item.append(text, " ", kind);
    if (entry.key) {
      const key = document.createElement("kbd");
      key.textContent = entry.key;
      key.setAttribute("aria-hidden", "true");
      item.append(" ", key);
    }
    item.addEventListener("click", () => act(entry));
    return item;
  }

  function choose(at) {
    const items = [...list.children];
    chosen = items.length ? (at + items.length) % items.length : -1;
    items.forEach((item, place) => item.setAttribute("aria-selected", String(place === chosen)));
    items[chosen]?.scrollIntoView({ block: "nearest" });
    if (chosen < 0) words.removeAttribute("aria-activedescendant");
    else words.setAttribute("aria-activedescendant", items[chosen].id);
  }

  let shown = [];
  function show() {
    const wanted = plain(words.value).split(/\s+/);
    shown = entries.filter((entry) => wanted.every((word) => plain(`${entry.text} ${entry.kind}`).includes(word)));
    list.replaceChildren(...shown.map(option));
    list.hidden = !shown.length;
    words.setAttribute("aria-expanded", String(shown.length > 0));
    found.textContent = shown.length ? `${shown.length} of ${entries.length}` : "Nothing here is called so.";
    choose(0);
  }

  // ── opening, acting, closing ──────────────────────────────────────────────────────────────
  function open() {
    opener = document.activeElement === document.body ? null : document.activeElement;
    entries = gathered();
    words.value = "";
    dialog.showModal();
    show();
  }

  function act({ target }) {
    dialog.close();
    if (target.matches("dialog")) target.showModal();
    else {
      target.closest("details")?.setAttribute("open", "");
      if (target.matches(FIELDS)) target.focus();
      else target.click();
    }
  }

  // The browser gives the focus back to where it was. That may be gone, or have been nowhere.
  dialog.addEventListener("close", () => {
    const here = document.activeElement;
    if (here === document.body || dialog.contains(here)) document.getElementById("main").focus({ preventScroll: true });
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });

  words.addEventListener("input", show);
  words.addEventListener("keydown", (event) => {
    if (event.isComposing) return; // Enter ends a syllable, it does not act
    if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen - 1);
    else if (event.key === "Enter" && shown[chosen]) act(shown[chosen]);
    else if (event.key !== "Enter") return;
    event.preventDefault();
  });

  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || event.key.toLowerCase() !== "k") return;
    if (document.getElementById("keys-on")?.checked === false) return;
    if (document.querySelector("dialog[open]:not(#palette)")) return;
    event.preventDefault();
    if (dialog.open) dialog.close();
    else open();
  });
})();
