// Correcting a letter: marks are changed, removed, added; each step can be undone; the whole is saved as gold.

import { ApiError, requestJson } from "./api.js";
import { button, freshId, h, reveal } from "./dom.js";
import { onOneLine, pathOf, selectedSpan } from "./text.js";
import { CATEGORIES, CATEGORY_CLASSES, CLAIM_TYPES, labelName, measureLabel, STATUSES, t } from "./words.js";

const AT_BORDERS = /^[\s，,。！？!?;；：:、]+|[\s，,。！？!?;；：:、]+$/gu; // never in a measure

/** The editor of a letter; `onEnd(saved)` is called when the reader leaves it. Attach it to the letter's view. */
export class Editor {
  constructor(letter, onEnd) {
    this.letter = letter;
    this.onEnd = onEnd;
    this.original = draftOf(letter.result);
    this.draft = this.original;
    this.past = [];
    this.picked = null; // the uid of the mark in the form
    this.selection = null;
    this.saved = null;
    this.warned = false;
    this.message = h("div", { class: "message", role: "alert" });
    this.count = h("span", { class: "note", role: "status" });
    this.undoButton = button(t("undo"), () => this.undo());
    this.resetButton = button(t("reset"), () => this.change(this.original));
    this.selected = h("p", { class: "selected", role: "status" });
    this.addMeasureButton = button(t("add_measure"), () => this.add("measure"));
    this.addClaimButton = button(t("add_claim"), () => this.add("claim"));
    for (const one of [this.addMeasureButton, this.addClaimButton]) keepSelection(one);
    this.form = h("div", { class: "form" });
    this.element = h(
      "div",
      { class: "editor" },
      h("div", { class: "panel-head" }, h("h2", {}, t("correcting")), this.count),
      h("p", { class: "note" }, t("correct_help")),
      this.selected,
      h("div", { class: "actions" }, this.addMeasureButton, this.addClaimButton),
      this.form,
      this.message,
      h(
        "div",
        { class: "actions save" },
        button(t("save_gold"), () => this.save(), { class: "primary" }),
        this.undoButton,
        this.resetButton,
        button(t("leave"), () => {
          if (this.mayLeave()) this.end();
        }),
      ),
    );
  }

  get isDirty() {
    return this.past.length > 0 && this.draft !== this.saved;
  }

