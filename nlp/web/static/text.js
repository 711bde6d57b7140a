// Offsets: results count code points, JavaScript strings count UTF-16 units.

/** A text whose places can be told in code points and in UTF-16 units. */
export class CodePoints {
  constructor(text) {
    this.text = text;
    this.starts = null; // of each code point; null where every one is a unit
    if (/[\ud800-\udfff]/.test(text)) {
      this.starts = [];
      for (let at = 0; at < text.length; at += text.codePointAt(at) > 0xffff ? 2 : 1) this.starts.push(at);
      this.starts.push(text.length);
    }
    this.length = this.starts === null ? text.length : this.starts.length - 1;
  }

  /** The UTF-16 offset of a code point. */
  toUnits(point) {
    return this.starts === null ? point : this.starts[Math.min(point, this.length)];
  }

  /** The code point at a UTF-16 offset; within a pair, the pair's. */
  toPoints(unit) {
    if (this.starts === null) return unit;
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.starts[middle] <= unit) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The text between two code points. */
  slice(start, end) {
    return this.text.slice(this.toUnits(start), this.toUnits(end));
  }
}

/** A span's text without its line ends: spans stay inside a paragraph, so these are hard wraps. */
export function onOneLine(text) {
  return text
    .split(/[\r\n\v\f\x85\u2028\u2029]+/)
    .map((line) => line.trim())
    .join("");
}

/** The days of a period, as `2022-01-01 — 2022-12-31`; empty where none are known. */
export function daysOf(period) {
  const { from = null, to = null } = period ?? {};
  if (from === null && to === null) return "";
  return from === to ? from : `${from ?? "…"} — ${to ?? "…"}`;
}

/** The letter's title, else its name. */
export function headingOf(letter) {
  return onOneLine(letter.result.document.meta.title ?? letter.result.document.id);
}

/** The path of the letter's file, else its name. */
export function pathOf(letter) {
  return letter.result.document.path ?? letter.result.document.id;
}

/** What selects text inside `container`, as code points without white space at its borders; null where nothing is. */
export function selectedSpan(container, points) {
  const selection = document.getSelection();
  if (selection === null || selection.rangeCount === 0 || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  if (!container.contains(range.startContainer) || !container.contains(range.endContainer)) return null;
  const before = document.createRange();
  before.setStart(container, 0);
  before.setEnd(range.startContainer, range.startOffset);
  const chosen = range.toString();
  const start = before.toString().length + (chosen.length - chosen.trimStart().length);
  const end = start + chosen.trim().length;
  return start < end ? { start: points.toPoints(start), end: points.toPoints(end) } : null;
}
