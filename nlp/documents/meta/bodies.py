"""Names of bodies: 松澜市公安局, 渠溪县人民政府办公室, 中国人民银行锦沱市分行."""

from __future__ import annotations

import re

# What the names of bodies end in; 联 for 妇联 and 工商联, 心 for 中心, 行 for 银行 and 分行, 支 for 总支.
ENDS = "局厅委办室府会院部处科署站所社团队校学司行心组联庭关协支"
_BODY = re.compile(rf"[\u4e00-\u9fff()·A-Z ]{{3,50}}[{ENDS}]")
_NO_BODY = re.compile(r"关于|的|代表(?!大会)|委员$|^[一二三四五六七八九十(]|答复|建议|您|我|请|此")


def is_body(plain: str) -> bool:
    """Whether a line in its plain form is the name of a body and nothing else."""
    return _BODY.fullmatch(plain) is not None and _NO_BODY.search(plain) is None


def body_name(text: str) -> str:
    """The name on one line, without blanks that a layout sets between all its characters; they stay between bodies."""
    parts = text.split()
    return ("" if all(len(part) == 1 for part in parts) else " ").join(parts)
