"""Saved web pages: the letter comes out whole and in order, the page's furniture does not, whatever the layout."""

from __future__ import annotations

import html as html_escape
import sys
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlp.annotation.corpus import read_letters, read_marked
from nlp.documents.forms import Extracted
from nlp.documents.html import extract
from nlp.documents.limits import DEFAULT_LIMITS
from nlp.errors import FanzhaError
from nlp.text.segmentation import segment

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "tests" / "data" / "pages"
sys.path.insert(0, str(ROOT / "benchmarks"))
from reading_html import compact, count, names, read_case  # noqa: E402

PROSE = "<p>　　县公安局依法打击电信网络诈骗犯罪，全年共破获案件12起，返还群众86万元。</p>"
TRADITIONAL = "<p>縣警察局去年共破獲詐騙案件十二起。</p>"
LETTERS = ("a01", "c20", "c30", "d30", "g20", "n8")


def read(page: str | bytes) -> Extracted:
    data = page.encode() if isinstance(page, str) else page
    return extract(data, where="page.html", limits=DEFAULT_LIMITS)


def lines(body: str) -> list[str]:
    """The lines of a page that come out of `body`, which stands between two paragraphs of prose."""
    first, *between, last = read(f"<html><body>{PROSE}{body}{PROSE}</body></html>").text.splitlines()
    assert first == last == PROSE[3:-4]
    return between


@pytest.mark.parametrize("name", names())
def test_html_keeps_every_line_of_the_letter_in_order(name: str) -> None:
    data, letter, _ = read_case(name)
    got = [compact(line) for line in read(data).text.splitlines()]
    at = -1
    for line in letter:
        assert line in got[at + 1 :], line
        at = got.index(line, at + 1)


def test_html_drops_the_furniture() -> None:
    cases = {name: read_case(name) for name in names()}
    kept = {name: count(read(data).text, letter, furniture)[1] for name, (data, letter, furniture) in cases.items()}
    assert {name for name, number in kept.items() if number and not name.startswith("held_")} == set()
    assert sum(kept.values()) <= 6


def test_html_says_what_it_decoded_with() -> None:
    assert read(read_case("jcms_zoom")[0]).encoding == "utf-8"
    assert read(read_case("gb2312_old")[0]).encoding == "gb18030"
    assert read(read_case("no_charset")[0]).encoding == "gb18030"


TEMPLATES = {
    "paragraphs": ("<body><h1>答复公开</h1><div class=con>", "<p>{}</p>", "</div><div class=foot>版权所有：某网</div>"),
    "breaks": (
        "<body><div class=nav><a href=1>首页</a><a href=2>要闻</a><a href=3>公开</a></div><td>",
        "{}<br>\n",
        "</td>",
    ),
    "zoom": ("<body><ul><li><a href=1>首页</a></ul><div id=zoom>", "<p><span>{}</span></p>", "</div><p>打印</p>"),
    "cells": ("<body><table><tr><td><a href=1>目录</a><td><table>", "<tr><td>{}</td></tr>", "</table></table>"),
}


@pytest.mark.parametrize("identifier", LETTERS)
@pytest.mark.parametrize("template", TEMPLATES)
def test_html_gives_a_letter_the_same_text_as_a_text_file(template: str, identifier: str) -> None:
    text = read_marked(ROOT / "annotations" / "letters" / f"{identifier}.txt").text
    head, line, foot = TEMPLATES[template]
    body = "".join(line.format(html_escape.escape(part).replace("\u3000", "&#12288;")) for part in text.splitlines())
    page = f'<html><head><meta charset="gbk"><title>公开</title></head>{head}{body}{foot}</body></html>'
    got = read(page.encode("gb18030")).text
    assert compact(text) in compact(got)
    assert len(compact(got)) - len(compact(text)) <= 4
    starts = [text[p.start : p.end].strip() for p in segment(text).paragraphs]
    assert [s for s in (got[p.start : p.end].strip() for p in segment(got).paragraphs) if s in starts] == starts


