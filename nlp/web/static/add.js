// The view in which letters are added: pasted, chosen, dropped; and the batches with progress, failures, downloads.

import { ApiError, download, request } from "./api.js";
import { button, h, reveal } from "./dom.js";
import { glossOf } from "./faults.js";
import { filesOfDrop, filesOfInput, isReadable } from "./files.js";
import { byteSize, plainNumber } from "./numbers.js";
import { labelName, t } from "./words.js";

const EXAMPLE = "/static/example.txt";
const DOWNLOADS = {
  xlsx: "results.xlsx",
  csv: "results-csv.zip",
  jsonl: "results.jsonl",
  html: "results-html.zip",
  "label-studio": "label-studio.json",
};

/** The view; `info` is what /api/info says, `onOpen(batch)` shows a batch's letters. */
export class AddView {
  constructor(info, batches, onOpen) {
    this.id = "add";
    this.info = info;
    this.batches = batches;
    this.onOpen = onOpen;
    this.pasted = 0;
    this.element = h("div", { class: "add-view" });
    batches.addEventListener("change", () => this.fillBatches());
    window.addEventListener("dragover", (event) => event.preventDefault()); // a file that misses is not opened instead
    window.addEventListener("drop", (event) => event.preventDefault());
  }

  title() {
    return t("view_add");
  }

  count() {
    return null;
  }

  render() {
    this.message = h("div", { class: "message", role: "alert" });
    this.status = h("p", { class: "unseen", role: "status" });
    this.list = h("ol", { class: "batches" });
    this.heading = h("h2", {}, t("batches"));
    this.element.replaceChildren(
      h("div", { class: "ways" }, this.pasting(), this.choosing()),
      h("p", { class: "promise" }, t("stays_here")),
      this.message,
      this.status,
      h("section", { class: "batch-list" }, this.heading, this.list),
    );
    this.fillBatches();
  }

  pasting() {
    const area = h("textarea", {
      id: "pasted",
      rows: 9,
      placeholder: t("paste_placeholder"),
      "aria-label": t("paste_label"),
      spellcheck: "false",
    });
    area.value = this.element.querySelector("#pasted")?.value ?? "";
    const go = () => {
      if (area.value.trim() === "") {
        area.focus();
        return;
      }
      this.pasted += 1;
      this.sendText(area.value, t("pasted_name", { n: this.pasted }));
    };
    return h(
      "section",
      { class: "panel" },
      h("h2", {}, t("paste_title")),
      area,
      h(
        "div",
        { class: "actions" },
        button(t("annotate"), go, { class: "primary" }),
        button(t("try_example"), () => this.sendExample()),
      ),
    );
  }

  choosing() {
    const { limits, suffixes } = this.info;
    const files = h("input", {
      type: "file",
      id: "files",
      multiple: true,
      accept: suffixes.join(","),
      class: "unseen",
      tabindex: -1,
      "aria-hidden": "true",
    });
    const folder = h("input", {
      type: "file",
      id: "folder",
      webkitdirectory: true,
      class: "unseen",
      tabindex: -1,
      "aria-hidden": "true",
    });
    for (const input of [files, folder]) {
      input.addEventListener("change", () => {
        this.sendFiles(filesOfInput(input));
        input.value = "";
      });
    }
    const zone = h(
      "div",
      {
        class: "drop-zone",
        on: {
          dragover: (event) => {
            event.preventDefault();
            zone.classList.add("over");
          },
          dragleave: () => zone.classList.remove("over"),
          drop: async (event) => {
            event.preventDefault();
            zone.classList.remove("over");
            this.sendFiles(await filesOfDrop(event.dataTransfer));
          },
        },
      },
      h("p", { class: "drop-here" }, t("drop_here")),
      h(
        "div",
        { class: "actions" },
        button(t("choose_files"), () => files.click(), { class: "primary" }),
        button(t("choose_folder"), () => folder.click()),
      ),
      files,
      folder,
    );
    return h(
      "section",
      { class: "panel" },
      h("h2", {}, t("files_title")),
      zone,
      h(
        "p",
        { class: "note" },
        t("accepted", {
          suffixes: suffixes.join(" "),
          size: byteSize(limits.file_bytes),
          files: plainNumber(limits.files),
        }),
      ),
    );
  }

  async sendExample() {
    try {
      await this.sendText(await (await request(EXAMPLE)).text(), t("example_name"));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.say(`${t("example_failed")} ${error.words}`);
    }
  }

  sendText(text, name) {
    return this.send(name, [{ file: new File([text], name, { type: "text/plain" }), path: name }]);
  }

  /** Sends those of the files that can be read, within the server's limits. */
  sendFiles(chosen) {
    const { limits, suffixes } = this.info;
    const files = chosen.filter(({ path }) => isReadable(path, suffixes));
    const size = files.reduce((sum, { file }) => sum + file.size, 0);
    const large = files.find(({ file }) => file.size > limits.file_bytes);
    if (files.length === 0) this.say(t("nothing_usable"));
    else if (files.length > limits.files) this.say(t("too_many", { n: files.length, most: limits.files }));
    else if (large !== undefined)
      this.say(
        t("file_too_large", { name: large.path, size: byteSize(large.file.size), most: byteSize(limits.file_bytes) }),
      );
    else if (size > limits.total_bytes)
      this.say(t("too_large", { size: byteSize(size), most: byteSize(limits.total_bytes) }));
    else {
      const name = files.length === 1 ? files[0].path : t("batch_files", { name: files[0].path, n: files.length });
      this.send(name, files, chosen.length - files.length);
    }
  }

