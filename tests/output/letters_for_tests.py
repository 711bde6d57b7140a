"""Builders of annotated letters; spans are given by their words and found in the text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from nlp.claims.resolution import resolved
from nlp.output.letters import AnnotatedLetter
from nlp.schema import Claim, DocumentInfo, DocumentMeta, Measure, ModelInfo, Result, Span

MODEL = ModelInfo(name="fanzha-test", version="1.0", backend="onnxruntime-int8", device="cpu")

TEXT = (
    "关于云岭市十五届人大一次会议第12号建议的答复\r\n"
    "王小明代表：\r\n"
    "2022年，全市抓获嫌疑人3276名，同比上升44.57%，追回资金2.35亿元。\r\n"
    "下一步，将进村入户发放资料3-5万份。发案率列全省第一。\r\n"
)
FORMULAS = ("=1+1", '=HYPERLINK("http://localhost/","点")', "@SUM(1)", "+1", "-1", "＝1+1", " =1+1", "\t=1+1")
"""Words that a spreadsheet would take for formulas."""


def span(text: str, part: str) -> dict[str, Any]:
    """The fields of the span of the first place where `part` stands in `text`."""
    start = text.index(part)
    return {"start": start, "end": start + len(part), "text": part}


def measure(text: str, part: str, category: Any = "打击", status: Any = "done", score: float = 0.9) -> Measure:
    return Measure(**span(text, part), category=category, status=status, score=score)


def claim(text: str, part: str, type: Any, value: float, unit: str, **fields: Any) -> Claim:
    """A claim; a metric and a period are given by their words."""
    for name in ("metric", "period"):
        if isinstance(fields.get(name), str):
            fields[name] = Span(**span(text, fields[name]))
    given = {
        "value_max": None, "approx": None, "metric": None, "period": None, "direction": None, "basis": None,
        "measure": None, "score": 0.8, **fields,
    }  # fmt: skip
    return Claim(**span(text, part), type=type, value=value, unit=unit, **given)


def letter(
    text: str = TEXT,
    measures: Sequence[Measure] = (),
    claims: Sequence[Claim] = (),
    *,
    path: str | None = "云岭/答复.txt",
    **meta: Any,
) -> AnnotatedLetter:
    """A letter, its claims resolved; `meta` are the fields of its `DocumentMeta`."""
    facts = DocumentMeta(**meta)
    document = DocumentInfo(id="答复", path=path, sha256="ab" * 32, characters=len(text), meta=facts)
    result = Result(document=document, model=MODEL, measures=list(measures), claims=list(claims))
    return AnnotatedLetter(resolved(result, text), text)


def example(path: str = "云岭/答复.txt") -> AnnotatedLetter:
    """A letter with three measures, a claim of each type, and all its facts stated."""
    measures = [
        measure(TEXT, "全市抓获嫌疑人3276名，同比上升44.57%"),
        measure(TEXT, "追回资金2.35亿元", score=0.7),
        measure(TEXT, "将进村入户发放资料3-5万份", "宣传", "planned", 0.8),
    ]
    year = "2022年"
    claims = [
        claim(TEXT, "3276名", "count", 3276, "名", metric="抓获嫌疑人", period=year, measure=0),
        claim(
            TEXT, "44.57%", "change", 44.57, "%",
            metric="抓获嫌疑人", period=year, direction="up", basis="同比", measure=0,
        ),
        claim(TEXT, "2.35亿元", "money", 235_000_000, "元", metric="追回资金", period=year, measure=1),
        claim(TEXT, "3-5万份", "count", 30_000, "份", value_max=50_000, metric="发放资料", measure=2),
        claim(TEXT, "第一", "rank", 1, "名", metric="发案率", score=0.6),
    ]  # fmt: skip
    return letter(
        TEXT, measures, claims, path=path, title="关于云岭市十五届人大一次会议第12号建议的答复",
        number="云公建复〔2023〕9号", issuer="云岭市公安局", addressee="王小明代表", proposal_kind="建议",
        proposal_number="012", session="市十五届人大一次会议", date="2023-06-30", reply_class="A",
    )  # fmt: skip


def letter_saying(words: str) -> AnnotatedLetter:
    """A letter in which `words` stand wherever a letter's words can."""
    everywhere = dict.fromkeys(("title", "number", "issuer", "addressee", "session"), words)
    said = claim(words, words, "change", 1, words, metric=words, period=words, direction="down", basis=words, measure=0)
    return letter(words, [measure(words, words)], [said], path=words, **everywhere)


def hostile() -> list[AnnotatedLetter]:
    """A letter for each of `FORMULAS`."""
    return [letter_saying(words) for words in FORMULAS]


WORDS = st.text(
    st.one_of(
        st.sampled_from("=+-@＝＋－＠'\",;\t\r\n\v\f \u3000\x00\x1b\x85\u2028\u202e\u200b\ufeff\ufffe<>&_x甲𠮷"),
        st.characters(exclude_categories=["Cs"]),
    ),
    min_size=1,
    max_size=40,
)
"""What a letter may say: anything but half a surrogate, which no result holds."""