@pytest.mark.parametrize("template", ["breaks", "cells"])
def test_html_keeps_every_line_with_a_measure_or_a_figure_of_all_composed_letters(template: str) -> None:
    head, line, foot = TEMPLATES[template]
    for letter in read_letters(ROOT / "annotations" / "letters"):
        body = "".join(line.format(html_escape.escape(part)) for part in letter.text.splitlines())
        got = {compact(part) for part in read(f"<html>{head}{body}{foot}</html>").text.splitlines()}
        for span in (*letter.measures, *letter.claims):
            start = letter.text.rfind("\n", 0, span.start) + 1
            marked = compact(letter.text[start:].split("\n", 1)[0])
            assert marked in got, f"{letter.id}: {marked}"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<p><span>12</span><span>.5万元</span></p>", ["12.5万元"]),
        ("<p>共<b>3</b><font>,</font><i>2</i>05<a href='#'>万</a>元</p>", ["共3,205万元"]),
        ("<p>约1.2<sup>①</sup>万</p>", ["约1.2①万"]),
        ("<p>打击\n治理</p>", ["打击治理"]),
        ("<p>打击\n   “断卡”</p>", ["打击“断卡”"]),
        ("<p>total\n12 起</p>", ["total 12 起"]),
        ("<p>甲&nbsp;&nbsp;乙　　丙</p>", ["甲 乙　　丙"]),
        ("<div>一行<br>二行<br/><br/>三行</div>四行", ["一行", "二行", "三行", "四行"]),
        ("<p>&nbsp;&nbsp;甲<p>&emsp;&emsp;乙<p style='text-indent:2em'>丙<p>丁", ["　　甲", "　　乙", "　　丙", "丁"]),
        ("<p style='text-indent:0'>甲</p>", ["甲"]),
        ("<p>5&lt;6&amp;7&#8212;&ldquo;八&rdquo;&#x3002;</p>", ["5<6&7—“八”。"]),
        ("<ol start=3><li>甲<li><p>乙</p><li value=9>丙<li>1、丁</ol>", ["3. 甲", "4. 乙", "9. 丙", "1、丁"]),
        ("<ol style='list-style: none'><li>甲</ol><ul><li>乙</ul>", ["甲", "乙"]),
        ("<ol><li>甲<ul><li>乙</ul><li>丙</ol>", ["1. 甲", "乙", "2. 丙"]),
        (
            "<table><tr><th>年度<th>数<tr><td>去年<td><p>3</p></table>后<p>末",
            ["　　年度\t数", "　　去年\t3", "　　后", "末"],
        ),
        ("<table><tr><td>立案<br>（起）<td>甲</table>", ["　　立案（起）\t甲"]),
        ("<table><tr><td>a<td><td>c</table>", ["　　a\t\tc"]),
        (f"<table><tr><td>甲<td>{'长' * 90}</table>", ["甲", "长" * 90]),
        ("<pre>甲  乙\n    丙\n\n丁</pre>", ["甲 乙", "　　丙", "丁"]),
        ("<span style='display:block'>甲</span>乙<div style='display:inline'>丙</div>丁", ["甲", "乙丙丁"]),
        ("<p>甲<script>x</script>乙<style>y</style><i hidden>z</i><b style='Display : NONE'>w</b>丙</p>", ["甲乙丙"]),
        ("<p>甲\u200b乙\ufeff丙&#8;丁\x00戊&shy;己</p>", ["甲乙丙丁戊己"]),
        ("<p>微信扫码类诈骗<p>扫码支付骗局<p>正常<p>推送微信", ["微信扫码类诈骗", "扫码支付骗局", "正常", "推送微信"]),
        (
            "<p>注销涉诈网站ICP备案1200个<p>主办单位：县公安局<p>发放手册3万份",
            ["注销涉诈网站ICP备案1200个", "主办单位：县公安局", "发放手册3万份"],
        ),
        (
            "<p>附件：<br><a href=d?1>统计表</a><br><a href=d?2>名单</a><br><a href=d?3>方案</a>",
            ["附件：", "统计表", "名单", "方案"],
        ),
        (
            "<p>附件一览</p><a href=1.doc>甲</a><br><a href=2.doc>乙</a><br><a href=3.pdf>丙</a>",
            ["附件一览", "甲", "乙", "丙"],
        ),
    ],
)
def test_html_lines(body: str, expected: list[str]) -> None:
    assert lines(body) == expected


