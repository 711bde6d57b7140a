"""What an index table says: `文号：…`, `【成文日期】…`, `发布机构 …`, or with the value a line below its label."""

from __future__ import annotations

import re

from nlp.documents.meta.lines import Line

# The facts that are read, with their labels, those that say it best first.
LABELS = {
    "number": "文号 发文字号 发文文号 公文文号 文件编号 文件字号 文件号 发文编号 答复文号 复函编号",
    "date": "成文日期 成文时间 发文日期 发文时间 答复日期 答复时间 办复日期",
    "issuer": "发文机关 发文单位 发文机构 制发机关 制文机关 成文机关 答复单位",
    "publisher": "发布机构 发布单位 发布机关 公开责任部门 公开机构",
    "contact": "联系单位",
    "title": "标题 信息名称 文件名称 公文名称 名称",
    "class": "办理结果类别 办理类别 答复类别 办复类别 办理结果 答复类型 答复分类 类别",
}
# Labels that only end the value before them.
_OTHERS = (
    "索引号 信息索引号 主题分类 组配分类 分类 体裁分类 服务对象 公开方式 公开属性 公开类别 公开形式 公开范围 "
    "公开时限 公开日期 是否公开 发布日期 发布时间 生成日期 生成时间 更新时间 印发日期 主题词 关键词 体裁 "
    "有效性 有效期 时效性 信息来源 来源 浏览次数 浏览量 访问次数 访问量 点击数 点击量 阅读 阅读次数 字体 "
    "字体大小 字号 分享 分享到 文件登记号 统一登记号 统一编号 登记号 内容概述 概述 信息类别 作者 签发人 联系人 "
    "联系电话 电话 承办单位 邮编 地址 抄送 主办 主办单位 承办 网站标识码 废止日期 实施日期 生效日期 载体类型 "
    "供稿 撰稿 审核 责任编辑 附件"
)
_FIELD = {label: field for field, labels in LABELS.items() for label in labels.split()}
_ALL = sorted({*_FIELD, *_OTHERS.split()}, key=len, reverse=True)
_LABEL = re.compile(
    r"(?:^|(?<=[ •·●|\[(;,]))(?P<label>" + "|".join(" {0,8}".join(label) for label in _ALL) + r")"
    r"(?: {0,3}\] {0,3}:?| {0,3}:| +|$)"
)
_BULLETS = " •·●|[]()*-,;"


def starts_with_label(line: Line) -> bool:
    """Whether a line is one of an index table."""
    at = len(line.plain) - len(line.plain.lstrip(_BULLETS))
    return _LABEL.match(line.plain, at) is not None


def labelled(lines: list[Line]) -> dict[str, list[str]]:
    """The values of each fact in `LABELS`, those of its better labels first, in the letter's own words."""
    found: list[tuple[str, str]] = []
    for index, line in enumerate(lines):
        matches = list(_LABEL.finditer(line.plain))
        if not matches:
            continue
        ends = [match.start() for match in matches[1:]] + [len(line.plain)]
        for match, end in zip(matches, ends, strict=True):
            label = match["label"].replace(" ", "")
            if label not in _FIELD:
                continue
            value = _value(line, match.end(), end)
            below = lines[index + 1] if index + 1 < len(lines) else None
            if not value and end == len(line.plain) and below is not None and not starts_with_label(below):
                value = _value(below, 0, len(below.plain))
            if value:
                found.append((label, value))
    values: dict[str, list[str]] = {field: [] for field in LABELS}
    for label in _FIELD:
        values[_FIELD[label]].extend(value for name, value in found if name == label)
    return values


def _value(line: Line, start: int, end: int) -> str:
    """The value in `[start, end)`: it ends where a gap of two blanks does."""
    while start < end and line.plain[start] in _BULLETS:
        start += 1
    gap = line.plain.find("  ", start, end)
    end = end if gap < 0 else gap
    while end > start and line.plain[end - 1] in " •·●|[;,":
        end -= 1
    value = line.text[start:end]
    return value[:-1].rstrip() if value.endswith(("]", "】")) and not re.search(r"[\[【]", value) else value
