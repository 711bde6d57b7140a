// Correcting a letter: marks are changed, removed, added; each step can be undone; the whole is saved as gold.

import { addCaret } from "./caret.js";
import { ApiError } from "./api.js";
import { button, freshId, h, reveal } from "./dom.js";
import { draftOf, faultsOf, History, inOrder } from "./draft.js";
import { glossOfWarning } from "./faults.js";
import { saveGold, savedGold } from "./goldfile.js";
import { keepSelection, MarkForm } from "./markform.js";
import { onOneLine, selectedSpan } from "./text.js";
import { CATEGORIES, t } from "./words.js";

const BEFORE = /^[\s，,。！？!?;；：:、]+/u; // never at a border of a measure
const AFTER = /[\s，,。！？!?;；：:、]+$/u;

/**
 * The editor of a letter; `onEnd(saved)` is called when the reader leaves it, with the gold as it is saved or null.
 *
 * `build()` makes `element` in the language of the moment; `attach(view)` ties it to the view that it then stands in.
 */
export class Editor {
  /** An editor that starts from what was saved of the letter before, where anything was. */
  static async open(letter, onEnd) {
    try {
      return new Editor(letter, onEnd, await savedGold(letter));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const editor = new Editor(letter, onEnd, null);
      editor.note = () => h("p", {}, t("saved_unknown"), error.words);
      return editor;
    }
  }

  constructor(letter, onEnd, saved) {
    this.letter = letter;
    this.onEnd = onEnd;
    this.history = new History(draftOf(letter.result), saved === null ? null : draftOf(saved));
    this.mayReplace = saved !== null; // what is saved is what this draft came from
    this.isSaving = false;
    this.picked = null; // the uid of the mark in the form
    this.selection = null;
    this.warned = false;
    this.note = saved === null ? null : () => h("p", { class: "good" }, t("loaded", { path: saved.path }));
  }

  get draft() {
    return this.history.draft;
  }

  get isDirty() {
    return this.history.changes > 0;
  }

  build() {
    this.message = h("div", { class: "message", role: "alert" });
    this.count = h("span", { class: "note", role: "status" });
    this.saveButton = button(t("save_gold"), () => this.save(this.mayReplace), { class: "primary", name: "save" });
    this.undoButton = button(t("undo"), () => this.undo(), { name: "undo" });
    this.resetButton = button(t("reset"), () => this.step(() => this.history.reset()), { name: "reset" });
    this.leaveButton = button(
      t("leave"),
      () => {
        if (this.mayLeave()) this.end();
      },
      { name: "leave" },
    );
    this.selected = h("p", { class: "selected", role: "status" });
    this.addMeasureButton = button(t("add_measure"), () => this.add("measure"));
    this.addClaimButton = button(t("add_claim"), () => this.add("claim"));
    for (const one of [this.addMeasureButton, this.addClaimButton]) keepSelection(one);
    this.form = new MarkForm({
      set: (fields) => this.set(fields),
      remove: () => this.remove(),
      spanAt: (place) => this.spanAt(place),
      selection: () => this.selection,
      length: () => this.view.points.length,
    });
    this.element = h(
      "div",
      { class: "editor" },
      h("div", { class: "panel-head" }, h("h2", {}, t("correcting")), this.count),
      h("p", { class: "note" }, t("correct_help")),
      this.selected,
      h("div", { class: "actions" }, this.addMeasureButton, this.addClaimButton),
      this.form.element,
      this.message,
      h("div", { class: "actions save" }, this.saveButton, this.undoButton, this.resetButton, this.leaveButton),
    );
    this.say(this.note === null ? null : this.note());
  }

