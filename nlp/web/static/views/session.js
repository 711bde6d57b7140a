// The letters that are looked at, in one place for all views.

import { headingOf, pathOf } from "../text.js";
import { keptIndicators } from "./indicators.js";

/** Letters with a key each; fires `change` when they or the open one are others. */
export class Session extends EventTarget {
  constructor() {
    super();
    this.letters = [];
    this.openKey = null;
  }

  /**
   * Puts the letters of a batch, in their order, in the place of those it had; a letter that is there stays as it is, and
   * the open one stays even where it is not among them: of a batch that is under way, only the first ones are given.
   */
  setBatch(batch, letters) {
    const known = new Map(this.letters.map((letter) => [letter.key, letter]));
    const seen = new Map(); // runs of a report may have the same paths
    const added = letters.map((letter) => {
      const path = pathOf(letter);
      seen.set(path, (seen.get(path) ?? 0) + 1);
      const key = `${batch} ${seen.get(path)} ${path}`;
      return known.get(key) ?? { ...letter, key, batch };
    });
    const { open } = this;
    if (open !== null && open.batch === batch && !added.some(({ key }) => key === open.key)) added.push(open);
    this.replace(batch, added);
  }

  removeBatch(batch) {
    this.replace(batch, []);
  }

  replace(batch, letters) {
    this.letters = [...this.letters.filter((letter) => letter.batch !== batch), ...letters];
    if (this.open === null) this.openKey = this.letters[0]?.key ?? null;
    this.changed();
  }

  /** Puts another result on a letter. */
  correct(key, measures, claims) {
    this.letters = this.letters.map((letter) =>
      letter.key === key
        ? {
            ...letter,
            corrected: true,
            result: { ...letter.result, measures, claims },
            indicators: keptIndicators(letter, claims),
          }
        : letter,
    );
    this.changed();
  }

  show(key) {
    this.openKey = key;
    this.changed();
  }

  /** The open letter, or null. */
  get open() {
    return this.letters.find((letter) => letter.key === this.openKey) ?? null;
  }

  /** The letters whose title, path or issuer holds the words. */
  find(words) {
    const wanted = words.trim().toLowerCase();
    if (wanted === "") return this.letters;
    return this.letters.filter((letter) =>
      [headingOf(letter), pathOf(letter), letter.result.document.meta.issuer ?? ""].some((s) =>
        s.toLowerCase().includes(wanted),
      ),
    );
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }
}
