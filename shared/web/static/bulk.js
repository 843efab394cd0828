// Choosing rows: a range with shift, how many, and the choice survives a refresh of the list.
// Without this file the boxes and the form do the same, one box at a time.
(() => {
  "use strict";
  const form = document.getElementById("bulk");
  const words = document.getElementById("chosen");
  if (!form) return;
  const boxes = () => [...document.querySelectorAll("[data-row] input[name=item]")];
  const idOf = (box) => box.value.split(":")[0];
  const chosen = new Set();
  let last = null;

  function show() {
    boxes().forEach((box) => { box.checked = chosen.has(idOf(box)); });
    const n = boxes().filter((box) => box.checked).length;
    form.toggleAttribute("data-some", n > 0 || form.elements.all.checked);
    words.textContent = n ? `With the ${n} chosen:` : "With those chosen:";
  }

  function choose(box, upTo) {
    const all = boxes();
    const [from, to] = [all.findIndex((one) => upTo && idOf(one) === upTo), all.indexOf(box)];
    const range = from < 0 ? [box] : all.slice(Math.min(from, to), Math.max(from, to) + 1);
    range.forEach((one) => (box.checked ? chosen.add(idOf(one)) : chosen.delete(idOf(one))));
    last = idOf(box);
    show();
  }

  document.addEventListener("click", (event) => {
    if (event.target.matches?.("[data-row] input[name=item]")) {
      choose(event.target, event.shiftKey ? last : null);
    }
  });
  document.addEventListener("keydown", (event) => {
    const box = document.activeElement.closest("[data-row]")?.querySelector("input[name=item]");
    if (event.key !== "X" || !box || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.getElementById("keys-on")?.checked === false) return;
    box.checked = true;
    choose(box, last);
    event.preventDefault();
  });
  form.elements.all.addEventListener("change", show);
  document.addEventListener("htmx:after:swap", show);
  show();
})();
