// What is shown of a letter: of chosen categories, statuses and types of claims, and of a least score.
// Of each kind, nothing chosen means all.

import { button, freshId, h } from "../dom.js";
import { CATEGORIES, CATEGORY_CLASSES, CLAIM_TYPES, labelName, STATUSES, t } from "../words.js";

/** The reader's choice; it stays from letter to letter. */
export class Filter {
  constructor() {
    this.opened = false; // the controls, on a narrow screen
    this.clear();
  }

  clear() {
    this.categories = new Set();
    this.statuses = new Set();
    this.types = new Set();
    this.score = 0;
  }

  get isOn() {
    return this.categories.size + this.statuses.size + this.types.size > 0 || this.score > 0;
  }

  passesMeasure(measure) {
    return this.passesKind(measure) && this.passesScore(measure);
  }

  /** A claim passes by its own type and score, and by the category and status of the measure it stands in. */
  passesClaim(claim, measures) {
    if (!(this.types.size === 0 || this.types.has(claim.type)) || !this.passesScore(claim)) return false;
    if (this.categories.size + this.statuses.size === 0) return true;
    return claim.measure !== null && this.passesKind(measures[claim.measure]);
  }

  passesKind(measure) {
    return (
      (this.categories.size === 0 || this.categories.has(measure.category)) &&
      (this.statuses.size === 0 || this.statuses.has(measure.status))
    );
  }

  passesScore(span) {
    return span.score === null || span.score === undefined || span.score >= this.score; // by hand: certain
  }
}

/** The controls, with the letter's counts, which are its legend too. `onChange` is called after each change. */
export function filterBar(filter, result, onChange) {
  const changed = () => {
    clearButton.hidden = !filter.isOn;
    onChange();
  };
  const chips = (kind, chosen, labels, count, style) =>
    h(
      "div",
      { class: "chips", role: "group", "aria-label": t(kind) },
      labels.map((label) =>
        chip(
          labelName(`${kind === "category" ? "categories" : kind === "status" ? "statuses" : "types"}`, label),
          count(label),
          chosen,
          label,
          style(label),
          changed,
        ),
      ),
    );
  const measures = result.measures;
  const id = freshId("score");
  const output = h("output", { for: id }, filter.score.toFixed(2));
  const slider = h("input", {
    id,
    type: "range",
    min: 0,
    max: 0.99,
    step: 0.01,
    value: filter.score,
    on: {
      input: () => {
        filter.score = Number(slider.value);
        output.textContent = filter.score.toFixed(2);
        changed();
      },
    },
  });
  const clearButton = button(
    t("all_filters_off"),
    () => {
      filter.clear();
      onChange({ rebuild: true });
    },
    { class: "link clear-filters", hidden: !filter.isOn },
  );
  const section = h(
    "section",
    { class: `filters${filter.opened ? " open" : ""}`, "aria-label": t("filters") },
    button(
      t("filters"),
      (event) => {
        filter.opened = section.classList.toggle("open");
        event.currentTarget.setAttribute("aria-expanded", String(filter.opened));
      },
      { class: "open-filters", "aria-expanded": String(filter.opened) },
    ),
    chips(
      "category",
      filter.categories,
      CATEGORIES,
      (c) => measures.filter((m) => m.category === c).length,
      (c) => CATEGORY_CLASSES[c],
    ),
    chips(
      "status",
      filter.statuses,
      STATUSES,
      (s) => measures.filter((m) => m.status === s).length,
      (s) => `sample-${s}`,
    ),
    chips(
      "type",
      filter.types,
      CLAIM_TYPES,
      (c) => result.claims.filter((claim) => claim.type === c).length,
      () => "of-type",
    ),
    h("div", { class: "least-score" }, h("label", { for: id }, t("least_score")), slider, output),
    clearButton,
  );
  return section;
}

function chip(name, count, chosen, label, style, onChange) {
  const element = button(
    [name, " ", h("span", { class: "amount" }, count)],
    () => {
      if (!chosen.delete(label)) chosen.add(label);
      element.setAttribute("aria-pressed", String(chosen.has(label)));
      onChange();
    },
    { class: `chip ${style}`, "aria-pressed": String(chosen.has(label)), "data-label": label },
  );
  return element;
}
