"""Prints how many periods of the composed letters' gold are read as days, and a sample of them to check by hand.

    python benchmarks/periods.py [train|dev|test …] [--sample 60] [--seed 1]

The rules (nlp.claims.dates, nlp.claims.resolution) were written on train and dev.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from pathlib import Path

from nlp.annotation.corpus import GoldLetter, read_letters
from nlp.annotation.splits import split_letters
from nlp.claims.dates import NOTHING, Interval
from nlp.claims.resolution import resolve_periods
from nlp.documents.meta import read_meta
from nlp.text.segmentation import segment

ANNOTATIONS = Path(__file__).parents[1] / "annotations"


def report(split: str, sample: int, rng: random.Random) -> None:
    """Prints the counts of one split, what was not read, and a sample of what was."""
    letters = getattr(split_letters(read_letters(ANNOTATIONS / "letters"), ANNOTATIONS / "splits.yaml"), split)
    lines: list[str] = []
    counts: Counter[str] = Counter()
    unread: Counter[str] = Counter()
    for letter in letters:
        letter_date = read_meta(letter.text).date
        periods = [claim.period for claim in letter.claims if claim.period is not None]
        counts["claims"] += len(letter.claims)
        counts["claims with a period"] += len(periods)
        days = resolve_periods(periods, letter.text, segment(letter.text), letter_date)
        counts["their claims"] += sum(days[p.start, p.end] != NOTHING for p in periods)
        for (start, end), found in sorted(days.items()):
            counts[_kind(found)] += 1
            if found == NOTHING:
                unread["".join(letter.text[start:end].split())] += 1
            else:
                lines.append(_line(letter, start, end, found, letter_date))
    both, one, none = (counts[kind] for kind in ("both days", "one day", "none"))
    every = both + one + none
    print(f"{split}: {len(letters)} letters, {counts['claims']} claims, {counts['claims with a period']} with a period")
    print(
        f"{every} periods, days for {both + one} ({(both + one) / every:.3f}): {both} from and to, {one} one of them;"
        f" they are the periods of {counts['their claims']} claims"
    )
    print("not read:", " ".join(f"{surface} {n}" for surface, n in unread.most_common()))
    for line in rng.sample(lines, min(sample, len(lines))):
        print(line)


def _kind(days: Interval) -> str:
    return "none" if days == NOTHING else "one day" if None in days else "both days"


def _line(letter: GoldLetter, start: int, end: int, days: Interval, letter_date: str | None) -> str:
    before, inside, after = (
        letter.text[slice(*place)] for place in ((max(0, start - 60), start), (start, end), (end, end + 24))
    )
    near = f"{before}【{inside}】{after}".replace("\n", "⏎")
    return f"  {letter.id} {letter_date} {days.start or ''}..{days.end or ''} | {near}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("splits", nargs="*", default=["train", "dev", "test"])
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for name in options.splits:
        report(name, options.sample, random.Random(options.seed))
