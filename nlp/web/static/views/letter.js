// One letter: its text with the marks, its tables beside it, its filters. Only the open letter is in the document.

import { h, reveal } from "../dom.js";
import { headingOf, onOneLine, pathOf } from "../text.js";
import { plainNumber } from "../numbers.js";
import { t } from "../words.js";
import { markNote, sharedCard } from "./card.js";
import { filterBar } from "./filters.js";
import { markedText } from "./marks.js";
import { claimsTable, measuresTable } from "./tables.js";
import { tabList } from "./tabs.js";

const NARROW = "(max-width: 999px)"; // as in the style sheet: one pane at a time

/**
 * The view of one letter.
 *
 * `letter` is a Letter, `filter` the Filter. `options.toolbar` stands beside the heading. `options.editor`, where the
 * letter is being corrected, takes the place of the tables: it has `element`, and `pick(id)` for a mark that was clicked.
 */
export class LetterView {
  constructor(letter, filter, options = {}) {
    this.filter = filter;
    this.editor = options.editor ?? null;
    this.active = null;
    this.text = h("div", {
      class: "text",
      id: "letter-text",
      role: "group",
      "aria-label": t("text"),
      "aria-describedby": "text-help",
    });
    this.panes = {
      measures: h("div", { id: "pane-measures", role: "tabpanel", "aria-labelledby": "tab-measures" }),
      claims: h("div", { id: "pane-claims", role: "tabpanel", "aria-labelledby": "tab-claims" }),
    };
    this.bar = h("div", {});
    const tabs =
      this.editor === null
        ? [
            { id: "text", label: t("text"), panel: "pane-text" },
            { id: "measures", label: h("span", {}), panel: "pane-measures" },
            { id: "claims", label: h("span", {}), panel: "pane-claims" },
          ]
        : [
            { id: "text", label: t("text"), panel: "pane-text" },
            { id: "measures", label: t("correct"), panel: "pane-editor" },
          ];
    this.tabs = tabList(t("findings"), tabs, (id) => this.showPane(id));
    const side =
      this.editor === null
        ? [this.panes.measures, this.panes.claims]
        : h("div", { id: "pane-editor", role: "tabpanel", "aria-labelledby": "tab-measures" }, this.editor.element);
    this.element = h(
      "div",
      { class: `letter${this.editor === null ? "" : " editing"}` },
      this.tabs.element,
      h(
        "div",
        { class: "sheet", id: "pane-text", role: "tabpanel", "aria-labelledby": "tab-text" },
        header(letter, options.toolbar ?? null),
        this.bar,
        h("p", { class: "unseen", id: "text-help" }, t("text_help")),
        this.text,
      ),
      h(
        "aside",
        { class: "findings", "aria-label": t("findings") },
        side,
        h("footer", {}, h("p", {}, t("disclaimer")), h("p", {}, modelLine(letter))),
      ),
    );
    this.listen();
    this.update(letter);
    this.tabs.select(matchMedia(NARROW).matches ? "text" : "measures");
  }

  /** Shows other marks on the same text. */
  update(letter) {
    this.letter = letter;
    const { nodes, points, pieces } = markedText(letter);
    this.points = points;
    this.pieces = pieces;
    this.text.replaceChildren(...nodes);
    this.stops = [...this.text.querySelectorAll("[data-stop]")];
    if (this.stops.length > 0) this.stops[0].tabIndex = 0;
    if (this.editor === null) {
      const hooks = { jump: (id) => this.goToText(id), point: (id) => this.point(id) };
      this.panes.measures.replaceChildren(
        measuresTable(letter.result, hooks),
        h("p", { class: "none", hidden: true }, t("none_pass")),
      );
      this.panes.claims.replaceChildren(
        claimsTable(letter.result, hooks),
        h("p", { class: "none", hidden: true }, t("none_pass")),
      );
      this.buildFilters();
    }
    this.applyFilter();
  }

  buildFilters() {
    this.bar.replaceChildren(
      filterBar(this.filter, this.letter.result, (change) => {
        if (change?.rebuild) this.buildFilters();
        this.applyFilter();
      }),
    );
  }

  /** Hides marks and rows that the filter leaves out. */
  applyFilter() {
    const { measures, claims } = this.letter.result;
    const editing = this.editor !== null;
    const passes = (id) =>
      editing ||
      (id[0] === "m"
        ? this.filter.passesMeasure(measures[id.slice(1)])
        : this.filter.passesClaim(claims[id.slice(1)], measures));
    for (const [id, pieces] of this.pieces) {
      if (!isPart(id)) for (const piece of pieces) piece.classList.toggle("off", !passes(id));
    }
    if (editing) return;
    for (const [name, spans] of [
      ["measures", measures],
      ["claims", claims],
    ]) {
      let shown = 0;
      for (const row of this.panes[name].querySelectorAll("tbody tr")) {
        row.hidden = !passes(row.dataset.id);
        shown += row.hidden ? 0 : 1;
      }
      this.panes[name].lastChild.hidden = spans.length === 0 || shown > 0;
      const amount = shown === spans.length ? shown : t("shown_of", { shown, all: spans.length });
      this.element.querySelector(`.tab-${name}`).replaceChildren(t(name), h("span", { class: "amount" }, ` ${amount}`));
    }
    if (this.active !== null && !passes(this.active)) this.point(null);
    this.setStop(this.stops.find((stop) => !this.isOff(stop)) ?? null);
  }

  isOff(stop) {
    return this.pieces.get(stop.dataset.stop)[0].classList.contains("off");
  }

  setStop(stop) {
    for (const one of this.stops) one.tabIndex = one === stop ? 0 : -1;
  }

