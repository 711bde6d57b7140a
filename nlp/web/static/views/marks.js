// A letter's text with its marks: whatever spans overlap, the elements nest.
//
// Spans are cut where another one begins or ends; measures are outside, then claims, then metrics and periods. The
// labels are drawn by the style sheet out of an attribute, so the text of the elements is the letter to the last
// character and offsets can be read off a selection.

import { h } from "../dom.js";
import { CodePoints } from "../text.js";
import { CATEGORY_CLASSES, measureLabel, t } from "../words.js";

const RANKS = { measure: 0, claim: 1, metric: 2, period: 3 };
const OTHER_LINE_END = /\r(?!\n)|[\v\f\x85\u2028\u2029]/g; // line ends that browsers do not break at

/**
 * The text as nodes.
 *
 * @param letter a Letter; `wraps`, where it has them, are the hard wraps inside its paragraphs, which are not broken at.
 * @returns {{nodes: Node[], points: CodePoints, pieces: Map<string, Element[]>}} `pieces` holds the elements of each
 *   mark in text order, by its id: `m0` is the first measure, `c0` the first claim.
 */
export function markedText(letter) {
  const points = new CodePoints(letter.text);
  const marks = marksOf(letter.result);
  const starting = new Map();
  for (const mark of marks) starting.set(mark.start, [...(starting.get(mark.start) ?? []), mark]);
  const wraps = letter.wraps ?? [];
  const wrapStarts = new Set(wraps.map(([start]) => start));
  const wrapped = new Set(wraps.flatMap(([start, end]) => Array.from({ length: end - start }, (_, i) => start + i)));
  const breaks = new Set();
  for (const found of letter.text.matchAll(OTHER_LINE_END)) {
    const at = points.toPoints(found.index);
    if (!wrapped.has(at)) breaks.add(at + 1);
  }
  const borders = new Set([0, points.length, ...breaks, ...wraps.flat()]);
  for (const mark of marks) borders.add(mark.start).add(mark.end);
  const sorted = [...borders].sort((a, b) => a - b);

  const root = document.createDocumentFragment();
  const pieces = new Map(marks.map((mark) => [mark.id, []]));
  let open = []; // { mark, element }, the outermost first
  for (let i = 0; i + 1 < sorted.length; i += 1) {
    const [start, end] = [sorted[i], sorted[i + 1]];
    const wanted = [...open.map((o) => o.mark).filter((mark) => mark.end > start), ...(starting.get(start) ?? [])];
    wanted.sort((a, b) => RANKS[a.kind] - RANKS[b.kind] || a.start - b.start || b.end - a.end || a.number - b.number);
    let kept = 0;
    while (kept < open.length && kept < wanted.length && open[kept].mark === wanted[kept]) kept += 1;
    open = open.slice(0, kept);
    for (const mark of wanted.slice(kept)) {
      const element = pieceOf(mark, mark.start === start, open);
      (open.at(-1)?.element ?? root).append(element);
      open.push({ mark, element });
      pieces.get(mark.id).push(element);
    }
    const inner = open.at(-1)?.element ?? root;
    const piece = points.slice(start, end);
    inner.append(wrapped.has(start) && wrapStarts.has(start) ? h("span", { class: "wrap" }, piece) : piece);
    if (breaks.has(end)) inner.append(h("br"));
  }
  return { nodes: [...root.childNodes], points, pieces };
}

function marksOf(result) {
  const marks = result.measures.map((span, number) => ({
    kind: "measure",
    id: `m${number}`,
    number,
    span,
    ...ends(span),
  }));
  result.claims.forEach((span, number) => marks.push({ kind: "claim", id: `c${number}`, number, span, ...ends(span) }));
  const parts = new Map();
  result.claims.forEach((claim, number) => {
    for (const kind of ["metric", "period"]) {
      if (claim[kind] === null) continue;
      const id = `${kind}-${claim[kind].start}-${claim[kind].end}`;
      const part = parts.get(id) ?? { kind, id, number, claims: [], ...ends(claim[kind]) };
      part.claims.push(`c${number}`);
      parts.set(id, part);
    }
  });
  return [...marks, ...parts.values()];
}

function ends(span) {
  return { start: span.start, end: span.end };
}

function pieceOf(mark, first, outside) {
  if (mark.kind === "measure") {
    const style = `measure ${CATEGORY_CLASSES[mark.span.category]} ${mark.span.status}`;
    return h("mark", { class: style, "data-id": mark.id }, first ? labelOf(mark) : null);
  }
  if (mark.kind === "claim") {
    const alone = first && !outside.some((o) => o.mark.kind === "claim"); // a button must not stand in another one
    const button = alone ? { role: "button", tabindex: -1, "data-stop": mark.id } : {};
    return h("span", { class: "claim", "data-id": mark.id, ...button });
  }
  return h("span", { class: `part ${mark.kind}`, "data-claims": mark.claims.join(" ") });
}

function labelOf(mark) {
  const label = measureLabel(mark.span);
  return h("span", {
    class: "label",
    role: "button",
    tabindex: -1,
    contenteditable: "false",
    "data-stop": mark.id,
    "data-label": `${mark.number + 1} ${label}`,
    "aria-label": `${t("measure_n", { n: mark.number + 1 })}, ${label}`,
  });
}
