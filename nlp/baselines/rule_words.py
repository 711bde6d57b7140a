"""The words that the rules go by, written from the annotation scheme and the training letters."""

from __future__ import annotations

import re

from nlp.labels import Category

# How much a word speaks for its category: 3 decides, 1 tips the scales. Lines of weight: words.
_WORDS: dict[Category, str] = {
    "打击": """
        3: 抓获 抓捕 打掉 捣毁 侦破 破获 破案 刑拘 逮捕 批捕 审结 判处 移送起诉 移送审查 提起公诉 收网 打处 缉捕
        追赃 赃款 追缴 退赔 返还 发还 追回 深挖 幕后 金主 组织者 集群战役 云剑 断流 拔钉 挽损 打击 严打 严惩 从重
        灰产 黑灰 洗钱 跑分 专案 并案 串并 研判 侦查
        2: 团伙 窝点 嫌疑人 侦办 立案 缴获 查扣 骨干 引流 链条 刑侦 攻坚 办案 线索 起诉 会战 行政拘留 收缴 量刑
        电诈犯罪
        1: 犯罪 案件 资金流 网安 专班""",
    "管控": """
        3: 劝返 惩戒 黑名单 非柜面 只收不付 限制出境 滞留 出入境 偷渡 前科 失信 限制其 限制新 限额 两卡 重点人员
        分级管控 停机 回流人员
        2: 限制 暂停 名下 出租 出借 出售 买卖 名单 新开 涉案账户 涉诈账户 高风险 一人一 管控 落地核查 帮教 核验 注销
        办卡 睡眠
        1: 账户 人员 电话卡 银行卡 开户 号卡""",
    "防范": """
        3: 劝阻 止付 冻结 拦截 封堵 预警 反制 面劝 紧急 叫停 拦阻 堵截 劝止 止住 保护措施 延时到账 延迟到账
        2: 监测 识别 来电 仿冒 异常 大额 汇款 转账 上门 见面 模型 弹窗 域名 网址 易受骗 排摸 提醒
        1: 可疑 指令 电话 发现 推送 高危""",
    "宣传": """
        3: 宣讲 宣传 课堂 讲座 播放 播出 短视频 宣传月 宣传周 普法 第一课 志愿 快板 小品 APP 喇叭 广播 张贴 标语
        海报 讲给 讲解 演出 横幅
        2: 案例 知识 防骗 学生 校园 骗术 骗局 发放 媒体 走进 教育 手册 班会 家长 双语 公众号 直播 推出 明白 编成
        警示 入户
        1: 老人 社区 活动 开设 举办 发动 提示""",
    "治理": """
        3: 约谈 考核 联席会议 责令 整改 问责 挂牌 督导 督查 考评 绩效 领导小组 无诈 责任书 挂钩 监管 出台 印发 修订
        编制 经费 预算 会商 例会 召开 财政 签订 代理点 共享
        2: 通报 责任 纳入 制度 机制 方案 办法 整治 检查 领导 成立 建立 创建 行业 违规 属地 平安 负责人 办公室 部署
        牵头 处罚 停业 规范 台账
        1: 部门 企业 网点 机构 落实 推动 联合 协作""",
}


def _weights() -> dict[str, tuple[Category, int]]:
    found: dict[str, tuple[Category, int]] = {}
    for category, lines in _WORDS.items():
        weight = 0
        for word in lines.split():
            if word.endswith(":"):
                weight = int(word[:-1])
            else:
                found[word] = category, weight
    return found


WEIGHTS = _weights()
KEYWORDS = re.compile("|".join(sorted(map(re.escape, WEIGHTS), key=len, reverse=True)))

# Headings and wishes under which all is planned, and words of a clause that plan.
PLANNED_SECTION = re.compile("下一?步|下一?阶段|今后|接下来|后续|未来|打算|计划|安排|拟|将从|改进|努力方向")
PLANNED_CLAUSE = re.compile(
    "下一?步|下一?阶段|今后|接下来|力争|争取|计划|(?<![模虚])拟|明年|年底前|^也?要(?![求素点闻])|"
    "将(?:进一步|继续|持续|会|以|在|对|于|按|不断|深|推|积极|严|坚|加|依|全|重点|同|与|联)"
)
EXISTING = re.compile("目前已|现已|已经|截至目前")

# Clauses that are no measures: how the letter opens and ends, thanks, motives, praise, outcomes without an act.
NO_MEASURE = re.compile(
    "收悉|答复|函复|复函|感谢|您对|您提|敬请|欢迎|附件|联系|抄送|签发|提案|建议[》，。第]|届|会议第|随着|近年来|不断翻新|高发|形势|"
    "满意度|群众安全感|发案数|案损|居全|列全|排名|位列|同比(?:上升|下降)|电话[:：]|(?:局|府|办|会|院|厅|行)$"
)
# Clauses that only set time, place or purpose.
OPENING = re.compile(
    r"^(?:[0-9〇零一二三四五六七八九]{4}年.{0,14}|今年.{0,10}|去年.{0,8}|.{0,4}年来|目前|截至.{2,10}|上半年|其中|同时|此外|另外|为.{2,30}|在.{2,20}(?:下|上|中)|"
    r"按照.{2,20}(?:要求|部署)|贯彻.*|围绕.*|针对.{2,16}(?:特点|建议|形势|问题))$"
)
