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
