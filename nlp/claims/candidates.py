"""Finds every quantity in running text, with its exact borders, and says where it is certainly no claim."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nlp.claims import vetoes
from nlp.claims.grammar import Core, read_core
from nlp.claims.numbers import PREFIXES, Quantity, parse_quantity, quantity_of
from nlp.claims.numerals import ARABIC, CHINESE, MAX_CHINESE, arabic_run
from nlp.labels import Approximation

# Where a quantity without its prefixes can begin.
_STARTER = re.compile(
    r"[0-9０-９零〇○一二两三四五六七八九十百千万亿]|(?:倒数)?第|首位|榜首|半|过半|[上过](?=[百千万亿])|前(?=[0-9０-９一二三四五六七八九十])"
)
_PREFIX_ENDS = frozenset(prefix[-1] for prefix, _ in PREFIXES)
_LONGEST_PREFIX = max(len(prefix) for prefix, _ in PREFIXES)
# After these the characters are the end of another word: 节约, 最近, 赶超.
_NO_PREFIX_AFTER: dict[str, tuple[str, ...]] = {
    "约": ("节", "制", "公", "预", "签", "条", "契", "邀", "违", "合", "履", "面"),
    "近": ("最", "附", "临", "邻", "靠", "亲", "新", "就", "晚", "走", "远", "拉"),
    "超": ("赶", "高", "反"),
    "大于": ("远",),
}


@dataclass(frozen=True)
class Candidate:
    """A quantity at `[start, end)`. `veto` says why it is certainly no claim, or is None."""

    start: int
    end: int
    quantity: Quantity
    veto: str | None


def find_quantities(text: str, start: int = 0, end: int | None = None) -> list[Candidate]:
    """All maximal quantities of `text[start:end]` in order, none overlapping another; linear, and never raises.

    Args:
        text: any text; what stands outside `[start, end)` is only context for the vetoes.
        start: where to begin.
        end: where to stop, or None for the end of the text.

    Returns:
        The candidates. Those with a veto are dates, document numbers, list markers, names and the like.
    """
    stop = len(text) if end is None else min(end, len(text))
    at = max(start, 0)
    found: list[Candidate] = []
    while at < stop:
        starter = _STARTER.search(text, at, stop)
        if starter is None:
            break
        candidate, at = _read(text, starter.start(), at, stop)
        if candidate is not None:
            found.append(candidate)
            at = candidate.end
    return found


def _read(text: str, i: int, floor: int, stop: int) -> tuple[Candidate | None, int]:
    """The candidate whose number begins at `i` (its prefixes not before `floor`), and where to go on without one."""
    if vetoes.ends_word(text, i):
        return None, i + 1
    fixed = vetoes.fixed_form(text, i, stop)
    if fixed is not None:
        reason, after = fixed
        quantity = parse_quantity(text[i:after]) or Quantity(0, None, "", None, "bare")
        return Candidate(i, after, quantity, reason), after
    core = read_core(text, i, stop)
    if core is None:
        return None, _past(text, i, stop)
    word_end = vetoes.word_end(text, core) if core.chinese else None
    if word_end is not None:
        return None, max(word_end, i + 1)
    if core.kind == "bare" and core.chinese and not _stands_alone(core):
        return None, max(core.numeral_end, i + 1)
    begin, approx = (core.start, None) if core.kind == "rank" else _with_prefixes(text, core, floor)
    return Candidate(begin, core.end, quantity_of(core, approx), vetoes.veto(text, core)), core.end


def _stands_alone(core: Core) -> bool:
    """Whether a Chinese numeral counts without a classifier: 两千余万, 三百民警, 上千群众; not 三 or 百."""
    return core.value >= 100 and (core.approx is not None or not core.bare) and core.value % 10 == 0


def _past(text: str, i: int, stop: int) -> int:
    """Past what cannot be read: a run of Arabic digits as a whole, and of Chinese ones that is too long for one."""
    if text[i] in ARABIC:
        return arabic_run(text, i, stop)
    after = i
    while after < stop and text[after] in CHINESE:
        after += 1
    return after if after - i > MAX_CHINESE else i + 1


def _with_prefixes(text: str, core: Core, floor: int) -> tuple[int, Approximation | None]:
    """Where the quantity starts with its prefixes (近, 超过, 不少于), and what the first one says."""
    begin = core.start
    approx: Approximation | None = None
    for _ in range(2):
        at = begin
        while at > floor and begin - at < 2 and text[at - 1] in " \n\u3000":
            at -= 1
        if at == floor or text[at - 1] not in _PREFIX_ENDS:
            break
        found = next(((p, a) for p, a in PREFIXES if text.endswith(p, max(floor, at - _LONGEST_PREFIX), at)), None)
        if found is None:
            break
        before = at - len(found[0])
        if text.endswith(_NO_PREFIX_AFTER.get(found[0], ()), max(floor, before - 2), before):
            break
        begin, approx = before, found[1]
    return begin, approx
