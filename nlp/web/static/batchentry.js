// One batch in the list: its progress, what failed, what can be downloaded. Brought up to date in place.

import { button, h } from "./dom.js";
import { glossOf } from "./faults.js";
import { plainNumber } from "./numbers.js";
import { labelName, t } from "./words.js";

const FORMATS = ["xlsx", "csv", "jsonl", "report", "html", "label-studio"]; // the most wanted first
const OPEN_UP_TO = 10; // failures that are shown without being asked for

/**
 * The entry of a batch.
 *
 * `formats` are those that the server offers; `hooks`: `open(batch)`, `remove(batch)`, `fetch(batch, format)`.
 */
export class BatchEntry {
  constructor(batch, formats, hooks) {
    this.batch = batch;
    this.formats = FORMATS.filter((format) => formats.includes(format));
    this.hooks = hooks;
    batch.opened ??= {}; // which lists the reader has opened or closed
    this.state = h("span", { class: "state" });
    this.removeButton = button(t("remove_batch"), () => hooks.remove(batch), {
      class: "link remove",
      "aria-label": t("remove_batch_for", { name: batch.name }),
    });
    this.bar = h("progress", { "aria-label": batch.name });
    this.progress = h("p", { class: "batch-progress" });
    this.error = h("p", { class: "warning", hidden: true });
    this.showButton = button(t("show_letters"), () => hooks.open(batch), { class: "primary" });
    this.actions = h("div", { class: "actions", hidden: true }, this.showButton);
    this.downloads = null;
    this.lists = {
      failures: this.listOf("failures", failureTable),
      notes: this.listOf("notes", noteList),
    };
    this.element = h(
      "li",
      { class: "panel" },
      h("div", { class: "batch-head" }, h("b", { class: "batch-name" }, batch.name), this.state, this.removeButton),
      this.bar,
      this.progress,
      this.error,
      this.actions,
      Object.values(this.lists).map(({ element }) => element),
    );
    this.update();
  }

  update() {
    const { batch } = this;
    const { status } = batch;
    this.element.className = `panel batch ${batch.state}`;
    setText(this.state, stateOf(batch));
    this.bar.hidden = ["done", "failed", "gone"].includes(batch.state);
    this.bar.max = status?.total || 1;
    if (batch.state === "sending") this.bar.removeAttribute("value");
    else this.bar.value = status === null ? 0 : status.annotated + status.failed;
    setText(this.progress, progressOf(batch));
    this.error.hidden = batch.error === null;
    setText(this.error, batch.error ?? "");
    this.actions.hidden = batch.shown === 0;
    if (batch.state === "done" && this.downloads === null) {
      this.downloads = this.downloadGroup();
      this.actions.append(this.downloads);
    }
    if (this.downloads !== null) this.downloads.hidden = batch.state === "gone";
    for (const kind of ["failures", "notes"]) this.lists[kind].update(status?.[kind] ?? []);
  }

  downloadGroup() {
    const { batch } = this;
    const one = (format) =>
      button(labelName("download_as", format), () => this.hooks.fetch(batch, format), {
        title: labelName("download_hint", format),
        "data-format": format,
      });
    return h(
      "span",
      { class: "downloads", role: "group", "aria-label": t("download") },
      h("span", {}, t("download")),
      this.formats.map(one),
    );
  }

  /** A list that opens; it is filled anew only where it has grown, and stays as the reader has left it. */
  listOf(kind, contentOf) {
    const { opened } = this.batch;
    const summary = h("summary", {});
    const body = h("div", {});
    const element = h("details", { class: kind, hidden: true }, summary, body);
    let filled = 0;
    summary.addEventListener("click", () => {
      opened[kind] = !element.open; // the click is about to turn it
    });
    const update = (items) => {
      if (items.length === filled) return;
      filled = items.length;
      element.hidden = filled === 0;
      summary.textContent = t(kind, { n: filled });
      body.replaceChildren(contentOf(items));
      element.open = opened[kind] ?? (kind === "failures" && filled <= OPEN_UP_TO);
    };
    return { element, update };
  }
}

/** What a batch is doing, in a word; empty where its error says it. */
export function stateOf(batch) {
  return ["failed", "gone"].includes(batch.state) ? "" : t(batch.state);
}

/** How far a batch is, in words. */
export function progressOf(batch) {
  if (batch.wait) return t("busy", { n: batch.wait });
  if (batch.status === null) return "";
  const { annotated, failed, total, characters } = batch.status;
  if (batch.status.state === "done") return t("finished", { annotated, failed, characters: plainNumber(characters) });
  return t("progress", { done: annotated + failed, total, failed });
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function failureTable(failures) {
  const rows = failures.map(({ path, reason, mend, retryable }) => {
    const gloss = glossOf(reason);
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, path),
      h("td", {}, gloss === null ? reason : [gloss.reason, h("small", {}, reason)]),
      h(
        "td",
        {},
        gloss === null ? (mend ?? "") : [gloss.mend, h("small", {}, mend ?? "")],
        retryable ? h("small", {}, t("retryable")) : null,
      ),
    );
  });
  const heads = [t("file"), t("reason"), t("mend")].map((head) => h("th", { scope: "col" }, head));
  return h("table", {}, h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows));
}

function noteList(notes) {
  return h(
    "ul",
    {},
    notes.map(({ path, note }) => h("li", {}, `${path}: ${note}`)),
  );
}
