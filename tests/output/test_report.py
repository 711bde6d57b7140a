"""The report as a file, and in a browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from importlib.resources import files
from pathlib import Path

import pytest
from chromium import OpenPage, browser, open_page
from letters_for_tests import claim, example, letter, letter_saying, measure
from typer.testing import CliRunner

from nlp.cli.main import app
from nlp.errors import FanzhaError
from nlp.labels import CATEGORIES, CLAIM_TYPES, STATUSES
from nlp.output.html.marking import CATEGORY_CLASSES
from nlp.output.jsonl import to_json_line
from nlp.output.letters import AnnotatedLetter
from nlp.output.names import output_name
from nlp.output.report import MODULES, joined_modules, read_results, write_report
from nlp.output.words import APPROX_NAMES, DIRECTION_NAMES, STATUS_NAMES, TYPE_NAMES
from nlp.output.wraps import hard_wraps

__all__ = ["browser", "open_page"]

ROOT = Path(__file__).parents[2]
STATIC = files("nlp.web") / "static"
ENOUGH = 10_000_000
ATTACK = (
    "\n</script></style></div>--><script>alert(1)</script><!--<script>"
    "<img src=\"//localhost/asked\" onerror=\"alert(2)\"><svg onload=alert(3)>"
    "<iframe srcdoc='&lt;script&gt;alert(4)&lt;/script&gt;'></iframe><a href=\"javascript:alert(5)\">点</a>"
    "<link rel=stylesheet href=//localhost/asked>\"'`${alert(6)}{{7*7}}\r\n\r甲\f乙\x85丙\u2028丁\x01\u202e戊𠮷\n"
)  # fmt: skip


def source(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")


def write_run(folder: Path, letters: list[AnnotatedLetter]) -> Path:
    """What `fanzha annotate` leaves of these letters."""
    results = folder / "results.jsonl"
    results.parent.mkdir(parents=True, exist_ok=True)
    results.write_text("".join(to_json_line(one.result) + "\n" for one in letters), encoding="utf-8")
    for one in letters:
        text = folder / "texts" / f"{output_name(one.result.document.path or one.result.document.id)}.txt"
        text.parent.mkdir(parents=True, exist_ok=True)
        text.write_bytes(one.text.encode("utf-8"))
    return results


def overlapping() -> AnnotatedLetter:
    """Spans that hold, cross and touch one another, after characters of two UTF-16 units each."""
    text = "𠮷𠮷市抓获嫌疑人3276名，追回2.35亿元。"
    measures = [measure(text, "抓获嫌疑人3276名，追回"), measure(text, "3276名，追回2.35亿元", "防范", "planned")]
    claims = [
        claim(text, "3276名", "count", 3276, "名", metric="抓获嫌疑人3276", period="𠮷𠮷市抓获", measure=0),
        claim(text, "名，追回2.35", "count", 1, "名", metric="3276名，追", measure=1),
    ]
    return letter(text, measures, claims, path="重叠.txt")


# As text


def test_report_holds_data_style_and_script_by_hash(tmp_path: Path) -> None:
    letters = [example(), letter_saying(ATTACK)]
    assert write_report(letters, tmp_path / "report.html", most_bytes=ENOUGH) == 2
    html = (tmp_path / "report.html").read_bytes().decode("utf-8")
    data = re.findall(r'<script type="application/json" id="letters">(.*?)</script>', html, re.DOTALL)
    found = json.loads(data[0])
    assert [entry["text"] for entry in found] == [one.text for one in letters]
    assert [entry["result"] for entry in found] == [one.result.model_dump(mode="json") for one in letters]
    assert html.count("<script") == html.count("</script>") == 2
    script, style = re.search(r'<script type="module">(.*?)</script>', html, re.DOTALL), html.split("<style>")[1]
    assert script is not None
    for text in (script[1], style.split("</style>")[0]):
        assert f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" in html


def test_report_modules_need_only_what_stands_before_them() -> None:
    exported: dict[str, set[str]] = {}
    for name in MODULES:
        folder = name.rpartition("/")[0]
        for names, link in re.findall(r'^import \{([^}]*)\} from "([^"]+)";$', source(name), re.MULTILINE):
            target = Path("/", folder, link).resolve().relative_to("/").as_posix()
            assert set(re.findall(r"\w+", names)) <= exported[target], f"{name} takes {names} from {target}"
        exported[name] = set(
            re.findall(r"^export (?:class|const|function|async function) (\w+)", source(name), re.MULTILINE)
        )


def test_report_modules_join_without_imports_or_names_twice() -> None:
    joined = joined_modules()
    assert not re.findall(r"^\s*(?:import|export)\b.*", joined, re.MULTILINE)
    names = re.findall(r"^(?:class|const|let|function|async function) (\w+)", joined, re.MULTILINE)
    assert sorted(names) == sorted(set(names))
    assert len(names) > 80
    for end in ("</script", "<!--", "innerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert end not in joined
    assert "</style" not in source("style.css")


@pytest.mark.parametrize(
    "pattern",
    ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "http:", "https:"],
)
def test_report_and_page_never_make_markup_nor_name_a_host(pattern: str) -> None:
    allowed = {"dom.js": ["http://www.w3.org/2000/svg"]}
    for path in [STATIC, STATIC / "views"]:
        for file in path.iterdir():
            if file.name.endswith((".js", ".html", ".css")):
                text = file.read_text(encoding="utf-8")
                for word in allowed.get(file.name, []):
                    text = text.replace(word, "")
                assert pattern not in text, file.name


def test_report_words_are_the_same_in_both_languages_and_all_there() -> None:
    words = source("words.js")
    chinese, english = words.split("\n  en: {\n")
    keys = [re.findall(r"^    (\w+):", part, re.MULTILINE) for part in (chinese, english)]
    assert keys[0] == keys[1]
    values = [dict(re.findall(r'^    (\w+):\s+"(.*)",$', part, re.MULTILINE)) for part in (chinese, english)]
    for key, chinese_words in values[0].items():
        assert set(re.findall(r"\{\w+\}", chinese_words)) >= set(re.findall(r"\{\w+\}", values[1][key])), key
    used = {
        key
        for path in (STATIC, STATIC / "views")
        for file in path.iterdir()
        if file.name.endswith(".js")
        for key in re.findall(r"\bt\(\"(\w+)\"", file.read_text(encoding="utf-8"))
    }
    assert used <= set(keys[0])


def test_report_page_glosses_are_of_what_the_program_says() -> None:
    def code(*places: str) -> str:
        found = [path for place in places for path in ROOT.joinpath("nlp", place).rglob("*.py")]
        return "".join(path.read_text(encoding="utf-8") for path in found)

    lists = re.findall(r"^const (\w+) = \[\n(.*?)^\];", source("faults.js"), re.MULTILINE | re.DOTALL)
    said_by = {
        "REASONS": code("documents"),
        "REFUSALS": code("web").replace('f"the report {error.message}"', '"the report would be over "'),
        "WARNINGS": code("annotation"),
    }
    assert [name for name, _ in lists] == list(said_by)
    for name, block in lists:
        entries = re.findall(r'^  \["([^"]*)", "([^"]*)", "([^"]+)", "([^"]+)"\],$', block, re.MULTILINE)
        assert len(entries) == block.count("\n") > 5
        for begin, later, meaning, _ in entries:
            assert f'"{begin}' in said_by[name], begin
            assert later in said_by[name], later
            assert ("{}" in meaning) <= (later != ""), meaning


def test_report_chinese_has_no_ascii_punctuation_between_its_words() -> None:
    chinese = source("words.js").split("\n  en: {\n")[0] + source("faults.js")
    assert re.findall(r"[\u4e00-\u9fff][;,:!?][\u4e00-\u9fff]", chinese) == []


def test_report_words_are_those_of_the_other_formats() -> None:
    words = source("words.js")
    for name, labels in (
        ("statuses", STATUS_NAMES), ("types", TYPE_NAMES), ("approximations", APPROX_NAMES),
        ("directions", DIRECTION_NAMES),
    ):  # fmt: skip
        assert f"{name}: {{ " + ", ".join(f'{label}: "{text}"' for label, text in labels.items()) + " }" in words
    classes = ", ".join(f'{category}: "{style}"' for category, style in CATEGORY_CLASSES.items())
    assert f"CATEGORY_CLASSES = {{ {classes} }}" in words
    assert list(CATEGORY_CLASSES) == list(CATEGORIES)
    for constant, order in (("STATUSES", STATUSES), ("CLAIM_TYPES", CLAIM_TYPES)):
        assert f"{constant} = {json.dumps(list(order))}" in words


def test_report_colours_are_those_of_the_static_pages() -> None:
    pages = (files("nlp.output.html") / "templates" / "style.css").read_text(encoding="utf-8")
    palette = pages[pages.index(":root {") : pages.index("/* The page */")]
    assert palette.strip() in source("style.css")


def test_report_own_colours_have_the_contrast_of_wcag_aa() -> None:
    from test_html_pages import contrast

    found = re.findall(r"(?:^|[{;])\s*--([\w-]+): (#[0-9a-f]{6})", source("style.css"), re.MULTILINE)
    for theme in (0, 1):
        colour: dict[str, str] = {}
        seen: dict[str, int] = {}
        for name, value in found:
            if seen.setdefault(name, 0) == theme:
                colour[name] = value
            seen[name] += 1
        for text, ground, least in [
            ("on-link", "link", 4.5), ("edge", "paper", 3.0),
            ("govern-ink", "govern-tint", 4.5), ("text", "prevent-tint", 4.5), ("quiet", "ground", 4.5),
            ("quiet", "govern-tint", 4.5), ("text", "target", 4.5), ("quiet", "target", 4.5),
        ]:  # fmt: skip
            assert contrast(colour[text], colour[ground]) >= least, (theme, text, ground)


def test_report_wraps_are_line_ends_inside_paragraphs_only() -> None:
    line = "市公安局认真研究办理现将有关情况答复如下今年以来全市共破"
    text = "\n".join(f"　　{line}" if i % 4 == 0 else f"{line}{line[:2]}" for i in range(16)) + "。\n"
    wraps = hard_wraps(text)
    assert wraps
    assert all(text[start:end].isspace() for start, end in wraps)
    assert all("　　" not in text[start:end] for start, end in wraps)
    assert hard_wraps("短句。\n短句。\n") == []


def test_report_reads_what_annotate_has_written(tmp_path: Path) -> None:
    letters = [example("a/答复.txt"), example("b/答复.docx"), letter_saying(ATTACK)]
    assert list(read_results(write_run(tmp_path, letters))) == letters


def test_report_command_takes_several_runs(tmp_path: Path) -> None:
    runs = [write_run(tmp_path / name, [example(f"{name}.txt")]) for name in ("one", "two")]
    report = tmp_path / "report.html"
    done = CliRunner().invoke(app, ["report", *map(str, runs), "-o", str(report)])
    if done.exit_code == 2 and "No such command" in done.output:
        pytest.skip("fanzha report is not registered yet")
    assert done.exit_code == 0, done.output
    assert "2 letters" in done.output
    assert "one.txt" in report.read_text(encoding="utf-8")


def test_report_without_the_text_of_a_letter_is_refused(tmp_path: Path) -> None:
    results = write_run(tmp_path, [example("a.txt")])
    (tmp_path / "texts" / "a.txt.txt").unlink()
    with pytest.raises(FanzhaError, match=r"the text of a\.txt \(line 1\) is missing") as caught:
        list(read_results(results))
    assert caught.value.mend is not None


def test_report_with_another_text_is_refused(tmp_path: Path) -> None:
    results = write_run(tmp_path, [example("a.txt")])
    (tmp_path / "texts" / "a.txt.txt").write_text("另一封信", encoding="utf-8")
    with pytest.raises(FanzhaError, match="another text"):
        list(read_results(results))


@pytest.mark.parametrize("line", ["{}", "no JSON", '{"document": 1}', "[]"])
def test_report_of_what_is_no_result_is_refused(line: str, tmp_path: Path) -> None:
    results = tmp_path / "results.jsonl"
    results.write_text(line, encoding="utf-8")
    with pytest.raises(FanzhaError, match="line 1 is no result"):
        list(read_results(results))


def test_report_of_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FanzhaError, match="cannot be read"):
        list(read_results(tmp_path / "results.jsonl"))


def test_report_too_large_leaves_what_was_there(tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    report.write_text("before", encoding="utf-8")
    with pytest.raises(FanzhaError, match="would be over") as caught:
        write_report([example(f"{i}.txt") for i in range(200)], report, most_bytes=200_000)
    assert "--max-megabytes" in str(caught.value.mend)
    with pytest.raises(FanzhaError, match="no letters"):
        write_report([], report, most_bytes=ENOUGH)
    assert report.read_text(encoding="utf-8") == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


# In a browser


def open_report(open_page: OpenPage, tmp_path: Path, letters: list[AnnotatedLetter], **more: object):  # type: ignore[no-untyped-def]
    write_report(letters, tmp_path / "report.html", most_bytes=ENOUGH)
    watched = open_page((tmp_path / "report.html").as_uri(), **more)
    watched.page.wait_for_selector("#letter-text")
    return watched


SPANS = """() => Object.fromEntries([...document.querySelectorAll("#letter-text [data-id]")].reduce((found, piece) => {
  found.set(piece.dataset.id, (found.get(piece.dataset.id) ?? "") + piece.textContent);
  return found;
}, new Map()))"""


def test_report_browser_marks_every_span_whatever_overlaps(open_page: OpenPage, tmp_path: Path) -> None:
    for one in (overlapping(), example()):
        watched = open_report(open_page, tmp_path, [one])
        assert watched.evaluate("document.getElementById('letter-text').textContent") == one.text
        wanted = {f"m{i}": m.text for i, m in enumerate(one.result.measures)}
        wanted |= {f"c{i}": c.text for i, c in enumerate(one.result.claims)}
        assert watched.evaluate(SPANS) == wanted
        assert watched.faults == []
        assert watched.violations() == []


def test_report_browser_nothing_of_a_letter_runs(open_page: OpenPage, tmp_path: Path) -> None:
    watched = open_report(open_page, tmp_path, [letter_saying(ATTACK), example()])
    page = watched.page
    assert watched.evaluate("document.getElementById('letter-text').textContent") == ATTACK
    page.locator('[data-stop="m0"]').focus()
    page.keyboard.press("ArrowRight")  # its note
    assert ATTACK[3:20] in page.locator(".card").inner_text()
    page.click('.views a[href="#compare"]')
    page.wait_for_selector(".chart")
    page.click(".language")
    page.wait_for_selector(".chart")
    alien = (
        "document.querySelectorAll('#page :is(script, img, iframe, link, object, form, style, a[href^=java])').length"
    )
    assert watched.evaluate(alien) == 0
    assert watched.violations() == watched.dialogs == watched.faults == []
    assert watched.requests == [(tmp_path / "report.html").as_uri()]


def test_report_browser_tells_letters_of_one_path_apart(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_report(open_page, tmp_path, [example(), example(), example()]).page
    page.locator(".entry").nth(1).click()
    assert page.locator(".entry[aria-current]").count() == 1
    assert page.locator(".place").inner_text() == "第 2 封，共 3 封"


def test_report_browser_leads_from_a_row_to_the_text_and_back(open_page: OpenPage, tmp_path: Path) -> None:
    watched = open_report(open_page, tmp_path, [example()])
    page = watched.page
    page.click(".tab-claims")
    page.click('tr[data-id="c2"] .jump')
    assert watched.evaluate("document.activeElement.dataset.stop") == "c2"
    assert page.locator(".part.lit").all_text_contents() == ["2022年", "追回资金"]
    page.keyboard.press("ArrowRight")
    assert watched.evaluate("document.activeElement.dataset.stop") == "m2"
    card = page.locator(".card")
    assert "宣传·拟做" in card.inner_text()
    page.keyboard.press("ArrowLeft")
    said = ("235,000,000 元", "2.35亿元", "追回资金", "追赃金额", "2022年", "2022-01-01 — 2022-12-31", "0.80")
    for words in said:
        assert words in card.inner_text()
    page.keyboard.press("Escape")
    assert card.is_hidden()
    page.keyboard.press("Enter")
    assert watched.evaluate("document.activeElement.closest('tr').dataset.id") == "c2"


def test_report_browser_filters_text_and_tables(open_page: OpenPage, tmp_path: Path) -> None:
    watched = open_report(open_page, tmp_path, [example(), example("另一封.txt")])
    page = watched.page

    def shown() -> tuple[list[str], list[str]]:
        marks = "[...document.querySelectorAll('#letter-text [data-id]:not(.off)')].map((e) => e.dataset.id)"
        rows = "[...document.querySelectorAll('tbody tr[data-id]:not([hidden])')].map((e) => e.dataset.id)"
        return sorted(watched.evaluate(marks)), sorted(watched.evaluate(rows))

    assert shown()[0] == shown()[1] == ["c0", "c1", "c2", "c3", "c4", "m0", "m1", "m2"]
    page.click(".chip[data-label=planned]")
    assert shown()[0] == shown()[1] == ["c3", "m2"]
    page.click(".chip[data-label=planned]")
    page.click(".chip[data-label=money]")
    assert shown()[0] == shown()[1] == ["c2", "m0", "m1", "m2"]
    page.click(".clear-filters")
    page.locator(".least-score input").fill("0.75")
    assert shown()[0] == shown()[1] == ["c0", "c1", "c2", "c3", "m0", "m2"]
    page.click(".entry >> nth=1")
    assert shown()[0] == ["c0", "c1", "c2", "c3", "m0", "m2"]


def test_report_browser_compares_letters(open_page: OpenPage, tmp_path: Path) -> None:
    watched = open_report(open_page, tmp_path, [example(f"{i}.txt") for i in range(3)])
    page = watched.page
    page.click('.views a[href="#compare"]')
    cells = page.locator(".categories tbody tr >> nth=0 >> td.number").all_text_contents()
    assert cells == ["6", "0", "0%"]
    options = page.locator(".choose > select option").evaluate_all("all => all.map((one) => one.value)")
    assert options[0] == "count 人 抓获人数"  # what has an indicator comes first, in its unit
    page.locator(".choose > select").select_option("money 元 追赃金额")
    assert page.locator(".indicator-rows tbody tr").count() == 3
    page.locator(".chart-row").nth(1).hover()
    tip = page.locator(".card").inner_text()
    assert "2022年: 235,000,000 元" in tip
    page.locator(".indicator-rows .link").nth(2).click()
    assert watched.evaluate("document.activeElement.dataset.stop") == "c2"
    assert "2.txt" in page.locator(".entry[aria-current]").inner_text()


def test_report_browser_draws_a_decrease_with_a_range_to_the_left(open_page: OpenPage, tmp_path: Path) -> None:
    text = "发案数下降20%至30%，发案数上升10%。"
    down = claim(text, "20%至30%", "change", 20, "%", metric="发案数", direction="down", value_max=30)
    up = claim(text, "10%", "change", 10, "%", metric="发案数", direction="up")
    watched = open_report(open_page, tmp_path, [letter(text, [], [down, up])])
    page = watched.page
    page.click('.views a[href="#compare"]')
    page.wait_for_selector(".chart")
    nought = float(page.locator(".chart .nought line").get_attribute("x1") or "")
    boxes = page.locator(".chart rect:not(.hit)").evaluate_all(
        "all => all.map((one) => [one.getAttribute('class'), one.x.baseVal.value, one.width.baseVal.value])"
    )
    (value, at, width), (most, most_at, most_width), (other, other_at, _) = boxes
    assert (value, most, other) == ("value", "range", "value")
    assert at + width == pytest.approx(nought, abs=0.5)
    assert most_at + most_width == pytest.approx(at, abs=0.5)
    assert most_width == pytest.approx(width / 2, abs=0.5)
    assert other_at == pytest.approx(nought, abs=0.5)
    ticks = page.locator(".chart :is(.grid, .nought) text").all_text_contents()
    assert (min(map(float, ticks)), max(map(float, ticks))) == (-30, 10)


def test_report_browser_counts_one_letter_as_one(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_report(open_page, tmp_path, [example()]).page
    page.click(".language")
    assert "1 letter" in page.locator(".brand p").inner_text()
    assert "letters" not in page.locator(".brand p").inner_text()
    assert page.locator(".found").inner_text() == "1 letter"


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_report_browser_fits_its_window(width: int, open_page: OpenPage, tmp_path: Path) -> None:
    watched = open_report(open_page, tmp_path, [example(), letter_saying("长" * 300), overlapping()], width=width)
    page = watched.page
    for view in ("letters", "compare"):
        page.click(f'.views a[href="#{view}"]')
        assert watched.evaluate("document.documentElement.scrollWidth") <= width
    page.click('.views a[href="#letters"]')
    assert page.locator("#letter-text").is_visible()
    page.click(".tab-claims")
    assert page.locator("#pane-claims").is_visible()
    assert page.locator("#letter-text").is_visible() == (width >= 1000)
    assert watched.evaluate("document.documentElement.scrollWidth") <= width


def test_report_browser_speaks_both_languages(open_page: OpenPage, tmp_path: Path) -> None:
    watched = open_report(open_page, tmp_path, [example()])
    page = watched.page
    assert watched.evaluate("document.documentElement.lang") == "zh-CN"
    page.click(".language")
    assert watched.evaluate("document.documentElement.lang") == "en"
    assert page.locator(".tab-measures").inner_text().startswith("Measures")
    page.reload()
    page.wait_for_selector("#letter-text")
    assert watched.evaluate("document.documentElement.lang") == "en"


def test_report_browser_opens_many_letters_fast(open_page: OpenPage, tmp_path: Path) -> None:
    watched = open_report(open_page, tmp_path, [example(f"{i}.txt") for i in range(1000)])
    page = watched.page
    assert page.locator(".entry").count() == 200
    assert page.locator("#letter-text").count() == 1
    assert watched.evaluate("document.getElementsByTagName('*').length") < 6000
    page.locator(".search input").fill("999.txt")
    assert page.locator(".entry").count() == 1
