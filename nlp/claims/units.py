"""The lexicon of units: classifiers, measures, money, and where a character that looks like one begins a word.

Borders in Chinese text hang on this: `3次|市级联席会议`, `8个|区块公安局`, `5人次`, `12起|诉讼` but no `12起|诉`.
"""

from __future__ import annotations

import re
from typing import Literal

UnitKind = Literal["count", "time", "money", "percent", "change"]

# The surface of a unit, and after = the unit of the claim where that differs.
_MONEY = "元 块钱=元 元人民币=元 人民币=元 美元 美金=美元 港元 港币=港元 欧元 日元 英镑 澳元 加元 韩元 新台币 泰铢"
_PERCENT = "% ％=% ﹪=% ‰"
_CHANGE = "个百分点=百分点 百分点 个点=百分点 倍 番"
_TIME = (
    "年 个月 个季度 个星期 个工作日 工作日 个自然日 自然日 个小时=小时 小时 分钟 秒 秒钟=秒 天 日 周 周年 星期 昼夜 "
    "学时 课时 个学时 个课时 岁 周岁"
)
_SINGLE = (
    "名人起件个家条次户张份场期所处支笔批类种项位款台套部本册篇幢栋块节轮只枚辆架艘座间层封则章首曲门亩吨克米秒"
    "回趟遍届班组队伙群股团串排列对双副宗例单票席站集堂课讲点分字页道幅面把根颗粒盒箱瓶袋包片版"
    "省市县区乡镇村街国校路案岗"
)
# Nouns that are counted without a classifier (五方面建议, 17部门) stand here as well.
_LONG = (
    "平方米 平方公里 平方千米 平方 立方米 公里 千米 厘米 毫米 公顷 公斤 千克 海里 千瓦 批次 频次 班次 "
    "车次 架次 门次 课次 道次 人份 人天 方面 部门 单位 点位 栏目 街道 乡镇 社区 行业 领域 环节 小组 梯队 席位 "
    "字节 KB MB GB TB"
)
# With 次 these count how often: 人次, 条次, 家次.
_WITH_TIMES = "个人条场件家户台轮例起所处笔期辆套支项份点张遍篇集堂节站校村队组批票次"
# One character and （次）: 300人（次） counts 人次.
_BRACKETED = ("（次）", "(次)")


def _table(words: str, kind: UnitKind) -> dict[str, tuple[str, UnitKind]]:
    pairs = (word.partition("=") for word in words.split())
    return {surface: (unit or surface, kind) for surface, _, unit in pairs}


UNITS: dict[str, tuple[str, UnitKind]] = {
    **_table(" ".join(_SINGLE), "count"),
    **_table(_LONG, "count"),
    **_table(" ".join(f"{c}次" for c in _WITH_TIMES), "count"),
    **_table(" ".join(f"{c}{b}={c}次" for c in _WITH_TIMES for b in _BRACKETED), "count"),
    **_table(_TIME, "time"),
    **_table(_MONEY, "money"),
    **_table(_PERCENT, "percent"),
    **_table(_CHANGE, "change"),
}
# The lengths of the units that begin with a character, longest first.
_LENGTHS: dict[str, tuple[int, ...]] = {
    head: tuple(sorted({len(u) for u in UNITS if u[0] == head}, reverse=True)) for head in {u[0] for u in UNITS}
}

