// The card that says what a mark is: beside it on a wide screen, at the foot of a narrow one.

import { button, h } from "../dom.js";
import { changeOf, claimReading, claimValue, scoreText } from "../numbers.js";
import { daysOf, onOneLine } from "../text.js";
import { CATEGORY_CLASSES, labelName, measureLabel, t } from "../words.js";

const LINGER = 250; // milliseconds in which the pointer may go from a mark to its card

/** A card in the document; one at a time is shown. */
class Card {
  constructor() {
    this.element = h("div", {
      class: "card",
      id: "card",
      role: "tooltip",
      hidden: true,
      on: { pointerenter: () => this.stay(), pointerleave: () => this.leave() },
    });
    this.timer = 0;
    this.anchor = null;
    this.onHide = () => {};
    document.body.append(this.element);
    document.addEventListener("scroll", () => this.place(), { capture: true, passive: true });
  }

  /** Shows `content` at an element; `onHide` is called when it goes. */
  show(anchor, content, onHide = () => {}) {
    this.stay();
    this.anchor = anchor;
    this.onHide = onHide;
    this.element.replaceChildren(...[content].flat());
    this.element.hidden = false;
    this.place();
  }

  /** Stands at its element, wherever that has been scrolled to; goes where it is out of sight. */
  place() {
    if (this.element.hidden) return;
    const box = this.anchor.getClientRects()[0];
    if (box === undefined || box.bottom < 0 || box.top > document.documentElement.clientHeight) {
      this.hide();
      return;
    }
    const [width, height] = [this.element.offsetWidth, this.element.offsetHeight];
    const left = Math.min(Math.max(8, box.left), Math.max(8, document.documentElement.clientWidth - width - 8));
    const below = box.bottom + 8 + height < document.documentElement.clientHeight;
    const top = below ? box.bottom + 8 : Math.max(8, box.top - height - 8);
    this.element.style.setProperty("--left", `${left}px`);
    this.element.style.setProperty("--top", `${top}px`);
  }

  stay() {
    clearTimeout(this.timer);
  }

  /** Goes in a moment, unless the pointer comes back. */
  leave() {
    this.stay();
    this.timer = setTimeout(() => this.hide(), LINGER);
  }

  hide() {
    this.stay();
    if (this.element.hidden) return;
    this.element.hidden = true;
    this.onHide();
  }
}

/** Tells what a mark is, as the content of a card; `onRow` leads to its row in the table. */
export function markNote(result, id, onRow) {
  const number = Number(id.slice(1));
  const measure = id[0] === "m" ? result.measures[number] : null;
  const content = measure === null ? claimNote(result, number) : measureNote(measure, number);
  return [...content, button(t("in_table"), onRow, { class: "link to-row" })];
}

function measureNote(measure, number) {
  return [
    h(
      "p",
      { class: `card-head ${CATEGORY_CLASSES[measure.category]}` },
      h("b", {}, t("measure_n", { n: number + 1 })),
      h("span", { class: `tag ${measure.status}` }, measureLabel(measure)),
    ),
    facts([
      [t("category"), labelName("categories", measure.category)],
      [t("status"), labelName("statuses", measure.status)],
      [t("score"), scoreText(measure.score) ?? t("by_hand")],
    ]),
  ];
}

function claimNote(result, number) {
  const claim = result.claims[number];
  const owner = claim.measure === null ? null : result.measures[claim.measure];
  return [
    h(
      "p",
      { class: "card-head" },
      h("b", {}, t("claim_n", { n: number + 1 })),
      h("span", {}, labelName("types", claim.type)),
    ),
    h(
      "p",
      { class: "card-value" },
      claimValue(claim),
      claimReading(claim) ? h("small", {}, claimReading(claim)) : null,
    ),
    facts([
      [t("metric"), claim.metric === null ? null : onOneLine(claim.metric.text), "metric"],
      [t("indicator"), claim.metric?.canonical],
      [t("period"), claim.period === null ? null : onOneLine(claim.period.text), "period"],
      [t("days"), daysOf(claim.period)],
      [t("direction"), changeOf(claim)],
      [t("measure"), owner === null ? null : `${claim.measure + 1} ${measureLabel(owner)}`],
      [t("score"), scoreText(claim.score) ?? t("by_hand")],
    ]),
  ];
}

function facts(rows) {
  const stated = rows.filter(([, value]) => value);
  return h(
    "dl",
    {},
    stated.map(([name, value, style]) => h("div", {}, h("dt", {}, name), h("dd", { class: style }, value))),
  );
}

let card = null;

/** The card that all views share. */
export function sharedCard() {
  card ??= new Card();
  return card;
}
