// Claims that say the same of different letters or times.

import { onOneLine } from "../text.js";

/**
 * The indicator of a claim, or null where it names none: the one rule that says which claims are compared.
 *
 * Claims that an indicator is known for are compared by it and in its unit; others by the words of their metric.
 *
 * @returns {{key: string, name: string, unit: string, type: string, known: boolean} | null}
 */
export function indicatorOf(letter, number) {
  const claim = letter.result.claims[number];
  const known = letter.indicators?.[number] ?? null;
  if (known === null && claim.metric === null) return null;
  const { name, unit } = known ?? { name: onOneLine(claim.metric.text), unit: claim.unit };
  return { key: `${claim.type} ${unit} ${name}`, name, unit, type: claim.type, known: known !== null };
}

/**
 * The indicators of letters: known ones first, then those of most letters.
 *
 * @returns {{key, name, unit, type, known, letters: number, rows: {letter, claim, number}[]}[]} `number` is the claim's
 *   place in its letter, `claim` has its values in the indicator's unit; rows are in the order of letters and text.
 */
export function indicatorsOf(letters) {
  const found = new Map();
  for (const letter of letters) {
    letter.result.claims.forEach((claim, number) => {
      const indicator = indicatorOf(letter, number);
      if (indicator === null) return;
      const entry = found.get(indicator.key) ?? { ...indicator, letters: 0, rows: [] };
      if (entry.rows.at(-1)?.letter !== letter) entry.letters += 1;
      entry.known ||= indicator.known;
      entry.rows.push({ letter, claim: inUnit(claim, letter.indicators?.[number]), number });
      found.set(indicator.key, entry);
    });
  }
  return [...found.values()].sort(
    (a, b) => b.known - a.known || b.letters - a.letters || b.rows.length - a.rows.length,
  );
}

/** The indicators of a letter's claims after a correction: those of the claims that are as they were. */
export function keptIndicators(letter, claims) {
  const before = new Map(letter.result.claims.map((claim, i) => [identity(claim), letter.indicators?.[i] ?? null]));
  return claims.map((claim) => before.get(identity(claim)) ?? null);
}

function identity(claim) {
  const { start, end, type, unit, value, value_max, metric } = claim;
  return JSON.stringify([start, end, type, unit, value, value_max, metric && [metric.start, metric.end]]);
}

function inUnit(claim, known) {
  return known ? { ...claim, unit: known.unit, value: known.value, value_max: known.value_max } : claim;
}