# unit: what may not follow it, for with it the characters are a word and the number has no unit here
# | what keeps the unit after all. 起: 3起诉 is none, 3起诉讼 is 3起.
_FOLLOWERS = """
起: 诉 草 来 到 点 步 底 用 义 源 码 | 诉讼 来电 来自 来源 来信 到案 点击 底层 用户
人: 民 大代 大常 口 社局 社部 工智 物 脸 才库
条: 例 款 约 规 | 款项 规定
家: 庭 长 属 园 乡 里 访 | 长期 长沙 长三角 属于 属地
次: 级 日 年 要 贷 序 | 年度 要求 日常 日均 年均 年会
名: 单 称 录 义 | 单位 单亲 单独 单身 称职 义务
户: 籍 口 | 口碑
期: 间 限 待 刊 货
位: 于 置 数 列 居 | 列席 列入 居民 居家 数据
类: 型 别 似
种: 植 类 | 类型 类别
场: 所 景 | 所有
分: 局 析 工 别 级 类 布 公司 管 行 之 开 流 子 中心 段 期 明 重 必 严 突 享 配
点: 击 对点 名 评 面 多 半 开始 至 到 整 左右 钟 | 面向 名单
所: 有 属 在 以 谓 需 辖 涉 | 在建 在校 有关 以上 以内 以下
处: 理 置 罚 长 于 级 分 以 在 结 | 以上 以内 以下 分布 分别 在建 在用 长期 理财
部: 门 分 委 署 级 队 曲 长 | 分别 分布 分获 分类 分享 长篇 长度 级别 门户
本: 地 市 县 省 年 月 人 身 级 着
面: 向 对 临 谈 前 部 劝 积
国: 家 际 内 外 务 有 庆 安
省: 级 委 厅 政 直 内 外 域
市: 场 民 级 委 直 政 公安 长 人 县 域
县: 级 委 政 区 域 公安 直 市
区: 域 块 级 分 委 政 别 间 位 划 公安 县
乡: 村 镇 音
镇: 级 村 街
村: 级 民 居 委 里 社
街: 道 镇 面 巷
校: 园 长 外 内 方
路: 口 段 由 面 线
案: 件 例 发 值 损 双查 情 由
道: 路 理 德 具
组: 织 建 长 成 合 团
队: 伍 员 长
团: 伙 队 委 结 员 体 长
班: 子 主 组 会 级 长 列
片: 区 警
层: 级 面 层 次 压
列: 入 为 出
单: 位 一 独 元 纯
站: 式 长
章: 程
门: 户 诊 店 口 槛
首: 次 位 先 批 付 席 要 创 个 问 接 家 条 战 张 期 违 办 发 课 见
课: 程 堂 题 件
讲: 师 座 解 话 述
字: 号 样 段 幕
集: 中 团 群 合 成 约 资 市
包: 括 含 案 保 抓 联 干 装 村 片
把: 手 关 握 好
根: 据 本
版: 本 权 面
回: 访 复 国 应 流 落 升 来 归 收
克: 服
米: 粉
间: 接 隔 谍
双: 方 向 百
对: 于 比 接 象 口 应 此 照 策 外
副: 市 县 局 主 书 区 省 秘 总 院
年: 度 级 轻 底 末 初 鉴 | 底线 初中
日: 常 前 益 报 趋 | 前往 报送 报告 报警
周: 边 期 密 知
岗: 位
元: 旦 宵 素 宇宙
套: 路 餐 现 利 取
支: 付 队 撑 持 行 部 出 | 队伍 行动
批: 评 准 复 示 | 复查
块: 链
节: 点 日 约 目 假
股: 份 东 权 票
伙: 同 伴
群: 众 体 防 策
台: 账 湾 风 州
张: 贴 家 某
座: 谈 席 位
排: 名 查 摸 列 位 除
例: 如 行 外 会
票: 据 务 价
个点: 位 对 名
元人民币: 存
分钟: 表
"""


def _followers() -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    refused, kept = {}, {}
    for line in _FOLLOWERS.split("\n"):
        unit, _, rest = line.partition(":")
        stop, _, keep = rest.partition("|")
        refused[unit], kept[unit] = tuple(stop.split()), tuple(keep.split())
    return refused, kept


_REFUSED, _KEPT = _followers()
# 3人次日返回 is three people, the next day.
_AFTER_TIMES = re.compile("[日年月](?![均常益])|[级生]|要(?!求)")


def read_unit(text: str, start: int, end: int) -> tuple[int, str, UnitKind] | None:
    """The longest unit at `start`.

    Returns:
        Where it ends, the unit of the claim, and its kind; None where no unit starts.
    """
    for length in _LENGTHS.get(text[start : start + 1], ()):
        surface = text[start : start + length]
        found = UNITS.get(surface)
        if found is None or len(surface) < length or start + length > end:
            continue
        after = text[start + length : start + length + 4]
        if length == 2 and surface[1] == "次" and _AFTER_TIMES.match(after):
            continue
        if after.startswith(_REFUSED.get(surface, ())) and not after.startswith(_KEPT[surface]):
            if length == 1:
                return None
            continue
        return start + length, *found
    return None
