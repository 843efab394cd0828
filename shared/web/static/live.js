// A list that the server says has changed asks for itself again.
//   [data-live]   the address of the stream of events `changed`; the element fetches itself by
//                 htmx on `live`. Without this file the list changes when the page is loaded.
(() => {
  "use strict";
  const AGAIN_AFTER_MS = 2000;
  const list = () => document.querySelector("[data-live]");
  if (!list()) return;
  let stream = null;
  let asking = false;
  let stale = false;

  // One question at a time; what changes meanwhile is one more question. A tab that nobody looks
  // at asks when somebody does.
  function refresh() {
    stale = true;
    if (asking || document.hidden) return;
    stale = false;
    asking = true;
    list().dispatchEvent(new CustomEvent("live"));
  }

  // What the server could not answer is asked again.
  document.addEventListener("htmx:error", () => setTimeout(refresh, AGAIN_AFTER_MS));
  document.addEventListener("htmx:after:request", (event) => {
    if (event.detail.ctx?.response?.raw?.status >= 500) setTimeout(refresh, AGAIN_AFTER_MS);
  });
  document.addEventListener("htmx:finally:request", () => {
    asking = false;
    if (stale) refresh();
  });
  document.addEventListener("visibilitychange", () => { if (stale) refresh(); });

  // Whoever stood on a row that has left stands on the one that took its place.
  const rows = () => [...document.querySelectorAll("[data-row]")];
  let stood = null;
  document.addEventListener("htmx:before:swap", () => {
    const here = document.activeElement;
    stood = here.closest("[data-live]") && rows().indexOf(here.closest("[data-row]"));
  });
  document.addEventListener("htmx:after:swap", () => {
    if (stood === null || document.activeElement !== document.body) return;
    const row = rows()[Math.min(stood, rows().length - 1)];
    (row?.querySelector("a") ?? document.getElementById("main")).focus({ preventScroll: true });
  });

  function connect() {
    stream?.close();
    stream = new EventSource(list().dataset.live);
    stream.addEventListener("open", () => document.dispatchEvent(new Event("live:back")));
    stream.addEventListener("changed", refresh);
    stream.addEventListener("error", () => {
      document.dispatchEvent(new Event("live:lost"));
      // A refusal, such as 503, ends a stream for good: begin another.
      if (stream.readyState === EventSource.CLOSED) setTimeout(connect, AGAIN_AFTER_MS);
    });
  }

  connect();
  addEventListener("pagehide", () => stream.close());
  addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
  addEventListener("online", connect);
  addEventListener("offline", () => document.dispatchEvent(new Event("live:lost")));
})();
