"""How much gold there is, and of what; and where each hard case is to be found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from nlp.annotation.corpus import GoldLetter
from nlp.annotation.sequences import SEQUENCE, fold, sequences, shared_share

_LENGTH_BANDS = (500, 1000, 1500, 2000)

# What a letter's `hard` promises, in the order of the list.
HARD_CASES: dict[str, str] = {
    "分别两至四数": "分别 hands out two to four figures (抓获38名、破案21起，分别上升6%、9%)",
    "分别指标在他句": "分别 hands out figures whose metrics stand in an earlier clause or sentence (上述三项分别为…)",
    "更正数字": "the text itself calls a figure wrong and corrects it; only the right one is a claim",
    "区间": "a range is one quantity (3-5个, 40至60名)",
    "上亿近百余多以上": "modifiers of a number (上亿元, 近百名, 40余万份, 95%以上)",
    "百分点倍分之": "百分点, 倍, fractions (三分之二)",
    "绝对增减": "a change in the metric's own unit (较去年同期减少12起)",
    "由降至": "from one figure to another (由19起降至7起, 从2分提高到5分): two counts, no change",
    "占比": "a share, whose metric carries its whole",
    "排名": "a place in a ranking",
    "中文数字": "Chinese numerals (两万三千, 十余, 七个)",
    "万元与元": "amounts in 万元 and in 元 side by side",
    "同数两现": "the same number twice, of different things or of the same",
    "目标值": "a target (力争…达到95%以上)",
    "含数名称": "names and slogans that hold numbers and are no claims (五大攻坚战, 三张清单, 一案双查)",
    "无将之计划": "plans that no 将 gives away",
    "引述代表要求": "what members demand (要…) is planned; a mere suggestion told again is nothing",
    "机构行为涉他类": "institutional acts about another category (宣传考核, 劝阻工作专班) are 治理",
    "止付冻结对管控": "止付 and 冻结 (防范) beside 惩戒 and 限制 (管控)",
    "邻近主题": "the letter is about an adjacent subject, with fraud at its margin",
    "无措施段落": "whole paragraphs that report no measure",
}


def describe(letters: Sequence[GoldLetter]) -> str:
    """The counts of a corpus as a text of lines."""
    characters = sum(len(x.text) for x in letters)
    measures = [m for x in letters for m in x.measures]
    claims = [c for x in letters for c in x.claims]
    shared = shared_share(sequences(fold(x.text)) for x in letters)
    thousand = max(characters, 1) / 1000
    lines = [
        f"letters {len(letters)}, characters {characters}, measures {len(measures)}, claims {len(claims)}",
        f"per 1,000 characters: measures {len(measures) / thousand:.1f}, claims {len(claims) / thousand:.1f}",
        _row("category", Counter(m.category for m in measures)),
        _row("status", Counter(m.status for m in measures)),
        _row("claim type", Counter(c.type for c in claims)),
        _row("form", Counter(x.meta.get("form", "clean") for x in letters)),
        _row("body", Counter(str(x.meta.get("body", "?")) for x in letters)),
        _row("province", Counter(str(x.meta.get("province", "?")) for x in letters)),
        _row("year", Counter(str(x.meta.get("year", "?")) for x in letters), by_label=True),
        _row("characters", Counter(_band(len(x.text)) for x in letters), labels=_bands()),
        _row("subject beside fraud", Counter(x.meta["subject"] for x in letters if "subject" in x.meta)),
        _row("hard case (letters)", Counter(h for x in letters for h in x.meta.get("hard", []))),
        f"sequences of {SEQUENCE} characters in more than one letter: {shared:.2%}",
    ]
    return "\n".join(lines)


def describe_hard_cases(letters: Sequence[GoldLetter]) -> str:
    """The hard cases with the letters that hold them, as Markdown."""
    where: dict[str, list[str]] = {name: [] for name in HARD_CASES}
    for letter in letters:
        for name in letter.meta.get("hard", []):
            where.setdefault(name, []).append(letter.id)
    lines = [
        "# Where the hard cases are",
        "",
        "Each letter names in its front matter the hard cases that it holds at least once; the plan set them before",
        "the letter was written (blocks i to p: read off the letter).\n\nPrinted by `fanzha corpus stats --where`.",
        "",
        "| hard case | what it is | letters | ids |",
        "|---|---|---:|---|",
    ]
    lines += [f"| {name} | {HARD_CASES.get(name, '')} | {len(ids)} | {' '.join(ids)} |" for name, ids in where.items()]
    return "\n".join(lines)


def _bands() -> list[str]:
    names = [f"under {_LENGTH_BANDS[0]}"]
    names += [f"{low}-{high - 1}" for low, high in zip(_LENGTH_BANDS, _LENGTH_BANDS[1:], strict=False)]
    return [*names, f"from {_LENGTH_BANDS[-1]}"]


def _band(length: int) -> str:
    return _bands()[sum(length >= limit for limit in _LENGTH_BANDS)]


def _row(name: str, counts: Counter[Any], *, by_label: bool = False, labels: Iterable[str] | None = None) -> str:
    if labels is not None:
        pairs = [(label, counts[label]) for label in labels]
    else:
        pairs = sorted(counts.items()) if by_label else counts.most_common()
    return f"{name}: " + ", ".join(f"{label} {n}" for label, n in pairs)
