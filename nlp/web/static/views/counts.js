// Measures by category and status.

import { CATEGORIES, STATUSES } from "../words.js";

/** The counts of one result: measures by `category status`, and claims. */
export function countsOf(result) {
  const counts = emptyCounts();
  addCounts(counts, { kinds: kindsOf(result), claims: result.claims.length });
  return counts;
}

export function emptyCounts() {
  return { kinds: new Map(), claims: 0 };
}

/** Takes other counts in. */
export function addCounts(counts, other) {
  for (const [kind, n] of other.kinds) counts.kinds.set(kind, (counts.kinds.get(kind) ?? 0) + n);
  counts.claims += other.claims;
}

/** How many measures are of a category and a status; null means any. */
export function countOf(counts, category = null, status = null) {
  let sum = 0;
  for (const c of category === null ? CATEGORIES : [category]) {
    for (const s of status === null ? STATUSES : [status]) sum += counts.kinds.get(`${c} ${s}`) ?? 0;
  }
  return sum;
}

function kindsOf(result) {
  const kinds = new Map();
  for (const { category, status } of result.measures) {
    const kind = `${category} ${status}`;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return kinds;
}
