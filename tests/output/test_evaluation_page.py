"""The report of an evaluation: one file, escaped, quiet, with every figure and every error in its sentence."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import lxml.html
import pytest
from chromium import OpenPage, browser, open_page
from hypothesis import given, settings
from scored_documents import TEXT, documents, scored, with_score
from test_html_pages import contrast

from nlp.evaluation.assessment import Assessment, Comparison, assess, compare
from nlp.evaluation.figures import ALL, CATEGORY, Key
from nlp.evaluation.mistakes import mistakes
from nlp.evaluation.scores import Scored
from nlp.evaluation.tables import with_interval
from nlp.output.html.evaluation_page import (
    render_assessment,
    render_comparison,
    write_assessment,
    write_comparison,
)

__all__ = ["browser", "open_page"]

HOSTILE = '<script>alert(1)</script>进村"宣讲"&amp;\'十<img src="http://localhost/x">。'


@pytest.fixture(scope="module")
def letters(measure: Callable[..., Any], claim: Callable[..., Any]) -> tuple[list[Scored], list[Scored]]:
    """Three letters as a model that makes an error in each and one that makes two of them predict them."""
    gold = [
        measure(TEXT, "进村宣讲", "宣传", "planned"),
        claim(TEXT, "31名", "count", 31, "名", metric="抓获", period="2024年"),
    ]
    poor = [measure(TEXT, "进村宣讲", "宣传"), claim(TEXT, "31名", "count", 31, "名", metric="抓获")]
    awkward = measure(HOSTILE, '进村"宣讲"', "宣传")
    meta = {"form": "<b>clean", "hard": ["区间"]}

    def side(spans: list[Any], hostile: list[Any]) -> list[Scored]:
        shown = [scored(gold=gold, predicted=[with_score(s) for s in spans], name=name, meta=meta) for name in "ab"]
        return [*shown, scored(gold=[awkward], predicted=hostile, text=HOSTILE, name="<i>c", meta=meta)]

    return side(poor, []), side(gold, [])


@pytest.fixture(scope="module")
def found(letters: tuple[list[Scored], list[Scored]]) -> Assessment:
    return assess(letters[0], notes=["<u>mind this"], samples=30)


@pytest.fixture(scope="module")
def compared(letters: tuple[list[Scored], list[Scored]]) -> Comparison:
    return compare(*letters, samples=30)


def tree(html: str) -> Any:
    return lxml.html.document_fromstring(html)


def test_page_names_figures_and_has_every_error_by_kind(found: Assessment) -> None:
    page = tree(render_assessment(found))
    text = page.text_content()
    for key, value in found.figures.items():
        if key.table == ALL:
            assert page.xpath(f"//tr[th='{key.figure}']/td[1]")[0].text == with_interval(value)
    assert page.xpath("string(//tr[th='宣传']/td[3])") == with_interval(
        found.figures[Key(CATEGORY, "宣传", "strict F1")]
    )
    assert "<b>clean" in text
    sections = page.xpath("//section[@class='kind']")
    assert [section.get("id") for section in sections] == [
        "e-measures-missed", "e-measures-status", "e-claims-period",
    ]  # fmt: skip
    assert [len(section.xpath("article")) for section in sections] == [1, 2, 2]
    (first, *_) = page.xpath("//section[@id='e-claims-period']/article")
    assert first.xpath("string(p[@class='where'])").strip() == "a 8–11"
    assert first.xpath("string(p[@class='sentence'])") == TEXT[: TEXT.index("下一步")]
    assert [s.text for s in first.xpath(".//span[@class='gold predicted']")] == ["31名"]
    assert [s.text for s in first.xpath(".//span[@class='gold-part']")] == ["2024年"]
    assert [s.text for s in first.xpath(".//b[@lang]")] == ["2024年 (0–5)", "none"]


def test_links_of_the_page_lead_somewhere(found: Assessment, compared: Comparison) -> None:
    for html in (render_assessment(found), render_comparison(compared)):
        page = tree(html)
        ids = page.xpath("//@id")
        assert len(set(ids)) == len(ids)
        assert {link.removeprefix("#") for link in page.xpath("//@href")} <= set(ids)


def test_page_is_escaped_and_asks_for_nothing(found: Assessment, compared: Comparison) -> None:
    for html in (render_assessment(found), render_comparison(compared)):
        page = tree(html)
        assert not page.xpath("//script | //img | //link | //iframe | //i | //u | //*[@src] | //*[@style]")
        assert not page.xpath("//b[contains(., 'clean')]")
        style = page.xpath("string(//style)")
        digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
        (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
        assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'")
        assert "url(" not in style
        assert "@import" not in style


@settings(max_examples=10)
@given(documents())
def test_page_has_each_error_of_any_prediction_once(document: Scored) -> None:
    page = tree(render_assessment(assess([document], samples=5)))
    assert len(page.xpath("//article")) == len(mistakes(document))


def test_hostile_words_are_words(found: Assessment) -> None:
    text = tree(render_assessment(found)).text_content()
    assert HOSTILE[: HOSTILE.index("'")] in text  # a sentence: it ends behind the semicolon
    assert "<u>mind this" in text


def test_comparison_shows_both_models_and_the_errors_of_one_alone(compared: Comparison) -> None:
    page = tree(render_comparison(compared))
    (row,) = page.xpath("//tr[th='status accuracy']")
    value = compared.figures[Key(ALL, ALL, "status accuracy")]
    cells = [cell.text for cell in row.xpath("td")][:5]
    assert cells == ["0.000", "1.000", "+1.000", f"{value.low:+.3f} to {value.high:+.3f}", f"{value.better:.2f}"]
    ahead = {row.xpath("string(th)"): row.xpath("string(td[6])") for row in page.xpath("//tr[@class='certain']")}
    certain = [key for key, v in compared.figures.items() if v.low is not None and not v.low <= 0 <= v.high]
    assert len(page.xpath("//tr[@class='certain']")) == len(certain)
    assert set(ahead.values()) <= {"B"}
    ids = page.xpath("//section[@class='kind']/@id")
    assert ids == ["a-measures-status", "a-claims-period"]


def test_confusion_is_shaded_by_the_share_of_its_row(found: Assessment) -> None:
    page = tree(render_assessment(found))
    (cell,) = page.xpath("//table[@class='heat'][1]//tr[th='宣传']/td[contains(@title, ' % of 宣传')][1]")
    # Of 4 + 4 + 6 characters of gold, 8 are found and the 6 of the hostile letter are none.
    assert (cell.text, cell.get("class"), cell.get("title")) == ("6", "number shade-5", "42.9 % of 宣传")


def test_colours_have_the_contrast_of_wcag_aa() -> None:
    folder = files("nlp.output.html") / "templates"
    base, own = ((folder / name).read_text(encoding="utf-8") for name in ("style.css", "evaluation.css"))
    for theme in (0, 1):
        colour = {
            name: value
            for style in (base, own)
            for name, value in re.findall(
                r"--([\w-]+): (#[0-9a-f]{6});", style.split(":root {")[theme + 1].split("}")[0]
            )
        }
        for text, ground in (("gold", "paper"), ("guess", "paper"), ("text", "target"), ("quiet", "paper")):
            assert contrast(colour[text], colour[ground]) >= 4.5, (theme, text)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_in_a_browser(
    found: Assessment, compared: Comparison, tmp_path: Path, open_page: OpenPage, scheme: str
) -> None:
    write_assessment(found, tmp_path / "one.html")
    write_comparison(compared, tmp_path / "two.html")
    for name in ("one.html", "two.html"):
        for width in (1280, 390):
            watched = open_page((tmp_path / name).as_uri(), width=width, color_scheme=scheme)
            assert watched.requests == [(tmp_path / name).as_uri()]
            assert (watched.dialogs, watched.faults, watched.violations()) == ([], [], [])
            wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert watched.evaluate(wide) == 0, (name, width)
            if name == "one.html":
                box = watched.evaluate("document.querySelector('.plot').getBoundingClientRect().toJSON()")
                assert box["width"] > 200
                fill = watched.evaluate("getComputedStyle(document.querySelector('.plot .dot')).fill")
                assert fill == ("rgb(28, 90, 163)" if scheme == "light" else "rgb(141, 188, 245)")
