"""Borders and vetoes of quantities in sentences; every sentence was written for this file."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nlp.claims.candidates import Candidate, find_quantities

# 【…】 marks every quantity that must be found without a veto; nothing else may be.
SENTENCES = """
全年抓获犯罪嫌疑人【3276名】、破获案件【1132起】。
共发放宣传单【40余万份】，张贴海报【1.2万余张】
返还群众被骗资金【2000余万元】
涉案流水【上亿元】，冻结【近300万元】
拦截诈骗电话【上千万次】、短信【上百万条】
播放量【过亿次】，粉丝【过万人】
约有【1000多人】受骗
同比上升【44.57%】，环比下降【3.2个百分点】
占比【三成】，其中女性【近四成】
占总数的【四分之三】，比上年高【五分之一】
见面率达【百分之九十八】，误报率【万分之五】
知晓率【百分百】，到位率【100%】
在【3-5个】社区试点，选派【40至60名】辅导员
预算【3000万元至5000万元】，覆盖率【60%—70%】
投入【3至5万元】，奖励【500到800元】
排名全市【第一】，满意度列全省【第3位】
连续【两次】居全省【首位】
综合成绩【第二名】，破案率居【倒数第三】
进入全省【前三名】
召开推进会【3次】市级联席会议由市长主持
打掉【8个】区块公安局认定的窝点
约谈【5人次】，拦截【7298条次】，走访【6家次】
培训【1200人次】日均覆盖
核查线索【48种】骗术对应【12种】类型
移送审查【35人】起诉【20人】
【5起】诉讼案件已办结
办理【12起】来电投诉
设立宣传点【30处】，处理投诉【12件】
建成【3家】长期运行的工作室
配备【2名】单位联络员
通知【5位】居民到场
【3部】分别上线的短视频
劝阻【3人】次日返还
其中【12人】为未成年人
对【5人】行政拘留
【7人】均已到案
招募【500名】市民、【200户】居民
挽损【2.35亿元】，罚款【1,086万元】
罚没【1亿2000万元】，返还【3千万元】
立案【1,086起】，受理【12，345件】
共立案【3 276起】
追回【８６０万元】，抓获【２３名】
冻结资金【近4000万　元】
下降了【25.78 %】
经费【412.7 万元】
覆盖【21个】乡镇、【346个】行政村
成立【七个】工作组，历时【九个月】
【两年半】时间，【一个半小时】内办结
用时【两个多月】，平均【三天多】
响应时间缩短【半小时】
【半数以上】的村，【过半】的居民，【一半】的商户
【十余次】督导，【二十余个】部门，【百余名】志愿者
抓获【十几名】骨干
整治重点行业【六方面】问题，联合【17部门】行动
奔赴【六省】【九市】
拦截【160万次以上】，压缩到【10分钟以内】，【600名左右】
【约1.5万份】，【大约30家】，【不足5%】，【不到一半】，【超过80%】
【不少于2课时】，【不低于90%】，【至少3名】，【突破50万户】，【逾6万人次】
从【5家】到【21家】，由【12个】扩大至【20个】
增长【一倍多】，翻【两番】，下降【三成多】
【九成八】的案件
合格率【98.5%以上】，得分【98.5】
立案【412】，破案【186】
每村【1名】辅警，每周【2次】巡逻
面积【120平方米】，里程【30公里】，【4学时】
赔偿【500美元】，支付【3000港元】
节约【300万元】，制约【3个】环节
最近【3个月】，附近【2个】小区
发案【110起】，接警【315起】
共培训【300人（次）】
【5%】的人、【3‰】的户
统一【十一个】问题的口径
推广APP【26.3万户】，注册App【300万人】
下架App 【347款】
【2/3】的网点、【1/4】的柜面
【3-5年】有期徒刑
【两三个】窝点，【十七八个】人
【一年之内】【18周岁以下】【20人】
发生【一起】冒充客服诈骗案
【十分钟】内止付
【≥95%】，【>30%】
立案数【143起】，损失数【869.4万元】
分列全市【第一】、【第二位】
由原来的【5家】到【21家】，从【3至5个】方面
追回【两千余万】，动员【三百】民警、【上千】群众
进入全省【前三】，跻身【前10】。
走进【20村】、【300户】，送达“【12个】”窝点的线索，判处【三年以上】【一年】缓刑，浏览【3421次】，印制【12页】手册
拦截诈骗电话【1200】，发放【2.5个亿】
每【10万元】奖【1000元】
【5个】100%
""".strip()
SENTENCES = SENTENCES.replace("\\u3000", "\u3000").replace("【5个】100%", "做到【5个】【100%】")

# A text, the surface at which the veto stands, and its reason.
VETOES = [
    ("2022年，全市发案下降", "2022年", "date"),
    ("截至2023年12月底", "2023年", "date"),
    ("截至2023年12月底", "12月底", "date"),
    ("5月27日召开会议", "5月27日", "date"),
    ("今年1至5月破案", "1至5月", "date"),
    ("今年1—8月份立案", "1—8月份", "date"),
    ("今年1-10月", "1-10月", "date"),
    ("3月1日至15日集中宣传", "3月1日至15日", "date"),
    ("2021-2023年三年间", "2021-2023年", "date"),
    ("2021年至2023年", "2021年至2023年", "date"),
    ("2020、2021年", "2020、2021年", "date"),
    ("二〇二三年工作", "二〇二三年", "date"),
    ("十二月二十日", "十二月二十日", "date"),
    ("三月起实行", "三月", "date"),
    ("2022年度考核", "2022年度", "date"),
    ("22年3月启动", "22年", "date"),
    ("一季度发案回落", "一季度", "date"),
    ("第1季度", "第1", "ordinal"),
    ("上半年立案", "半年", "date"),
    ("去年下半年", "半年", "date"),
    ("发布时间：2024-08-15", "2024-08-15", "date"),
    ("时间2023/5/27", "2023/5/27", "date"),
    ("2023.5.27发布", "2023.5.27", "date"),
    ("２０２３年工作", "２０２３年", "date"),
    ("上午08:51接报", "08:51", "time"),
    ("时间：10：26：30", "10：26：30", "time"),
    ("当日8时30分", "8时30分", "time"),
    ("公函〔2023〕17号", "2023", "number"),
    ("公函〔2023〕17号", "17号", "number"),
    ("公函[2023]8号", "2023", "number"),
    ("蓝盾3号行动", "3号", "number"),
    ("建议46至48号", "46至48号", "number"),
    ("第53号提案", "第53", "ordinal"),
    ("第 217 号建议", "第 217", "ordinal"),
    ("刑法第四章", "第四", "ordinal"),
    ("依据第46条", "第46", "ordinal"),
    ("第十二次主席会议", "第十二", "ordinal"),
    ("在第一时间止付", "第一", "ordinal"),
    ("压实第一责任人", "第一", "ordinal"),
    ("开学第一课", "第一", "ordinal"),
    ("委托第三方评估", "第三", "ordinal"),
    ("市第一中学", "第一", "ordinal"),
    ("市七届人大四次会议", "七届", "session"),
    ("市七届人大四次会议", "四次", "session"),
    ("十四届二次全会", "十四届", "session"),
    ("电话：0730-8880110", "0730-8880110", "phone"),
    ("联系13800001111咨询", "13800001111", "phone"),
    ("拨打96110咨询", "96110", "phone"),
    ("接110警情", "110", "phone"),
    ("依托12381预警短信", "12381", "phone"),
    ("邮编：425000", "425000", "number"),
    ("电话：8880110", "8880110", "identifier"),
    ("推出5G消息", "5G", "identifier"),
    ("编号A12文件", "12", "identifier"),
    ("索引号：011337925", "011337925", "identifier"),
    ("“4·12”专案", "4·12", "name"),
    ("“8090”宣讲团", "8090", "name"),
    ("“1+6+N”机制", "1", "name"),
    ("实行7×24小时值守", "7", "name"),
    ("1.坚持打击", "1", "list marker"),
    ("\n2、强化宣传", "2", "list marker"),
    ("（3）压实责任", "3", "list marker"),
    ("第一，坚持打击", "第一", "list marker"),
    ("浏览次数：312", "312", "number"),
    ("几十个社区", "十个", "vague"),
    ("与上一年相比", "一年", "date"),
    ("2024年9月8曰", "9月8曰", "date"),
    ("每半年报送一次", "半年", "frequency"),
    ("（2023）粤01刑初5号", "01刑初5号", "number"),
    ("索引号：000-00号-3", "3", "number"),
    ("浏览量：3421次", "3421次", "furniture"),
    ("第1页 共3页", "3页", "furniture"),
    ("页码：3", "3", "number"),
    ("7×24小时值守", "24小时", "name"),
    ("面向90后群体", "90", "name"),
    ("“双11”期间", "11", "name"),
    ("升级2.0版本", "2.0", "name"),
    ("推出2.0版", "2.0版", "name"),
    ("落实“四个一律”要求", "四个", "name"),
    ("严守“十条红线”", "十条", "name"),
    ("千警进万家活动", "万家", "name"),
    ("开展三年行动计划", "三年", "name"),
    ("制定五年规划", "五年", "name"),
    ("第一副主任", "第一", "ordinal"),
]  # fmt: skip

# Numerals in words, idioms and names, and texts without any.
NOTHING = """
一律从严，统一部署 形成一体化格局 进一步压实 十分重要 千方百计追赃 防止万元户受骗 三大运营商 五大攻坚战
两卡犯罪 四级网格 市县两级 一批骨干 万众一心 千家万户 百日攻坚 一对一面劝 一案双查 一人一策 一户一档
唯一入口 逐一核查 一起参与反诈 几千元 零发案 全覆盖 十四五规划 一是坚持打击 二要压实责任 三令五申 双组长
首批试点 反诈 第 约 （） 上 近 一成不变 百姓 三升三降 万一受骗 一键举报 二次核验 二人转 二十四节气
两高一部 一带一路 三大战役 五级联动 三级医院 双百行动 第三方支付
"""


def _marked(sentence: str) -> tuple[str, list[tuple[int, int]]]:
    spans, text = [], ""
    for part in re.split("([【】])", sentence):
        if part == "【":
            spans.append((len(text), len(text)))
        elif part == "】":
            spans[-1] = (spans[-1][0], len(text))
        else:
            text += part
    return text, spans


@pytest.mark.parametrize("sentence", SENTENCES.split("\n"))
def test_quantities_have_exact_borders(sentence: str) -> None:
    text, spans = _marked(sentence)
    found = [text[c.start : c.end] for c in find_quantities(text) if c.veto is None]
    assert found == [text[start:end] for start, end in spans]
    assert [(c.start, c.end) for c in find_quantities(text) if c.veto is None] == spans


@pytest.mark.parametrize(("text", "surface", "reason"), VETOES)
def test_what_is_certainly_no_claim_has_a_veto(text: str, surface: str, reason: str) -> None:
    assert (surface, reason) in [(text[c.start : c.end], c.veto) for c in find_quantities(text)]
    assert surface not in [text[c.start : c.end] for c in find_quantities(text) if c.veto is None]


@pytest.mark.parametrize("text", ["", *NOTHING.split()])
def test_words_with_numerals_are_no_candidates(text: str) -> None:
    assert [text[c.start : c.end] for c in find_quantities(text) if c.veto is None] == []


def test_a_long_line_may_break_between_number_and_unit() -> None:
    text = "县公安局会同各银行网点全面加强预警劝阻工作全年挽回损失近4000万\n元"
    assert [text[c.start : c.end] for c in find_quantities(text)] == ["近4000万\n元"]


def test_a_short_line_ends_where_it_ends() -> None:
    text = "共立案：1387\n起诉及审判情况"
    assert [text[c.start : c.end] for c in find_quantities(text)] == ["1387"]


def test_only_the_asked_stretch_is_searched() -> None:
    text = "抓获12名，破案34起，挽损56万元"
    assert [text[c.start : c.end] for c in find_quantities(text, 5, 12)] == ["34起"]
    assert find_quantities(text, 50) == []


def _check(text: str, found: list[Candidate]) -> None:
    last = 0
    for c in found:
        assert last <= c.start < c.end <= len(text)
        assert isinstance(c.quantity.value, (int, float))
        last = c.end


_PIECES = st.sampled_from(
    "一二三十百千万亿两零〇第首位名起人次个月年日号%％元半成倍余多几至到-—~、，。,.:：/()（）〔〕“” \n"
    "　0123456789０９约近超上过前百分之点ABa·+×"
)


_LARGE = st.lists(st.sampled_from(["一亿", "亿", "万", "九", "9", "百", "％", "分之", "元", "点"]), max_size=40).map(
    "".join
)


@given(st.text(max_size=60) | st.text(alphabet=_PIECES, max_size=60) | _LARGE)
@example("一亿" * 20 + "起")  # more digits than Decimal reckons with
def test_any_text_gives_ordered_spans_in_bounds(text: str) -> None:
    _check(text, find_quantities(text))


@pytest.mark.parametrize(
    "unit", ["1", "(", "（", "一", "万", "第", "1.", "1,", "〔", " ", "\n", "零", "1\n", "近", "不", "·1", "一亿", "九"]
)
def test_long_monotonous_text_is_read_quickly(unit: str) -> None:
    text = unit * (200_000 // len(unit))
    begin = time.process_time()
    _check(text, find_quantities(text))
    assert time.process_time() - begin < 20
