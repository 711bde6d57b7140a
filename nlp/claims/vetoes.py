"""What looks like a quantity and is certainly none: dates, times, document numbers, list markers, ordinals, names."""

from __future__ import annotations

import re

from nlp.claims.grammar import Core
from nlp.claims.numerals import ARABIC, CHINESE, MULTIPLIERS, arabic_run
from nlp.text.segmentation import skip_enumerator

_D = "[0-9０-９]"
_C = "[零〇○一二三四五六七八九十]"
_DAY = rf"(?:{_D}{{1,2}}|{_C}{{1,3}})\s{{0,2}}[日号曰]"
_TO = r"\s?(?:[-—–~～至到、和及或]|——|--)\s?"
_YEAR = rf"(?:(?:19|20|１９|２０){_D}{{2}}|[一二][九〇零○]{_C}{{2}})"
_MONTH = rf"(?:{_D}{{1,2}}|(?:十[一二]?|[一二三四五六七八九]))"
# Forms that are known as a whole; every one is bounded. Those of `_ANY` may begin with a Chinese numeral.
_ANY = (
    re.compile(rf"{_YEAR}\s{{0,2}}年?{_TO}{_YEAR}\s{{0,2}}(?:年度|学年|年)"),
    re.compile(rf"{_YEAR}\s{{0,2}}(?:年度|学年|年代|年)"),
    re.compile(rf"{_MONTH}\s?(?:月份?)?{_TO}{_MONTH}\s{{0,2}}月份?(?!饼)(?:\s{{0,2}}{_DAY})?"),
    re.compile(rf"{_MONTH}\s{{0,2}}月(?:份|底|初|末)?(?:\s{{0,2}}{_DAY}(?:{_TO}{_DAY})?)?"),
    re.compile(r"[1-4１-４一二三四](?:[至到、\-—][2-4２-４二三四])?季度"),
)
_DATES = (
    re.compile(rf"(?:19|20|１９|２０){_D}{{2}}\s?([-/.－．])\s?{_D}{{1,2}}\s?\1\s?{_D}{{1,2}}(?!{_D})"),
    re.compile(rf"{_D}{{2}}年(?={_D}{{1,2}}月)"),
    re.compile(rf"{_D}{{1,2}}(?:{_TO}{_D}{{1,2}})?[日号](?=当天|当日|上午|下午|晚|凌晨|起至|召开|发布)"),
)
_TIMES = (
    re.compile(rf"{_D}{{1,2}}\s?[:：]\s?{_D}{{2}}(?:\s?[:：]\s?{_D}{{2}})?(?!{_D})"),
    re.compile(rf"{_D}{{1,2}}时(?!间|段|长|期|效|代|限|候)(?:{_D}{{1,2}}分)?"),
    re.compile(rf"{_D}{{1,2}}点{_D}{{1,2}}分"),
)
_PHONES = (
    re.compile(rf"(?:0{_D}{{2,3}}\s?[-—－]\s?{_D}{{7,8}}|1[3-9]{_D}{{9}}|400[-—]{_D}{{3,4}}[-—]?{_D}{{3,4}})(?!{_D})"),
    re.compile(
        rf"(?:11[0249]|12[02]|315|400|1000[01]|10010|10086|10099|95{_D}{{3}}|96{_D}{{3}}|12110|123[1-9]{_D})(?!{_D})"
    ),
)
# A number behind these is furniture of the page or a way to reach somebody.
_LABELLED = re.compile(
    r"(?:(?:电话|热线|传真|手机|浏览|阅读|点击|字号|页码)[:：]|邮编|邮政编码|索引号|备案号?|(?:访问|浏览|阅读)次数|号[-—－])[:：\s]*$"
)
# And with a unit: 浏览量：3421次, 第1页 共3页.
_COUNTERS = re.compile(r"(?:访问|浏览|阅读|点击)(?:次数|人数|量|数)\s?[:：]\s?$")
_PAGES = re.compile(rf"第\s?{_D}{{1,4}}\s?页[\s，,/]{{0,2}}共\s?$")
# （2023）粤01刑初5号.
_CASES = re.compile(rf"{_D}{{2,4}}[刑民行执](?:初|终|再|监|申)?\s?{_D}{{1,6}}号")
# 一律” of “四个一律”: what goes on behind a number that opens the quotes.
_SLOGAN = re.compile("[^”」》。；，\n]{1,8}[”」》]")
_VERSION = re.compile(r"[0-9０-９][.．][0０]$")
_SEPARATORS = frozenset("-/.－．年月日号时点:：至到、和及或—–~～季 \n\u3000")
_MIN_IDENTIFIER = 7

