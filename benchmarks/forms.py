"""The same letter as text, GB18030 text, HTML, Word and PDF: how many give the same measures and claims?

    python benchmarks/forms.py [--every 1]

Takes the composed letters that are not hard-wrapped already (wrapping such a letter once more is not what people do),
writes each in every form as tests/letter_forms.py does, and compares all that a result says with the text file's.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from letter_forms import FORMS, in_form, said  # noqa: E402

from nlp.annotation.corpus import read_letters  # noqa: E402
from nlp.documents.reading import decode_document  # noqa: E402
from nlp.inference.loading import load_predictor  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=1, help="take every so manieth letter")
    options = parser.parse_args()
    predictor = load_predictor(device="cpu")
    letters = [x for x in read_letters(ROOT / "annotations" / "letters") if x.meta["form"] != "hard-wrapped"]
    letters = letters[:: options.every]
    same, different, whole = Counter[tuple[str, str]](), Counter[tuple[str, str]](), Counter[str]()
    for letter in letters:
        answers = {}
        for form in FORMS:
            document = decode_document(in_form(letter.text, form), path=f"{letter.id}.{form}")
            (result,) = predictor.predict([document])
            answers[form] = said(result, document.text)
        for form in FORMS[1:]:
            whole[form] += answers[form] == answers["txt"]
            for of, mine, theirs in zip(("measures", "claims"), answers[form], answers["txt"], strict=True):
                shared = sum((Counter(mine) & Counter(theirs)).values())
                same[form, of] += shared
                different[form, of] += len(theirs) - shared
    print(f"{len(letters)} letters; the same as the text file's:")
    print("| form | letters wholly | measures | claims |\n|---|---|---|---|")
    for form in FORMS[1:]:
        shares = [same[form, of] / (same[form, of] + different[form, of]) for of in ("measures", "claims")]
        print(f"| {form} | {whole[form]} of {len(letters)} | {shares[0]:.2%} | {shares[1]:.2%} |")


if __name__ == "__main__":
    main()
