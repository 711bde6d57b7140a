// The list of letters and the open one.

import { button, h, reveal } from "../dom.js";
import { headingOf, pathOf } from "../text.js";
import { t } from "../words.js";
import { stackedBar } from "./bars.js";
import { sharedCard } from "./card.js";
import { countsOf } from "./counts.js";
import { Filter } from "./filters.js";
import { LetterView } from "./letter.js";

const LIST_STEP = 200; // letters that are listed at a time
const SEARCH_FROM = 8; // letters from which on a search is of use

/**
 * The view of the letters of a session.
 *
 * `correction`, where letters can be corrected, is `async (letter, onEnd) => editor`: see `nlp/web/static/correct.js`. While
 * there is an editor, the open letter stays in it, whatever comes in the meantime.
 */
export class LettersView {
  constructor(session, correction = null) {
    this.id = "letters";
    this.session = session;
    this.correction = correction;
    this.filter = new Filter();
    this.words = "";
    this.listed = LIST_STEP;
    this.editor = null;
    this.shown = null; // the letter that the element on the right is for
    this.element = h("div", { class: "letters-view" });
    session.addEventListener("change", () => this.onChange());
  }

  title() {
    return t("view_letters");
  }

  count() {
    return this.session.letters.length;
  }

  /** Builds everything anew, as after a change of language. */
  render() {
    this.shown = null;
    this.list = h("ol", { class: "letter-list" });
    this.more = h("div", { class: "more" });
    const search = h("input", {
      type: "search",
      "aria-label": t("find_letter"),
      placeholder: t("find_letter"),
      value: this.words,
      on: {
        input: () => {
          this.words = search.value;
          this.listed = LIST_STEP;
          this.fillList();
        },
      },
    });
    this.search = h("div", { class: "search" }, search);
    this.found = h("p", { class: "found", role: "status" });
    this.nav = h(
      "nav",
      { class: "list", "aria-label": t("letter_list") },
      this.search,
      this.found,
      this.list,
      this.more,
    );
    this.main = h("div", { class: "open-letter" });
    this.element.replaceChildren(this.nav, this.main);
    if (this.editor !== null) this.showEditor();
    this.onChange();
  }

  onChange() {
    if (this.list === undefined) return;
    this.fillList();
    if (this.editor === null && this.session.open !== this.shown) this.openLetter();
    this.fillSteps();
  }

  fillList() {
    const found = this.session.find(this.words);
    const longest = Math.max(1, ...this.session.letters.map((letter) => letter.result.measures.length));
    this.search.hidden = this.session.letters.length < SEARCH_FROM;
    this.found.textContent =
      found.length === 0
        ? t(this.session.letters.length === 0 ? "no_letters" : "no_letters_found")
        : t("letters_found", { n: found.length });
    this.list.replaceChildren(...found.slice(0, this.listed).map((letter) => this.entry(letter, longest)));
    const left = Math.min(LIST_STEP, found.length - this.listed);
    this.more.replaceChildren(
      ...(left > 0
        ? [
            button(t("more_letters", { n: left }), () => {
              this.listed += LIST_STEP;
              this.fillList();
            }),
          ]
        : []),
    );
  }

  entry(letter, longest) {
    const { measures, claims } = letter.result;
    const current = letter.key === this.session.openKey;
    return h(
      "li",
      {},
      button(
        [
          h("span", { class: "name" }, headingOf(letter)),
          h("small", {}, pathOf(letter), letter.corrected ? h("span", { class: "badge" }, t("corrected")) : null),
          stackedBar(countsOf(letter.result), longest),
          h("small", {}, t("counts", { measures: measures.length, claims: claims.length })),
        ],
        () => this.choose(letter.key),
        { class: "entry", "aria-current": current ? "true" : null },
      ),
    );
  }

  /** Opens a letter; false where the reader is first asked about an unsaved correction, and it was not opened. */
  choose(key) {
    if (!this.leave()) return false;
    this.element.dataset.at = "letter";
    this.shown = null;
    this.session.show(key);
    this.main.querySelector("h2")?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
    return true;
  }

  /** Ends the correction, where there is one; false where the reader is asked first, and it goes on. */
  leave() {
    if (this.editor === null) return true;
    this.element.dataset.at = "letter"; // where its question is seen
    if (!this.editor.mayLeave()) return false;
    this.editor.end();
    return true;
  }

  /** Shows the list on a narrow screen. */
  toList() {
    this.element.dataset.at = "list";
    const entry = this.list.querySelector("[aria-current]");
    if (entry !== null) {
      entry.focus({ preventScroll: true });
      reveal(entry);
    }
  }

  openLetter() {
    const letter = this.session.open;
    this.shown = letter;
    this.view = null;
    sharedCard().hide();
    if (letter === null) {
      this.main.replaceChildren(h("p", { class: "none empty" }, t("no_letters")));
      return;
    }
    const correct =
      this.correction === null ? null : button(t("correct"), () => this.startCorrecting(letter), { class: "correct" });
    this.put(new LetterView(letter, this.filter, { toolbar: correct }));
  }

  /** Goes to a mark of the open letter. */
  pointAt(id) {
    this.view?.goToText(id);
  }

  async startCorrecting(letter) {
    sharedCard().hide();
    const start = this.main.querySelector(".correct");
    start.disabled = true;
    let editor;
    try {
      editor = await this.correction(letter, (saved) => this.endCorrecting(letter, saved));
    } finally {
      start.disabled = false;
    }
    if (this.editor !== null || this.shown !== letter) return; // the reader has gone on
    this.editor = editor;
    this.showEditor();
    this.view.text.focus({ preventScroll: true });
  }

  showEditor() {
    const { editor } = this;
    this.shown = this.session.open;
    editor.build();
    const view = new LetterView(editor.letter, this.filter, { editor });
    this.put(view);
    editor.attach(view);
  }

  endCorrecting(letter, saved) {
    this.editor = null;
    if (saved === null) this.openLetter();
    else this.session.correct(letter.key, saved.measures, saved.claims);
    this.main.querySelector(".correct")?.focus({ preventScroll: true });
  }

  put(view) {
    this.view = view;
    this.place = h("span", { class: "place" });
    this.steps = [
      button(t("previous"), () => this.step(-1), { class: "link" }),
      button(t("next"), () => this.step(1), { class: "link" }),
    ];
    const top = h(
      "nav",
      { class: "top", "aria-label": t("letters") },
      button(`‹ ${t("back_to_list")}`, () => this.toList(), { class: "link to-list" }),
      this.place,
      h("span", { class: "steps" }, this.steps),
    );
    view.element.querySelector("h2").tabIndex = -1;
    this.main.replaceChildren(top, view.element);
    this.fillSteps();
  }

  /** Says which of the letters is open; more may have come. */
  fillSteps() {
    if (this.view === null || this.view === undefined) return;
    const { letters } = this.session;
    const at = this.at();
    this.place.textContent = t("place", { n: at + 1, of: letters.length });
    this.steps[0].disabled = letters[at - 1] === undefined;
    this.steps[1].disabled = letters[at + 1] === undefined;
  }

  at() {
    return this.session.letters.findIndex((letter) => letter.key === this.session.openKey);
  }

  step(by) {
    this.choose(this.session.letters[this.at() + by].key);
  }
}