  /** Ties the editor to the view whose text it works on. */
  attach(view) {
    this.view = view;
    addCaret(view.text, () => this.selectionChanged());
    view.element.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && event.target.type !== "text") {
        event.preventDefault();
        this.undo();
      }
    });
    this.refresh();
  }

  /** Opens the form of a mark that was clicked. */
  pick(id) {
    this.warned = false;
    this.show((id[0] === "m" ? this.draft.measures : this.draft.claims)[Number(id.slice(1))].uid);
    this.showPane();
  }

  /** Shows the editor where it does not stand beside the text. */
  showPane() {
    const tabs = this.view.element.querySelector(".tabs");
    if (getComputedStyle(tabs).display !== "none") this.view.tabs.select("measures");
  }

  show(uid) {
    this.picked = uid;
    this.refreshForm();
  }

  selectionChanged() {
    const found = selectedSpan(this.view.text, this.view.points);
    // Leaving the text for a button or a field keeps what was selected.
    if (found === null && !this.view.text.contains(document.activeElement)) return;
    this.selection = found;
    this.showSelection();
  }

  showSelection() {
    const text = this.selection === null ? null : this.spanAt(this.selection).text;
    this.selected.replaceChildren(
      text === null ? t("nothing_selected") : t("selected"),
      text === null ? "" : h("b", {}, onOneLine(text)),
    );
    this.form.allowSelection(text !== null);
    this.addMeasureButton.disabled = text === null;
    this.addClaimButton.disabled = text === null;
  }

  spanAt({ start, end }) {
    return { start, end, text: this.view.points.slice(start, end) };
  }

  /** Adds a mark at the selection. */
  add(kind) {
    if (this.selection === null) return;
    const at = kind === "measure" ? this.withoutBorders(this.selection) : this.selection;
    if (at.start >= at.end) return;
    const span = { ...this.spanAt(at), uid: freshId("span"), score: null };
    const { measures, claims } = this.draft;
    const added =
      kind === "measure"
        ? { measures: inOrder([...measures, { ...span, category: CATEGORIES[0], status: "done" }]), claims }
        : { measures, claims: inOrder([...claims, newClaim(span)]) };
    this.selection = null;
    document.getSelection()?.removeAllRanges();
    this.change(added, span.uid);
    this.form.element.querySelector("input")?.focus({ preventScroll: true });
  }

  withoutBorders({ start, end }) {
    const { text } = this.spanAt({ start, end });
    const first = start + [...(BEFORE.exec(text)?.[0] ?? "")].length;
    return { start: first, end: Math.max(first, end - [...(AFTER.exec(text)?.[0] ?? "")].length) };
  }

  /** Takes the mark in the form away. */
  remove() {
    const without = (spans) => spans.filter(({ uid }) => uid !== this.picked);
    this.change({ measures: without(this.draft.measures), claims: without(this.draft.claims) }, null);
    this.undoButton.focus();
  }

  /** Changes fields of the mark in the form. */
  set(fields) {
    const edit = (spans) =>
      inOrder(spans.map((span) => (span.uid === this.picked ? { ...span, ...fields, score: null } : span)));
    this.change({ measures: edit(this.draft.measures), claims: edit(this.draft.claims) });
  }

  /** Goes over to another draft; `uid` is the mark in the form from then on. */
  change(draft, uid = this.picked) {
    this.picked = uid;
    this.step(() => this.history.change(draft));
  }

  undo() {
    this.step(() => this.history.undo());
  }

  step(go) {
    go();
    this.warned = false;
    this.note = null;
    this.say(null);
    this.refresh();
  }

  refresh() {
    const stop = this.view.text.contains(document.activeElement) ? document.activeElement.dataset.stop : undefined;
    this.view.update({ ...this.letter, result: { ...this.letter.result, ...this.draft } });
    if (stop !== undefined) (this.view.stops.find((one) => one.dataset.stop === stop) ?? this.view.text).focus();
    const { changes, canUndo, canReset } = this.history;
    const focused = document.activeElement;
    this.undoButton.disabled = !canUndo;
    this.resetButton.disabled = !canReset;
    if ([this.undoButton, this.resetButton].includes(focused) && focused.disabled) this.leaveButton.focus();
    this.count.textContent = changes === 0 ? "" : t("changes", { n: changes });
    this.refreshForm();
  }

  refreshForm() {
    const found = this.history.find(this.picked);
    this.form.show(found);
    this.view.point(found === null ? null : `${found.kind[0]}${found.number}`);
    this.showSelection();
  }

  say(...content) {
    this.message.replaceChildren(...content.filter((part) => part !== null));
  }

  /** Saves the draft; `replace` writes over what was saved before. */
  async save(replace) {
    if (this.isSaving) return;
    const faults = faultsOf(this.draft);
    if (faults.length > 0) {
      this.say(h("p", {}, t("to_mend")), list(faults.map((fault) => this.faultLink(fault))));
      reveal(this.message, "nearest");
      return;
    }
    const { draft } = this;
    this.setSaving(true);
    try {
      const { path, warnings } = await saveGold(this.letter, draft, replace);
      this.history.saved = draft;
      this.mayReplace = true;
      this.say(
        h("p", { class: "good" }, t("saved", { path })),
        warnings.length === 0 ? null : h("p", {}, t("saved_warnings")),
        warnings.length === 0 ? null : list(warnings.map(glossOfWarning)),
      );
      this.refresh();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const saved = error.status === 409 && !replace ? await savedGold(this.letter).catch(() => null) : null;
      this.say(h("p", {}, t("save_failed"), error.words), saved === null ? null : this.earlier(saved));
    } finally {
      this.setSaving(false);
    }
  }

  setSaving(isSaving) {
    const hadFocus = document.activeElement === this.saveButton;
    this.isSaving = isSaving;
    this.saveButton.disabled = isSaving;
    this.saveButton.textContent = t(isSaving ? "saving" : "save_gold");
    if (isSaving && hadFocus) this.focusAfter = true;
    if (!isSaving && this.focusAfter && [document.body, this.saveButton].includes(document.activeElement))
      this.saveButton.focus();
    if (!isSaving) this.focusAfter = false;
  }

  faultLink({ uid, kind, number, fault }) {
    const { text } = this.history.find(uid).span;
    const words = `${t(`${kind}_n`, { n: number + 1 })} ${onOneLine(text).slice(0, 16)}: ${t(fault)}`;
    return button(words, () => this.show(uid), { class: "link" });
  }

  /** What can be done where another correction of the letter is saved; loading it is a step that can be undone. */
  earlier(saved) {
    const load = () => {
      this.history.saved = draftOf(saved);
      this.mayReplace = true;
      this.change(this.history.saved, null);
      this.say(h("p", { class: "good" }, t("loaded", { path: saved.path })));
    };
    return h(
      "div",
      { class: "actions" },
      button(t("load_saved"), load, { name: "load" }),
      button(t("replace"), () => this.save(true), { name: "replace" }),
    );
  }

  /** Whether the reader may go: asks once where something is not saved. */
  mayLeave() {
    if (!this.isDirty || this.warned) return true;
    this.warned = true;
    this.showPane();
    this.say(h("p", {}, t("unsaved", { n: this.history.changes })));
    reveal(this.message, "nearest");
    return false;
  }

  end() {
    const { saved } = this.history;
    this.onEnd(saved === null ? null : { measures: saved.measures, claims: saved.claims });
  }
}

/** A claim at a span with a first guess of its number and unit: the reader looks at it, and the server checks it. */
function newClaim(span) {
  const found = /^(\d[\d,]*(?:\.\d+)?)([万亿]?)[余多]?(.*)$/su.exec(span.text);
  const factor = { 万: 10_000, 亿: 100_000_000, "": 1 }[found?.[2] ?? ""];
  const value = found === null ? NaN : Number((Number(found[1].replaceAll(",", "")) * factor).toPrecision(15));
  const unit = found === null ? "" : onOneLine(found[3]);
  const rest = { metric: null, period: null, direction: null, basis: null, measure: null };
  return { ...span, type: "count", value, unit, value_max: null, approx: null, ...rest };
}

function list(items) {
  return h(
    "ul",
    {},
    items.map((item) => h("li", {}, item)),
  );
}
