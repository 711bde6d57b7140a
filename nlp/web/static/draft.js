// The marks of a letter while they are being corrected, with every step so far.

import { freshId } from "./dom.js";

/** A draft of marks: each has a `uid` that stays with it through all steps. */
export class History {
  /** `original` is what the editor was opened with, `saved` the gold that it was, or null where none was saved. */
  constructor(original, saved = null) {
    this.start = saved ?? original;
    this.draft = this.start;
    this.saved = saved;
    this.past = [];
  }

  /** How many marks differ from what is saved, or from the start where nothing is. */
  get changes() {
    return differing(this.saved ?? this.start, this.draft);
  }

  get canUndo() {
    return this.past.length > 0;
  }

  get canReset() {
    return differing(this.start, this.draft) > 0;
  }

  /** Goes over to other marks. */
  change(draft) {
    this.past.push(this.draft);
    this.draft = withOwners(draft);
  }

  undo() {
    if (this.canUndo) this.draft = this.past.pop();
  }

  reset() {
    this.change(this.start);
  }

  /** The number of a mark among those of its kind, as `{kind, number}`, or null where the draft lacks it. */
  find(uid) {
    for (const [kind, spans] of [
      ["measure", this.draft.measures],
      ["claim", this.draft.claims],
    ]) {
      const number = spans.findIndex((span) => span.uid === uid);
      if (number >= 0) return { kind, number, span: spans[number] };
    }
    return null;
  }
}

/** Measures and claims, of a model or of gold, as a draft. */
export function draftOf({ measures, claims }) {
  const own = (span) => ({ score: null, ...span, uid: freshId("span") });
  return { measures: measures.map(own), claims: claims.map(own) };
}

/** The draft as gold of the scheme. */
export function goldOf({ measures, claims }) {
  const bare = ({ uid: _uid, score: _score, ...span }) => span;
  const place = (span) => span && { start: span.start, end: span.end, text: span.text }; // no indicator, no days
  const bareClaim = (claim) => ({ ...bare(claim), metric: place(claim.metric), period: place(claim.period) });
  return { measures: measures.map(bare), claims: claims.map(bareClaim) };
}

/** The spans in text order. */
export function inOrder(spans) {
  return [...spans].sort((a, b) => a.start - b.start || a.end - b.end);
}

/** What has to be mended before it can be saved, as `{uid, kind, number, fault}`; `fault` is a key of the words. */
export function faultsOf({ measures, claims }) {
  const found = [];
  const add = (kind, spans, number, fault) => found.push({ uid: spans[number].uid, kind, number, fault });
  for (const [kind, spans] of [
    ["measure", measures],
    ["claim", claims],
  ]) {
    spans.forEach((span, i) => {
      if (i > 0 && span.start < spans[i - 1].end) add(kind, spans, i, "fault_overlap");
    });
  }
  claims.forEach((claim, i) => {
    const { metric } = claim;
    if (metric === null) add("claim", claims, i, "fault_metric");
    else if (metric.start < claim.end && claim.start < metric.end) add("claim", claims, i, "fault_metric_holds");
    if (claim.type === "change" && claim.direction === null) add("claim", claims, i, "fault_direction");
    if (!Number.isFinite(claim.value)) add("claim", claims, i, "fault_value");
    if (claim.value_max !== null && !(claim.value_max > claim.value)) add("claim", claims, i, "fault_value_max");
    if (claim.unit === "") add("claim", claims, i, "fault_unit");
  });
  return found;
}

/** Gives each claim the measure that holds it. */
function withOwners({ measures, claims }) {
  const owner = (claim) => measures.findIndex(({ start, end }) => start <= claim.start && claim.end <= end);
  return { measures, claims: claims.map((claim) => ({ ...claim, measure: owner(claim) < 0 ? null : owner(claim) })) };
}

/** How many marks are in one of two drafts only; one that was changed counts once. */
function differing(one, other) {
  const [before, after] = [identities(one), identities(other)];
  const uids = new Set();
  for (const [identity, uid] of before) if (!after.has(identity)) uids.add(uid);
  for (const [identity, uid] of after) if (!before.has(identity)) uids.add(uid);
  return uids.size;
}

function identities({ measures, claims }) {
  const place = (span) => span && [span.start, span.end];
  const found = new Map();
  for (const m of measures) found.set(JSON.stringify([...place(m), m.category, m.status]), m.uid);
  for (const c of claims) {
    const parts = [place(c.metric), place(c.period), c.direction, c.basis];
    found.set(JSON.stringify([...place(c), c.type, String(c.value), c.value_max, c.unit, c.approx, ...parts]), c.uid);
  }
  return found;
}
