"""`fanzha corpus check` on letters broken on purpose, one for each kind of fault, and on the committed corpus."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from click.testing import Result
from typer.testing import CliRunner

from nlp.annotation.corpus_check import read_plan
from nlp.cli.corpus import check_files, corpus_app

ANNOTATIONS = Path(__file__).resolve().parents[2] / "annotations"

GOOD = """---
id: x01
body: 县公安局
province: 甘肃
year: 2023
form: clean
hard: [目标值]
---
榆峪县公安局关于第31号建议的答复

韦长林代表：
您提出的《关于看紧春耕贷款的建议》收悉，答复如下：
一、已做的事
{t1:2022年}，[打击|县局{k1:打掉骗贷团伙}{q:7个|count k1 t1}]。[宣传|民警把骗贷手法画成年画送进农资店]。
种子站门口常有人打听贴息贷款。骗子就混在里面。他们开口先要手续费。老乡拿不准真假。问的人越来越多。
二、下一步打算
[防范*|对急着转账的种粮户先劝后放，{k2:见面率}达到{q:95%|percent k2}]。
联系人：石满仓，电话：0000-5530112
榆峪县公安局
2023年4月11日
"""
NEIGHBOUR = """---
id: x02
body: 银行会办意见
province: 福建
year: 2021
form: clean
hard: []
---
屏澳农商银行致市公安局的会办意见
贵局来函敬悉，海蛎加工户集中的六都片区是我行看护的要处。
[防范|柜台见老人神色慌忙便递上一杯茶，拖住{q:五分钟|count k1}等{k1:儿女回电}]，[管控|卖卡的渔工两年内不给办新卡]。
"""
# A sentence of a letter that nobody composed; named as the replies are.
REPLY = "李守田代表:\n渡口的茶摊老板每天义务提醒过路客人当心陌生来电。\n联系人:罗定边\n"

PLAN = [
    {"id": "x01", "body": "县公安局", "style": "甘肃", "year": 2023, "form": "clean", "hard": ["目标值"]},
    {"id": "x02", "body": "银行会办意见", "style": "福建", "year": 2021, "form": "clean", "hard": []},
]


def corpus(folder: Path, *, x01: str = GOOD, x02: str = NEIGHBOUR, plan: object = PLAN, **more: str) -> Path:
    """A folder of letters with its plan and a folder of replies beside it; returns the letters' folder."""
    letters = folder / "letters"
    letters.mkdir()
    for name, source in {"x01": x01, "x02": x02, **more}.items():
        (letters / f"{name}.txt").write_text(source, encoding="utf-8", newline="")
    (folder / "plan.yaml").write_text(yaml.safe_dump(plan, allow_unicode=True), encoding="utf-8")
    (folder / "replies").mkdir()
    (folder / "replies" / "real.txt").write_text(REPLY, encoding="utf-8")
    return letters


def check(*arguments: str | Path, replies: Path | None = None) -> Result:
    return CliRunner().invoke(
        corpus_app, ["check", *map(str, arguments)], env={"REPLIES_DIR": "" if replies is None else str(replies)}
    )


def line_of(source: str, marker: str) -> int:
    assert source.count(marker) == 1, f"{marker} stands {source.count(marker)} times"
    return source.count("\n", 0, source.index(marker)) + 1


def test_check_good_letters_have_no_fault(tmp_path: Path) -> None:
    letters = corpus(tmp_path)
    result = check(letters, replies=tmp_path / "replies")
    assert result.exit_code == 0, result.output
    assert result.output == "2 letters, 0 faults\n"


@dataclass(frozen=True)
class Break:
    """An edit of the good letter, and what the check must say on the line of `marker`: `message` and how to mend it."""

    old: str
    new: str
    marker: str
    message: str
    mend: str


