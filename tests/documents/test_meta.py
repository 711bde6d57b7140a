"""A letter's own facts: on composed forms, on gold, on the real replies, and what holds of any text."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.annotation.corpus import read_marked
from nlp.documents.meta import read_meta
from nlp.evaluation.facts import Difference, differences, score_fields
from nlp.files import read_json
from nlp.schema import DocumentMeta

ANNOTATIONS = Path(__file__).parents[2] / "annotations"

PDF = """　　　　　　　　　　　松岭市公安局文件

松公复字〔2021〕17号                    签发人：祁山

　　　　关于对市政协第十二届委员会第四次会议第
　　　　　　　　　105号提案的答复

民盟松岭市委会、章一川、
　李二禾委员：
　　贵会和两位委员在市政协十二届四次会议上联名提出
的《关于打击跨境电信网络诈骗的建议》收悉。现答复如
下：
　　一、工作情况
　　今年以来全市公安机关破案三百起，
— 1 —
抓获嫌疑人五百名。
　　专此答复。

　　　　　　　　　　　　　　　松岭市公安局
　　　　　　　　　　　　　　　　— 2 —
　　　　　　　　　　　　　　二〇二一年七月二十日

（联系单位及电话：松岭市公安局刑侦支队，0000-1234567）
抄送：市政协提案委，市政府督查室。
松岭市公安局办公室　　　　　　2021年7月21日印发
"""

WEB = """首页 > 政务公开 > 建议提案办理

索 引 号：
11330000XX/2023-0001

• 主题分类:

• 发文机关:

    青屿县公安局

• 成文日期：
2023年06月02日

发文字号：
青公建〔2023〕5号

发布日期：
2023年06月09日

青屿县公安局关于县十六届人大二次会议第33号建议的答复

发布日期：2023-06-09 10:36  来源：县公安局  浏览次数：12

字号：[大 中 小]

何山石代表：

您在县十六届人大二次会议上提出的《关于反诈的建议》已收悉，现答复如下：

我局高度重视。

办理类别：A类

青屿县公安局

2023年6月5日

上一篇：关于县十六届人大二次会议第32号建议的答复
2023年6月30日
"""

WORD = (
    "\t\t\t\t\t\t类别：B\n\n\t\t青屿县教育局\n\t关于政协青屿县十届三次会议第12、15号提案的答复\n\n尊敬的白云飞委员：\n"
    "\t您好！您提出的提案收悉。\n\t感谢。\n\n\t\t\t青 屿 县 教 育 局\n\t\t\t2023．5．27\n"
)

TABLE = (
    "索引号\t0001\t发文机关\t松岭市公安局\n文号\t松公函〔2020〕3号\t成文日期\t2020-08-01\n"
    "关于市十五届人大三次会议第二十号建议的答复（C类）\n石川代表：您提出的建议收悉，现答复如下：一、打击。破案3起。\n"
)

REPORT = """青屿县公安局
关于打击治理电信网络诈骗工作情况的报告
（2022年11月3日）

