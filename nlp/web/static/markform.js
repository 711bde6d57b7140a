// The form of one mark. It is built when another mark is picked and brought up to date in place, so that the focus stays.

import { button, freshId, h } from "./dom.js";
import { onOneLine } from "./text.js";
import { CATEGORIES, CATEGORY_CLASSES, CLAIM_TYPES, labelName, measureLabel, STATUSES, t } from "./words.js";

const UNITS = { money: "元", percent: "%", rank: "名" }; // that a type has

/**
 * A form.
 *
 * `hooks`: `set(fields)` changes the mark, `remove()` takes it away, `spanAt({start, end})` is a span of the letter,
 * `selection()` is what is selected, or null, `length()` how many characters the letter has.
 */
export class MarkForm {
  constructor(hooks) {
    this.hooks = hooks;
    this.uid = null;
    this.parts = []; // {element, sync(mark)}
    this.element = h("div", { class: "form", hidden: true });
  }

  /** Shows a mark, as `History.find` gives it; null for none. */
  show(found) {
    this.element.hidden = found === null;
    this.found = found;
    if (found === null || found.span.uid !== this.uid) {
      this.uid = found?.span.uid ?? null;
      this.parts = found === null ? [] : found.kind === "measure" ? this.measureParts() : this.claimParts();
      this.element.replaceChildren(...this.parts.map((part) => part.element));
    }
    const focused = this.element.contains(document.activeElement) ? document.activeElement : null;
    for (const part of this.parts) part.sync(found.span);
    if (focused !== null && (focused.disabled || focused.hidden)) {
      const near = focused.closest(".field")?.querySelector("button:not(:disabled, [hidden])");
      (near ?? this.element.querySelector(".remove")).focus();
    }
  }

  /** Allows what needs a selection, or not. */
  allowSelection(isThere) {
    for (const one of this.element.querySelectorAll("[data-needs-selection]")) one.disabled = !isThere;
  }

  measureParts() {
    const { set } = this.hooks;
    return [
      this.head((measure) => [
        `${t("measure_n", { n: this.found.number + 1 })} · ${measureLabel(measure)}`,
        CATEGORY_CLASSES[measure.category],
      ]),
      this.spanPart(t("span"), "span", (measure) => measure, set, false),
      choices(
        t("category"),
        "category",
        CATEGORIES.map((c) => [c, labelName("categories", c), CATEGORY_CLASSES[c]]),
        (category) => set({ category }),
      ),
      choices(
        t("status"),
        "status",
        STATUSES.map((s) => [s, labelName("statuses", s), ""]),
        (status) => set({ status }),
      ),
    ];
  }

  claimParts() {
    const { set } = this.hooks;
    const isChange = (claim) => claim.type === "change";
    const setType = (type) => {
      const claim = this.found.span;
      set({
        type,
        direction: type === "change" ? (claim.direction ?? "up") : null,
        basis: type === "change" ? claim.basis : null,
        unit: UNITS[type] ?? claim.unit,
      });
    };
    const numbers = [
      field(t("number"), "value", (text) => set({ value: numberOf(text) }), "decimal"),
      field(
        t("number_max"),
        "value_max",
        (text) => set({ value_max: wordsOf(text) === null ? null : numberOf(text) }),
        "decimal",
      ),
      field(t("unit"), "unit", (unit) => set({ unit: unit.trim() })),
    ];
    return [
      this.head((claim) => [`${t("claim_n", { n: this.found.number + 1 })} · ${labelName("types", claim.type)}`, ""]),
      this.spanPart(t("quantity"), "span", (claim) => claim, set, false),
      choices(
        t("type"),
        "type",
        CLAIM_TYPES.map((c) => [c, labelName("types", c), ""]),
        setType,
      ),
      together("fields", numbers),
      choices(
        t("approximation"),
        "approx",
        [["", t("exact"), ""], ...["over", "under", "about"].map((a) => [a, labelName("approximations", a), ""])],
        (approx) => set({ approx: approx || null }),
      ),
      this.spanPart(
        t("metric"),
        "metric",
        (claim) => claim.metric,
        (metric) => set({ metric }),
        true,
      ),
      this.spanPart(
        t("period"),
        "period",
        (claim) => claim.period,
        (period) => set({ period }),
        true,
      ),
      onlyIf(
        isChange,
        choices(
          t("direction"),
          "direction",
          ["up", "down"].map((d) => [d, labelName("directions", d), ""]),
          (direction) => set({ direction }),
        ),
      ),
      onlyIf(
        isChange,
        field(t("basis"), "basis", (basis) => set({ basis: wordsOf(basis) })),
      ),
    ];
  }