SPANS = {
    "starts inside a clause": Break(
        "[宣传|民警把", "民警[宣传|把", "年画", "does not start where a clause does", "start it after a"
    ),
    "ends inside a clause": Break(
        "送进农资店]",
        "送进]农资店",
        "年画",
        "does not end where a clause does",
        "end it before the clause's punctuation",
    ),
    "runs over a sentence end": Break(
        "t1}]。[宣传|民警把", "t1}]。[宣传|民警上门。民警把", "年画", "runs over a sentence end", "open another"
    ),
    "continues the one before": Break(
        "先劝后放，{k2", "先劝后放]，[防范*|{k2", "{k2:", "continues the one before it", "make one span of the two"
    ),
}
CLAIMS = {
    "no metric": Break(
        "{k2:见面率}达到{q:95%|percent k2}", "见面率达到{q:95%|percent}", "95%", "has no metric", "name what"
    ),
    "metric holds its quantity": Break(
        "{k2:见面率}达到{q:95%|percent k2}", "{k2:见面率达到{q:95%|percent k2}}", "95%", "holds the quantity", "leave"
    ),
    "metric far away": Break(
        "种子站门口常有人打听贴息贷款。骗子就混在里面。他们开口先要手续费。老乡拿不准真假。问的人越来越多。",
        "{k5:打听贴息贷款}的常有。骗子就混在里面。他们开口先要手续费。老乡拿不准真假。问了{q:12人|count k5}。",
        "{k5:",
        "over three sentences away",
        "name a nearer one",
    ),
    "period beyond a heading": Break(
        "{q:95%|percent k2}",
        "{q:95%|percent k2 t1}",
        "95%",
        "stands beyond the heading 二、下一步打算",
        "in its section",
    ),
    "value": Break(
        "{q:7个|count k1 t1}", "{q:7个|count k1 t1 value=70}", "7个", "the grammar reads 7个 as 7", "mend the value"
    ),
    "unit of money": Break(
        "问的人越来越多。",
        "有人{k5:被骗}{q:800元|money k5 unit=块}。",
        "800元",
        "money with the unit '块'",
        "mend the type",
    ),
    "borders": Break(
        "{q:7个|count k1 t1}", "{q:7|count k1 t1}个", "{q:7", "finds other borders than '7'", "number, modifiers"
    ),
    "no claim": Break(
        "2023年4月11日",
        "{k5:落款}{q:2023年|count k5 value=1 unit=年}4月11日",
        "2023年|",
        "no claim to the grammar",
        "away",
    ),
}
MARKUP = {
    "no front matter": Break("---\nid: x01", "id: x01", "id: x01", "does not begin with its facts", "GUIDELINES.md"),
    "facts no YAML": Break("hard: [目标值]", "hard: [目标值", "---\nid", "are no YAML", "mend them"),
    "no id": Break("id: x01\n", "", "---\nbody", "name no id", "add a line id"),
    "other id": Break("id: x01", "id: x09", "id: x09", "its id is 'x09'", "name the file x09.txt"),
    "measure in a measure": Break(
        "先劝后放，", "[防范|先劝后放]，", "先劝后放", "a measure opens inside a measure", "close the outer one first"
    ),
    "measure unclosed": Break(
        "percent k2}]", "percent k2}", "95%", "[防范*| is never closed", "add its closing bracket"
    ),
    "] too many": Break("农资店]。", "农资店]]。", "农资店", "a ] closes no measure", "write \\]"),
    "} too many": Break("percent k2}", "percent k2}}", "95%", "a } closes no", "or \\} for a brace"),
    "unknown category": Break("[宣传|民警", "[教育|民警", "[教育", "opens no measure", "write [打击|…]"),
    "unknown mark": Break("{k2:见面率}", "{m2:见面率}", "{m2", "opens nothing", "write {k1:…}"),
    "metric nested in a quantity": Break(
        "{k1:打掉骗贷团伙}{q:7个|",
        "{q:{k1:打掉骗贷团伙}7个|",
        "7个",
        "'{k1:打掉骗贷' stands inside a quantity",
        "close it first",
    ),
    "metric behind the bar": Break(
        "{k2:见面率}达到{q:95%|percent k2}",
        "达到{q:95%|percent {k2:见面率}}",
        "95%",
        "'{k2:见面率' stands inside a quantity",
        "close it first",
    ),
    "quantity unclosed": Break("{q:95%|percent k2}", "{q:95%|percent k2", "95%", "the quantity has no }", "write {q:"),
    "no type": Break("{q:95%|percent k2}", "{q:95%|k2}", "95%", "has no type", "write one of count, money"),
    "name of nothing": Break(
        "|count k1 t1}", "|count k7 t1}", "7个", "names k7, which is nowhere", "mark it as {k7:…}"
    ),
    "mark of no use": Break("联系人：石", "联系人：{k9:石}", "{k9", "no quantity names k9", "name it in a {q:"),
    "name given twice": Break("联系人：石", "联系人：{k1:石}", "{k1:石}", "the name k1 is given twice", "another name"),
    "change without direction": Break(
        "{q:95%|percent k2}", "{q:95%|change k2}", "95%", "a change needs up or down", "mend"
    ),
    "milestone unopened": Break("联系人：石", "联系人：石{k9>}", "{k9>", "has no {k9<} before it", "add it"),
    "stray backslash": Break("联系人：石", "联系人：\\石", "联系人", "a \\ stands before no bracket", "write \\\\"),
}
NAMES = {
    "mobile number": Break(
        "0000-5530112", "13812345678", "1381", "13812345678 may be somebody's mobile", "write 0000-"
    ),
    "landline": Break("0000-5530112", "0931-5530112", "0931", "0931-5530112 may be a real telephone", "write 0000-"),
    "bare landline": Break("0000-5530112", "5530112", "5530112", "5530112 may be a real telephone", "write 0000-"),
    "prefecture-level city": Break(
        "种子站门口", "天水市种子站门口", "天水市", "天水市 is a real place", "write an invented name"
    ),
    "prefecture": Break("种子站门口", "甘南州种子站门口", "甘南州", "甘南州 is a real place", "write an invented name"),
}
FACTS = {
    "year": Break("year: 2023", "year: 2022", "year: 2022", "year is 2022 here and 2023 in", "the one that is wrong"),
    "province": Break("province: 甘肃", "province: 青海", "province", "province is '青海' here and '甘肃' in", "wrong"),
    "hard case": Break("[目标值]", "[区间]", "hard:", "hard is ['区间'] here and ['目标值'] in", "wrong"),
}
REPLIES = {
    "sentence of a reply": Break(
        "问的人越来越多。",
        "问的人越来越多，渡口的茶摊老板每天义务提醒过路客人。",
        "渡口",
        "stands in the real reply real.txt",
        "say it in other words",
    ),
    "person of a reply": Break(
        "石满仓", "罗定边", "罗定边", "罗定边 is named in a real reply", "write an invented name"
    ),
    "member of a reply": Break("韦长林代表", "李守田代表", "李守田", "李守田 is named in a real reply", "invented"),
}
BREAKS = {
    f"{kind}: {name}": entry
    for kind, entries in (
        ("span", SPANS), ("claim", CLAIMS), ("markup", MARKUP), ("name", NAMES), ("fact", FACTS), ("reply", REPLIES)
    )
    for name, entry in entries.items()
}  # fmt: skip