  /** Ties the editor to the view whose text it works on. */
  attach(view) {
    this.view = view;
    const { text } = view;
    // A caret to select with by keyboard; nothing that is typed changes the letter.
    text.setAttribute("contenteditable", "true");
    text.setAttribute("role", "textbox");
    text.setAttribute("aria-multiline", "true");
    text.setAttribute("aria-readonly", "true");
    text.setAttribute("inputmode", "none");
    text.setAttribute("spellcheck", "false");
    for (const event of ["beforeinput", "paste", "cut", "drop", "dragstart"])
      text.addEventListener(event, (e) => e.preventDefault());
    const select = () => {
      if (text.isConnected) this.selectionChanged();
      else document.removeEventListener("selectionchange", select);
    };
    document.addEventListener("selectionchange", select);
    view.element.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && event.target.tagName !== "INPUT") {
        event.preventDefault();
        this.undo();
      }
    });
    this.refresh();
    this.selectionChanged();
  }

  /** Opens the form of a mark that was clicked. */
  pick(id) {
    this.picked = (id[0] === "m" ? this.draft.measures : this.draft.claims)[Number(id.slice(1))].uid;
    this.refreshForm();
    if (getComputedStyle(this.view.element.querySelector(".tabs")).display !== "none")
      this.view.tabs.select("measures");
  }

  selectionChanged() {
    const found = selectedSpan(this.view.text, this.view.points);
    // Leaving the text for a button or a field keeps what was selected.
    if (found === null && !this.view.text.contains(document.activeElement)) return;
    this.selection = found;
    this.showSelection();
  }

  showSelection() {
    const text = this.selection === null ? null : this.textOf(this.selection.start, this.selection.end);
    this.selected.replaceChildren(
      text === null ? t("nothing_selected") : t("selected"),
      text === null ? "" : h("b", {}, onOneLine(text)),
    );
    for (const one of this.element.querySelectorAll("[data-needs-selection]")) one.disabled = text === null;
    this.addMeasureButton.disabled = text === null;
    this.addClaimButton.disabled = text === null;
  }

  textOf(start, end) {
    return this.view.points.slice(start, end);
  }

  spanAt({ start, end }) {
    return { start, end, text: this.textOf(start, end) };
  }

  /** Adds a mark at the selection. */
  add(kind) {
    if (this.selection === null) return;
    const uid = freshId("span");
    const at = kind === "measure" ? this.withoutBorders(this.selection) : this.selection;
    if (at.start >= at.end) return;
    const span = { ...this.spanAt(at), uid, score: null };
    if (kind === "measure")
      this.change(
        {
          ...this.draft,
          measures: inOrder([...this.draft.measures, { ...span, category: CATEGORIES[0], status: "done" }]),
        },
        uid,
      );
    else {
      const figures = { type: "count", ...figuresOf(span.text), value_max: null, approx: null };
      const claim = { ...span, ...figures, metric: null, period: null, direction: null, basis: null, measure: null };
      this.change({ ...this.draft, claims: inOrder([...this.draft.claims, claim]) }, uid);
    }
    this.selection = null;
    document.getSelection()?.removeAllRanges();
    this.showSelection();
  }

  withoutBorders({ start, end }) {
    const text = this.textOf(start, end);
    const before = text.match(AT_BORDERS)?.[0] ?? "";
    const first = text.startsWith(before) ? [...before].length : 0;
    return {
      start: start + first,
      end: start + first + [...text.slice(first === 0 ? 0 : before.length).replace(AT_BORDERS, "")].length,
    };
  }

  /** Goes over to another draft; `uid` is the mark in the form from then on. */
  change(draft, uid = this.picked) {
    this.past.push(this.draft);
    this.draft = withOwners(draft);
    this.picked = uid;
    this.warned = false;
    this.message.replaceChildren();
    this.refresh();
  }

  /** Changes fields of the mark in the form. */
  set(fields) {
    const edit = (spans) =>
      inOrder(spans.map((span) => (span.uid === this.picked ? { ...span, ...fields, score: null } : span)));
    this.change({ measures: edit(this.draft.measures), claims: edit(this.draft.claims) });
  }

  undo() {
    if (this.past.length === 0) return;
    this.draft = this.past.pop();
    this.refresh();
  }

  refresh() {
    this.view.update({ ...this.letter, result: { ...this.letter.result, ...this.draft } });
    this.undoButton.disabled = this.past.length === 0;
    this.resetButton.disabled = this.past.length === 0;
    this.count.textContent = this.past.length === 0 ? "" : t("changes", { n: this.past.length });
    this.refreshForm();
  }

  refreshForm() {
    const measure = this.draft.measures.findIndex(({ uid }) => uid === this.picked);
    const claim = this.draft.claims.findIndex(({ uid }) => uid === this.picked);
    const focused = this.form.contains(document.activeElement) ? document.activeElement.name : null;
    if (measure >= 0) this.form.replaceChildren(...this.measureForm(this.draft.measures[measure], measure));
    else if (claim >= 0) this.form.replaceChildren(...this.claimForm(this.draft.claims[claim], claim));
    else this.form.replaceChildren();
    this.form.hidden = measure < 0 && claim < 0;
    this.view.point(measure >= 0 ? `m${measure}` : claim >= 0 ? `c${claim}` : null);
    if (focused) this.form.querySelector(`[name="${focused}"]`)?.focus();
    this.showSelection();
  }

  measureForm(measure, number) {
    return [
      this.formHead(
        `${t("measure_n", { n: number + 1 })} · ${measureLabel(measure)}`,
        CATEGORY_CLASSES[measure.category],
      ),
      this.spanField(t("span"), "span", measure, (span) => this.set(span), false),
      choices(
        t("category"),
        "category",
        CATEGORIES.map((c) => [c, labelName("categories", c), CATEGORY_CLASSES[c]]),
        measure.category,
        (category) => this.set({ category }),
      ),
      choices(
        t("status"),
        "status",
        STATUSES.map((s) => [s, labelName("statuses", s), ""]),
        measure.status,
        (status) => this.set({ status }),
      ),
    ];
  }

  claimForm(claim, number) {
    const type = (chosen) =>
      this.set({
        type: chosen,
        direction: chosen === "change" ? (claim.direction ?? "up") : null,
        basis: chosen === "change" ? claim.basis : null,
        unit: { money: "元", percent: "%", rank: "名" }[chosen] ?? claim.unit,
      });
    const none = (labels, kind, absent) => [
      ["", absent, ""],
      ...labels.map((label) => [label, labelName(kind, label), ""]),
    ];
    const empty = (text) => (text.trim() === "" ? null : text.trim());
    return [
      this.formHead(`${t("claim_n", { n: number + 1 })} · ${labelName("types", claim.type)}`, ""),
      this.spanField(t("quantity"), "span", claim, (span) => this.set(span), false),
      choices(
        t("type"),
        "type",
        CLAIM_TYPES.map((c) => [c, labelName("types", c), ""]),
        claim.type,
        type,
      ),
      h(
        "div",
        { class: "fields" },
        field(t("number"), "value", claim.value, (text) => this.set({ value: numberOf(text) }), "decimal"),
        field(
          t("number_max"),
          "value_max",
          claim.value_max,
          (text) => this.set({ value_max: empty(text) === null ? null : numberOf(text) }),
          "decimal",
        ),
        field(t("unit"), "unit", claim.unit, (unit) => this.set({ unit: unit.trim() })),
      ),
      choices(
        t("approximation"),
        "approx",
        none(["over", "under", "about"], "approximations", t("exact")),
        claim.approx ?? "",
        (approx) => this.set({ approx: approx || null }),
      ),
      this.spanField(t("metric"), "metric", claim.metric, (metric) => this.set({ metric }), true),
      this.spanField(t("period"), "period", claim.period, (period) => this.set({ period }), true),
      claim.type !== "change"
        ? null
        : choices(
            t("direction"),
            "direction",
            ["up", "down"].map((d) => [d, labelName("directions", d), ""]),
            claim.direction,
            (direction) => this.set({ direction }),
          ),
      claim.type !== "change"
        ? null
        : field(t("basis"), "basis", claim.basis, (basis) => this.set({ basis: empty(basis) })),
    ].filter((part) => part !== null);
  }

  formHead(name, style) {
    const remove = button(
      t("remove_span"),
      () => {
        const without = (spans) => spans.filter(({ uid }) => uid !== this.picked);
        this.change({ measures: without(this.draft.measures), claims: without(this.draft.claims) }, null);
      },
      { class: "link remove", name: "remove" },
    );
    return h("div", { class: `form-head ${style}` }, h("b", {}, name), remove);
  }

  spanField(name, key, span, onChange, mayBeNull) {
    const use = button(t("use_selection"), () => onChange(this.spanAt(this.selection)), {
      class: "link",
      name: `${key}-use`,
      "data-needs-selection": true,
    });
    keepSelection(use);
    const move = (label, sign, by) =>
      button(sign, () => onChange(this.spanAt({ start: span.start + by[0], end: span.end + by[1] })), {
        "aria-label": `${name}: ${label}`,
        title: label,
        name: `${key}-${by.join("")}`,
        disabled:
          span === null ||
          span.start + by[0] < 0 ||
          span.end + by[1] > this.view.points.length ||
          span.end + by[1] <= span.start + by[0],
      });
    return h(
      "div",
      { class: "field span-field", role: "group", "aria-label": name },
      h("span", { class: "field-name" }, name),
      h("span", { class: "span-text" }, span === null ? t("none") : onOneLine(span.text)),
      span === null
        ? null
        : h(
            "span",
            { class: "movers" },
            move(t("start_earlier"), "⇤", [-1, 0]),
            move(t("start_later"), "↦", [1, 0]),
            move(t("end_earlier"), "↤", [0, -1]),
            move(t("end_later"), "⇥", [0, 1]),
          ),
      use,
      mayBeNull && span !== null
        ? button(t("clear"), () => onChange(null), { class: "link", name: `${key}-clear` })
        : null,
    );
  }

  /** What the reader has to mend before it can be saved, as `[uid, words]`. */
  faults() {
    const { measures, claims } = this.draft;
    const found = [];
    const check = (kind, spans, i, fault) =>
      found.push([
        spans[i].uid,
        `${t(`${kind}_n`, { n: i + 1 })} ${onOneLine(spans[i].text).slice(0, 16)}: ${t(fault)}`,
      ]);
    for (const [kind, spans] of [
      ["measure", measures],
      ["claim", claims],
    ]) {
      spans.forEach((span, i) => {
        if (i > 0 && span.start < spans[i - 1].end) check(kind, spans, i, "fault_overlap");
      });
    }
    claims.forEach((claim, i) => {
      const { metric } = claim;
      if (metric === null) check("claim", claims, i, "fault_metric");
      else if (metric.start < claim.end && claim.start < metric.end) check("claim", claims, i, "fault_metric_holds");
      if (claim.type === "change" && claim.direction === null) check("claim", claims, i, "fault_direction");
      if (!Number.isFinite(claim.value)) check("claim", claims, i, "fault_value");
      if (claim.value_max !== null && !(claim.value_max > claim.value)) check("claim", claims, i, "fault_value_max");
      if (claim.unit === "") check("claim", claims, i, "fault_unit");
    });
    return found;
  }

  async save(replace = false) {
    const faults = this.faults();
    if (faults.length > 0) {
      this.message.replaceChildren(
        h("p", {}, t("to_mend")),
        h(
          "ul",
          {},
          faults.map(([uid, words]) =>
            h(
              "li",
              {},
              button(
                words,
                () => {
                  this.picked = uid;
                  this.refreshForm();
                },
                { class: "link" },
              ),
            ),
          ),
        ),
      );
      reveal(this.message, "nearest");
      return;
    }
    try {
      const gold = { text: this.letter.text, path: pathOf(this.letter), ...goldOf(this.draft), meta: {} };
      const { path, warnings = [] } = await requestJson(`/api/gold${replace ? "?replace=true" : ""}`, {
        method: "POST",
        json: gold,
      });
      this.saved = this.draft;
      this.message.replaceChildren(
        h("p", { class: "good" }, t("saved", { path })),
        warnings.length === 0
          ? ""
          : h(
              "div",
              {},
              h("p", {}, t("saved_warnings")),
              h(
                "ul",
                {},
                warnings.map((warning) => h("li", {}, warning)),
              ),
            ),
      );
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.message.replaceChildren(
        h("p", {}, t("save_failed"), error.words),
        error.status === 409 && !replace ? button(t("replace"), () => this.save(true)) : "",
      );
    }
  }

  /** Whether the reader may go: asks once where something is not saved. */
  mayLeave() {
    if (!this.isDirty || this.warned) return true;
    this.warned = true;
    this.message.replaceChildren(h("p", {}, t("unsaved")));
    return false;
  }

  end() {
    this.onEnd(this.saved === null ? null : { measures: this.saved.measures, claims: this.saved.claims });
  }
}