# After 第一, 第3: what is numbered there is a thing, not a place in a ranking.
_ORDINAL_LIST = """
时间 责任 书记 道 课 季度 届 次 条 期 号 批 轮 章 节 页 款 项 个 阶段 方 中学 小学 医院 人民 师 步 手 线 小组 组 类 种
年 天 周 代 版 卷 部 产业 监 看守 分局 分校 党 支部 检察 关 战 站 高中 初中 职业 起 例 家 场 集 套 封 网格 中级 实验
副 大队 中队 支队 件 要务 选区 巡 督 工作组 时 股 科 处 审查 桶金 现场 大 台 局 街道 幼儿 附属 梯队
"""
_ORDINAL_NOUNS = tuple(_ORDINAL_LIST.split())

# Words, idioms and slogans that begin with a numeral; a classifier after the numeral does not make them a quantity.
_WORD_LIST = """
一律 一体 一定 一般 一些 一直 一旦 一系列 一切 一致 一并 一贯 一经 一味 一度 一步 一同 一对一 一方面 一下 一揽子
一如 一站 一键 一号 一网 一盘棋 一把手 一线 一手 一流 一带 一时 一举 一行 一次性 一批 一案 一卡 一会 一旁 一边 一票
一视 一分为 一心 一目 一抓 一以 一日 一人一 一户一 一校一 一企一 一村一 一事一 一项一 一件一 一区一 一镇一 一家一
一类一 一人多 一户多 一张网 一处失 一成不 千方百计 千家万户 万无一失 万元户 百姓 万众 万一 万分 百般 千里 千千万
万千 三令五申 四面 五花八门 百日 百家号 百家讲 四个意识 四个自信 两个维护 两个确立 三个代表 两面 一国 五位一体
八项规定 千人千 三番五次 二人转 二十四节气 两高一部 一带一路
"""
_WORDS = re.compile("|".join(sorted(_WORD_LIST.split(), key=len, reverse=True)))
# 十分重要 and 一起参与 are words, 十分钟 and 一起冒充客服的案件 are not.
_TEN_POINTS = re.compile("十分(?!钟|之)")
_TOGETHER = re.compile("一起(?![^，,。；;：:、！？!?\n]{0,14}(?:案|诈骗|警情|事件|线索|事故))")
# 二次核验 is the second one; 二次 alone may be twice.
_SECOND = re.compile("二次(?=[实认核校复确被受伤])")
# 一 ends these words: 统一, 唯一, 逐一. A number may still follow: 统一十一个问题.
_ENDS_IN_ONE = frozenset("统唯专单逐之归划")


def fixed_form(text: str, i: int, stop: int) -> tuple[str, int] | None:
    """A date, clock time, telephone number or identifier that starts at `i`: the reason and where it ends, or None."""
    if text[i] in CHINESE:
        if any(c in "月年季" for c in text[i + 1 : min(stop, i + 8)]):
            return next((("date", m.end()) for p in _ANY if (m := p.match(text, i, stop))), None)
        return None
    if text[i] not in ARABIC:
        return None
    run = arabic_run(text, i, stop)
    after = text[run] if run < stop else ""
    if after in _SEPARATORS and run - i <= 4:
        for reason, patterns in (("date", _DATES), ("date", _ANY), ("time", _TIMES)):
            for pattern in patterns:
                found = pattern.match(text, i, stop)
                if found is not None:
                    return reason, found.end()
    if after and after in "·•" and run + 1 < stop and text[run + 1] in ARABIC:
        return "name", arabic_run(text, run + 1, stop)
    if 3 <= run - i <= 11 and (after in "-—－ " or run - i == 11):
        found = _PHONES[0].match(text, i, stop)
        if found is not None:
            return "phone", found.end()
    return _numbered(text, i, run, stop)


def _numbered(text: str, i: int, run: int, stop: int) -> tuple[str, int] | None:
    """17号, 46至48号, 5G, QY-2023."""
    after = text[run : run + 1] if run < stop else ""
    if after and after.isascii() and after.isalpha():
        return "identifier", _identifier_end(text, run, stop)
    case = _CASES.match(text, i, stop)
    if case is not None:
        return "number", case.end()
    at = run
    for _ in range(4):
        if text.startswith("号", at, stop) or text.startswith(" 号", at, stop):
            return "number", text.index("号", at) + 1
        if at + 1 < stop and text[at] in "、和至-—" and text[at + 1] in ARABIC:
            at = arabic_run(text, at + 1, min(stop, at + 8))
        else:
            break
    if text.startswith(("-", "－"), run, stop) and run - i >= 4 and run + 1 < stop and text[run + 1] in ARABIC:
        second = arabic_run(text, run + 1, stop)
        if second - run > 3 and text[run + 1] == "0":  # 2024-00683
            return "identifier", second
    return None


def _identifier_end(text: str, i: int, stop: int) -> int:
    while i < stop and text[i].isascii() and (text[i].isalnum() or text[i] in "-_./"):
        i += 1
    return i


def word_end(text: str, core: Core) -> int | None:
    """Where the word, idiom or slogan ends that the Chinese numeral of `core` begins; None where it begins none."""
    start = core.start
    if core.kind == "percent":
        return start + 4 if text.startswith("一成不变", start) else None
    if start and core.bare and text[start - 1] in "几数成好":
        return core.end
    if text[start] in "十一" and (_TEN_POINTS.match(text, start) or _TOGETHER.match(text, start)):
        return start + 2
    found = _WORDS.match(text, start) or _SECOND.match(text, start)
    return None if found is None else found.end()


