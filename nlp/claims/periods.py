"""Which period a figure is for: the last one before it in its paragraph, as long as that one holds."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nlp.claims.figures import Figure
from nlp.text.segmentation import Structure

Range = tuple[int, int]

# 由上年的48.5%, 从3月的6.2万次: a period that stands for one figure alone.
_LOCAL_AFTER = re.compile(r"\s*的\s*")
# 年底前, 两年内, 2026年: a deadline holds to the end of its sentence.
_DEADLINE = re.compile(r"(?:前|内|底|末)$|明年|来年|今后|未来")
_WISH = re.compile(r"(?:力争|争取|确保|拟于|计划|到)[^，,。；;]{0,3}$")
# 其中今年新增1590人: a part's period holds to the end of its sentence, then the whole's does again.
_PART = re.compile(r"[^。！？!?;；\s]\s?其中[，,]?\s?$")
# From here on the text speaks of another time.
_PLANS = re.compile("下一步|下步|今后|后续将|下一阶段")


def assign_periods(
    text: str, structure: Structure, figures: Sequence[Figure], periods: Sequence[Range]
) -> list[Range | None]:
    """The period of every figure, in their order."""
    ordered = sorted(set(periods))
    assigned: list[Range | None] = []
    k = 0
    current: Range | None = None
    paragraph = -1
    local: dict[int, Range] = {}
    part: tuple[Range, int] | None = None
    starts = {figure.start for figure in figures}
    seen = 0
    for figure in figures:
        if figure.paragraph != paragraph:
            paragraph, current = figure.paragraph, None
        start = structure.paragraphs[figure.paragraph].start
        while k < len(ordered) and ordered[k][1] <= figure.start:
            period = ordered[k]
            k += 1
            if period[0] < start:
                continue
            if _end_of_gap(text, period) in starts:
                local[_end_of_gap(text, period)] = period
            elif _PART.search(text[max(0, period[0] - 5) : period[0]]):
                part = (period, figure.sentence)
            else:
                current, part = period, None
        if part is not None and part[1] == figure.sentence:
            assigned.append(part[0])
            continue
        if current is not None:
            # What stands before the figure before this one was looked at with it.
            passed = max(seen, current[1])
            if _PLANS.search(text, passed, figure.start) or not _holds(text, structure, current, figure):
                current = None
        seen = figure.end
        assigned.append(local.get(figure.start, None if _is_term(text, figure) else current))
    return assigned


def _end_of_gap(text: str, period: Range) -> int:
    """Where the 的 behind a period ends, or -1: a figure there has the period for itself."""
    gap = _LOCAL_AFTER.match(text, period[1])
    return -1 if gap is None else gap.end()


def _holds(text: str, structure: Structure, period: Range, figure: Figure) -> bool:
    sentence = structure.sentences[figure.sentence]
    if period[0] >= sentence.start:
        return True
    surface = text[period[0] : period[1]]
    if not _DEADLINE.search(surface) and not _WISH.search(text[max(0, period[0] - 6) : period[0]]):
        return True
    # 截至6月底 looks back.
    return surface.startswith(("截至", "截止")) or text[max(0, period[0] - 2) : period[0]] in ("截至", "截止")


def _is_term(text: str, figure: Figure) -> bool:
    """A duration that is a rule's or a sentence's term has no period: 5年内限制新开卡."""
    return figure.quantity.kind == "time" and text.startswith("内", figure.end)