  head(nameOf) {
    const name = h("b", {});
    const remove = button(t("remove_span"), () => this.hooks.remove(), { class: "link remove", name: "remove" });
    const element = h("div", {}, name, remove);
    const sync = (mark) => {
      const [words, style] = nameOf(mark);
      name.textContent = words;
      element.className = `form-head ${style}`;
    };
    return { element, sync };
  }

  /** A span of the mark; `spanOf(mark)` gives it, or null where it has none. */
  spanPart(name, key, spanOf, onChange, mayBeNull) {
    const { spanAt, selection, length } = this.hooks;
    const words = h("span", { class: "span-text" });
    const moves = [
      ["start_earlier", "⇤", -1, 0],
      ["start_later", "↦", 1, 0],
      ["end_earlier", "↤", 0, -1],
      ["end_later", "⇥", 0, 1],
    ].map(([label, sign, byStart, byEnd]) => {
      const moved = () => {
        const span = spanOf(this.found.span);
        return { start: span.start + byStart, end: span.end + byEnd };
      };
      const element = button(sign, () => onChange(spanAt(moved())), {
        "aria-label": `${name}: ${t(label)}`,
        title: t(label),
        name: `${key}-${label}`,
      });
      return { element, moved };
    });
    const movers = h(
      "span",
      { class: "movers" },
      moves.map(({ element }) => element),
    );
    const use = button(t("use_selection"), () => onChange(spanAt(selection())), {
      class: "link",
      name: `${key}-use`,
      "data-needs-selection": true,
    });
    keepSelection(use);
    const clear = button(t("clear"), () => onChange(null), { class: "link", name: `${key}-clear` });
    const sync = (mark) => {
      const span = spanOf(mark);
      words.textContent = span === null ? t("none") : onOneLine(span.text);
      movers.hidden = span === null;
      clear.hidden = span === null || !mayBeNull;
      for (const { element, moved } of moves) {
        const to = span === null ? null : moved();
        element.disabled = to === null || to.start < 0 || to.end > length() || to.end <= to.start;
      }
    };
    const element = h(
      "div",
      { class: "field span-field", role: "group", "aria-label": name },
      h("span", { class: "field-name" }, name),
      words,
      movers,
      use,
      clear,
    );
    return { element, sync };
  }
}

/** A press of a button leaves the selection in the text as it is. */
export function keepSelection(element) {
  element.addEventListener("pointerdown", (event) => event.preventDefault());
}

function together(style, parts) {
  const sync = (mark) => parts.forEach((part) => part.sync(mark));
  return {
    element: h(
      "div",
      { class: style },
      parts.map((part) => part.element),
    ),
    sync,
  };
}

function onlyIf(holds, part) {
  const sync = (mark) => {
    part.element.hidden = !holds(mark);
    part.sync(mark);
  };
  return { element: part.element, sync };
}

function field(name, key, onChange, inputmode = "text") {
  const id = freshId(key);
  const input = h("input", {
    id,
    name: key,
    type: "text",
    inputmode,
    autocomplete: "off",
    on: { change: () => onChange(input.value) },
  });
  const sync = (mark) => {
    const value = mark[key] === null || Number.isNaN(mark[key]) ? "" : String(mark[key]);
    if (input.value !== value) input.value = value;
  };
  return { element: h("div", { class: "field" }, h("label", { class: "field-name", for: id }, name), input), sync };
}

function choices(name, key, options, onChange) {
  const inputs = options.map(([value]) =>
    h("input", { type: "radio", name: key, value, on: { change: () => onChange(value) } }),
  );
  const element = h(
    "fieldset",
    { class: "field choices" },
    h("legend", { class: "field-name" }, name),
    options.map(([, label, style], i) => h("label", { class: `choice ${style}` }, inputs[i], label)),
  );
  const sync = (mark) => {
    for (const input of inputs) input.checked = input.value === (mark[key] ?? "");
  };
  return { element, sync };
}

function wordsOf(text) {
  return text.trim() === "" ? null : text.trim();
}

function numberOf(text) {
  const plain = text.replaceAll(",", "").trim();
  return plain === "" ? NaN : Number(plain);
}
