"""The words and colours in which results are shown to people, in one place for every format."""

from __future__ import annotations

from typing import NamedTuple

STATUS_NAMES: dict[str, str] = {"done": "已做", "planned": "拟做"}
TYPE_NAMES: dict[str, str] = {
    "count": "数量", "money": "金额", "percent": "占比", "change": "增减", "rank": "排名",
}  # fmt: skip
APPROX_NAMES: dict[str, str] = {"over": "以上", "under": "不足", "about": "左右"}
DIRECTION_NAMES: dict[str, str] = {"up": "上升", "down": "下降"}


def days_text(first: object, last: object) -> str:
    """The days of a period as people see them, `2022-01-01 — 2022-12-31`; empty where both are None."""
    if first is None and last is None:
        return ""
    return f"{first}" if first == last else f"{first or '…'} — {last or '…'}"


class Colour(NamedTuple):
    """Text on a light fill, as `#rrggbb`; their contrast is at least 7 : 1, so it reads on paper and on old screens."""

    text: str
    fill: str


CATEGORY_COLOURS: dict[str, Colour] = {
    "打击": Colour("#8a1c13", "#fde4e1"),
    "防范": Colour("#6b4300", "#fff0cf"),
    "宣传": Colour("#14532d", "#e0f3e5"),
    "管控": Colour("#5b2379", "#f2e5f9"),
    "治理": Colour("#0f4a6e", "#e0eff9"),
}
