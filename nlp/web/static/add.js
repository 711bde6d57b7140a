// The view in which letters are added: pasted, chosen, dropped; and the batches with progress, failures, downloads.

import { ApiError, download, request } from "./api.js";
import { BatchEntry, progressOf, stateOf } from "./batchentry.js";
import { button, h, reveal } from "./dom.js";
import { filesOfDrop, filesOfInput, isReadable } from "./files.js";
import { byteSize, plainNumber } from "./numbers.js";
import { labelName, t } from "./words.js";

const EXAMPLE = "/static/example.txt";
const CONTAINERS = [".zip", ".jsonl"]; // hold several letters: the limit of one letter is not theirs
const LONGEST_NAME = 40; // characters

/**
 * The view; `info` is what /api/info says, `onOpen(batch)` shows the letters of one, `mayRemove(batch)` says if it may
 * go, or asks the reader first.
 */
export class AddView {
  constructor(info, batches, { onOpen, mayRemove }) {
    this.id = "add";
    this.info = info;
    this.batches = batches;
    this.onOpen = onOpen;
    this.entries = new Map(); // by batch
    this.hooks = {
      open: onOpen,
      remove: (batch) => {
        if (mayRemove(batch)) batches.remove(batch);
      },
      fetch: (batch, format) => this.fetch(batch, format),
    };
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
    this.entries.clear(); // their words are of the other language
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
      this.sendText(area.value, pastedName(area.value));
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
          total: byteSize(limits.total_bytes),
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
    this.say("");
    return this.send(name, [{ file: new File([text], name, { type: "text/plain" }), path: name }]);
  }

  /** Sends those of the files that can be read, within the server's limits; what is left out is named. */
  sendFiles(chosen) {
    const { limits, suffixes } = this.info;
    const readable = chosen.filter(({ path }) => isReadable(path, suffixes));
    const isTooLarge = ({ file, path }) =>
      file.size > limits.file_bytes && !CONTAINERS.some((suffix) => path.toLowerCase().endsWith(suffix));
    const files = readable.filter((one) => !isTooLarge(one));
    const size = files.reduce((sum, { file }) => sum + file.size, 0);
    const left = readable
      .filter(isTooLarge)
      .map(({ file, path }) =>
        t("file_too_large", { name: path, size: byteSize(file.size), most: byteSize(limits.file_bytes) }),
      );
    if (chosen.length > readable.length && readable.length > 0)
      left.push(t("left_out", { n: chosen.length - readable.length }));
    if (readable.length === 0) this.say(t("nothing_usable"));
    else if (files.length > limits.files) this.say(t("too_many", { n: files.length, most: limits.files }));
    else if (size > limits.total_bytes)
      this.say(t("too_large", { size: byteSize(size), most: byteSize(limits.total_bytes) }));
    else {
      this.say(left.join(" "));
      if (files.length === 0) return;
      this.send(files.length === 1 ? files[0].path : t("batch_files", { name: files[0].path, n: files.length }), files);
    }
  }

  async send(name, files) {
    const first = this.batches.all.length === 0;
    const sent = this.batches.send(name, files);
    reveal(this.list.firstElementChild, "nearest");
    const batch = await sent;
    if (batch.state === "done" && batch.status.annotated > 0 && first && batch.status.failed === 0) this.onOpen(batch);
  }

  say(message) {
    this.message.textContent = message;
  }

  /** Brings the list of batches up to date, entry by entry: what has not changed stays, and so does the focus. */
  fillBatches() {
    if (this.list === undefined) return;
    const { all } = this.batches;
    this.heading.hidden = all.length === 0;
    for (const [batch, entry] of this.entries) {
      if (all.includes(batch)) continue;
      const hadFocus = entry.element.contains(document.activeElement);
      entry.element.remove();
      this.entries.delete(batch);
      if (hadFocus) (this.list.querySelector(".remove") ?? this.element.querySelector("#pasted")).focus();
    }
    all.forEach((batch, i) => {
      const entry = this.entries.get(batch) ?? new BatchEntry(batch, this.info.formats, this.hooks);
      this.entries.set(batch, entry);
      entry.update();
      if (this.list.children[i] !== entry.element) this.list.insertBefore(entry.element, this.list.children[i] ?? null);
    });
    const [newest] = all;
    const status = newest === undefined ? "" : `${newest.name}: ${stateOf(newest)} ${progressOf(newest)}`;
    if (this.status.textContent !== status) this.status.textContent = status;
  }

  async fetch(batch, format) {
    const name = labelName("download_as", format);
    this.status.textContent = t("preparing", { name });
    try {
      await download(`/api/batch/${batch.id}/download/${format}`);
      this.status.textContent = t("downloaded", { name });
      this.say("");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 404) this.batches.expire(batch);
      else this.say(error.words);
    }
  }
}

/** What pasted text is called: by its first line, else by the time. */
function pastedName(text) {
  const line = text.trim().split(/[\r\n\v\f\x85\u2028\u2029]/, 1)[0];
  const name = [...line.replace(/[\\/:*?"<>|\x00-\x1f\x7f]+/g, " ").trim()].slice(0, LONGEST_NAME).join("").trim();
  if (/\p{L}/u.test(name) && !name.startsWith(".") && !name.startsWith("~$")) return `${name}.txt`;
  const two = (number) => String(number).padStart(2, "0");
  const now = new Date();
  const day = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join("-");
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join("-");
  return t("pasted_name", { day, time });
}
