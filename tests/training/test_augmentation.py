"""Augmentation: whatever is drawn, the gold stays exact; each kind of change does what it says; epochs repeat."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.annotation.check import check_letter
from nlp.annotation.corpus import GoldLetter, read_letters
from nlp.annotation.markup import parse
from nlp.claims.numbers import parse_quantity
from nlp.errors import FanzhaError
from nlp.schema import check_spans
from nlp.text.segmentation import segment
from nlp.training.augmentation import augment, augmented_epoch
from nlp.training.configuration import AugmentationRecipe, read_recipe
from nlp.training.edits import Draft, Edit, EditError, Mover, apply_edits
from nlp.training.features import clause_labels
from nlp.training.figure_variants import chinese_numeral, other_form, other_number
from nlp.training.letter_variants import PLACES

CORPUS = read_letters(Path(__file__).parents[2] / "annotations" / "letters")
KINDS = tuple(AugmentationRecipe.model_fields)
NOTHING = AugmentationRecipe(**dict.fromkeys(KINDS, 0.0))
EVERYTHING = AugmentationRecipe(**dict.fromkeys(KINDS, 1.0))

SMALL = """\
泠川县公安局
对县政协第12号提案的答复

泠公函〔2023〕7号

李明委员:
　　一、主要工作
　　[打击|{t1:2022年}{k1:破获电诈案件}{q:120起|count k1 t1}，{k2:抓获嫌疑人}{q:86名|count k2 t1}]，\
同比分别上升{q:12.5%|change k1 t1 up basis=比2021年}、{q:8%|change k2 t1 up basis=比2021年}。
　　[防范|泠川县反诈中心{t2:今年1至5月}{k3:止付资金}{q:350余万元|money k3 t2}，{k4:劝阻群众}{q:12000人|count k4 t2}]；\
[宣传|泠川县在{q:7个|count k5}{k5:社区}设点，{k6:举办讲座}{q:3-5场|count k6}]。
　　二、下一步打算
　　[治理*|县政府将开展考核（每年一次）]。