def ends_word(text: str, i: int) -> bool:
    """Whether the 一 at `i` is the end of a word: 统一, 逐一."""
    return text[i] == "一" and i > 0 and text[i - 1] in _ENDS_IN_ONE


def veto(text: str, core: Core) -> str | None:
    """Why the quantity is certainly no claim, or None."""
    before = text[max(0, core.start - 12) : core.start]
    after = text[core.end : core.end + 8]
    if core.kind == "rank":
        return _rank_veto(text[core.start : core.end], before, after)
    if _is_enumerator(text, core):
        return "list marker"
    if before.rstrip(" ")[-1:] == "第":
        return "ordinal"
    if before[-1:] in ("几", "数") and text[core.start] in MULTIPLIERS:
        return "vague"
    if text.startswith("版", core.numeral_end) and _VERSION.search(text[core.start : core.numeral_end]):
        return "name"
    if core.kind == "bare":
        return _bare_veto(text, core, before, after)
    if before[-1:] in ("×", "x", "*"):
        return "name"
    if _COUNTERS.search(before) or core.unit == "页" and _PAGES.search(before):
        return "furniture"
    if _is_slogan(text, core, before):
        return "name"
    if core.kind == "time":
        return _time_veto(core, before, after)
    if core.unit == "届" or core.unit == "次" and "届" in before and after.startswith(("会议", "全会", "全体", "常委")):
        return "session"
    if core.unit == "分" and before.endswith(("时", "点")) and before[-2:-1] in ARABIC:
        return "time"
    return None


def _is_slogan(text: str, core: Core, before: str) -> bool:
    """“四个一律”, “十条红线”, and 千警进万家 with 百, 千 and 万 alone."""
    if core.unit in ("个", "条", "字") and core.chinese and before.endswith(("“", "「", "《")):
        return _SLOGAN.match(text, core.end) is not None
    if core.unit in ("村", "家", "户", "企", "校", "店") and core.bare and before.endswith(("进", "入")):
        return all(c in MULTIPLIERS for c in text[core.start : core.numeral_end])
    return False


def _time_veto(core: Core, before: str, after: str) -> str | None:
    """上半年, 上一年 are dates, 每半年 says how often, 三年行动 and 五年规划 are names."""
    if core.unit == "年" and before.endswith(("上", "下")) and (core.value < 1 or core.value == 1 and core.chinese):
        return None if before.endswith(("以上", "以下")) else "date"
    if before.endswith("每") and core.value < 1:
        return "frequency"
    if core.unit == "年" and core.chinese and after.startswith(("行动", "规划", "计划")):
        return "name"
    return None


def _rank_veto(surface: str, before: str, after: str) -> str | None:
    if surface[-1] in "名位":
        return None
    if after.lstrip(" ").startswith(_ORDINAL_NOUNS):
        return "ordinal"
    if after[:1] in ("，", ",", "、") and (not before or before[-1] in "。；;：:\n \u3000"):
        return "list marker"
    return None


def _bare_veto(text: str, core: Core, before: str, after: str) -> str | None:
    """A number without a unit: in brackets, in quotes, part of a formula, a telephone number or an identifier."""
    opening, closing = before[-1:], after[:1]
    if opening and opening in "〔［[（(【" and closing and closing in "〕］]）)】":
        return "number"
    if opening and opening in '“"「《' and closing and closing in '”"」》':
        return "name"
    if core.digits == 2 and closing == "后" and text[core.numeral_end - 1] in "0０":  # 90后
        return "name"
    if core.digits and opening == "双":  # 双11
        return "name"
    if opening and opening in "+×/_@#=&" or closing and closing in "+×/_@#=&":
        return "name"
    if opening.isascii() and opening.isalpha():
        return "identifier"
    if _PHONES[1].fullmatch(text, core.start, core.end):
        return "phone"
    if core.digits >= _MIN_IDENTIFIER and core.value == int(core.value):
        plain = text[core.start : core.end]
        if len(plain) == core.digits:
            return "identifier"
    if _LABELLED.search(before):
        return "number"
    return None


def _is_enumerator(text: str, core: Core) -> bool:
    """1. 1、 （1） at the head of a line or clause."""
    if core.digits > 2 or core.chinese and core.kind != "bare":
        return False
    mark = text[core.numeral_end : core.numeral_end + 1]
    if mark not in (".", "．", "、", ")", "）") or core.end != core.numeral_end:
        return False
    line = core.start
    while line > 0 and core.start - line < 4 and text[line - 1] in " \u3000\t(（":
        line -= 1
    if line > 0 and text[line - 1] not in "\n\r。；;：:，," and text[line] not in "(（":
        return False
    return skip_enumerator(text, line, min(len(text), line + 12)) > core.numeral_end
