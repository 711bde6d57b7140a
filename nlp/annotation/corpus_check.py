"""What can be wrong with the letters of a corpus taken together, found by rule; each fault names file, line and mend.

A corpus is worth as many letters as differ from one another, may say nothing of real people and places, and must not
hold sentences of the real letters that measure what it is worth.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from nlp.annotation.check import Fault, shortened
from nlp.annotation.corpus import GoldLetter
from nlp.annotation.places import find_places
from nlp.annotation.sequences import SEQUENCE, fold, fold_pairs, sequences, shared_share
from nlp.documents.reading import read_document
from nlp.errors import FanzhaError
from nlp.text.segmentation import segment

MAX_SHARED_SEQUENCES = 0.02
"""The greatest share of distinct sequences that may occur in more than one letter."""
MAX_COPIED = 0.2
"""The greatest share of a letter's sequences that may occur in one other letter."""
MIN_SENTENCE = 16
"""Shorter sentences may stand in several letters, in characters that are not white space."""
_MIN_OWN = 8
"""A sentence with fewer characters of its own beside formulaic phrases is formulaic."""
_MIN_REPLY_RUN = 7
"""A run shared with a real reply is a fault with this many characters beside generic phrases."""

# What every letter of the genre may say in the same words. Matched in folded text: half-width, no white space.
FORMULAIC = (
    r"《?(?:中华人民共和国)?反电信网络诈骗法》?",
    # Titles: 关于对市政协十四届二次会议第167号提案的答复
    r"(?:关于)?(?:对|市|县|省|州|区|自治区|政协|人大|第?[〇零一二三四五六七八九十]+届){2,}人?大?常?委?会?第?[一二三四五六七八九十]+次(?:全体)?会议",
    r"第?\d+号(?:建议|提案|议案)(?:的)?(?:答复|会办意见|协办意见|复函|答复意见|函)?",
    r"您?(?:在.{0,24})?(?:所?提出?|联名提出|转来)的[《“].{4,40}[》”](?:的(?:建议|提案))?(?:已?收悉)?",
    # Lead-ins and closings
    r"(?:经|,)?(?:研究|办理|汇总)?,?现将?(?:有关|办理)?(?:情况|意见)?(?:汇总)?(?:答复|函复|回复|报告)如下",
    r"(?:再次|首先|诚挚|衷心|由衷)?感谢您?(?:们)?(?:长期以来)?对.{2,12}工作的(?:关心|支持|理解|关注|厚爱|帮助|和|与|、)+",
    r"(?:欢迎|希望|恳请|期待)您?(?:们)?(?:今后)?(?:一如既往|继续)?(?:提出|多提|为我们提出)(?:更多)?(?:宝贵|批评)?(?:意见|建议|和|与)+",
    # Signatures and page furniture
    r"[一-鿿]{0,8}(?:人民政府办公室|网络安全和信息化委员会办公室|人民检察院|人民法院|公安局|政法委员会|市场监督管理局)",
    r"\d{4}年\d{1,2}月\d{1,2}日",
    r"\(?联系人:[一-鿿]{2,4}",
    r"(?:联系)?电话:0000-\d+\)?",
    r"[\[【][^\]】]{1,12}[\]】]",
    r"(?:您?(?:现在|当前)(?:的)?)?位置:.{0,40}",
    r"[一-鿿]?ICP备\d+号(?:-\d)?|公网安备\d+号",
)  # fmt: skip
# What a letter may share with a real reply beside its formulas: names of laws, bodies, campaigns, the work itself.
GENERIC = (
    *FORMULAIC,
    r"(?:打击治理|防范治理|防范)?电信网络(?:新型违法犯罪|诈骗)(?:犯罪)?(?:案件|工作)?(?:联席会议)?",
    r"“?全民反诈在行动”?(?:集中)?宣传月(?:活动)?",
    r"国务院(?:打击治理)?.{0,12}联席会议",
    r"国家反诈中心APP",
    r"人民银行|金融监管局|通信管理局|市场监管局|公安机关|教育局|网信办|工信局|宣传部",
)
_FORMULAIC = re.compile("|".join(FORMULAIC))
_GENERIC = re.compile("|".join(GENERIC))