def test_html_table_rows_are_never_taken_for_one_wrapped_paragraph() -> None:
    row = "<tr><td>某某县公安局刑事侦查大队</td><td>三百一十二起案件</td><td>12</td></tr>"
    text = read(f"<html><body>{PROSE}<table>{row * 9}</table><p>以上</p></body></html>").text
    assert len(segment(text).paragraphs) == 11


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("发文字号：松公函〔2024〕1号 字号：[大 中 小] 阅读：12次", "发文字号：松公函〔2024〕1号"),
        ("时间：2024-03-01 浏览次数： 2024-03-02", "时间：2024-03-01 2024-03-02"),
        ("来源：县局 发布时间：2024年3月1日 阅读量 1.2万", "来源：县局 发布时间：2024年3月1日"),
        ("网站访问量：3000次", None),
    ],
)
def test_html_takes_counters_out_of_the_line_of_the_date(line: str, expected: str | None) -> None:
    got = read(f"<html><body><h1>对第3号建议的答复</h1><p>{line}</p>{PROSE}</body></html>").text.splitlines()
    assert got[1:-1] == ([] if expected is None else [expected])


def test_html_keeps_metadata_above_the_title() -> None:
    facts = ["索引号 1130000/2024-3", "发布机构：县公安局", "成文日期：", "2024-06-03", "有 效 性：", "有效"]
    listed = "".join(f"<li>{fact}</li>" for fact in facts)
    path = "<p>当前位置：<a href=/>首页</a> &gt; <a href=/1>公开</a></p>"
    for between in ("", path):
        page = f"<html><body><ul>{listed}</ul>{between}<h1>对第3号建议的答复</h1>{PROSE}</body></html>"
        assert read(page).text.splitlines()[:-1] == [*facts, "对第3号建议的答复"]
    page = f"<html><body><dl><dt>提案编号<dd>31<dt>提案人<dd>骆某</dl><h1>对第31号提案的答复</h1>{PROSE}</body></html>"
    assert read(page).text.splitlines()[:4] == ["提案编号", "31", "提案人", "骆某"]


@pytest.mark.parametrize(
    ("data", "text", "encoding"),
    [
        (PROSE.encode("utf-16"), PROSE, "utf-16-le"),
        (b"\xef\xbb\xbf" + PROSE.encode(), PROSE, "utf-8"),
        (b"<meta charset=gb2312>" + PROSE.encode(), PROSE, "utf-8"),
        (b"<meta charset=utf-8>" + PROSE.encode("gbk"), PROSE, "gb18030"),
        (b"<meta content='text/html;charset=GBK'>" + PROSE.encode("gbk"), PROSE, "gb18030"),
        (b"<?xml version='1.0' encoding='gb18030'?><html>" + PROSE.encode("gb18030"), PROSE, "gb18030"),
        (b"<meta charset=big5>" + TRADITIONAL.encode("big5"), TRADITIONAL, "big5hkscs"),
        (b"<meta charset=unicode_escape>" + PROSE.encode("gbk"), PROSE, "gb18030"),
    ],
)
def test_html_decodes(data: bytes, text: str, encoding: str) -> None:
    got = read(data)
    assert (got.text.strip("\n"), got.encoding, got.warnings) == (text[3:-4], encoding, ())


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_html_with_a_teaser_cut_in_the_middle_of_a_character_is_read_with_a_warning(encoding: str) -> None:
    teaser = "县公安".encode(encoding)[:-1]
    page = f"<meta charset={encoding}>{PROSE * 20}<p>".encode(encoding) + teaser + b"</p>"
    got = read(page)
    assert got.text.count("12起") == 20
    assert got.encoding in ("utf-8", "gb18030")
    assert len(got.warnings) == 1
    assert "1 places were read as" in got.warnings[0]


def test_html_takes_the_title_from_the_head_where_the_page_shows_none() -> None:
    title = "松澜市公安局关于市政协第8号提案的答复"
    page = "<html><head><title>{}_松澜市公安局</title></head><body>{}{}</body></html>"
    assert read(page.format(title, "", PROSE)).text.splitlines()[0] == title
    broken = f"<h2>{title[:12]}<br>{title[12:]}</h2>"
    assert read(page.format(title, broken, PROSE)).text.splitlines()[:2] == [title[:12], title[12:]]
    assert read(page.format("信息公开", "", PROSE)).text.splitlines() == [PROSE[3:-4]]