  async send(name, files, leftOut = 0) {
    this.say(leftOut > 0 ? t("left_out", { n: leftOut }) : "");
    const first = this.batches.all.length === 0;
    const sent = this.batches.send(name, files);
    reveal(this.list.firstElementChild, "nearest");
    const batch = await sent;
    if (batch.state === "done" && batch.status.annotated > 0 && first && batch.status.failed === 0) this.onOpen(batch);
  }

  say(message) {
    this.message.textContent = message;
  }

  fillBatches() {
    if (this.list === undefined) return;
    const open = new Set([...this.list.querySelectorAll("details[open]")].map((details) => details.dataset.of));
    const focused = document.activeElement?.dataset?.action;
    this.heading.hidden = this.batches.all.length === 0;
    this.list.replaceChildren(...this.batches.all.map((batch) => this.entry(batch, open)));
    if (focused !== undefined) this.list.querySelector(`[data-action="${CSS.escape(focused)}"]`)?.focus();
    const [newest] = this.batches.all;
    this.status.textContent = newest === undefined ? "" : `${newest.name}: ${stateOf(newest)} ${progressOf(newest)}`;
  }

  entry(batch, open) {
    const { status } = batch;
    const key = batch.id ?? batch.name;
    const done = status === null ? 0 : status.annotated + status.failed;
    const isOver = ["done", "failed", "gone"].includes(batch.state);
    const bar = isOver
      ? null
      : h("progress", {
          max: status?.total || 1,
          value: batch.state === "sending" ? null : done,
          "aria-label": batch.name,
        });
    return h(
      "li",
      { class: `panel batch ${batch.state}` },
      h(
        "div",
        { class: "batch-head" },
        h("b", { class: "batch-name" }, batch.name),
        h("span", { class: "state" }, stateOf(batch)),
        button(t("remove_batch"), () => this.batches.remove(batch), {
          class: "link remove",
          "aria-label": t("remove_batch_for", { name: batch.name }),
          "data-action": `remove ${key}`,
        }),
      ),
      bar,
      h("p", { class: "batch-progress" }, progressOf(batch)),
      batch.error === null ? null : h("p", { class: "warning" }, batch.error),
      batch.shown === 0 ? null : this.actions(batch, key),
      status === null
        ? null
        : [failuresOf(status, open.has("failures"), "failures"), notesOf(status, open.has("notes"), "notes")],
    );
  }

  actions(batch, key) {
    const show = button(t("show_letters"), () => this.onOpen(batch), {
      class: "primary",
      "data-action": `show ${key}`,
    });
    if (batch.state !== "done") return h("div", { class: "actions" }, show);
    const formats = Object.keys(DOWNLOADS).filter((format) => this.info.formats.includes(format));
    const downloads = formats.map((format) =>
      button(labelName("download_as", format), () => this.fetch(batch, format), {
        "data-action": `${format} ${key}`,
        "data-format": format,
      }),
    );
    return h(
      "div",
      { class: "actions" },
      show,
      h(
        "span",
        { class: "downloads", role: "group", "aria-label": t("download") },
        h("span", {}, t("download")),
        downloads,
      ),
    );
  }

  async fetch(batch, format) {
    const name = labelName("download_as", format);
    this.status.textContent = t("preparing", { name });
    try {
      await download(`/api/batch/${batch.id}/download/${format}`, DOWNLOADS[format]);
      this.status.textContent = t("downloaded", { name });
      this.say("");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 404) this.batches.expire(batch);
      else this.say(error.words);
    }
  }
}

function stateOf(batch) {
  if (batch.state === "failed" || batch.state === "gone") return "";
  return t(batch.state);
}

function progressOf(batch) {
  if (batch.wait) return t("busy", { n: batch.wait });
  if (batch.status === null) return "";
  const { annotated, failed, total, characters } = batch.status;
  if (batch.status.state === "done") return t("finished", { annotated, failed, characters: plainNumber(characters) });
  return t("progress", { done: annotated + failed, total, failed });
}

function failuresOf({ failures }, isOpen, key) {
  if (failures.length === 0) return null;
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
  return h(
    "details",
    { class: "failures", open: isOpen || failures.length <= 10, "data-of": key },
    h("summary", {}, t("failures", { n: failures.length })),
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          [t("file"), t("reason"), t("mend")].map((head) => h("th", { scope: "col" }, head)),
        ),
      ),
      h("tbody", {}, rows),
    ),
  );
}

function notesOf({ notes }, isOpen, key) {
  if (notes.length === 0) return null;
  return h(
    "details",
    { class: "notes", open: isOpen, "data-of": key },
    h("summary", {}, t("notes", { n: notes.length })),
    h(
      "ul",
      {},
      notes.map(({ path, note }) => h("li", {}, `${path}: ${note}`)),
    ),
  );
}
