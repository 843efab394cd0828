// What is typed into a form is kept on the server until it is sent. Pages work without this file.
//   input[name=form][data-draft]   in a form whose draft is kept; its value names the form
//   data-kept, data-at             what was kept, the fields as JSON, and when
// The address is the page's own with /drafts behind; nothing typed and nothing chosen is no draft.
(() => {
  "use strict";
  const AFTER_MS = 600;
  const AGAIN_AFTER_MS = 2000;
  const PATIENCE_MS = 10000;
  const place = `${location.pathname.match(/^\/inbox\/[^/]+/)[0]}/drafts`;

  const isWords = (one) => one.matches("textarea, input:not([type=hidden], [type=checkbox])");
  const isChoice = (one) => one.matches("select") && one.options[0]?.value === "";
  const says = (one) => (isWords(one) && one.value.trim()) || (isChoice(one) && one.value);
  const time = () => new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const tell = (event) => document.dispatchEvent(new Event(event));

  class Draft {
    constructor(mark) {
      this.form = mark.form;
      this.name = mark.value;
      this.timer = 0;
      this.asking = null;
      this.isDirty = false;
      this.line = this.form.appendChild(document.createElement("p"));
      this.line.className = "meta draft";
      this.line.hidden = true;
      if (mark.dataset.kept) this.putBack(JSON.parse(mark.dataset.kept), mark.dataset.at);
      else if (this.hasWords()) this.later();
      this.form.addEventListener("input", () => this.later());
      this.form.addEventListener("submit", () => this.leave());
    }

    fields() {
      return [...this.form.elements].filter((one) => one.name && (isWords(one) || one.matches("select")));
    }

    hasWords() {
      return this.fields().some(says);
    }

    // What the server wrote into the form was typed later than the draft.
    putBack(kept, at) {
      if (!this.hasWords()) {
        for (const one of this.fields()) {
          const value = kept[one.name];
          const fits = !one.options || [...one.options].some((choice) => choice.value === value);
          if (value !== undefined && fits) one.value = value;
        }
        this.form.closest("details")?.setAttribute("open", "");
      }
      this.say(`Draft of ${at}.`, true);
    }

    later(wait = AFTER_MS) {
      this.isDirty = true;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.save(), wait);
    }

    // The form goes, and its words with it.
    leave() {
      this.isDirty = false;
      clearTimeout(this.timer);
      this.asking?.abort();
    }

    request(more) {
      const fields = this.hasWords()
        ? Object.fromEntries(this.fields().map((one) => [one.name, one.value])) : {};
      return fetch(place, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRF-Token": this.form.elements.csrf_token.value },
        body: JSON.stringify({ form: this.name, key: this.form.elements.key.value, fields }),
        ...more,
      });
    }

    // One request at a time, so that the last one that is kept is the last that was typed.
    async save() {
      clearTimeout(this.timer);
      if (this.asking) return;
      this.asking = new AbortController();
      this.isDirty = false;
      try {
        await this.ask(AbortSignal.any([this.asking.signal, AbortSignal.timeout(PATIENCE_MS)]));
      } catch (error) {
        if (error.name === "AbortError") return;
        this.say("Not kept as a draft yet: the server does not answer. It is tried again.", false);
        tell("live:lost");
        this.isDirty = true;
      } finally {
        this.asking = null;
        if (this.isDirty) this.later(AGAIN_AFTER_MS);
      }
    }

    async ask(signal) {
      const answer = await this.request({ signal });
      if (answer.status >= 500) throw new Error(`${answer.status}`);
      tell("live:back");
      if (answer.ok) this.say(this.hasWords() ? `Draft kept, ${time()}.` : "", true);
      else this.say(`Not kept as a draft: ${await this.reason(answer)}`, false);
    }

    async reason(answer) {
      if (answer.status === 401 || answer.status === 403) return "sign in again in another window, then type on.";
      const problem = await answer.json().catch(() => ({}));
      return problem.errors?.[0]?.detail ?? problem.detail ?? `the server answered ${answer.status}.`;
    }

    say(words, canDiscard) {
      this.line.hidden = !words;
      this.line.replaceChildren(words);
      if (!words || !canDiscard) return;
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = "Discard it";
      button.addEventListener("click", () => this.discard());
      this.line.append(" ", button);
    }

    discard() {
      for (const one of this.fields()) {
        if (isWords(one) || isChoice(one)) one.value = "";
      }
      this.fields().find(isWords).focus();
      this.save();
    }

    // Whoever leaves the page leaves nothing behind that was not kept.
    flush() {
      if (!this.isDirty) return;
      clearTimeout(this.timer);
      this.isDirty = false;
      this.request({ keepalive: true }).catch(() => this.later(AGAIN_AFTER_MS));
    }
  }

  const drafts = [...document.querySelectorAll("input[name=form][data-draft]")].map((mark) => new Draft(mark));
  const flush = () => drafts.forEach((draft) => draft.flush());
  addEventListener("pagehide", flush);
  document.addEventListener("visibilitychange", () => { if (document.hidden) flush(); });
  addEventListener("online", flush);
})();
