// The comparison over the letters: totals, measures by category and by letter, indicators by letter and period.

import { button, freshId, h } from "../dom.js";
import { changeOf, claimReading, claimValue, plainNumber } from "../numbers.js";
import { daysOf, headingOf, pathOf } from "../text.js";
import { CATEGORIES, CATEGORY_CLASSES, labelName, STATUSES, t } from "../words.js";
import { stackedBar } from "./bars.js";
import { drawnValue, indicatorChart, periodOf } from "./chart.js";
import { addCounts, countOf, countsOf, emptyCounts } from "./counts.js";
import { indicatorsOf } from "./indicators.js";
import { showTips } from "./tips.js";

const ROWS_STEP = 50; // letters or claims that a table shows at a time
const CHART_ROWS = 30;
const MOST_OPTIONS = 300; // indicators that are offered without a search

/** The view of the comparison; `onOpen(key, id)` shows a letter and a mark in it. */
export class CompareView {
  constructor(session, onOpen) {
    this.id = "compare";
    this.session = session;
    this.onOpen = onOpen;
    this.letterOrder = "order";
    this.rowOrder = "order";
    this.indicator = null;
    this.words = "";
    this.element = h("div", { class: "compare-view" });
    showTips(this.element);
    session.addEventListener("change", () => {
      this.stale = true;
    });
    new ResizeObserver(() => this.drawChart()).observe(this.element);
  }

  title() {
    return t("view_compare");
  }

  count() {
    return null;
  }

  onShow() {
    if (this.stale) this.render();
    else this.drawChart();
  }

  render() {
    this.stale = false;
    this.chart = null;
    this.indicator = null;
    const letters = this.session.letters;
    if (letters.length === 0) {
      this.element.replaceChildren(h("p", { class: "none empty" }, t("compare_empty")));
      return;
    }
    this.rows = letters.map((letter) => ({ letter, counts: countsOf(letter.result) }));
    const totals = emptyCounts();
    for (const { counts } of this.rows) addCounts(totals, counts);
    this.element.replaceChildren(this.totals(totals), this.byLetter(), this.indicators(letters));
    this.drawChart();
  }