@pytest.mark.parametrize("entry", BREAKS.values(), ids=BREAKS.keys())
def test_check_names_file_line_and_mend_of(entry: Break, tmp_path: Path) -> None:
    assert GOOD.count(entry.old) >= 1
    broken = GOOD.replace(entry.old, entry.new, 1)
    letters = corpus(tmp_path, x01=broken)
    result = check(letters, replies=tmp_path / "replies")
    line = line_of(broken, entry.marker)
    assert_told(result, letters / "x01.txt", line, entry.message, entry.mend)


def assert_told(result: Result, path: Path, line: int, message: str, mend: str) -> None:
    assert result.exit_code == 1, result.output
    told = [x for x in result.output.splitlines() if x.startswith(f"{path}:{line}: ")]
    assert any(message in x and mend in x[x.rindex(" (") :] for x in told), result.output


def test_check_letter_that_is_another_one(tmp_path: Path) -> None:
    copy = GOOD.replace("id: x01", "id: x03").replace("榆峪县", "柏渠县")
    letters = corpus(tmp_path, x03=copy, plan=[*PLAN, {**PLAN[0], "id": "x03"}])
    result = check(letters)
    assert_told(result, letters / "x03.txt", 9, f"of the letter stands in {letters / 'x01.txt'}, too", "write it anew")


def test_check_sentence_that_stands_in_two_letters(tmp_path: Path) -> None:
    sentence = "骗子专挑收菜的忙日子打来电话说卡里少了一笔钱"
    one = GOOD.replace("问的人越来越多。", f"问的人越来越多。{sentence}。")
    other = NEIGHBOUR.replace("\n[防范|", f"\n  {sentence[:9]} {sentence[9:]}！\n[防范|")
    letters = corpus(tmp_path, x01=one, x02=other)
    result = check(letters)
    path, line = letters / "x02.txt", line_of(other, sentence[:9])
    message = f"the sentence {sentence[:20]}… stands in {letters / 'x01.txt'}:{line_of(one, sentence)}, too"
    assert_told(result, path, line, message, "say it in other words")


