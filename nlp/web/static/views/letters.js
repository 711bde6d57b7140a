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
 * `correction`, where letters can be corrected, is `(letter, onEnd) => editor`: see `nlp/web/static/correct.js`.
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
    this.editor = null;
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
    this.onChange();
  }

  onChange() {
    if (this.list === undefined) return;
    this.fillList();
    if (this.session.open !== this.shown) this.openLetter();
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

  choose(key) {
    if (this.editor !== null && !this.editor.mayLeave()) return;
    this.editor?.end();
    this.element.dataset.at = "letter";
    this.shown = null;
    this.session.show(key);
    this.main.querySelector("h2")?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
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

  startCorrecting(letter) {
    sharedCard().hide();
    this.editor = this.correction(letter, (saved) => {
      this.editor = null;
      if (saved === null) this.openLetter();
      else this.session.correct(letter.key, saved.measures, saved.claims);
    });
    const view = new LetterView(letter, this.filter, { editor: this.editor });
    this.editor.attach(view);
    this.put(view);
  }

  put(view) {
    this.view = view;
    const letters = this.session.letters;
    const at = letters.findIndex((one) => one.key === this.session.openKey);
    const step = (label, to) =>
      button(label, () => this.choose(letters[to].key), { class: "link", disabled: letters[to] === undefined });
    const steps = h(
      "nav",
      { class: "top", "aria-label": t("letters") },
      button(`‹ ${t("back_to_list")}`, () => this.toList(), { class: "link to-list" }),
      h("span", { class: "place" }, t("place", { n: at + 1, of: letters.length })),
      h("span", { class: "steps" }, step(t("previous"), at - 1), step(t("next"), at + 1)),
    );
    view.element.querySelector("h2").tabIndex = -1;
    this.main.replaceChildren(steps, view.element);
  }
}
