"""Word files: what a reader sees on paper is the text, numbers that Word only prints included; the rest is refused."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from make_files import as_docx, as_word, packed

from nlp.annotation.corpus import read_marked
from nlp.documents import docx
from nlp.documents.docx_numerals import numeral
from nlp.documents.forms import Extracted
from nlp.documents.limits import DEFAULT_LIMITS, Limits
from nlp.errors import FanzhaError
from nlp.text.segmentation import segment

LETTERS = Path(__file__).resolve().parents[2] / "annotations" / "letters"
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")


def extract(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Extracted:
    return docx.extract(data, where="letter.docx", limits=limits)


def text_of(body: str, **parts: str) -> str:
    return extract(as_word(body, **parts)).text


def p(*content: str, properties: str = "") -> str:
    return f"<w:p>{f'<w:pPr>{properties}</w:pPr>' if properties else ''}{''.join(content)}</w:p>"


def r(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def field(step: str) -> str:
    return f'<w:r><w:fldChar w:fldCharType="{step}"/></w:r>'


@pytest.mark.parametrize("name", ["a01", "b03", "c13", "d07", "e17", "m5"])
def test_docx_reads_as_the_text_file(name: str) -> None:
    text = read_marked(LETTERS / f"{name}.txt").text
    found = extract(as_docx(text))
    assert found.text == text.strip("\n")
    assert (found.encoding, found.warnings) == ("docx", ())
    expected = segment(text.strip("\n"))
    assert segment(found.text) == expected
    assert expected.clauses


HIDDEN = '<w:rStyle w:val="hid"/>'


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (r("共抓获") + r("83名", "<w:b/>") + r("。"), "共抓获83名。"),
        ("<w:r><w:t>甲</w:t><w:tab/><w:t>乙</w:t><w:br/><w:t>丙</w:t><w:cr/><w:t>丁</w:t></w:r>", "甲\t乙\n丙\n丁"),
        ("<w:r><w:t>0000</w:t><w:noBreakHyphen/><w:t>231</w:t><w:softHyphen/><w:t>8</w:t></w:r>", "0000-2318"),
        ("<w:r><w:t>\n  甲\n </w:t></w:r>" + r(" 乙\n丙"), "甲 乙 丙"),
        (f'<w:hyperlink r:id="x">{r("反诈中心")}</w:hyperlink>' + r("网站"), "反诈中心网站"),
        (f"<w:smartTag><w:customXml>{r('甲')}</w:customXml></w:smartTag><w:bdo>{r('乙')}</w:bdo>", "甲乙"),
        (r("甲") + r("暗", "<w:vanish/>") + r("乙", '<w:vanish w:val="0"/>'), "甲乙"),
        (r("甲") + r("暗", HIDDEN), "甲"),
        (r("甲") + r("乙", HIDDEN + '<w:vanish w:val="false"/>'), "甲乙"),
        (f"<w:fldSimple w:instr='DATE'>{r('2022年')}</w:fldSimple>", "2022年"),
        (
            field("begin") + "<w:r><w:instrText>IF </w:instrText></w:r>" + field("begin") + field("separate")
            + r("暗") + field("end") + field("separate") + r("甲") + field("end") + r("乙"), "甲乙",
        ),
        (field("begin") + "<w:r><w:instrText>PAGE</w:instrText></w:r>" + field("end") + r("甲"), "甲"),
        (f"<w:sdt><w:sdtPr/><w:sdtContent>{r('甲')}</w:sdtContent></w:sdt>" + r("乙"), "甲乙"),
        (
            f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{r('单击此处')}</w:sdtContent></w:sdt>"
            + r("乙"), "乙",
        ),
        (f"<w:r><w:ruby><w:rt>{r('zhà')}</w:rt><w:rubyBase>{r('诈')}</w:rubyBase></w:ruby></w:r>" + r("骗"), "诈骗"),
        ('<w:r><w:sym w:font="Wingdings" w:char="F081"/><w:sym w:font="Wingdings" w:char="F0FE"/></w:r>', "①☑"),
        ('<w:r><w:sym w:font="Symbol" w:char="F0B7"/><w:sym w:char="zz"/><w:sym w:char="00B7"/></w:r>', "·"),
        ("<m:oMath><m:r><m:t>30%</m:t></m:r></m:oMath>" + r("以上"), "30%以上"),
        (
            "<m:oMath><m:f><m:num><m:r><m:t>2</m:t></m:r></m:num><m:den><m:r><m:t>3</m:t></m:r></m:den></m:f></m:oMath>",
            "2/3",
        ),
        (r("甲\x7f\x85乙&#xAD;丙"), "甲乙丙"),
        ("<w:r><w:t>甲</w:t><w:lastRenderedPageBreak/><w:commentReference/><w:annotationRef/></w:r>", "甲"),
    ],
    ids=range(21),
)  # fmt: skip
def test_docx_runs(content: str, text: str) -> None:
    styles = '<w:style w:type="character" w:styleId="hid"><w:rPr><w:vanish/></w:rPr></w:style>'
    assert text_of(p(content), styles=styles) == text


def test_docx_tracked_changes_are_read_as_accepted() -> None:
    body = (
        p(r("共"), f"<w:ins>{r('抓获')}</w:ins>", f"<w:del><w:r><w:delText>破案</w:delText></w:r>{r('x')}</w:del>")
        + p(f"<w:moveFrom>{r('旧')}</w:moveFrom>", f"<w:moveTo>{r('新')}</w:moveTo>")
        + p(r("前半"), properties="<w:rPr><w:del/></w:rPr>")
        + p(r("后半"))
        + f"<w:tbl><w:tr><w:trPr><w:del/></w:trPr><w:tc>{p(r('删行'))}</w:tc></w:tr>"
        + f"<w:ins><w:tr><w:tc>{p(r('留行'))}</w:tc></w:tr></w:ins></w:tbl>"
    )  # fmt: skip
    found = extract(as_word(body))
    assert found.text == "共抓获\n新\n前半后半\n留行"
    assert found.warnings == ("has tracked changes: they were read as accepted",)


def test_docx_an_unclosed_field_does_not_swallow_the_letter() -> None:
    assert text_of(p(field("begin"), r("暗")) + p(r("甲"), field("end"), field("separate"), r("乙"))) == "甲乙"


def test_docx_text_boxes_stand_once() -> None:
    box = f"<w:txbxContent>{p(r('松澜市公安局'))}</w:txbxContent>"
    drawing = f"<w:drawing><wps:txbx>{box}</wps:txbx></w:drawing>"
    picture = f"<w:pict><v:textbox>{box}</v:textbox></w:pict>"
    branches = f"<mc:Choice>{drawing}</mc:Choice><mc:Fallback>{picture}</mc:Fallback>"
    both = f"<mc:AlternateContent>{branches}</mc:AlternateContent>"
    assert text_of(p(f"<w:r>{both}</w:r>", r("正文"))) == "正文\n松澜市公安局"
    assert text_of(p(f"<w:r>{picture}</w:r>", r("正文"))) == "正文\n松澜市公安局"
    old = both.replace(drawing, "<w:drawing/>")
    assert text_of(p(f"<w:r>{old}</w:r>", r("正文"))) == "正文\n松澜市公安局"


def cell(*content: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{''.join(content)}</w:tc>"


def table(*rows: list[str]) -> str:
    return "<w:tbl>" + "".join("<w:tr>" + "".join(row) + "</w:tr>" for row in rows) + "</w:tbl>"


def test_docx_tables_have_a_line_for_each_row() -> None:
    inner = table([cell(p(r("内甲"))), cell(p(r("内乙")))])
    body = table(
        [cell(p(r("指标"))), cell(p(r("数量")), properties='<w:gridSpan w:val="2"/>')],
        [cell(p(r("抓获")), properties='<w:vMerge w:val="restart"/>'), cell(p(r("83名"))), cell(p())],
        [cell(p(), properties="<w:vMerge/>"), cell(p(r("去年"))), cell(p(r("41名")))],
        [cell(p(r("答复"))), cell(p(r("　　第一段。")), p(r("　　第二段。"))), cell(p(r("完")))],
        [cell(p(r("外"))), cell(inner, p())],
        [f"<w:sdt><w:sdtContent>{cell(p(r('控件')))}</w:sdtContent></w:sdt>", cell(p(r("　　值")))],
        [cell(p(), p())],
    )
    assert text_of(p(r("前")) + body + p(r("后"))).split("\n") == [
        "前", "指标\t数量", "抓获\t83名", "去年\t41名", "答复", "　　第一段。", "　　第二段。", "完", "外\t内甲\t内乙",
        "控件\t值", "后",
    ]  # fmt: skip


def test_docx_notes_stand_at_the_end_in_order() -> None:
    def reference(kind: str, number: int) -> str:
        return f'<w:r><w:{kind}Reference w:id="{number}"/></w:r>'

    notes = f'<w:footnote w:type="separator" w:id="-1">{p(r("线"))}</w:footnote>' + "".join(
        f'<w:footnote w:id="{i}">{p("<w:r><w:footnoteRef/></w:r>", r(f"脚注{i}"))}</w:footnote>' for i in (1, 2)
    )
    ends = f'<w:endnote w:id="1">{p(r("尾注"))}</w:endnote>'
    body = p(
        r("抓获83名"), reference("footnote", 2), r("，"), reference("endnote", 1), reference("footnote", 1), r("完。")
    )
    assert text_of(body, footnotes=notes, endnotes=ends) == "抓获83名，完。\n脚注2\n尾注\n脚注1"
    assert text_of(body) == "抓获83名，完。"


def level(i: int, form: str, text: str, start: int = 1, more: str = "") -> str:
    inside = f'<w:start w:val="{start}"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/>{more}'
    return f'<w:lvl w:ilvl="{i}">{inside}</w:lvl>'


def listed(number: int, abstract: int, override: str = "") -> str:
    return f'<w:num w:numId="{number}"><w:abstractNumId w:val="{abstract}"/>{override}</w:num>'


def numbered(text: str, i: int, number: int = 1) -> str:
    return p(r(text), properties=f'<w:numPr><w:ilvl w:val="{i}"/><w:numId w:val="{number}"/></w:numPr>')


LEVELS = (
    level(0, "chineseCountingThousand", "%1、")
    + level(1, "chineseCounting", "（%2）")
    + level(2, "decimal", "%3.")
    + level(3, "decimal", "%1.%4", more="<w:isLgl/>")
    + level(4, "bullet", "\uf0b7")
)
NUMBERING = (
    f'<w:abstractNum w:abstractNumId="7">{LEVELS}</w:abstractNum>'
    + listed(1, 7)
    + listed(2, 7, '<w:lvlOverride w:ilvl="2"><w:startOverride w:val="1"/></w:lvlOverride>')
    + listed(3, 7, f'<w:lvlOverride w:ilvl="0">{level(0, "decimalEnclosedCircle", "%1", 5)}</w:lvlOverride>')
)


def test_docx_automatic_numbers_are_written_as_letters_have_them() -> None:
    body = (
        numbered("主要做法", 0) + numbered("打击", 1) + numbered("端窝点", 2) + numbered("2.5亿元追回", 2)
        + numbered("防范", 1) + numbered("走访", 2)
        + numbered("", 2) + numbered("细则", 3) + numbered("圆点", 4) + numbered("下一步", 0)
        + numbered("宣传", 1) + numbered("甲", 2) + numbered("重来", 2, 2) + numbered("乙", 2, 2) + numbered("圈", 0, 3)
        + numbered("不编号", 0, 0) + numbered("没有", 0, 99) + numbered("没有", 8)
    )  # fmt: skip
    assert text_of(body, numbering=NUMBERING).split("\n") == [
        "一、主要做法", "（一）打击", "1.端窝点", "2. 2.5亿元追回", "（二）防范", "1.走访", "", "1.1 细则", "圆点",
        "二、下一步", "（一）宣传", "1.甲", "1.重来", "2.乙", "③圈", "不编号", "没有", "没有",
    ]  # fmt: skip


def test_docx_numbers_come_from_styles_too() -> None:
    styles = (
        '<w:style w:type="paragraph" w:styleId="h1"><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
        '<w:style w:type="paragraph" w:styleId="h1b"><w:basedOn w:val="h1"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="h2"><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
        '<w:style w:type="paragraph" w:styleId="loop"><w:basedOn w:val="loop"/></w:style>'
    )
    levels = level(0, "japaneseCounting", "%1、") + level(1, "decimalFullWidth", "%2．", more='<w:pStyle w:val="h2"/>')
    numbering = f'<w:abstractNum w:abstractNumId="1">{levels}</w:abstractNum>' + listed(1, 1)

    def styled(text: str, name: str, more: str = "") -> str:
        return p(r(text), properties=f'<w:pStyle w:val="{name}"/>{more}')

    off = '<w:numPr><w:numId w:val="0"/></w:numPr>'
    body = (
        styled("甲", "h1") + styled("子", "h2") + styled("乙", "h1b") + styled("丙", "h1", off) + styled("丁", "loop")
    )
    found = text_of(body, styles=styles, numbering=numbering)
    assert found == "一、甲\n１．子\n二、乙\n丙\n丁"


def test_docx_numbering_headings_steer_as_typed_ones() -> None:
    automatic = numbered("主要做法", 0) + numbered("强化打击", 1) + p(r("共抓获83名。")) + numbered("下一步", 0)
    typed = "".join(p(r(line)) for line in ("一、主要做法", "（一）强化打击", "共抓获83名。", "二、下一步"))
    assert text_of(automatic, numbering=NUMBERING) == text_of(typed)
    assert [q.level for q in segment(text_of(automatic, numbering=NUMBERING)).paragraphs] == [1, 2, None, 1]


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (1, "chineseCounting", "一"), (10, "chineseCounting", "十"), (12, "chineseCountingThousand", "十二"),
        (20, "japaneseCounting", "二十"), (105, "chineseCountingThousand", "一百〇五"),
        (110, "chineseCountingThousand", "一百一十"), (1015, "chineseCountingThousand", "一千〇一十五"),
        (12, "chineseLegalSimplified", "壹拾贰"), (21, "ideographDigital", "二一"), (3, "ideographTraditional", "丙"),
        (11, "ideographTraditional", "11"), (12, "decimalEnclosedCircle", "⑫"), (51, "decimalEnclosedCircle", "51"),
        (3, "decimalEnclosedParen", "⑶"), (12, "decimalFullWidth", "１２"), (3, "decimalZero", "03"),
        (27, "lowerLetter", "aa"), (3, "upperLetter", "C"), (1994, "upperRoman", "MCMXCIV"), (0, "lowerRoman", "0"),
        (999_999_999, "lowerLetter", "999999999"), (5, "bullet", ""), (5, "none", ""), (5, "noSuchForm", "5"),
        (-1, "chineseCounting", "-1"), (-1, "ideographTraditional", "-1"),
    ],
)  # fmt: skip
def test_docx_numerals(value: int, form: str, text: str) -> None:
    assert numeral(value, form) == text


def test_docx_strict_files_and_other_names_are_read() -> None:
    body = numbered("甲", 0) + p(r("暗", "<w:vanish/>"), r("乙"))
    data = as_word(body, main="doc/Main.xml", numbering=NUMBERING)
    strict = as_word(body, numbering=NUMBERING)
    assert extract(data).text == "一、甲\n乙"
    with zipfile.ZipFile(io.BytesIO(strict)) as file:
        members = {
            n: file.read(n)
            .replace(b"http://schemas.openxmlformats.org/wordprocessingml/2006/main", b"http://purl.oclc.org/ooxml/wordprocessingml/main")
            .replace(b"http://schemas.openxmlformats.org/officeDocument/2006/rel", b"http://purl.oclc.org/ooxml/officeDocument/rel")
            for n in file.namelist()
        }  # fmt: skip
    assert b"purl" in members["word/document.xml"]
    assert extract(packed(dict(members))).text == "一、甲\n乙"
    del members["_rels/.rels"]
    assert extract(packed(dict(members))).text == "一、甲\n乙"


def test_docx_embedded_documents_are_named_and_not_read() -> None:
    found = extract(as_word(p(r("甲")) + '<w:altChunk r:id="x"/>'))
    assert (found.text, found.warnings) == ("甲", ("holds an embedded document, which was not read",))


ENTITY = '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname"><!ENTITY y "yy">]>'


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (packed({"OFD.xml": "<x/>", "Doc_0/Document.xml": "<x/>"}), "is an OFD file, not a Word file .save it as PDF"),
        (packed({"[Content_Types].xml": "", "xl/workbook.xml": "<workbook/>"}), "is an Excel file"),
        (packed({"[Content_Types].xml": "", "ppt/presentation.xml": "<p/>"}), "is a PowerPoint file"),
        (
            packed({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": ""}),
            r"is an OpenDocument text",
        ),
        (packed({"mimetype": "application/epub+zip"}), "is an EPUB"),
        (packed({"甲.txt": "字", "乙.txt": "字"}), r"is an archive of files.*name it \.zip"),
        (packed({"[Content_Types].xml": ""}), "is an office file without a Word document"),
        (as_word(""), r"is empty \(save the letter into it\)"),
        (as_word(p(r(" 　"))), "is empty"),
        (as_word(p(), extra={"word/media/image1.png": b"x"}), "holds pictures and no text .run OCR"),
        (packed({"word/document.xml": "<w:document><w:body>"}), "is damaged: its XML"),
        (packed({"word/document.xml": ""}), "is damaged: its XML"),
        (packed({"word/document.xml": f"{ENTITY}<d>&x;&y;</d>"}), "declares XML entities"),
        (packed({"word/document.xml": "<document><body/></document>"}), "is an archive of files"),
        (as_word(p(r("甲")), styles="</w:styles><x"), "is damaged"),
        (as_word("<w:sdt><w:sdtContent>" * 20_000), "is damaged"),
        (as_docx("字" * 5000)[:5000], "is damaged or cut off"),
    ],
    ids=range(17),
)
def test_docx_what_is_no_letter_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(FanzhaError, match=message) as found:
        extract(data)
    assert found.value.path == "letter.docx"
    assert found.value.mend


@pytest.mark.parametrize("tag", ["w:sdt><w:sdtContent", "w:tbl><w:tr><w:tc", "w:ins"])
@pytest.mark.parametrize("depth", [30, 300, 600, 20_000])
def test_docx_deep_nesting_gives_an_answer(tag: str, depth: int) -> None:
    close = "".join(f"</{name}>" for name in reversed(tag.split("><")))
    answer = answer_to(as_word(f"<{tag}>" * depth + p(r("甲")) + close * depth))
    assert answer == "甲" or (depth > 30 and ("is damaged" in answer or "nested too deep" in answer))


def answer_to(data: bytes) -> str:
    """The text, which is clean, or the fault."""
    try:
        text = extract(data).text
    except FanzhaError as error:
        return str(error)
    assert text.strip()
    assert not CONTROLS.search(text)
    return text


def test_docx_a_part_far_beyond_the_characters_allowed_is_refused() -> None:
    data = as_word(p(r("甲" * 4000)))
    with pytest.raises(FanzhaError, match="--max-characters"):
        extract(data, Limits(characters=10))
    assert len(extract(data, Limits(characters=4000)).text) == 4000


SOUND = as_word(numbered("主要做法", 0) + table([cell(p(r("甲"))), cell(p(r("乙")))]), numbering=NUMBERING)
TAGS = st.sampled_from(
    [
        *(
            "w:p",
            "w:r",
            "w:t",
            "w:br",
            "w:rPr",
            "w:vanish",
            "w:sym",
            "w:fldChar",
            "w:ins",
            "w:del",
            "w:ruby",
            "w:rubyBase",
        ),
        *("w:pPr", "w:numPr", "w:numId", "w:ilvl", "w:tbl", "w:tr", "w:tc", "w:sdt", "w:sdtContent", "m:f", "m:num"),
        *("w:drawing", "w:txbxContent", "mc:AlternateContent", "mc:Choice", "w:footnoteReference"),
    ]
)
ATTRIBUTES = st.sampled_from(["", ' w:val="1"', ' w:fldCharType="begin"', ' w:char="F081"'])
TREES = st.recursive(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="<>&\ufffe\uffff")),
    lambda inner: st.tuples(TAGS, ATTRIBUTES, st.lists(inner, max_size=4)).map(
        lambda t: f"<{t[0]}{t[1]}>{''.join(t[2])}</{t[0]}>"
    ),
    max_leaves=30,
)  # fmt: skip


@given(st.lists(TREES, max_size=5).map("".join))
@example("<w:r/>")
def test_docx_any_body_gives_clean_text_or_a_fault(body: str) -> None:
    answer_to(as_word(body, numbering=NUMBERING))
    assert answer_to(as_word(body + p(r("甲")), numbering=NUMBERING)).endswith("甲")


@given(st.integers(0, len(SOUND) - 1), st.binary(min_size=1, max_size=8), st.integers(4, len(SOUND)))
def test_docx_any_damage_gives_clean_text_or_a_fault(at: int, patch: bytes, end: int) -> None:
    assert answer_to((SOUND[:at] + patch + SOUND[at + len(patch) :])[:end])


@given(st.binary(max_size=300))
def test_docx_any_bytes_after_the_head_give_a_fault(data: bytes) -> None:
    assert "letter.docx: is damaged or cut off" in answer_to(b"PK\x03\x04" + data)