function draftOf(result) {
  const own = (span) => ({ ...span, uid: freshId("span") });
  return { measures: result.measures.map(own), claims: result.claims.map(own) };
}

/** The spans in text order. */
function inOrder(spans) {
  return [...spans].sort((a, b) => a.start - b.start || a.end - b.end);
}

/** Gives each claim the measure that holds it. */
function withOwners({ measures, claims }) {
  const owner = (claim) => measures.findIndex(({ start, end }) => start <= claim.start && claim.end <= end);
  return { measures, claims: claims.map((claim) => ({ ...claim, measure: owner(claim) < 0 ? null : owner(claim) })) };
}

/** The draft as gold of the scheme. */
function goldOf({ measures, claims }) {
  const bare = ({ uid: _uid, score: _score, ...span }) => span;
  return { measures: measures.map(bare), claims: claims.map(bare) };
}

/** A first guess for a new claim's number and unit; the reader looks at it, and the server checks it. */
function figuresOf(text) {
  const found = /^(\d[\d,]*(?:\.\d+)?)([万亿]?)[余多]?(.*)$/su.exec(text);
  if (found === null) return { value: NaN, unit: "" };
  const value = Number(found[1].replaceAll(",", "")) * { 万: 10_000, 亿: 100_000_000, "": 1 }[found[2]];
  return { value: Number(value.toPrecision(15)), unit: onOneLine(found[3]) };
}

function numberOf(text) {
  const plain = text.replaceAll(",", "").trim();
  return plain === "" ? NaN : Number(plain);
}

/** A press of a button leaves the selection in the text as it is. */
function keepSelection(element) {
  element.addEventListener("pointerdown", (event) => event.preventDefault());
}

function field(name, key, value, onChange, inputmode = "text") {
  const id = freshId(key);
  const input = h("input", {
    id,
    name: key,
    type: "text",
    inputmode,
    autocomplete: "off",
    value: value === null || Number.isNaN(value) ? "" : value,
    on: { change: () => onChange(input.value) },
  });
  return h("div", { class: "field" }, h("label", { class: "field-name", for: id }, name), input);
}

function choices(name, key, options, chosen, onChange) {
  const group = freshId(key);
  return h(
    "fieldset",
    { class: "field choices" },
    h("legend", { class: "field-name" }, name),
    options.map(([value, label, style]) =>
      h(
        "label",
        { class: `choice ${style}` },
        h("input", {
          type: "radio",
          name: group,
          value,
          checked: value === chosen,
          on: { change: () => onChange(value) },
        }),
        label,
      ),
    ),
  );
}
