"""Which metric a figure is about: rules in the order of their certainty.

A metric that ends where the figure starts, the noun that follows it, the lists that 分别 hands out, and else the
nearest metric before it. Metrics are `(start, end)` ranges of the text.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from nlp.claims.figures import Figure, Group
from nlp.text.segmentation import Structure

Range = tuple[int, int]

# Between a metric and its figure: 案件|共|12起, 破案率|达到|60%, 网点|有|46个.
_FILLER = re.compile(
    r"[\s”’》」）)]*(?:的|已|均|也|总|约|仅|共|共计|合计|累计|总计|达|达到|高达|为|是|有|仍有|仅有|仅为|约为|占|了|数|超|至|计|各|:|：|\s){0,3}"
)
# Between a figure and the noun it counts: 15人左右|的|办案团队, 5年|内|暂停业务.
_LOOSE = re.compile(r"[^，,。；;：:、！？!?]{0,8}")
_LONGEST_GAP = 12
_LONGEST_CLAUSE = 80
_COORDINATION = re.compile(r"\s*(?:、|和|与|及|以及|，|,)\s*")
_SHARE = "占"
_RATES = ("率", "占比", "比例", "比重", "权重", "覆盖面", "度")


def assign_metrics(
    text: str, structure: Structure, figures: Sequence[Figure], groups: Sequence[Group], metrics: Sequence[Range]
) -> list[Range | None]:
    """The metric of every figure, in their order; None where the section before it names none."""
    linker = _Linker(text, structure, figures, sorted(set(metrics)))
    return linker.run(groups)


class _Linker:
    def __init__(self, text: str, structure: Structure, figures: Sequence[Figure], metrics: list[Range]) -> None:
        self.text = text
        self.structure = structure
        self.figures = figures
        self.metrics = metrics
        self.by_end = sorted(metrics, key=lambda m: (m[1], -m[0]))
        self.ends = [m[1] for m in self.by_end]
        self.starts = [m[0] for m in metrics]
        self.figure_starts = [f.start for f in figures]
        self.assigned: list[Range | None] = [None] * len(figures)
        # The metrics that directly follow a number serve that number.
        self.counted = {m for f in figures if (m := self._follows(f)) is not None and self._touches(f) is None}

    def run(self, groups: Sequence[Group]) -> list[Range | None]:
        group_at = {group.first: group for group in groups}
        i = 0
        while i < len(self.figures):
            group = group_at.get(i)
            size = group.last - group.first if group is not None else 1
            handed = self._hand_out(group) if group is not None else None
            for k in range(size):
                self.assigned[i + k] = handed[k] if handed is not None else self._single(i + k)
            i += size
        return self.assigned

    def _single(self, i: int) -> Range | None:
        figure = self.figures[i]
        if figure.type == "change":
            return self._changed(figure)
        touching = self._touches(figure)
        if touching is not None and not (figure.type == "rank" and touching in self.counted):
            return touching
        if figure.type == "rank":
            return self._nearest(figure, skip_counted=True)
        return self._follows(figure) or self._near(i, figure)

    def _touches(self, figure: Figure) -> Range | None:
        """The metric that ends at the figure, or only 的 and white space before it."""
        found = self._last_before(figure.start)
        if found is None or figure.start - found[1] > _LONGEST_GAP:
            return None
        gap = self.text[found[1] : figure.start]
        return found if not gap.strip(" \n\u3000”》") or gap == "的" else None

    def _follows(self, figure: Figure) -> Range | None:
        """The metric that begins where the figure ends."""
        k = bisect_left(self.starts, figure.end)
        if k == len(self.metrics) or figure.type in ("change", "rank"):
            return None
        if self.metrics[k][0] - figure.end > _LONGEST_GAP:
            return None
        gap = self.text[figure.end : self.metrics[k][0]]
        return self.metrics[k] if not gap.strip(" \n\u3000“《") else None

    def _near(self, i: int, figure: Figure) -> Range | None:
        """With a filler before, else loosely after in the same clause, else the nearest before."""
        before = self._last_before(figure.start)
        if before is not None and _FILLER.fullmatch(self.text, before[1], figure.start):
            return before
        after = self._loosely_after(i, figure)
        taken = i > 0 and self.assigned[i - 1] == before
        if after is not None and (taken or not self._in_clause_before(figure, before)):
            return after
        return self._nearest(figure) or after

    def _in_clause_before(self, figure: Figure, metric: Range | None) -> bool:
        if metric is None or metric in self.counted or figure.start - metric[1] > _LONGEST_CLAUSE:
            return False
        return not any(c in "，,。；;：:、" for c in self.text[metric[1] : figure.start])

    def _loosely_after(self, i: int, figure: Figure) -> Range | None:
        k = bisect_left(self.starts, figure.end)
        if k == len(self.metrics):
            return None
        metric = self.metrics[k]
        if i + 1 < len(self.figures) and self.figures[i + 1].start < metric[1] + 1:
            return None
        if any(f.start == metric[1] for f in self.figures[i + 1 : i + 2]):
            return None
        return metric if _LOOSE.fullmatch(self.text, figure.end, metric[0]) else None

    def _nearest(self, figure: Figure, *, skip_counted: bool = False) -> Range | None:
        """The nearest metric before the figure, in its sentence if there is one, else in its paragraph."""
        sentence = self.structure.sentences[figure.sentence]
        paragraph = self.structure.paragraphs[figure.paragraph]
        for floor in (sentence.start, paragraph.start):
            inside = self._between(floor, figure.start)
            free = [m for m in inside if m not in self.counted]
            if skip_counted and free:
                return free[-1]
            if inside:
                return inside[-1]
        return None

    def _changed(self, figure: Figure) -> Range | None:
        """The metric that changed: the nearest, but no share where the change is no share's."""
        sentence = self.structure.sentences[figure.sentence]
        inside = self._between(sentence.start, figure.start)
        if not inside:
            return self._nearest(figure)
        fitting = [m for m in inside[-4:] if self._fits(figure, m)]
        return fitting[-1] if fitting else inside[-1]

    def _fits(self, figure: Figure, metric: Range) -> bool:
        """Whether what changed by this unit can be this metric."""
        surface = self.text[metric[0] : metric[1]]
        if figure.quantity.unit == "百分点":
            return surface.endswith(_RATES) or surface.startswith(_SHARE) or self._units(metric) <= {"%"}
        if surface.startswith(_SHARE):
            return False
        units = self._units(metric)
        if figure.quantity.unit not in ("%", "倍", "番", "") and units:
            return figure.quantity.unit in units
        return True

    def _units(self, metric: Range) -> set[str]:
        """The units of the figures that already have this metric."""
        nearby = range(max(0, bisect_left(self.figure_starts, metric[0]) - 1), len(self.figures))
        units = set()
        for i in nearby:
            if self.figures[i].start > metric[1] + 200:
                break
            if self.assigned[i] == metric and self.figures[i].type != "change":
                units.add(self.figures[i].quantity.unit)
        return units

    def _hand_out(self, group: Group) -> list[Range] | None:
        """One metric for each figure of a list, in order; None where there are too few or they are shared."""
        figures = self.figures[group.first : group.last]
        head = figures[0]
        until = head.start if group.handed_out is None else group.handed_out
        sentence = self.structure.sentences[head.sentence]
        paragraph = self.structure.paragraphs[head.paragraph]
        inside = self._between(sentence.start, until)
        own = self._touches(head)
        if own is not None and own[0] >= until:
            return [own] * len(figures)  # 分别占总数的57.3%和46.5%
        coordinated = self._coordinated(inside, until)
        # 立案数、损失数同比分别下降; but 立案12起、损失3万元 has figures between its metrics.
        listed = head.type != "change" or not coordinated or not self._has_figure_after(coordinated[-1], until)
        if listed and len(coordinated) == len(figures):
            return coordinated
        pool = inside if len(inside) >= len(figures) else self._between(paragraph.start, until)
        if len(inside) == 1 and head.type != "change":
            return None
        return self._matched(figures, pool)

    def _matched(self, figures: Sequence[Figure], pool: list[Range]) -> list[Range] | None:
        """The last metrics of the pool, in order, that fit the figures."""
        if len(pool) < len(figures):
            return None
        chosen: list[Range] = []
        k = len(pool) - 1
        for position in range(len(figures) - 1, -1, -1):
            fitting = next((j for j in range(k, position - 1, -1) if self._agrees(figures[position], pool[j])), None)
            if fitting is None:
                fitting = k
            if fitting < 0:
                return None
            chosen.append(pool[fitting])
            k = fitting - 1
        return chosen[::-1]

    def _agrees(self, figure: Figure, metric: Range) -> bool:
        if figure.type == "change":
            return self._fits(figure, metric)
        units = self._units(metric)
        return not units or figure.quantity.unit in units

    def _coordinated(self, inside: list[Range], until: int) -> list[Range]:
        """The metrics at the end of `inside` that are joined by 、 or 和 alone."""
        if not inside:
            return []
        chain = [inside[-1]]
        for metric in reversed(inside[:-1]):
            if not _COORDINATION.fullmatch(self.text, metric[1], max(metric[1], chain[0][0])):
                break
            chain.insert(0, metric)
        return chain

    def _has_figure_after(self, metric: Range, until: int) -> bool:
        k = bisect_left(self.figure_starts, metric[1])
        return k < len(self.figures) and self.figures[k].start < until

    def _last_before(self, offset: int) -> Range | None:
        k = bisect_right(self.ends, offset) - 1
        return self.by_end[k] if k >= 0 else None

    def _between(self, start: int, end: int) -> list[Range]:
        """The metrics inside `[start, end)`, by their ends."""
        found: list[Range] = []
        k = bisect_right(self.ends, end) - 1
        while k >= 0 and self.ends[k] > start and len(found) < 40:
            if self.by_end[k][0] >= start:
                found.append(self.by_end[k])
            k -= 1
        return found[::-1]
