"""Paragraphs, sentences and clauses: the scheme's borders on written cases, and what holds of any text."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.text.segmentation import CLAUSE_END, SENTENCE_END, Structure, heading_level, segment, skip_enumerator, unwrap

# A page of 21 full-width characters a line, broken in the middle of words; the last line of a paragraph is short.
WRAPPED = (
    "　　县反诈中心依托银行网点和社区服务站，\n"
    "组织网格员逐户发放提醒卡，共走访居民家庭\n"
    "一万二千户，面对面讲解冒充客服退款的骗局\n"
    "特点，并为独居老人安装来电提醒软件，覆盖\n"
    "全县九个镇。\n"
    "　　针对学生群体，教育部门把防骗知识编入\n"
    "开学第一课，邀请民警担任校外辅导员，讲授\n"
    "游戏账号买卖与兼职刷单的常见套路，参与师\n"
    "生三万余人。\n"
)

MARKS = frozenset("〇零一二三四五六七八九十百是、（()） .．第其，,①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳-—–－―·•")

PIECES = st.sampled_from(
    [
        *"案骗是第其一二十3。！;；，,：:、（）()“”)]-—•①.．/页共 \t\u3000\n\f\x1c\u2028𠮷",
        "\r\n",
        "一是",
        "（二）",
        "- 3 -\n",
        "1,086",
        "8:30",
    ]
)
TEXTS = st.one_of(st.text(), st.lists(PIECES, max_size=80).map("".join))


@st.composite
def wrapped_texts(draw: st.DrawFn) -> str:
    """Lines of nearly one width, so that they count as hard-wrapped, with page numbers and blank lines between."""
    lines = draw(
        st.lists(
            st.text(st.sampled_from("案骗人，。：一是（二）3、 "), min_size=19, max_size=22), min_size=5, max_size=12
        )
    )
    between = st.sampled_from(["\n", "\r\n", "\n\n", "\n - 2 -\n", "\n第3页\n\n", "\n\u3000\u3000", " \n\t"])
    return "".join(line + draw(between) for line in lines)


def clauses(text: str) -> list[str]:
    return [text[c.start : c.end] for c in segment(text).clauses]


def sentences(text: str) -> list[str]:
    return [text[s.start : s.end] for s in segment(text).sentences]


def paragraphs(text: str) -> list[str]:
    return [text[p.start : p.end] for p in segment(text).paragraphs]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n\u3000\n", []),
        ("成立专班，开展宣传。", ["成立专班", "开展宣传"]),
        ("成立专班,开展宣传:进企业;进校园", ["成立专班", "开展宣传", "进企业", "进校园"]),
        ("一是成立专班；二是开展宣传。", ["成立专班", "开展宣传"]),
        ("(一)严打快处。（二）快速止付！", ["严打快处", "快速止付"]),
        ("1.走访网点，2．约谈负责人", ["走访网点", "约谈负责人"]),
        ("① 走访网点，②、约谈负责人", ["走访网点", "约谈负责人"]),
        ("其一，走访网点。其二约谈负责人", ["其一", "走访网点", "约谈负责人"]),
        ("追回赃款2.35亿元，返还1,086万元", ["追回赃款2.35亿元", "返还1,086万元"]),
        ("返还1，086万元，08:51止付", ["返还1，086万元", "08:51止付"]),
        ("抓获12，34人参与，3,5人在逃", ["抓获12", "34人参与", "3", "5人在逃"]),
        ("3人落网", ["3人落网"]),
        ("第一季度破案，一是否属实", ["第一季度破案", "一是否属实"]),
        ("对银行、运营商、，开展检查", ["对银行、运营商", "开展检查"]),
        ("喊出“不转账！”的口号，张贴海报", ["喊出“不转账！”", "的口号", "张贴海报"]),
        ("，，。；：", []),
    ],
)
def test_segmentation_clauses(text: str, expected: list[str]) -> None:
    assert clauses(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "成立专班。开展宣传！进校园了吗？是;好；完",
            ["成立专班。", "开展宣传！", "进校园了吗？", "是;", "好；", "完"],
        ),
        ("什么？！真的。。完", ["什么？！", "真的。。", "完"]),
        ("他说“别转账。”于是止付。", ["他说“别转账。”", "于是止付。"]),
        ("标题\n正文没有句号\n落款", ["标题", "正文没有句号", "落款"]),
        ("一行。  \n", ["一行。  "]),
    ],
)
def test_segmentation_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r", "\f", "\u2028", "\x85"])
def test_segmentation_every_line_end_ends_a_paragraph(line_end: str) -> None:
    text = f"关于答复的函{line_end}{line_end}王代表：{line_end}现答复如下。{line_end}"
    assert paragraphs(text) == ["关于答复的函", "王代表：", "现答复如下。"]


def test_segmentation_hard_wraps_do_not_end_a_sentence() -> None:
    found = paragraphs(WRAPPED)
    assert [p[:6] for p in found] == ["　　县反诈中", "　　针对学生"]
    assert len(sentences(WRAPPED)) == 2
    assert "并为独居老人安装来电提醒软件" in clauses(WRAPPED)
    assert "覆盖\n全县九个镇" in clauses(WRAPPED)


def test_segmentation_a_page_number_does_not_end_a_wrapped_paragraph() -> None:
    text = WRAPPED.replace("覆盖\n全县", "覆盖\n\n- 2 -\n\n全县")
    assert [p[:6] for p in paragraphs(text)] == ["　　县反诈中", "　　针对学生"]


@pytest.mark.parametrize("number", ["— 2 —", "- 12 -", "第2页", "第 2 页 共 9 页", "\u3000·3·"])
def test_segmentation_page_numbers_are_no_text(number: str) -> None:
    between = f"县局成立专班。\n{number}\n下一步，加强宣传。\n{number}"
    assert paragraphs(between) == ["县局成立专班。", "下一步，加强宣传。"]
    assert [between[slice(*span)] for span in segment(between).page_numbers] == [number] * 2
    assert unwrap(between, segment(between))[0].split() == ["县局成立专班。", "下一步，加强宣传。"]
    inside = WRAPPED.replace("覆盖\n全县", f"覆盖\n{number}\n全县")
    assert [p[:6] for p in paragraphs(inside)] == ["　　县反诈中", "　　针对学生"]
    assert "覆盖全县九个镇" in unwrap(inside, segment(inside))[0]
    after = WRAPPED + number + "\n"
    assert paragraphs(after) == paragraphs(WRAPPED)


def test_segmentation_a_bare_number_is_a_page_number_in_a_wrapped_paragraph_only() -> None:
    inside = WRAPPED.replace("覆盖\n全县", "覆盖\n2\n全县")
    assert "覆盖全县九个镇" in unwrap(inside, segment(inside))[0]
    assert paragraphs("破案数\n12\n抓获数\n7") == ["破案数", "12", "抓获数", "7"]
    cells = WRAPPED + "全县各乡镇今年一至九月份电信网络诈骗案件数\n86\n120\n"
    assert segment(cells).page_numbers == ()


@pytest.mark.parametrize("to", ["蒋闻溪、于小满委员：", "王芳等5名代表:", "民革云溪县委会：", "县工商联："])
def test_segmentation_a_salutation_begins_a_paragraph_under_a_full_line(to: str) -> None:
    title = "洳湖县公安局关于县政协四次会议第二十一号提案的"
    assert paragraphs(f"{WRAPPED}{title}\n{to}\n")[-2:] == [title, to]


def test_segmentation_short_lines_are_paragraphs_of_their_own() -> None:
    text = "县公安局\n关于第8号建议的答复\n王代表：\n您的建议收悉\n感谢关心\n县公安局\n"
    assert paragraphs(text) == text.split()


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("一、主要做法", 1), ("  十二、下一步", 1), ("（三）强化宣传", 2), ("(四)强化管控", 2), ("5.压实责任", 3),
        ("6、压实责任", 3),
        ("2.35亿元追回", None), ("2024年以来", None), ("强化宣传", None), ("", None),
    ],
)  # fmt: skip
def test_segmentation_heading_level(line: str, level: int | None) -> None:
    assert heading_level(line, 0) == level
    assert heading_level("开头" + line, 2) == level
    if line:
        assert segment(line).paragraphs[0].level == level


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("一是严打", "严打"), ("三\n是严打", "严打"),
        ("（一）1.严打", "严打"), ("\n- 3 -\n严打", "严打"), ("- 3 -严打", "- 3 -严打"),
        ("严打", "严打"),
        ("三十一、严打", "严打"), ("2.5万元", "2.5万元"), ("一是否", "一是否"), ("\u3000 ", ""),
    ],
)  # fmt: skip
def test_segmentation_skip_enumerator(text: str, rest: str) -> None:
    assert text[skip_enumerator(text, 0, len(text)) :] == rest


def test_segmentation_skip_enumerator_stays_within_its_end() -> None:
    assert skip_enumerator("（一）严打", 0, 2) == 0
    assert skip_enumerator("   严打", 0, 2) == 2


def test_segmentation_unwrap_takes_line_breaks_out_of_words() -> None:
    text, offsets = unwrap(WRAPPED, segment(WRAPPED))
    assert "覆盖全县九个镇" in text
    assert "九个镇。\n　　针对" in text
    assert [WRAPPED[i] for i in offsets] == list(text)


def test_segmentation_unwrap_takes_page_numbers_out() -> None:
    wrapped = WRAPPED.replace("覆盖\n全县", "覆盖\n- 2 -\n全县")
    text, offsets = unwrap(wrapped, segment(wrapped))
    assert "覆盖全县九个镇" in text
    assert [wrapped[i] for i in offsets] == list(text)


def is_blank(text: str, start: int, end: int, structure: Structure) -> bool:
    """Whether a stretch holds nothing but white space and page numbers."""
    inside = {i for first, last in structure.page_numbers for i in range(first, last)}
    return all(text[i].isspace() or i in inside for i in range(start, end))


def check_structure(text: str) -> None:
    structure = segment(text)
    for start, end in structure.page_numbers:
        assert text[start:end].strip()
        assert all(c.isspace() or c.isdigit() or c in "-—–－―·•第页共/，," for c in text[start:end])
    at = 0
    for paragraph in structure.paragraphs:
        assert at <= paragraph.start < paragraph.end <= len(text)
        assert is_blank(text, at, paragraph.start, structure)
        at = paragraph.end
    assert is_blank(text, at, len(text), structure)
    # Sentences tile their paragraphs.
    ends: dict[int, int] = {}
    for sentence in structure.sentences:
        paragraph = structure.paragraphs[sentence.paragraph]
        assert sentence.start == ends.get(sentence.paragraph, paragraph.start)
        assert sentence.start < sentence.end <= paragraph.end
        assert text[sentence.start : sentence.end].strip()
        ends[sentence.paragraph] = sentence.end
    assert ends == {i: p.end for i, p in enumerate(structure.paragraphs)}
    assert [s.paragraph for s in structure.sentences] == sorted(s.paragraph for s in structure.sentences)
    # Clauses are in order, inside their sentences, and begin and end with text.
    at, inside = 0, set[int]()
    for clause in structure.clauses:
        sentence = structure.sentences[clause.sentence]
        assert max(at, sentence.start) <= clause.start < clause.end <= sentence.end
        assert not text[clause.start].isspace()
        assert not text[clause.end - 1].isspace()
        assert text[clause.end - 1] not in SENTENCE_END + CLAUSE_END
        at = clause.end
        inside.update(range(clause.start, clause.end))
    inside.update(i for start, end in structure.page_numbers for i in range(start, end))
    # Whatever else is neither white space nor punctuation nor part of a list marker is in a clause.
    for i in set(range(len(text))) - inside:
        c = text[i]
        assert c.isspace() or c in SENTENCE_END + CLAUSE_END or c in MARKS or c.isdigit(), (
            f"{c!r} at {i} is in no clause"
        )


@given(TEXTS)
def test_segmentation_of_any_text_tiles_it(text: str) -> None:
    check_structure(text)


@given(wrapped_texts())
def test_segmentation_of_any_wrapped_text_tiles_it(text: str) -> None:
    check_structure(text)


@given(TEXTS | wrapped_texts())
def test_segmentation_unwrap_drops_nothing_but_breaks_and_page_numbers(text: str) -> None:
    unwrapped, offsets = unwrap(text, segment(text))
    assert [text[i] for i in offsets] == list(unwrapped)
    assert offsets == sorted(set(offsets))
    dropped = set(range(len(text))) - set(offsets)
    assert all(text[i].isspace() or text[i].isdigit() or text[i] in "-—–－―·•第页共/，," for i in dropped)


@pytest.mark.parametrize(
    ("make", "length"),
    [
        pytest.param(lambda n: "，" * n, 1_000_000, id="commas"),
        pytest.param(lambda n: "（" * n, 1_000_000, id="brackets"),
        pytest.param(lambda n: "[" * n, 1_000_000, id="square brackets"),
        pytest.param(lambda n: "\n" * n, 1_000_000, id="newlines"),
        pytest.param(lambda n: "\r\n" * (n // 2), 200_000, id="windows newlines"),
        pytest.param(lambda n: " " * n + "字", 200_000, id="blanks"),
        pytest.param(lambda n: "字" + " " * n + "字", 200_000, id="blanks inside"),
        pytest.param(lambda n: "-" * n + "1", 200_000, id="dashes"),
        pytest.param(lambda n: "一是" * (n // 2), 200_000, id="list markers"),
        pytest.param(lambda n: WRAPPED + "- 1 -\n" * (n // 6), 200_000, id="page numbers"),
        pytest.param(lambda n: WRAPPED * (n // len(WRAPPED)), 200_000, id="hard wraps"),
        pytest.param(lambda n: ("字" * 20 + "\n") * (n // 21), 200_000, id="one wrapped paragraph"),
        pytest.param(lambda n: WRAPPED.rstrip()[:-6] + "\n1" + " " * n + "x", 200_000, id="blanks in a page number"),
        pytest.param(
            lambda n: ("字" * 20 + "\n") * 9 + "- 1 -" + "\n" * n + "字", 200_000, id="blank lines after a page number"
        ),
    ],
)
def test_segmentation_of_a_huge_text_takes_linear_time(make: Callable[[int], str], length: int) -> None:
    # A quadratic step would take hours.
    text = make(length)
    start = time.process_time()
    unwrap(text, segment(text))
    assert time.process_time() - start < 15