_DIGITS = "0-9０-９"
_DIGIT = rf"[{_DIGITS}]"
_MOBILE = re.compile(rf"(?<!{_DIGIT})[1１][3-9３-９]{_DIGIT}{{9}}(?!{_DIGIT})")
_LANDLINE = re.compile(
    rf"(?<![{_DIGITS}A-Za-z])(?:[(（]?[0０]{_DIGIT}{{2,3}}[)）]?\s?[-—－–]?\s?)?[2-9２-９]{_DIGIT}{{6,7}}(?![{_DIGITS}])"
)
_TELEPHONE = re.compile(r"(?:电话|手机|热线|传真|联系方式|座机)[^。；;\n]{0,8}$")
_AREA_CODE = re.compile(rf"[(（]?[0０]{_DIGIT}{{2,3}}")
_NO_AREA = re.compile("[(（]?[0０]{4}")
# Who signs, is named or addressed in a real reply: 联系人:王某某, 李某某代表:
_PERSONS = (
    re.compile(r"(?:联\s?系\s?人|签\s?发\s?人)\s*[:：]\s*([一-鿿]{1,2}\s?[一-鿿]{1,2})(?![一-鿿])"),
    re.compile(r"(?<![一-鿿])([一-鿿]{2,4})(?:代表|委员)\s*[:：]"),
)

# The columns of the plan that a letter's front matter repeats: the plan's name and the letter's.
PLAN_FACTS = (("body", "body"), ("style", "province"), ("year", "year"), ("form", "form"), ("hard", "hard"))


@dataclass(frozen=True)
class _Folded:
    """A letter's text without white space, half-width throughout, with the offset of each character."""

    letter: GoldLetter

    @cached_property
    def _pairs(self) -> list[tuple[str, int]]:
        return fold_pairs(self.letter.text)

    @cached_property
    def text(self) -> str:
        return "".join(c for c, _ in self._pairs)

    @cached_property
    def sequences(self) -> set[str]:
        return sequences(self.text)

    def line(self, at: int) -> int:
        """The line of the letter's file on which the folded character `at` stands."""
        return self.letter.line(self._pairs[at][1])


def check_corpus(
    letters: Sequence[GoldLetter], *, plan: Path | None = None, replies: Path | None = None
) -> list[Fault]:
    """The faults of letters taken together, in the order of their files and lines.

    Args:
        letters: all letters of the corpus.
        plan: the plan that lists every letter, or None to pass over that.
        replies: a folder of real replies (`*.txt`), or None to pass over what needs them.
    """
    folded = [_Folded(letter) for letter in letters]
    by_sequence: dict[str, list[int]] = defaultdict(list)
    for index, one in enumerate(folded):
        for sequence in one.sequences:
            by_sequence[sequence].append(index)
    faults = [*_copies(folded, by_sequence), *_shared_sequences(folded, by_sequence)]
    faults += _shared_sentences(folded, by_sequence)
    for letter in letters:
        faults += _real_names(letter)
    if plan is not None:
        faults += _plan_faults(letters, plan)
    if replies is not None:
        faults += _reply_faults(folded, replies)
    return sorted(faults, key=lambda f: (f.path, f.line))


def _copies(folded: Sequence[_Folded], by_sequence: Mapping[str, list[int]]) -> Iterator[Fault]:
    """Letters that are another one, or little else."""
    common: Counter[tuple[int, int]] = Counter()
    for indices in by_sequence.values():
        common.update((a, b) for n, a in enumerate(indices) for b in indices[n + 1 :])
    for (a, b), shared in sorted(common.items()):
        share = shared / min(len(folded[a].sequences), len(folded[b].sequences))
        if share > MAX_COPIED:
            other, letter = folded[a].letter, folded[b].letter
            message = f"{share:.0%} of the letter stands in {other.path}, too"
            yield Fault(str(letter.path), letter.first_line, message, "write it anew, or take one of the two away")


def _shared_sequences(folded: Sequence[_Folded], by_sequence: Mapping[str, list[int]]) -> Iterator[Fault]:
    share = shared_share(one.sequences for one in folded)
    if share <= MAX_SHARED_SEQUENCES:
        return
    shared = {sequence for sequence, indices in by_sequence.items() if len(indices) > 1}
    worst = max(folded, key=lambda one: len(one.sequences & shared))
    at = next(i for i in range(len(worst.text)) if worst.text[i : i + SEQUENCE] in shared)
    yield Fault(
        str(worst.letter.path), worst.line(at),
        f"{share:.1%} of the corpus's sequences of {SEQUENCE} characters are in more than one letter, "
        f"most of them in this one, e.g. {worst.text[at : at + SEQUENCE]!r}",
        f"say it in other words until {MAX_SHARED_SEQUENCES:.0%} are left",
    )  # fmt: skip