  totals(totals) {
    const card = (name, amount, unit, more = null) =>
      h(
        "div",
        {},
        h("dt", {}, name),
        h("dd", {}, plainNumber(amount), h("small", {}, unit)),
        more && h("dd", { class: "parts" }, more),
      );
    const longest = Math.max(...CATEGORIES.map((category) => countOf(totals, category)));
    const parts = { done: countOf(totals, null, "done"), planned: countOf(totals, null, "planned") };
    const line = (category) => {
      const all = countOf(totals, category);
      const planned = all === 0 ? t("none") : `${((100 * countOf(totals, category, "planned")) / all).toFixed(0)}%`;
      return h(
        "tr",
        { class: CATEGORY_CLASSES[category] },
        h("th", { scope: "row" }, h("span", { class: "tag done" }, labelName("categories", category))),
        STATUSES.map((status) => h("td", { class: "number" }, plainNumber(countOf(totals, category, status)))),
        h("td", { class: "number" }, planned),
        h("td", { class: "bars" }, stackedBar(totals, longest, [category])),
      );
    };
    return h(
      "section",
      { class: "panel totals" },
      h("h2", {}, t("total")),
      h(
        "dl",
        { class: "cards" },
        card(t("letters"), this.rows.length, t("unit_letters", { n: this.rows.length })),
        card(
          t("measures"),
          countOf(totals),
          t("unit_measures", { n: countOf(totals) }),
          t("done_planned", parts),
        ),
        card(t("claims"), totals.claims, t("unit_claims", { n: totals.claims })),
      ),
      h(
        "table",
        { class: "categories" },
        h("caption", {}, `${t("by_category")} · ${t("by_category_note")}`),
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            h("th", { scope: "col" }, t("category")),
            STATUSES.map((status) => h("th", { scope: "col", class: "number" }, labelName("statuses", status))),
            h("th", { scope: "col", class: "number" }, t("share_planned")),
            h("td", {}),
          ),
        ),
        h("tbody", {}, CATEGORIES.map(line)),
      ),
    );
  }

  byLetter() {
    const body = h("tbody", {});
    const more = h("div", { class: "more" });
    const longest = Math.max(1, ...this.rows.map(({ counts }) => countOf(counts)));
    let shown = ROWS_STEP;
    const fill = () => {
      const rows = sorted(this.rows, this.letterOrder);
      body.replaceChildren(
        ...rows.slice(0, shown).map(({ letter, counts }) => this.letterRow(letter, counts, longest)),
      );
      more.replaceChildren(
        ...moreButton(rows.length - shown, () => {
          shown += ROWS_STEP;
          fill();
        }),
      );
    };
    fill();
    const order = select(
      t("sort_by"),
      ["order", "measures", "planned"].map((o) => [o, t(`sort_${o}`)]),
      this.letterOrder,
      (value) => {
        this.letterOrder = value;
        fill();
      },
    );
    return h(
      "section",
      { class: "panel" },
      h("div", { class: "panel-head" }, h("h2", {}, t("by_letter")), order),
      h(
        "table",
        { class: "letters" },
        h("caption", {}, t("by_letter_note")),
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            h("th", { scope: "col" }, t("letter")),
            h("th", { scope: "col" }, t("issuer")),
            h("th", { scope: "col" }, t("measures")),
            h("th", { scope: "col", class: "number" }, t("claims")),
          ),
        ),
        body,
      ),
      more,
    );
  }

  letterRow(letter, counts, longest) {
    const each = CATEGORIES.filter((category) => countOf(counts, category) > 0).map((category) =>
      h(
        "li",
        { class: CATEGORY_CLASSES[category] },
        h("b", {}, labelName("categories", category)),
        ` ${countOf(counts, category, "done")}＋${countOf(counts, category, "planned")}`,
      ),
    );
    return h(
      "tr",
      {},
      h(
        "th",
        { scope: "row" },
        button(headingOf(letter), () => this.onOpen(letter.key, null), { class: "link" }),
        h("small", {}, pathOf(letter)),
      ),
      h("td", {}, letter.result.document.meta.issuer ?? t("none")),
      h(
        "td",
        { class: "bars" },
        stackedBar(counts, longest),
        h("ul", { class: "counts" }, each.length > 0 ? each : h("li", {}, t("none"))),
      ),
      h("td", { class: "number", "data-name": t("claims") }, counts.claims),
    );
  }

  indicators(letters) {
    const all = indicatorsOf(letters);
    const head = h("h2", {}, t("indicators"));
    if (all.length === 0) return h("section", { class: "panel" }, head, h("p", { class: "none" }, t("no_indicators")));
    const chooserId = freshId("indicator");
    const shown = h("div", { class: "indicator" });
    const chooser = h("select", { id: chooserId, on: { change: () => choose(chooser.value) } });
    const choose = (key) => {
      this.indicator = all.find((one) => one.key === key) ?? all[0];
      chooser.value = this.indicator.key;
      this.fillIndicator(shown);
    };
    const fillChooser = () => {
      const wanted = this.words.trim().toLowerCase();
      const found = all.filter((one) => one.name.toLowerCase().includes(wanted)).slice(0, MOST_OPTIONS);
      chooser.replaceChildren(
        ...found.map((one) =>
          h(
            "option",
            { value: one.key },
            t("indicator_option", { name: one.name, unit: one.unit, letters: one.letters, claims: one.rows.length }),
          ),
        ),
      );
      if (found.length > 0)
        choose(found.some((one) => one.key === this.indicator?.key) ? this.indicator.key : found[0].key);
    };
    const search = h("input", {
      type: "search",
      placeholder: t("find_indicator"),
      "aria-label": t("find_indicator"),
      value: this.words,
      on: {
        input: () => {
          this.words = search.value;
          fillChooser();
        },
      },
    });
    fillChooser();
    if (this.indicator === null) choose(all[0].key); // nothing is found by what was searched before
    return h(
      "section",
      { class: "panel indicators" },
      h("div", { class: "panel-head" }, head),
      h("p", { class: "note" }, t("indicators_note")),
      h(
        "div",
        { class: "choose" },
        search,
        h("label", { class: "unseen", for: chooserId }, t("choose_indicator")),
        chooser,
        select(
          t("sort_by"),
          ["order", "value"].map((o) => [o, t(`sort_${o}`)]),
          this.rowOrder,
          (value) => {
            this.rowOrder = value;
            this.fillIndicator(shown);
          },
        ),
      ),
      shown,
    );
  }

  fillIndicator(shown) {
    const { name, unit, rows } = this.indicator;
    this.sortedRows =
      this.rowOrder === "value" ? [...rows].sort((a, b) => drawnValue(b.claim) - drawnValue(a.claim)) : rows;
    this.chart = h("div", { class: "chart-box" });
    const body = h("tbody", {});
    const more = h("div", { class: "more" });
    let count = ROWS_STEP;
    const fill = () => {
      body.replaceChildren(...this.sortedRows.slice(0, count).map((row) => this.claimRow(row)));
      more.replaceChildren(
        ...moreButton(this.sortedRows.length - count, () => {
          count += ROWS_STEP;
          fill();
        }),
      );
    };
    fill();
    shown.replaceChildren(
      h(
        "figure",
        {},
        h("figcaption", {}, t("chart_of", { name: `${name}（${unit}）` })),
        this.chart,
        rows.length > CHART_ROWS ? h("p", { class: "note" }, t("chart_first", { n: CHART_ROWS })) : null,
      ),
      h(
        "table",
        { class: "indicator-rows", "aria-label": t("chart_of", { name }) },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            [t("letter"), t("period"), t("quantity")].map((text) => h("th", { scope: "col" }, text)),
            h("th", { scope: "col", class: "number" }, t("value")),
            h("th", { scope: "col" }, t("direction")),
          ),
        ),
        body,
      ),
      more,
    );
    this.drawChart();
  }

  claimRow({ letter, claim, number }) {
    return h(
      "tr",
      {},
      h(
        "th",
        { scope: "row" },
        button(headingOf(letter), () => this.onOpen(letter.key, `c${number}`), { class: "link" }),
      ),
      h("td", {}, periodOf(claim), daysOf(claim.period) ? h("small", {}, daysOf(claim.period)) : null),
      h("td", {}, h("b", {}, claim.text.replace(/\s+/g, ""))),
      h("td", { class: "number" }, claimValue(claim), claimReading(claim) ? h("small", {}, claimReading(claim)) : null),
      h("td", { class: "change" }, changeOf(claim) || h("span", { class: "none" }, t("none"))),
    );
  }

  drawChart() {
    if (!this.chart || this.chart.clientWidth === 0 || this.indicator === null) return;
    const { name } = this.indicator;
    this.chart.replaceChildren(indicatorChart(name, this.sortedRows.slice(0, CHART_ROWS), this.chart.clientWidth));
  }
}

function sorted(rows, order) {
  const share = ({ counts }) => countOf(counts, null, "planned") / Math.max(1, countOf(counts));
  if (order === "measures") return [...rows].sort((a, b) => countOf(b.counts) - countOf(a.counts));
  return order === "planned" ? [...rows].sort((a, b) => share(b) - share(a)) : rows;
}

function moreButton(left, onClick) {
  return left > 0 ? [button(t("more_rows", { n: Math.min(ROWS_STEP, left) }), onClick)] : [];
}

function select(name, options, chosen, onChange) {
  const id = freshId("select");
  const element = h(
    "select",
    { id, on: { change: () => onChange(element.value) } },
    options.map(([value, label]) => h("option", { value, selected: value === chosen }, label)),
  );
  return h("span", { class: "select" }, h("label", { for: id }, name), element);
}
