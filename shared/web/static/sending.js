// A form that cannot be sent stays as it is and says so. Pages work without this file.
// Once a page has noticed that nobody answers ([data-lost], page.js), a form goes only after its
// address was asked whether it is there: a browser that finds nobody would put a page of its own in
// the place of what was typed.
(() => {
  "use strict";
  const PATIENCE_MS = 5000;
  const isLost = () => document.documentElement.hasAttribute("data-lost") || !navigator.onLine;
  let asked = null;
  let heard = null;

  async function isThere(address) {
    try {
      const answer = await fetch(address, {
        method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS),
      });
      return answer.status < 500;
    } catch {
      return false;
    }
  }

  function say(form, button) {
    const line = document.createElement("p");
    line.className = "notice bad unsent";
    line.setAttribute("role", "alert");
    line.append("Not sent: the server does not answer. What you typed is still here, and nothing is sent by itself. ");
    const again = document.createElement("button");
    again.type = "button";
    again.textContent = "Send it again";
    again.addEventListener("click", () => form.requestSubmit(button));
    line.append(again);
    form.append(line);
    again.focus();
  }

  async function send(form, button) {
    asked = form;
    const isHeard = await isThere(form.getAttribute("action"));
    form.querySelector(".unsent")?.remove();
    if (isHeard) {
      heard = form;
      form.requestSubmit(button);
      heard = null;
    } else say(form, button);
    asked = null;
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form === heard || !isLost()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (form !== asked) send(form, event.submitter);
  }, true);
})();