def _shared_sentences(folded: Sequence[_Folded], by_sequence: Mapping[str, list[int]]) -> Iterator[Fault]:
    for index, one in enumerate(folded):
        text = one.letter.text
        for sentence in segment(text).sentences:
            words = fold(text[sentence.start : sentence.end]).strip("。!?;,、:“”\"'")
            if len(words) < max(MIN_SENTENCE, SEQUENCE) or len(_FORMULAIC.sub("", words)) < _MIN_OWN:
                continue
            for other in by_sequence.get(words[:SEQUENCE], ()):
                at = folded[other].text.find(words) if other < index else -1
                if at >= 0:
                    start = sentence.start + len(text[sentence.start :]) - len(text[sentence.start :].lstrip())
                    where = f"{folded[other].letter.path}:{folded[other].line(at)}"
                    message = f"the sentence {shortened(words, 20)} stands in {where}, too"
                    yield Fault(str(one.letter.path), one.letter.line(start), message, "say it in other words")
                    break


def _real_names(letter: GoldLetter) -> Iterator[Fault]:
    def fault(at: int, message: str, mend: str) -> Fault:
        return Fault(str(letter.path), letter.line(at), message, mend)

    text = letter.text
    for found in _MOBILE.finditer(text):
        yield fault(found.start(), f"{found[0]} may be somebody's mobile number", "write 0000- and seven digits")
    for found in _LANDLINE.finditer(text):
        told = _TELEPHONE.search(text, max(0, found.start() - 16), found.start()) is not None
        if _NO_AREA.match(found[0]) is None and (told or _AREA_CODE.match(found[0]) is not None):
            yield fault(found.start(), f"{found[0]} may be a real telephone number", "write 0000- and seven digits")
    for start, end in find_places(text):
        yield fault(start, f"{text[start:end]} is a real place", "write an invented name")


def _plan_faults(letters: Sequence[GoldLetter], path: Path) -> Iterator[Fault]:
    rows = read_plan(path)
    for letter in letters:
        row = rows.get(letter.id)
        if row is None:
            message = f"the id {letter.id} is not in {path}"
            yield Fault(str(letter.path), 2, message, "add a row for it, or name the letter as planned")
            continue
        for planned, told in PLAN_FACTS:
            if row.get(planned) != letter.meta.get(told):
                message = f"{told} is {letter.meta.get(told)!r} here and {row.get(planned)!r} in {path}"
                yield Fault(str(letter.path), _fact_line(letter, told), message, "mend the one that is wrong")


def read_plan(path: Path) -> dict[str, dict[str, Any]]:
    """The rows of a plan by the ids of their letters.

    Raises:
        FanzhaError: for a file that holds no list of rows with ids of their own.
    """
    try:
        rows = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise FanzhaError(f"cannot be read: {str(error).splitlines()[0]}", path=path, mend="restore the file") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) and "id" in row for row in rows):
        raise FanzhaError("must be a list of rows with an id each", path=path, mend="restore the file")
    ids = Counter(str(row["id"]) for row in rows)
    for name, count in ids.items():
        if count > 1:
            raise FanzhaError(f"lists the id {name} {count} times", path=path, mend="take one row away")
    return {str(row["id"]): row for row in rows}


def _reply_faults(folded: Sequence[_Folded], replies: Path) -> Iterator[Fault]:
    texts = {path.name: read_document(path).text for path in sorted(replies.glob("*.txt"))}
    source = {sequence: name for name, text in texts.items() for sequence in sequences(fold(text))}
    persons = {fold(name) for text in texts.values() for pattern in _PERSONS for name in pattern.findall(text)}
    named = re.compile("|".join(sorted(map(re.escape, persons)))) if persons else None
    for one in folded:
        i = 0
        while i <= len(one.text) - SEQUENCE:
            name = source.get(one.text[i : i + SEQUENCE])
            if name is None:
                i += 1
                continue
            start = i
            while one.text[i : i + SEQUENCE] in source:
                i += 1
            run = one.text[start : i + SEQUENCE - 1]
            if len(re.sub(r"\W|\d", "", _GENERIC.sub("", run))) >= _MIN_REPLY_RUN:
                message = f"{shortened(run, 20)} ({len(run)} characters) stands in the real reply {name}"
                yield Fault(str(one.letter.path), one.line(start), message, "say it in other words")
        for found in named.finditer(one.text) if named is not None else ():
            message = f"{found[0]} is named in a real reply"
            yield Fault(str(one.letter.path), one.line(found.start()), message, "write an invented name")


def _fact_line(letter: GoldLetter, fact: str) -> int:
    """The line of a fact in the front matter, which begins on line 2."""
    return 2 + (list(letter.meta).index(fact) if fact in letter.meta else 0)