县人大常委会：
　　根据代表提出的建议，现将情况报告如下，请审议。
　　一、基本情况
　　破案3起。
"""

NEWS = """把钱袋子看紧 让骗子落空
——青屿县政协视察反诈工作侧记
本报讯（记者 石川）9月1日，县政协围绕县政协十届三次会议第21号提案开展视察，委员们先后走进三个社区。
随后座谈。
"""

FORMS = {
    "pdf": (
        PDF,
        DocumentMeta(
            title="关于对市政协第十二届委员会第四次会议第105号提案的答复",
            number="松公复字〔2021〕17号",
            issuer="松岭市公安局",
            addressee="民盟松岭市委会、章一川、李二禾委员",
            proposal_kind="提案",
            proposal_number="105",
            session="市政协第十二届委员会第四次会议",
            date="2021-07-20",
        ),
    ),
    "web": (
        WEB,
        DocumentMeta(
            title="青屿县公安局关于县十六届人大二次会议第33号建议的答复",
            number="青公建〔2023〕5号",
            issuer="青屿县公安局",
            addressee="何山石代表",
            proposal_kind="建议",
            proposal_number="33",
            session="县十六届人大二次会议",
            date="2023-06-02",
            reply_class="A",
        ),
    ),
    "word": (
        WORD,
        DocumentMeta(
            title="青屿县教育局关于政协青屿县十届三次会议第12、15号提案的答复",
            issuer="青屿县教育局",
            addressee="白云飞委员",
            proposal_kind="提案",
            proposal_number="12",
            session="政协青屿县十届三次会议",
            date="2023-05-27",
            reply_class="B",
        ),
    ),
    "table": (
        TABLE,
        DocumentMeta(
            title="关于市十五届人大三次会议第二十号建议的答复",
            number="松公函〔2020〕3号",
            issuer="松岭市公安局",
            addressee="石川代表",
            proposal_kind="建议",
            proposal_number="20",
            session="市十五届人大三次会议",
            date="2020-08-01",
            reply_class="C",
        ),
    ),
    "report": (
        REPORT,
        DocumentMeta(
            title="青屿县公安局关于打击治理电信网络诈骗工作情况的报告",
            issuer="青屿县公安局",
            addressee="县人大常委会",
            date="2022-11-03",
        ),
    ),
    "news": (NEWS, DocumentMeta(title="把钱袋子看紧 让骗子落空——青屿县政协视察反诈工作侧记")),
}


@pytest.mark.parametrize("form", FORMS)
def test_meta_reads_each_form(form: str) -> None:
    text, expected = FORMS[form]
    assert read_meta(text) == expected
    assert read_meta(text.replace("\n", "\r\n")) == expected


def letter(head: str = "关于对县人大代表第7号建议的答复", foot: str = "青屿县公安局\n2023年5月27日") -> str:
    return f"{head}\n石川代表：\n您提出的建议收悉。截至2023年5月20日，破案3起。\n感谢您。\n{foot}\n"


@pytest.mark.parametrize(
    ("head", "number", "reply_class"),
    [
        ("青公建复〔2023〕9号", "青公建复〔2023〕9号", None),
        ("青公建复[2023]9号", "青公建复[2023]9号", None),
        ("青公建复（2023）第 9 号", "青公建复（2023）第9号", None),
        ("青公建复［２０２３］９号　Ａ类", "青公建复［２０２３］９号", "A"),
        ("青公建复〔2023〕02号B类", "青公建复〔2023〕02号", "B"),
        ("（青公建复〔2023〕9号）\n（A类）", "青公建复〔2023〕9号", "A"),
        ("(2023)青公函字第6号", "(2023)青公函字第6号", None),
        ("办理类别：A\n文号：青公建复2023第9号", "青公建复2023第9号", "A"),
        ("〔B〕", None, "B"),
        ("办理结果：C　是否公开：是", None, "C"),
        ("办理结果：解决采纳", None, None),
        ("文号：", None, None),
        ("附《通知》（国办发〔2016〕86号）", None, None),
    ],
)
def test_meta_number_and_class(head: str, number: str | None, reply_class: str | None) -> None:
    meta = read_meta(letter(head + "\n关于县人大代表第7号建议的答复"))
    assert (meta.number, meta.reply_class) == (number, reply_class)
    assert meta.title == "关于县人大代表第7号建议的答复"


@pytest.mark.parametrize(
    ("foot", "date"),
    [
        ("青屿县公安局\n2023年5月27日", "2023-05-27"),
        ("青屿县公安局　　2023 年 5 月 27 日", "2023-05-27"),
        ("青屿县公安局\n二〇二三年五月二十七日", "2023-05-27"),
        ("青屿县公安局\n二○二三年十月三十一日（印章）", "2023-10-31"),
        ("青屿县公安局\n２０２３年５月２７日", "2023-05-27"),
        ("青屿县公安局\n2023.5.27", "2023-05-27"),
        ("青屿县公安局\n2023/05/27", "2023-05-27"),
        ("青屿县公安局\n2O23年5月27曰", "2023-05-27"),
        ("青屿县公安局\n2024年2月29日", "2024-02-29"),
        ("青屿县公安局\n2023年2月30日", None),
        ("青屿县公安局\n2023年13月1日", None),
        ("青屿县公安局\n2023年5月", None),
        ("青屿县公安局\n发布日期：2023-06-01", None),
        ("青屿县公安局\n2023年5月27日\n青屿县公安局办公室　2023年5月28日印发", "2023-05-27"),
        ("青屿县公安局\n2023年5月27日\n相关链接\n2023年6月9日", "2023-05-27"),
        ("再次感谢。青屿县公安局2023年5月27日", "2023-05-27"),
    ],
)
def test_meta_date_and_signature(foot: str, date: str | None) -> None:
    meta = read_meta(letter(foot=foot))
    assert (meta.date, meta.issuer) == (date, "青屿县公安局")


def test_meta_date_is_that_of_the_index_table_not_of_publication() -> None:
    head = "成文日期：2023-05-26　发布日期：2023-06-01\n"
    assert read_meta(letter(head)).date == "2023-05-26"
    assert read_meta(letter(head.replace("成文日期：2023-05-26", ""))).date == "2023-05-27"
    assert read_meta(letter(head.replace("05-26", "02-30"))).date == "2023-05-27"
    assert read_meta(letter("发布日期：2023-06-01", foot="")).date is None
    assert read_meta(letter("青屿县公安局\n2023-06-01\n关于县人大第7号建议的答复", foot="")).date is None


@pytest.mark.parametrize(
    ("head", "foot", "issuer"),
    [
        ("发文机关：青屿县公安局", "青屿县人民政府\n2023年5月27日", "青屿县公安局"),
        ("发布机构：县公安局", "青屿县公安局\n2023年5月27日", "青屿县公安局"),
        ("发布机构：县政府办公室", "青屿县公安局\n2023年5月27日", "青屿县公安局"),
        ("青屿县教育局对县人大第7号建议的答复", "2023年5月27日", "青屿县教育局"),
        ("发布机构：县教育局", "2023年5月27日", "县教育局"),
        ("标题", "青屿县公安局\n青屿县教育局\n2023年5月27日", "青屿县公安局"),
        ("标题", "2023年5月27日\n联系单位：青屿县公安局　联系人：石川", "青屿县公安局"),
        ("关于反诈工作的报告\n——2023年5月27日在县十七届人大常委会会议上\n县监察委员会", "此复", "县监察委员会"),
        ("青屿县人民代表大会常务委员会\n关于反诈工作的报告", "此复", "青屿县人民代表大会常务委员会"),
        ("标题", "2023年5月27日", None),
    ],
)
def test_meta_issuer(head: str, foot: str, issuer: str | None) -> None:
    assert read_meta(letter(head, foot)).issuer == issuer


@pytest.mark.parametrize(
    ("salutation", "addressee"),
    [
        ("石川代表:", "石川代表"),
        ("尊敬的石川、白云飞委员：", "石川、白云飞委员"),
        ("孙某等代表：", "孙某等代表"),
        ("石川、白云飞、\n何山石等3位代表：", "石川、白云飞、何山石等3位代表"),
        ("阿依古丽·赛麦提委员：", "阿依古丽·赛麦提委员"),
        ("民革青屿市委会：", "民革青屿市委会"),
        ("石川代表", "石川代表"),
        ("信息来源:", None),
        ("现答复如下：", None),
    ],
)
def test_meta_addressee(salutation: str, addressee: str | None) -> None:
    text = f"关于县人大第7号建议的答复\n{salutation}\n您提出的建议收悉。\n青屿县公安局\n2023年5月27日\n"
    assert read_meta(text).addressee == addressee


@pytest.mark.parametrize(
    ("title", "kind", "number", "session"),
    [
        ("关于对市十五届人大一次会议第86号建议的答复", "建议", "86", "市十五届人大一次会议"),
        ("关于协办市政协七届四次会议第 0247 号提案的函", "提案", "0247", "市政协七届四次会议"),
        ("关于市人大六届五次会议第１１８号建议的答复", "建议", "118", "市人大六届五次会议"),
        ("对市十四届人大闭会期间第0046号代表建议的答复", "建议", "0046", "市十四届人大闭会期间"),
        ("关于县第十九届人民代表大会第一次会议第一百号建议的答复", "建议", "100", "县第十九届人民代表大会第一次会议"),
        ("关于县政协提案第39号的会办意见", "提案", "39", None),
        ("关于市人大代表建议的答复", "建议", None, None),
        ("关于联名建议（县十八届人大二次会议第41号）的答复", "建议", "41", "县十八届人大二次会议"),
        ("关于电信网络诈骗情况的复函", "提案", "247", "市政协七届四次会议"),
    ],
)
def test_meta_proposal(title: str, kind: str, number: str | None, session: str | None) -> None:
    body = "你们在市政协七届四次会议期间提出的《关于反诈的建议》的提案(第247号)悉。" if "情况" in title else "您好。"
    meta = read_meta(f"{title}\n石川委员：\n{body}\n青屿县公安局\n2023年5月27日\n")
    assert (meta.title, meta.proposal_kind, meta.proposal_number, meta.session) == (title, kind, number, session)


def test_meta_title_of_several_lines_and_with_the_body_above() -> None:
    for head in ("青屿县公安局\n关于县人大第7号\n建议的答复", "青屿县公安局关于县人大第7号建议的\n答复"):
        assert read_meta(letter(head)).title == "青屿县公安局关于县人大第7号建议的答复"
    letterhead = "青屿县公安局\n青公函〔2023〕9号\n关于县人大第7号建议的答复"
    assert read_meta(letter(letterhead)).title == "关于县人大第7号建议的答复"
    assert read_meta(letter("# 关于县人大第7号建议的答复（A类）")).title == "关于县人大第7号建议的答复"
    assert read_meta(letter("青屿县公安局门户\n标    题：关于反诈工作")).title == "关于反诈工作"
    assert read_meta(letter("标题：\n文号：青公建复〔2023〕9号")).title is None


@pytest.mark.parametrize("text", ["", "\n", "近年来，案件高发。", "破案3起，\n抓获5人。", "\ud800", "3"])
def test_meta_is_null_where_nothing_is_stated(text: str) -> None:
    assert read_meta(text) == DocumentMeta()


def test_meta_holds_no_half_of_a_surrogate_pair() -> None:
    assert read_meta(letter("关于\ud800的答复")).title == "关于?的答复"


PIECES = st.sampled_from(
    [
        *"第届次号对在的《》“”（）()〔〕[]：:、，。；— \t\u3000\n\x1c\ud800𠮷A类1O十百",
        *["关于", "答复", "建议", "提案", "人大", "政协", "会议", "代表：", "委员", "您", "公安局", "一、"],
        *["文号", "成文日期", "发布机构", "类别：", "2023", "2023年2月30日"],
        "青公函〔2023〕9号",
        "\r\n",
    ]
)


@given(st.one_of(st.text(), st.lists(PIECES, max_size=60).map("".join)))
def test_meta_never_raises_and_says_only_what_the_text_says(text: str) -> None:
    meta = read_meta(text)
    assert meta == read_meta(text)
    written = "".join(text.encode("utf-8", "replace").decode().split())
    for value in (meta.title, meta.number, meta.issuer, meta.session):
        assert value is None or (value and "\n" not in value and "".join(value.split()) in written)
    for value in (meta.title, meta.issuer, meta.addressee, meta.session):
        assert value is None or value == " ".join(value.split())


@pytest.mark.parametrize(
    "unit", ["第1、", "《", "十五届", "2023年", "代表", "文 号", "市公安局\n", "关于\n", "一", " ", "a\n", "第 "]
)
def test_meta_takes_linear_time_on_any_repetition(unit: str) -> None:
    filling = unit * (200_000 // len(unit))
    start = time.perf_counter()
    read_meta(filling)
    read_meta(f"关于{filling}的答复\n石川代表：您{filling}\n{filling}2023年5月27日")
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize("half", ["dev", "heldout"])
def test_meta_agrees_with_the_gold(half: str) -> None:
    gold = read_json(ANNOTATIONS / "meta" / f"{half}.json")
    read = {
        letter_id: read_meta(read_marked(ANNOTATIONS / "letters" / f"{letter_id}.txt").text).model_dump()
        for letter_id in gold
    }
    assert len(gold) == 60
    assert {field: score.accuracy for field, score in score_fields(gold, read).items() if score.accuracy < 0.95} == {}


def test_facts_scores_tell_wrong_from_missed_from_spurious() -> None:
    gold = {"a": DocumentMeta(title="甲", date="2023-05-27").model_dump(), "b": DocumentMeta(title="乙").model_dump()}
    read = {"a": DocumentMeta(title="丙").model_dump(), "b": DocumentMeta(title="乙", number="3号").model_dump()}
    assert differences(gold, read) == [
        Difference("a", "title", "wrong", "甲", "丙"),
        Difference("a", "date", "missed", "2023-05-27", None),
        Difference("b", "number", "spurious", None, "3号"),
    ]
    scores = score_fields(gold, read)
    assert [scores[f].accuracy for f in ("title", "date", "number", "session")] == [0.5, 0.5, 0.5, 1.0]
    assert (scores["title"].correct, scores["session"].null, scores["number"].spurious) == (1, 2, 1)


def reply(name: str) -> tuple[str, DocumentMeta]:
    folder = os.environ.get("REPLIES_DIR")
    if not folder:
        pytest.skip("REPLIES_DIR does not name the folder of real replies")
    text = (Path(folder) / f"{name}.txt").read_bytes().decode("utf-8")
    return text, read_meta(text)


@pytest.mark.parametrize(
    ("name", "kind", "proposal", "date", "reply_class"),
    [
        ("changde", "建议", None, "2023-05-27", "B"),
        ("quzhou", "提案", "247", "2020-08-31", None),
        ("shengsi", "提案", "53", "2024-06-03", None),
    ],
)
def test_meta_of_real_replies(name: str, kind: str, proposal: str | None, date: str, reply_class: str | None) -> None:
    text, meta = reply(name)
    stated = (meta.proposal_kind, meta.proposal_number, meta.date, meta.reply_class)
    assert stated == (kind, proposal, date, reply_class)
    for value, ends in (
        (meta.addressee, "(?:代表|委会)$"),
        (meta.number, "〕[0-9]+号$"),
        (meta.issuer, "(?:公安局|办公室)$"),
    ):
        assert value is not None
        assert value in text
        assert re.search(ends, value)
    assert (meta.title is None) == (meta.session is None) == (name == "changde")
    assert meta.title is None or (meta.title in text and meta.title.startswith(meta.issuer or " "))
