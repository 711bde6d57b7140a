"""Feeds made-up text to the number grammar, the candidates, the linking and the resolution, for some minutes.

    python benchmarks/fuzz_grammar.py --minutes 10 --seed 1 [--only fuzz|lengths]

Texts are random characters, random words of the field, and letters of annotations/letters with pieces cut, doubled,
swapped and put in. Spans are random, too. Nothing may raise, and every offset must hold. Then long texts of one piece
over and over, 1,000 to 100,000 characters: what a character costs in the longest over what it costs in the shortest.
The exit status is 1 where a text failed (it is printed) or a character of the longest costs over ten times as much.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from nlp.annotation.corpus import read_letters
from nlp.claims.candidates import Candidate
from nlp.claims.dates import NOTHING
from nlp.claims.finding import find_document_quantities
from nlp.claims.indicators import INDICATORS
from nlp.claims.linking import link_claims
from nlp.claims.numbers import parse_quantity
from nlp.claims.resolution import resolve_claims, resolve_periods
from nlp.labels import CLAIM_TYPES
from nlp.schema import Claim, Measure
from nlp.spans import LabelledSpan
from nlp.text.segmentation import segment

LETTERS = Path(__file__).parents[1] / "annotations" / "letters"
SIZES = (1_000, 10_000, 100_000)
MOST_RATIO = 10.0
WORDS = """
0 1 2 9 12 100 3276 2022 0.5 １ ２３ 一 二 三 十 十二 百 千 万 亿 两 零 〇 半 几 余 多 第 第一 首位 榜首 前三 倒数
约 近 超过 不足 上 过 以上 以内 左右 名 人 起 个 次 人次 元 万元 亿元 % ％ ‰ 百分点 倍 番 成 分之 百分之 至 到 - —
~ ～ 、 ， 。 ； ： . , / ( ) （ ） 〔 〕 “ ” 年 月 日 号 时 点 分 2022年 今年 去年 上年 今年以来 1至8月 上半年
三季度 截至目前 去年同期 同期 近三年 十四五 期间 年底前 以来 起 前 抓获 嫌疑人 破案 案件 立案 损失 资金 止付 冻结
返还 劝阻 群众 宣传 发放 资料 电话 网址 全市 共 其中 分别 同比 环比 上升 下降 由 降至 占 比 与 相比 降幅 下一步 今后
力争 一是 （一） 一、 𠮷
"""
PIECES = [*WORDS.split(), "\n", "\r\n", "\u3000", "\u200b", "\x00", "\u2028", " "]
PERIODS = re.compile(
    r"(?:截至|自)?(?:[0-9]{2,4}年|[今去前上]年|同年|同期|近.年|[0-9]{1,2}[至-])[0-9至-]{0,5}"
    r"(?:月份?|[上下]半年|前?.季度|同期)?(?:以来|至今|底前?|起)?"
)
MONOTONOUS = (
    "1", "一", "万", "一亿", "第", "1.", "1,", "1\n", "\n", " ", "（", "〔", "近", "上", "·1", "1至", "2022年", "今年",
    "上半年，", "同期，", "分别", "12起，", "12起、", "破案12起，同比上升5%，", "破案12起。", "去年破案12起；",
    "一、1\n", "由1起降至", "占5%，", "下一步，", "抓获12名、破获34起，同比分别上升5%、6%，",
)  # fmt: skip


class Fault(AssertionError):
    """Something that must hold does not."""


def main() -> int:
    """Runs both parts and prints their figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=("fuzz", "lengths"))
    options = parser.parse_args()
    faults = 0 if options.only == "lengths" else fuzz(random.Random(options.seed), options.minutes)
    ratios = [] if options.only == "fuzz" else measure_lengths()
    return 1 if faults or max(ratios, default=0) > MOST_RATIO else 0


def fuzz(rng: random.Random, minutes: float) -> int:
    """How many texts failed in so many minutes; the first ten are printed."""
    letters = [letter.text for letter in read_letters(LETTERS)]
    counts: Counter[str] = Counter()
    end = time.monotonic() + 60 * minutes
    while time.monotonic() < end:
        text = make_text(rng, letters)
        state = rng.getstate()
        counts["texts"] += 1
        counts["characters"] += len(text)
        try:
            check(text, rng, counts)
        except Exception:  # whatever it is: that is what is looked for
            counts["faults"] += 1
            if counts["faults"] <= 10:
                print(f"fault in {text!r}\n{traceback.format_exc()}", file=sys.stderr)
        rng.setstate(state)
        rng.random()
    print(f"{minutes:g} minutes: " + ", ".join(f"{n:,} {name}" for name, n in counts.most_common()))
    print(f"faults: {counts['faults']}")
    return counts["faults"]


def make_text(rng: random.Random, letters: Sequence[str]) -> str:
    """A text of one of three kinds, mostly short."""
    size = min(int(rng.expovariate(1 / 60)) + 1, 2_000)
    kind = rng.random()
    if kind < 0.2:
        return "".join(chr(rng.choice((rng.randrange(0x250), rng.randrange(0x4E00, 0x9FA6)))) for _ in range(size))
    if kind < 0.6:
        return "".join(rng.choices(PIECES, k=size))
    letter = rng.choice(letters)
    start = rng.randrange(len(letter))
    parts = [letter[start : start + 4 * size]]
    for _ in range(rng.randrange(6)):
        text = "".join(parts)
        a, b = sorted((rng.randrange(len(text) + 1), rng.randrange(len(text) + 1)))
        b = min(b, a + 40)
        inner = rng.choice(("", text[a:b] * 2, text[a:b][::-1], "".join(rng.choices(PIECES, k=3))))
        parts = [text[:a], inner, text[b:]]
    return "".join(parts)