def test_check_formulaic_sentences_may_stand_in_two_letters(tmp_path: Path) -> None:
    thanks = "再次感谢您长期以来对公安工作的关心和支持。\n"
    letters = corpus(tmp_path, x01=GOOD + thanks, x02=NEIGHBOUR + thanks)
    assert "the sentence" not in check(letters).output


def test_check_too_many_shared_sequences(tmp_path: Path) -> None:
    phrases = ["灯盏糕摊主帮忙看住隔壁老伯而渔排上的喇叭清早先念防骗经"]
    one = GOOD.replace("问的人越来越多。", "".join(f"{p}的事传开了。" for p in phrases))
    other = NEIGHBOUR.replace("\n[防范|", "\n" + "".join(f"听说{p}很管用。" for p in phrases) + "\n[防范|")
    letters = corpus(tmp_path, x01=one, x02=other)
    result = check(letters)
    path = letters / "x02.txt" if f"{letters / 'x02.txt'}:" in result.output else letters / "x01.txt"
    source = other if path.stem == "x02" else one
    message = "of the corpus's sequences of 13 characters are in more than one letter"
    assert_told(result, path, line_of(source, phrases[0]), message, "say it in other words until 2%")


def test_check_id_that_is_not_in_the_plan(tmp_path: Path) -> None:
    letters = corpus(tmp_path, plan=PLAN[1:])
    message = f"the id x01 is not in {tmp_path / 'plan.yaml'}"
    assert_told(check(letters), letters / "x01.txt", 2, message, "add a row for it")


@pytest.mark.parametrize(
    ("rows", "message"),
    [([*PLAN, PLAN[0]], "lists the id x01 2 times"), ({"x01": 1}, "must be a list of rows with an id each")],
)
def test_check_faulty_plan(rows: object, message: str, tmp_path: Path) -> None:
    letters = corpus(tmp_path, plan=rows)
    result = check(letters)
    assert result.exit_code != 0
    assert message in str(result.exception)


def test_check_text_that_was_changed_while_marking(tmp_path: Path) -> None:
    letters = corpus(tmp_path)
    texts = tmp_path / "texts"
    check_files([letters / "x01.txt"])
    texts.mkdir()
    (texts / "x01.txt").write_text("榆峪县公安局关于第31号提案的答复\n", encoding="utf-8")
    result = check(letters / "x01.txt", "--no-corpus", "--texts", texts)
    assert_told(result, letters / "x01.txt", 9, "the text differs from", "change marks only")


def test_check_single_letter_is_compared_with_its_neighbours_and_alone_is_reported(tmp_path: Path) -> None:
    broken = NEIGHBOUR.replace("year: 2021", "year: 2020")
    letters = corpus(tmp_path, x01=GOOD.replace("id: x01", "id: x01\nextra: 1"), x02=broken)
    assert check(letters / "x01.txt").output == "1 letters, 0 faults\n"
    assert "x02.txt:5: year is 2020" in check(letters / "x02.txt").output
    assert check(letters / "x02.txt", "--no-corpus").exit_code == 0


def test_committed_corpus_has_no_fault() -> None:
    replies = os.environ.get("REPLIES_DIR")
    paths = sorted((ANNOTATIONS / "letters").glob("*.txt"))
    assert check_files(paths, replies=Path(replies) if replies else None) == []


def test_plan_lists_the_committed_letters_and_no_others() -> None:
    rows = read_plan(ANNOTATIONS / "plan.yaml")
    assert sorted(rows) == [path.stem for path in sorted((ANNOTATIONS / "letters").glob("*.txt"))]


def test_plan_test_only_bodies_and_provinces_are_in_test_letters_only() -> None:
    rows: Sequence[dict[str, object]] = list(read_plan(ANNOTATIONS / "plan.yaml").values())
    test = yaml.safe_load((ANNOTATIONS / "splits.yaml").read_text(encoding="utf-8"))["test"]
    bodies, provinces = {"法律援助中心", "邮政管理局", "互联网企业会办意见"}, {"宁夏", "青海", "海南", "吉林"}
    found = [row["id"] for row in rows if row["body"] in bodies or row["style"] in provinces]
    assert found
    assert set(found) <= set(test)