def test_html_reads_what_a_script_was_to_unhide() -> None:
    expected = PROSE[3:-4] + "\n"
    assert read(f"<html><body style='display:none'>{PROSE}</body></html>").text == expected
    assert read(f"<html><body><div id=js_content style='visibility: hidden'>{PROSE}</div>").text == expected


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ((PAGES / "only_navigation.html").read_bytes(), "holds no text: there are only menus"),
        ((PAGES / "frame_shell.html").read_bytes(), "shows another file, './信息公开_files/saved_resource.html'"),
        (b"<html><frameset><frame src=a.htm><frame src=b.htm></frameset>", "shows another file, 'a.htm'"),
        (b"<html><body></body></html>", "holds no text"),
        (b"<html><body><div id=app></div><script>load('x')</script></body></html>", "holds no text"),
        (b"<!-- -->", "holds no text"),
        (b"", "is empty"),
        (b"%PDF-1.7 <html>", "is a PDF"),
        (b"<html>\xff\xff\xff\x00\x01\x02", "is no text"),
        ("<div>" * 10_000 + PROSE, "is nested too deep"),
        ("<b>" * 10_000 + PROSE, "is nested too deep"),
    ],
)
def test_html_without_a_letter_is_refused(page: str | bytes, reason: str) -> None:
    with pytest.raises(FanzhaError) as caught:
        read(page)
    assert reason in caught.value.message
    assert caught.value.mend


@pytest.mark.parametrize("depth", [200, 1500])
def test_html_nested_deep_is_read(depth: int) -> None:
    assert read("<div>" * depth + PROSE + "</div>" * depth).text == PROSE[3:-4] + "\n"
    assert read("<table><tr><td>" * (depth // 4) + PROSE).text == PROSE[3:-4] + "\n"


@pytest.mark.parametrize(
    "body",
    [
        PROSE * 10_000,
        "<ul>" + "<li><a href='#'>关于某事的答复</a></li>" * 20_000 + "</ul>" + PROSE,
        "<table>" + "<tr><td>县</td><td>12</td></tr>" * 20_000 + "</table>",
        "<p>" + "<span>县</span><span>12</span>" * 30_000 + "</p>",
        "<p>" + " " * 1_000_000 + "字。</p>",
        "<p>" + "大小" * 500_000 + "</p>",
        "<div " + " ".join(f"a{i}=1" for i in range(100_000)) + ">" + PROSE,
        "<script>" * 50_000 + "</script>" + PROSE,
    ],
    ids=["paragraphs", "links", "rows", "spans", "blanks", "buttons", "attributes", "scripts"],
)
def test_html_takes_time_in_proportion(body: str) -> None:
    start = time.perf_counter()
    assert read(f"<html><body>{body}</body></html>").text
    assert time.perf_counter() - start < 5


def is_clean(text: str) -> bool:
    return all(c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs") for c in text) and all(
        line == line.rstrip() != "" for line in text.splitlines()
    )


TAG_NAMES = (
    "p|/p|br|td|/td|tr|table|/table|ol|li|/ol|a href=x|/a|span|/span|pre|/pre|div id=zoom|/div|script|/script|title"
    "|/title|!-- --|iframe src=y|h1|b hidden|body|/html|select|p style=display:none"
)
TAGS = st.sampled_from([f"<{name}>" for name in TAG_NAMES.split("|")])
TEXT = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "李某代表：",
            "来文收悉，现答复如下。",
            "\u3000\u3000",
            "&nbsp;",
            "&#0;",
            "&#xD800;",
            "&#27;",
            "上一篇：",
            "浏览次数：3",
            "\r\n",
            "。",
        ]
    ),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(TAGS, TEXT), max_size=40).map("".join))
@example("<tr><td>a<td>b<p>c")
@example("<table><td>a<tr><div><td>b</td></div></tr><td>c</table>")
def test_html_gives_clean_text_or_a_fault(source: str) -> None:
    try:
        got = read(source.encode("utf-8", "surrogatepass"))
    except FanzhaError:
        return
    assert is_clean(got.text), repr(got.text)


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.binary(max_size=60).map(lambda data: b"<meta charset=gbk><p>" + data)))
def test_html_reads_any_bytes_or_faults(data: bytes) -> None:
    try:
        got = read(data)
    except FanzhaError:
        return
    assert is_clean(got.text), repr(got.text)