def check(text: str, rng: random.Random, counts: Counter[str]) -> None:
    """Runs everything over a text.

    Raises:
        Fault: where an offset or an order does not hold.
    """
    structure = segment(text)
    found = find_document_quantities(text, structure)
    check_candidates(text, found)
    counts["candidates"] += len(found)
    parse_quantity(text, rng.choice(CLAIM_TYPES))
    quantities = [LabelledSpan(c.start, c.end, rng.choice(CLAIM_TYPES)) for c in found if rng.random() < 0.9]
    quantities += [LabelledSpan(a, b, rng.choice(CLAIM_TYPES)) for a, b in random_spans(rng, len(text), 3)]
    metrics, periods, ranges = (random_spans(rng, len(text), n) for n in (10, 8, 3))
    periods += [(m.start(), min(m.end() + rng.randrange(3), len(text))) for m in PERIODS.finditer(text)]
    claims = link_claims(
        text,
        structure,
        quantities,
        [LabelledSpan(a, b, "metric") for a, b in metrics],
        [LabelledSpan(a, b, "period") for a, b in periods],
        measures_at(text, ranges),
    )
    date = rng.choice((None, "2023-06-15", "2024-02-29", "0001-01-01", "9999-12-31", "2023-02-30"))
    resolved = resolve_claims(claims, text, structure, date)
    check_claims(text, claims, resolved)
    counts["claims"] += len(claims)
    every = [c.period for c in claims if c.period is not None]
    counts["periods with days"] += sum(d != NOTHING for d in resolve_periods(every, text, structure, date).values())


def check_candidates(text: str, found: Sequence[Candidate]) -> None:
    """In order, in bounds, apart."""
    last = 0
    for c in found:
        if not last <= c.start < c.end <= len(text):
            raise Fault(f"candidate {c} after {last} of {len(text)}")
        last = c.end


def check_claims(text: str, linked: Sequence[Claim], resolved: Sequence[Claim]) -> None:
    """Texts at their places, in order; what was filled in is in order and known, and nothing else was changed."""
    last = 0
    for before, claim in zip(linked, resolved, strict=True):
        if claim.start < last:
            raise Fault(f"claim {claim.start} before {last}")
        last = claim.end
        for span in (claim, claim.metric, claim.period):
            if span is not None and text[span.start : span.end] != span.text:
                raise Fault(f"{span} is not the text there")
        if claim.period is not None and (claim.period.from_ or "") > (claim.period.to or "9999-12-31"):
            raise Fault(f"{claim.period} ends before it begins")
        if claim.metric is not None and claim.metric.canonical not in (None, *INDICATORS):
            raise Fault(f"{claim.metric} has no indicator of that name")
        if claim.model_copy(update={"metric": before.metric, "period": before.period}) != before:
            raise Fault(f"{before} became {claim}")


def random_spans(rng: random.Random, length: int, most: int) -> list[tuple[int, int]]:
    """Up to `most` spans, which may overlap."""
    starts = [rng.randrange(length) for _ in range(rng.randrange(most + 1))] if length else []
    return [(start, min(start + rng.randrange(1, 12), length)) for start in starts]


def measures_at(text: str, ranges: Sequence[tuple[int, int]]) -> list[Measure]:
    """Measures of some ranges that do not overlap, as decoding gives them."""
    kept: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if not kept or kept[-1][1] <= start:
            kept.append((start, end))
    fields = {"category": "打击", "status": "done", "score": 0.5}
    return [Measure.model_validate({"start": a, "end": b, "text": text[a:b], **fields}) for a, b in kept]


def measure_lengths() -> list[float]:
    """Prints for each piece and stage what a character costs in 100,000 over what it costs in 1,000."""
    worst: dict[str, tuple[float, str]] = {}
    for piece in MONOTONOUS:
        costs = [cost_of(piece, size) for size in SIZES]
        for stage in costs[0]:
            ratio = costs[-1][stage] / max(costs[0][stage], 1e-8)
            worst[stage] = max(worst.get(stage, (0.0, "")), (ratio, piece))
        print(
            f"{piece!r:40} " + " ".join(f"{s} {'/'.join(f'{1e6 * c[s]:.2f}' for c in costs)} µs" for s in costs[0]),
            flush=True,
        )
    for stage, (ratio, piece) in worst.items():
        print(f"{stage}: a character in {SIZES[-1]:,} costs at most {ratio:.2f} times one in {SIZES[0]:,} ({piece!r})")
    return [ratio for ratio, _ in worst.values()]


def cost_of(piece: str, size: int) -> dict[str, float]:
    """Seconds a character, by stage: the least of some runs, so that 1,000 characters are measured as 100,000 are."""
    text = (piece * (size // len(piece) + 1))[:size]
    runs = max(1, 20_000 // size)
    seconds: dict[str, float] = {}

    def timed(stage: str, call: Callable[[], object]) -> None:
        begin = time.process_time()
        for _ in range(runs):
            call()
        seconds[stage] = min(seconds.get(stage, 1e9), (time.process_time() - begin) / runs / size)

    structure = segment(text)
    found = find_document_quantities(text, structure)
    quantities = [LabelledSpan(c.start, c.end, CLAIM_TYPES[i % 5]) for i, c in enumerate(found)]
    parts = [LabelledSpan(at, min(at + 3, size), "") for at in range(0, size, 7)]
    claims = link_claims(text, structure, quantities, parts, parts[::3], [])
    for _ in range(2):
        timed("structure", lambda: segment(text))
        timed("quantities", lambda: find_document_quantities(text, structure))
        timed("linking", lambda: link_claims(text, structure, quantities, parts, parts[::3], []))
        timed("resolution", lambda: resolve_claims(claims, text, structure, "2023-06-15"))
    return seconds


if __name__ == "__main__":
    sys.exit(main())