  showPane(id) {
    this.element.dataset.pane = id;
  }

  /** Lights a mark up, with the metric and period of a claim; null puts it out. */
  point(id) {
    if (this.active !== null) {
      for (const piece of this.pieces.get(this.active) ?? []) piece.classList.remove("active");
      for (const part of this.text.querySelectorAll(".part.lit")) part.classList.remove("lit");
      this.rowOf(this.active)?.classList.remove("active");
    }
    this.active = id;
    if (id === null) return;
    for (const piece of this.pieces.get(id) ?? []) piece.classList.add("active");
    for (const part of this.text.querySelectorAll(".part")) {
      part.classList.toggle("lit", part.dataset.claims.split(" ").includes(id));
    }
    this.rowOf(id)?.classList.add("active");
  }

  rowOf(id) {
    return this.element.querySelector(`tr[data-id="${id}"]`);
  }

  /** Shows the card of a mark at one of its pieces. */
  showCard(id, piece) {
    this.point(id);
    sharedCard().show(
      piece,
      markNote(this.letter.result, id, () => this.goToRow(id)),
      () => this.point(null),
    );
  }

  /** From a row to the mark, where the letter has it. */
  goToText(id) {
    if (!this.pieces.has(id)) return;
    if (this.element.dataset.pane !== "text" && matchMedia(NARROW).matches) this.tabs.select("text");
    const stop = this.stops.find((one) => one.dataset.stop === id);
    const piece = this.pieces.get(id)[0];
    reveal(piece);
    if (stop !== undefined) {
      this.setStop(stop);
      stop.focus({ preventScroll: true });
    }
    this.point(id);
    sharedCard().hide();
    this.point(id);
  }

  /** From a mark to its row. */
  goToRow(id) {
    sharedCard().hide();
    this.tabs.select(id[0] === "m" ? "measures" : "claims");
    const row = this.rowOf(id);
    reveal(row);
    this.point(id);
    row.querySelector("button").focus({ preventScroll: true });
  }

  listen() {
    const idAt = (target) => {
      const mark = target.closest?.("[data-id]:not(.off)") ?? null;
      return mark !== null && this.text.contains(mark) ? mark : null;
    };
    const pick = (id, piece) => {
      if (this.editor !== null) this.editor.pick(id);
      else if (matchMedia(NARROW).matches) this.showCard(id, piece);
      else this.goToRow(id);
    };
    this.text.addEventListener("pointerover", (event) => {
      if (event.pointerType !== "mouse" || this.editor !== null) return;
      const mark = idAt(event.target);
      if (mark === null) sharedCard().leave();
      else this.showCard(mark.dataset.id, mark);
    });
    this.text.addEventListener("pointerleave", (event) => {
      if (event.pointerType === "mouse") sharedCard().leave();
    });
    this.text.addEventListener("click", (event) => {
      const mark = idAt(event.target);
      if (mark === null) sharedCard().hide();
      else if (document.getSelection()?.isCollapsed ?? true) pick(mark.dataset.id, mark);
    });
    this.text.addEventListener("focusin", (event) => {
      const id = event.target.dataset?.stop;
      if (id !== undefined && this.editor === null && event.target.matches(":focus-visible")) {
        this.showCard(id, event.target.closest("[data-id]"));
        event.target.setAttribute("aria-describedby", "card");
      }
    });
    this.text.addEventListener("focusout", (event) => {
      event.target.removeAttribute("aria-describedby");
      sharedCard().leave();
    });
    this.text.addEventListener("keydown", (event) => this.onKey(event, pick));
  }

  onKey(event, pick) {
    const at = this.stops.indexOf(event.target);
    if (at < 0) return;
    const seen = this.stops.filter((stop) => !this.isOff(stop));
    const here = seen.indexOf(event.target);
    const next = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: seen.length - 1 }[event.key];
    if (next !== undefined && !event.shiftKey) {
      event.preventDefault();
      const stop = seen[Math.min(Math.max(next, 0), seen.length - 1)];
      this.setStop(stop);
      stop.focus({ preventScroll: true });
      reveal(stop, "nearest");
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      pick(event.target.dataset.stop, event.target.closest("[data-id]"));
    } else if (event.key === "Escape") sharedCard().hide();
  }
}

function isPart(id) {
  return id.includes("-"); // metrics and periods: they show with their claim
}

function header(letter, toolbar) {
  const { document: info } = letter.result;
  const { meta } = info;
  const proposal = [meta.proposal_kind, meta.proposal_number && t("proposal_number", { n: meta.proposal_number })];
  const facts = [
    [t("fact_number"), meta.number],
    [t("fact_issuer"), meta.issuer],
    [t("fact_addressee"), meta.addressee],
    [t("fact_proposal"), proposal.filter(Boolean).join(" ")],
    [t("fact_session"), meta.session],
    [t("fact_date"), meta.date],
    [t("fact_class"), meta.reply_class && t("reply_class", { n: meta.reply_class })],
    [t("fact_file"), `${pathOf(letter)}（${t("characters", { n: plainNumber(info.characters) })}）`],
  ];
  return h(
    "header",
    {},
    h("div", { class: "head" }, h("h2", { class: "title" }, headingOf(letter)), toolbar),
    h(
      "dl",
      { class: "facts" },
      facts
        .filter(([, value]) => value)
        .map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, onOneLine(value)))),
    ),
    (letter.warnings ?? []).map((warning) => h("p", { class: "warning" }, warning)),
  );
}

function modelLine(letter) {
  const { name, version, backend, device } = letter.result.model;
  return `${name} ${version} (${backend}, ${device})`;
}
