// The measures and the claims of a letter as tables; each row leads to its place in the text.

import { button, h } from "../dom.js";
import { changeOf, claimReading, claimValue, scoreText } from "../numbers.js";
import { onOneLine } from "../text.js";
import { CATEGORY_CLASSES, labelName, measureLabel, t } from "../words.js";

/**
 * The table of measures.
 *
 * @param result a Result.
 * @param hooks `jump(id)` goes to the text, `point(id)` and `point(null)` say where the pointer is.
 */
export function measuresTable(result, hooks) {
  if (result.measures.length === 0) return h("p", { class: "none" }, t("no_measures"));
  const rows = result.measures.map((measure, number) =>
    row(
      `m${number}`,
      t("measure_n", { n: number + 1 }),
      number,
      CATEGORY_CLASSES[measure.category],
      hooks,
      h("td", {}, h("span", { class: `tag ${measure.status}` }, measureLabel(measure))),
      h("td", {}, h("span", { class: "excerpt" }, onOneLine(measure.text))),
      scoreCell(measure),
    ),
  );
  return table(
    "measures",
    t("measures"),
    t("score_note"),
    [[t("index")], [t("category")], [t("measure")], [t("score"), "number"]],
    rows,
  );
}

/** The table of claims; see `measuresTable`. */
export function claimsTable(result, hooks) {
  if (result.claims.length === 0) return h("p", { class: "none" }, t("no_claims"));
  const rows = result.claims.map((claim, number) => {
    const owner = claim.measure === null ? null : result.measures[claim.measure];
    const reading = claimReading(claim);
    return row(
      `c${number}`,
      t("claim_n", { n: number + 1 }),
      number,
      owner === null ? "" : CATEGORY_CLASSES[owner.category],
      hooks,
      h(
        "td",
        {},
        h("b", {}, onOneLine(claim.text)),
        h("small", {}, claimValue(claim)),
        reading ? h("small", {}, reading) : null,
      ),
      h("td", {}, labelName("types", claim.type), changeOf(claim) ? h("small", {}, changeOf(claim)) : null),
      h(
        "td",
        {},
        claim.metric === null ? t("none") : onOneLine(claim.metric.text),
        claim.period === null ? null : h("small", {}, onOneLine(claim.period.text)),
      ),
      h(
        "td",
        {},
        owner === null
          ? t("none")
          : button(
              `${labelName("categories", owner.category)} ${claim.measure + 1}`,
              (event) => {
                event.stopPropagation();
                hooks.jump(`m${claim.measure}`);
              },
              { class: "link owner" },
            ),
      ),
      scoreCell(claim),
    );
  });
  const heads = [
    [t("index")],
    [t("quantity"), "", t("value")],
    [t("type")],
    [t("metric"), "", t("period")],
    [t("measure")],
    [t("score"), "number"],
  ];
  return table("claims", t("claims"), t("value_note"), heads, rows);
}

function table(style, name, note, heads, rows) {
  return h(
    "table",
    { class: `findings-table ${style}`, "aria-label": name },
    h("caption", {}, note),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        heads.map(([head, kind, second]) =>
          h("th", { scope: "col", class: kind }, head, second ? h("small", {}, second) : null),
        ),
      ),
    ),
    h("tbody", {}, rows),
  );
}

function row(id, name, number, style, hooks, ...cells) {
  const jump = button(
    number + 1,
    (event) => {
      event.stopPropagation();
      hooks.jump(id);
    },
    { class: "link jump", "aria-label": `${name}, ${t("in_text")}` },
  );
  const listeners = {
    click: () => hooks.jump(id),
    pointerenter: () => hooks.point(id),
    pointerleave: () => hooks.point(null),
  };
  return h("tr", { class: style, "data-id": id, on: listeners }, h("th", { scope: "row" }, jump), cells);
}

function scoreCell(span) {
  return h("td", { class: "number" }, scoreText(span.score) ?? h("small", {}, t("by_hand")));
}
