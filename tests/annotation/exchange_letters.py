"""Letters of the team's own writing that are hard on offsets, and how to read them; shared by the exchange tests."""

from __future__ import annotations

from pathlib import Path

from nlp.annotation.corpus import GoldLetter
from nlp.annotation.markup import parse

ROOT = Path(__file__).resolve().parents[2]

# Characters outside the basic plane, before and inside spans.
ASTRAL = """---
id: astral
body: 镇政府
year: 2024
---
𠮷祥镇人民政府关于第9号建议的答复
𠮷岭村代表：
　　{t1:2024年1至6月}，[打击|𠮷祥镇派出所{k1:抓获𫝆年涉诈嫌疑人}{q:36名|count k1 t1}，\
同比上升{q:12.5%|change k1 t1 up basis=同比}]😀。
　　下一步，[宣传*|镇里将给𠮷岭村老人{k2:发放防骗手册}{q:近2万册|count k2}]。
"""

# Windows line ends, one of them inside a measure.
CRLF = (
    "---\nid: crlf\nbody: 市金融办\nyear: 2023\n---\n关于严管涉诈账户的复函\r\n\r\n"
    "　　{t1:截至去年底}，[管控|全市各银行压降\r\n{k1:长期不动个人账户}{q:1.2万户|count k1 t1}]，"
    "涉诈{k2:发案数}比升{q:3.4%|change k2 t1 up basis=比升}。\r\n"
)

# Metric in measure, period in metric, metric in metric, figures against the grammar, and all that is escaped.
NESTED = r"""---
id: nested
body: 市反诈办
year: 2024
hard: [更正数字]
---
# \[附件\] 路径 C:\\n\{1\}|	尾巴
　　[治理|市反诈办按{k1:{t1:2023年度}新立{k3:电诈案件}}{q:415起|count k1 t1}、{q:3-5个|count k3 t1}乡镇的情况，\
约谈{k2:乡镇}{q:十来个|count k2 value=12 unit=个 approx=about}]；
[防范|对正在汇款的群众当场劝阻]，[防范*|今后再增设{k4:劝阻岗}{q:四分之一|percent k4 t2}，{t2:年内}到位]。
"""


def letter(source: str) -> GoldLetter:
    """A letter from its marked-up source; a backslash at a line's end joins lines."""
    marked = parse(source.replace("\\\n", ""))
    name = marked.meta["id"]
    return GoldLetter(name, Path(f"{name}.txt"), marked.text, marked.measures, marked.claims, marked.meta)


def hard_letters() -> list[GoldLetter]:
    """The three letters above."""
    return [letter(ASTRAL), letter(CRLF), letter(NESTED)]


def committed_letters() -> list[GoldLetter]:
    """Letters of the corpus: one clean, and those with the rarest marks."""
    from nlp.annotation.corpus import read_marked

    folder = ROOT / "annotations" / "letters"
    return [read_marked(folder / f"{name}.txt") for name in ("a01", "a02", "b07", "c12", "e05", "f05")]


def gold(letters: list[GoldLetter]) -> list[object]:
    """What must survive a round trip."""
    return [(x.id, x.text, x.measures, x.claims, x.meta) for x in letters]