泠川县公安局
2023年6月1日
"""


def small(body: str = SMALL) -> GoldLetter:
    """A letter of marked-up text."""
    found = parse(f"---\nid: small\n---\n{body}")
    return GoldLetter("small", Path("small.txt"), found.text, found.measures, found.claims)


def only(**kinds: float) -> AugmentationRecipe:
    return AugmentationRecipe(**{**dict.fromkeys(KINDS, 0.0), **kinds})


def variants(letter: GoldLetter, kind: str, count: int = 20) -> list[GoldLetter]:
    return [augment(letter, random.Random(seed), only(**{kind: 1.0})) for seed in range(count)]


def faults(letter: GoldLetter) -> list[str]:
    return [f.message for f in check_letter(letter.text, letter.measures, letter.claims, path=letter.path)]


def labels(letter: GoldLetter) -> list[tuple[int, int]]:
    """Category and status of each clause, those outside measures left out."""
    clauses = [(c.start, c.end) for c in segment(letter.text).clauses]
    pairs = zip(*(part.tolist() for part in clause_labels(letter, clauses)), strict=True)
    return [pair for pair in pairs if pair[1] >= 0]


def assert_gold_is_exact(letter: GoldLetter, made: GoldLetter) -> None:
    check_spans(made.measures, made.claims, made.text)
    assert len(faults(made)) <= len(faults(letter)), faults(made)
    assert [(m.category, m.status) for m in made.measures] == [(m.category, m.status) for m in letter.measures]
    assert labels(made) == labels(letter)
    kept = ("type", "direction", "measure")
    assert [[getattr(c, k) for k in kept] for c in made.claims] == [
        [getattr(c, k) for k in kept] for c in letter.claims
    ]
    for claim, original in zip(made.claims, letter.claims, strict=True):
        read = parse_quantity(claim.text, claim.type)
        assert read is not None
        assert (read.value, read.value_max, read.unit, read.approx) == (
            claim.value, claim.value_max, claim.unit, claim.approx,
        )  # fmt: skip
        assert claim.approx == original.approx
        assert (claim.metric is None, claim.period is None) == (original.metric is None, original.period is None)
        if claim.metric is not None and claim.measure is not None:
            assert made.measures[claim.measure].start <= claim.start < made.measures[claim.measure].end


@given(st.sampled_from(CORPUS), st.integers(0, 10**6), st.sampled_from([*KINDS, "all", "default"]))
@settings(max_examples=100)
def test_augmentation_keeps_the_gold_of_the_corpus_exact(letter: GoldLetter, seed: int, kind: str) -> None:
    recipes = {"all": EVERYTHING, "default": AugmentationRecipe()}
    made = augment(letter, random.Random(seed), recipes.get(kind) or only(**{kind: 1.0}))
    assert_gold_is_exact(letter, made)
    assert (made.id, made.path, made.meta) == (letter.id, letter.path, letter.meta)


@given(st.sampled_from(CORPUS), st.integers(0, 10**6))
@settings(max_examples=12)
def test_augmentation_is_a_function_of_its_seed(letter: GoldLetter, seed: int) -> None:
    first, second = (augment(letter, random.Random(seed), EVERYTHING) for _ in range(2))
    assert first == second
    assert first.text != letter.text


@pytest.mark.parametrize("letter", CORPUS[::40], ids=lambda letter: letter.id)
def test_augmentation_without_probabilities_changes_nothing(letter: GoldLetter) -> None:
    assert augment(letter, random.Random(1), NOTHING) is letter


@pytest.mark.parametrize("kind", KINDS)
def test_augmentation_each_kind_changes_most_letters(kind: str) -> None:
    sample = CORPUS[::8]
    made = [augment(letter, random.Random(i), only(**{kind: 1.0})) for i, letter in enumerate(sample)]
    changed = sum(a.text != b.text for a, b in zip(made, sample, strict=True))
    assert changed > 0.5 * len(sample), changed


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "line_breaks"])
def test_augmentation_of_a_small_letter_varies_and_is_exact(kind: str) -> None:
    letter = small()
    made = variants(letter, kind, 8)
    assert len({m.text for m in made} - {letter.text}) >= (1 if kind == "written_forms" else 2)
    for variant in made:
        assert_gold_is_exact(letter, variant)


def test_augmentation_leaves_faulty_gold_no_worse() -> None:
    letter = small(SMALL.replace("[治理*|县政府", "县[治理*|政府"))
    assert faults(letter)
    for seed in range(10):
        made = augment(letter, random.Random(seed), EVERYTHING)
        check_spans(made.measures, made.claims, made.text)
        assert len(faults(made)) <= len(faults(letter))


# The kinds.


def test_augmentation_figures_keep_their_shape() -> None:
    letter = small()
    varied = variants(letter, "figures")
    for made in varied:
        assert [c.text[-1] for c in made.claims] == [c.text[-1] for c in letter.claims]
        assert [len(c.text) for c in made.claims] == [len(c.text) for c in letter.claims]
        spread = made.claims[-1]
        assert spread.value_max is not None
        assert spread.value < spread.value_max
        assert made.claims[4].text.endswith("0余万元")
    assert len({made.claims[1].value for made in varied}) > 10


@given(
    st.sampled_from(["近300余万元", "上亿元", "44.57%", "第三名", "首位", "三分之二", "九成八", "二十三起",
                     "3至5个百分点", "2 430名", "１２０件", "1,086户", "半小时", "百分之八十",
                     "0.4个百分点", "十七八个", "100%", "两千余人"]),
    st.integers(0, 10**6),
)  # fmt: skip
def test_augmentation_another_number_differs_in_value_alone(surface: str, seed: int) -> None:
    before, after = (parse_quantity(text) for text in (surface, other_number(surface, "count", random.Random(seed))))
    assert before is not None
    assert after is not None
    assert (after.unit, after.kind, after.approx) == (before.unit, before.kind, before.approx)
    assert (after.value_max is None) == (before.value_max is None)
    assert len(str(int(after.value))) == len(str(int(before.value)))
    if before.unit == "%":
        assert after.value <= 100


@pytest.mark.parametrize(
    ("surface", "type", "form"),
    [
        ("12000份", "count", "1.2万份"), ("1.2万份", "count", "12000份"), ("近23万人", "count", "近230000人"),
        ("2.35亿元", "money", "23500万元"), ("120000000元", "money", "1.2亿元"), ("7个", "count", "七个"),
        ("两家", "count", "2家"), ("2家", "count", "两家"), ("第2位", "rank", "第二位"), ("二十三起", "count", "23起"),
        ("12000余份", "count", "1.2万余份"),
        ("30%", "percent", "30%"), ("三成", "percent", "三成"), ("3-5个", "count", "3-5个"),
        ("326名", "count", "326名"),
        ("1.2万余份", "count", "1.2万余份"), ("首位", "rank", "首位"), ("12345份", "count", "12345份"),
    ],
)  # fmt: skip
def test_augmentation_written_forms(surface: str, type: str, form: str) -> None:
    assert other_form(surface, type, random.Random(1)) == form
    assert parse_quantity(form, type) == parse_quantity(surface, type)


@pytest.mark.parametrize(
    ("value", "numeral"), [(2, "二"), (7, "七"), (10, "十"), (12, "十二"), (20, "二十"), (99, "九十九")]
)
def test_augmentation_chinese_numerals(value: int, numeral: str) -> None:
    assert chinese_numeral(value) == numeral


def test_augmentation_units_stay_in_their_set() -> None:
    varied = variants(small(), "units")
    seen = [{made.claims[i].text for made in varied} for i in range(8)]
    assert seen[0] == {"120件", "120宗"}
    assert seen[1] == {"86人"}
    assert seen[5] == {"12000名"}
    assert seen[6] == {"7个"}
    assert seen[7] == {"3-5场次"}
    noun = small("[宣传|组织{q:20名|count k1}{k1:委员}视察]。\n")
    assert all(made.text == noun.text for made in variants(noun, "units"))


def test_augmentation_years_move_alike_and_bases_with_them() -> None:
    letter = small()
    for made in variants(letter, "periods"):
        years = [int(year) for year in re.findall(r"20\d\d(?=[年〕])", made.text)]
        shift = years[0] - 2023
        assert shift != 0
        assert years == [2023 + shift, 2022 + shift, 2023 + shift]
        assert [c.basis for c in made.claims[2:4]] == [f"比{2021 + shift}年"] * 2
        assert made.claims[0].period is not None
        assert made.claims[0].period.text == f"{2022 + shift}年"
        period = made.claims[4].period
        assert period is not None
        assert period.text.startswith("今年")
        assert period.text != "今年1至5月"
        assert [c.text for c in made.claims] == [c.text for c in letter.claims]


@pytest.mark.parametrize("year", ["2022", "２０２２", "2O22", "二〇二二", "二○二二"])
def test_augmentation_years_keep_their_script(year: str) -> None:
    letter = small(SMALL.replace("2022年", f"{year}年"))
    for made in variants(letter, "periods", 5):
        assert made.claims[0].period is not None
        moved = made.claims[0].period.text[:-1]
        assert moved[0] == year[0]
        assert moved[1] == year[1]
        assert moved != year


def test_augmentation_places_are_exchanged_throughout() -> None:
    for made in variants(small(), "places"):
        assert "泠川" not in made.text
        name = made.text.split("县")[0]
        assert name in PLACES
        assert made.text.count(f"{name}县") == 4
        assert f"\n{name[0]}公函〔2023〕7号" in made.text


def test_augmentation_places_leave_common_words_alone() -> None:
    body = "关于全市工作的报告\n\n[治理|各县区压实责任，会同县直部门推进]。全市各乡镇、各县市都要落实。\n"
    assert all(made.text == small(body).text for made in variants(small(body), "places"))


def test_augmentation_line_breaks_wrap_long_lines_only() -> None:
    lines = "　　[宣传|民警走村入户向群众讲解骗术，发放防骗资料，逐户张贴提示标识，并请村干部每周在广播里播放身边案例"
    lines += "，让每一位老人都听得懂、记得住、用得上，遇到可疑来电先问家人、再问民警]。\n"
    letter = small("泠川县公安局\n" + lines * 4)
    made = variants(letter, "line_breaks")
    assert any("\n" in m.measures[0].text for m in made)
    for variant in made:
        assert variant.text.replace("\n", "") == letter.text.replace("\n", "")
        assert variant.text.startswith("泠川县公安局\n　　民警")
        assert all(not line.startswith(("，", "、", "。")) for line in variant.text.split("\n"))
        assert_gold_is_exact(letter, variant)
        assert augment(variant, random.Random(1), only(line_breaks=1.0)).text == variant.text or variant == letter


def test_augmentation_furniture_stands_around_the_letter() -> None:
    letter = small()
    made = variants(letter, "furniture")
    for variant in made:
        assert letter.text in variant.text
    assert any(not variant.text.startswith(letter.text) for variant in made)
    assert any(not variant.text.endswith(letter.text) for variant in made)
    page = small("首页 > 正文\n" + SMALL)
    assert augment(page, random.Random(1), only(furniture=1.0)) is page


def test_augmentation_punctuation_changes_width_and_nothing_else() -> None:
    body = SMALL.replace("12000人", "12,000人").replace("2023年6月1日", "2023年6月1日08:30")
    letter = small(body)
    wide = str.maketrans("，；：（）！？％", ",;:()!?%")
    made = variants(letter, "punctuation", 40)
    for variant in made:
        assert variant.text.translate(wide) == letter.text.translate(wide)
        assert "12,000人" in variant.text
        assert "08:30" in variant.text
    assert any("，" not in variant.text for variant in made)
    assert any("：" in variant.text and "％" in variant.text for variant in made)


def test_augmentation_line_breaks_that_would_cut_clauses_are_left_out() -> None:
    letter = small()  # too few long lines for the breaks to be read as those of a page
    assert all(made.text == letter.text for made in variants(letter, "line_breaks"))


# The primitive.


def test_edits_move_spans_and_read_values_again() -> None:
    letter = small()
    claim = letter.claims[0]
    made = apply_edits(letter, [Edit(0, 0, "首页\n"), Edit(claim.start, claim.end, "近1.5万起")])
    assert (made.claims[0].text, made.claims[0].value, made.claims[0].approx) == ("近1.5万起", 15000, "under")
    check_spans(made.measures, made.claims, made.text)
    assert made.text.startswith("首页\n泠川县")
    assert letter.claims[0].text == "120起"


@pytest.mark.parametrize(
    ("edits", "reason"),
    [
        ([Edit(4, 6, "x"), Edit(5, 7, "y")], "overlap"),
        ([Edit(5, 6, "x"), Edit(2, 3, "y")], "not sorted"),
        ([Edit(2, 2, "x"), Edit(2, 2, "y")], "overlap"),
    ],
)
def test_edits_that_overlap_are_refused(edits: list[Edit], reason: str) -> None:
    with pytest.raises(EditError, match=reason):
        Mover(edits)


@pytest.mark.parametrize(
    ("edit", "moved"),
    [
        (Edit(2, 2, "ab"), (7, 10)), (Edit(5, 5, "ab"), (7, 10)), (Edit(8, 8, "ab"), (5, 8)),
        (Edit(6, 6, "ab"), (5, 10)),
        (Edit(5, 8, "x"), (5, 6)), (Edit(5, 6, ""), (5, 7)), (Edit(3, 5, ""), (3, 6)), (Edit(8, 9, ""), (5, 8)),
        (Edit(4, 6, "x"), None), (Edit(7, 9, "x"), None), (Edit(4, 9, "x"), None), (Edit(5, 9, "x"), None),
        (Edit(5, 8, ""), None),
    ],
)  # fmt: skip
def test_edits_around_and_across_a_span(edit: Edit, moved: tuple[int, int] | None) -> None:
    mover = Mover([edit])
    if moved is None:
        with pytest.raises(EditError):
            mover.span(5, 8)
    else:
        assert mover.span(5, 8) == moved


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 3), st.text("xyz", max_size=3)), max_size=6), st.data())
def test_edits_keep_the_text_of_spans_they_do_not_touch(parts: list[tuple[int, int, str]], data: Any) -> None:
    text = "".join(chr(0x4E00 + i) for i in range(34))
    edits: list[Edit] = []
    for start, length, new in sorted(parts):
        if not edits or start > edits[-1].end:
            edits.append(Edit(start, start + length, new))
    start = data.draw(st.integers(0, 32))
    end = data.draw(st.integers(start + 1, 33))
    mover = Mover(edits)
    touched = any(e.start < end and start < e.end or start < e.start < end for e in edits)
    if not touched:
        moved = mover.span(start, end)
        assert mover.text(text)[slice(*moved)] == text[start:end]


def test_edits_to_a_quantity_that_leave_none_are_refused() -> None:
    letter = small()
    claim = letter.claims[0]
    for surface in ("许多", "12%"):
        with pytest.raises(EditError, match="is no count"):
            apply_edits(letter, [Edit(claim.start, claim.end, surface)])
    stated = small("[打击|{k1:抓获}{q:12名|count k1 value=13}]。\n")
    with pytest.raises(EditError, match="otherwise than the grammar"):
        apply_edits(stated, [Edit(stated.claims[0].start, stated.claims[0].end, "15名")])


def test_edits_in_groups_leave_out_the_harmful_ones() -> None:
    letter = small()
    first, second = letter.claims[:2]
    groups = [
        [Edit(first.start, first.end, "95起")],
        [Edit(second.start - 1, second.end, "人9名")],
        [Edit(0, 0, "甲"), Edit(second.start, second.start + 1, "。")],
        [Edit(second.start, second.end, "41名")],
    ]
    made = Draft.of(letter).edited(groups).letter
    assert [c.text for c in made.claims[:2]] == ["95起", "41名"]
    assert made.text.startswith("泠川县")


# Epochs and recipes.


def test_augmented_epochs_differ_and_repeat() -> None:
    letters = [small(), CORPUS[0], small()]

    def texts(seed: int, epoch: int) -> list[str]:
        return [made.text for made in augmented_epoch(letters, AugmentationRecipe(), seed=seed, epoch=epoch)]

    assert texts(1, 0) == texts(1, 0)
    assert len({tuple(texts(seed, epoch)) for seed in (1, 2) for epoch in (0, 1, 2)}) == 6
    assert texts(1, 0)[0] != texts(1, 0)[2]
    assert texts(1, 0)[1] == next(
        made.text for made in augmented_epoch([CORPUS[0]], AugmentationRecipe(), seed=1, epoch=0)
    )


def test_augmentation_in_a_recipe(tmp_path: Path) -> None:
    base = "name: tiny\nencoder: {source: local, path: encoder}\nheads: {layers: [1]}\ntraining: {epochs: 3}\n"
    path = tmp_path / "recipe.yaml"
    path.write_text(base, encoding="utf-8")
    assert read_recipe(path).augmentation is None
    path.write_text(base + "augmentation: {figures: 0.7}\n", encoding="utf-8")
    augmentation = read_recipe(path).augmentation
    assert augmentation is not None
    assert (augmentation.figures, augmentation.periods) == (0.7, 0.5)
    for wrong in ("{figures: 1.2}", "{figure: 0.5}", "{places: -0.1}"):
        path.write_text(base + f"augmentation: {wrong}\n", encoding="utf-8")
        with pytest.raises(FanzhaError, match=r"augmentation\.(figures?|places)"):
            read_recipe(path)
