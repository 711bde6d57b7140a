"""The page of `fanzha serve` in a browser: letters in, marks and tables out, corrections saved, downloads read back."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from chromium import OpenPage, Watched, browser, open_page
from make_files import as_docx
from page_server import PageServer, page_at, page_server

from nlp.annotation.corpus import read_letters
from nlp.files import read_text

__all__ = ["browser", "open_page", "page_at", "page_server"]

PageAt = Callable[..., Watched]

LETTER = (
    "关于市十五届人大一次会议第{number}号建议的答复\n"
    "王小明代表：\n"
    "　　您提出的建议收悉，现答复如下。\n"
    "　　2022年，我局共破获电信网络诈骗案件{cases}起，抓获犯罪嫌疑人83名，追回被骗资金235万元。"
    "全年进社区开展反诈宣传讲座46场，发放宣传资料3万份。\n"
    "　　下一步，我局将进一步加强预警劝阻，力争劝阻成功率达到95%以上。\n"
    "云岭市公安局\n"
    "2023年6月30日\n"
)
ATTACK = (
    "<script>alert(1)</script><img src=//localhost/asked onerror=alert(2)><svg onload=alert(3)>"
    "<a href=\"javascript:alert(4)\">点</a><iframe srcdoc='<script>alert(5)</script>'></iframe>"
    "</textarea></title></style>\"'`${alert(6)}{{7*7}}"
)
SELECT = """([words, length]) => {
  const text = document.getElementById("letter-text");
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const [node, at] = [walker.currentNode, walker.currentNode.data.indexOf(words)];
    if (at < 0) continue;
    text.focus();
    getSelection().setBaseAndExtent(node, at, node, at + length);
    return;
  }
}"""
"""Puts the caret before some words of the letter, or selects so many of their characters."""
SPANS = """() => [...document.querySelectorAll("#letter-text [data-id]:not(.off)")].map((piece) => piece.textContent)"""


def letter(number: int, cases: int = 1132) -> str:
    return LETTER.format(number=number, cases=cases)


def as_html(text: str) -> bytes:
    lines = "".join(f"<p>{escape(line)}</p>" for line in text.splitlines())
    head = '<!DOCTYPE html><html lang="zh"><head><meta charset="utf-8"><title>答复</title></head>'
    return f'{head}<body><div class="content">{lines}</div></body></html>'.encode()


def file(name: str, content: str | bytes) -> dict[str, Any]:
    data = content.encode("utf-8") if isinstance(content, str) else content
    return {"name": name, "mimeType": "application/octet-stream", "buffer": data}


def upload(watched: Watched, *files: dict[str, Any]) -> None:
    """Chooses files and waits until they are annotated."""
    watched.page.set_input_files("#files", list(files))
    watched.page.wait_for_selector(".batches > li:first-child.done", state="attached")


def to_letters(watched: Watched) -> None:
    watched.page.click('.views a[href="#letters"]')
    watched.page.wait_for_selector("#letter-text")


def downloaded(watched: Watched, form: str, folder: Path) -> Path:
    watched.page.click('.views a[href="#add"]')
    with watched.page.expect_download() as found:
        watched.page.locator(f'[data-format="{form}"]').first.click()
    path = folder / found.value.suggested_filename
    found.value.save_as(path)
    return path


def is_clean(watched: Watched, server: PageServer) -> None:
    """Nothing went against the policy, no dialog opened, no script failed, nothing was asked of another host."""
    assert watched.violations() == []
    assert watched.dialogs == []
    assert watched.faults == []
    others = [link for link in watched.requests if not link.startswith((server.server.url, "blob:", "data:"))]
    assert others == []


def test_page_three_forms_give_the_spans_of_the_api(page_at: PageAt, page_server: PageServer, tmp_path: Path) -> None:
    watched = page_at()
    page = watched.page
    word, html = as_docx(letter(13, 987)), as_html(letter(14, 21))
    upload(watched, file("甲.txt", letter(12)), file("乙.docx", word), file("丙.html", html))
    to_letters(watched)
    assert page.locator(".entry").count() == 3
    for name, cases in (("甲.txt", "1132起"), ("乙.docx", "987起"), ("丙.html", "21起")):
        page.locator(".entry", has_text=name).click()
        text = watched.evaluate("document.getElementById('letter-text').textContent")
        with page_server.server.client() as client:
            found = client.post("/api/predict", json={"text": text}).json()["result"]
        assert sorted(watched.evaluate(SPANS)) == sorted(s["text"] for s in found["measures"] + found["claims"])
        assert cases in watched.evaluate(SPANS)
        assert any("抓获犯罪嫌疑人" in m["text"] and m["category"] == "打击" for m in found["measures"])
        assert page.locator(".measure.strike.done").first.is_visible()
        assert page.locator(".measure.prevent.planned").first.is_visible()

    # Filters act on text and tables
    page.click(".chip[data-label=planned]")
    assert page.locator(".measure.strike:not(.off)").count() == 0
    assert page.locator("#pane-measures tbody tr:not([hidden])").count() == page.locator(".label:visible").count() >= 1
    page.click(".clear-filters")

    # The workbook, read back
    workbook = openpyxl.load_workbook(downloaded(watched, "xlsx", tmp_path), read_only=True)
    values = {str(cell) for sheet in workbook for row in sheet.iter_rows(values_only=True) for cell in row}
    assert {"1132起", "987起", "21起"} <= values
    is_clean(watched, page_server)


def test_page_downloads_every_form(page_at: PageAt, page_server: PageServer, tmp_path: Path) -> None:
    watched = page_at()
    upload(watched, file("甲.txt", letter(12)), file("乙.txt", letter(13)))
    lines = downloaded(watched, "jsonl", tmp_path).read_text(encoding="utf-8").splitlines()
    assert sorted(json.loads(line)["document"]["path"] for line in lines) == ["乙.txt", "甲.txt"]
    tasks = json.loads(downloaded(watched, "label-studio", tmp_path).read_text(encoding="utf-8"))
    assert len(tasks) == 2
    for form, suffix in (("csv", ".csv"), ("html", ".html")):
        names = zipfile.ZipFile(io.BytesIO(downloaded(watched, form, tmp_path).read_bytes())).namelist()
        assert any(name.endswith(suffix) for name in names)
    is_clean(watched, page_server)


def test_page_corrections_become_gold(page_at: PageAt, page_server: PageServer) -> None:
    watched = page_at()
    page = watched.page
    text = "𠮷" + letter(77)  # offsets are code points, not UTF-16 units
    upload(watched, file("更正.txt", text))
    to_letters(watched)
    page.click(".correct")

    # A measure is given another category; an undone step leaves nothing
    label = page.locator("[data-stop^=m]").first
    number = int(label.get_attribute("data-stop")[1:])
    label.click()
    page.locator(".choice.control input").check()
    page.locator(".choice.govern input").check()
    page.click(".editor .save button >> nth=1")
    assert page.locator(".choice.control input").is_checked()

    # A claim is taken away, another one is added by keyboard: caret, Shift and arrows
    page.locator("#letter-text .claim", has_text="83名").click()
    page.click(".form .remove")
    watched.evaluate(SELECT, ["83名", 0])
    for _ in "83名":
        page.keyboard.press("Shift+ArrowRight")
    page.wait_for_selector('.selected b:text-is("83名")')
    page.keyboard.type("不会写进信里")
    assert watched.evaluate("document.getElementById('letter-text').textContent") == text
    page.locator(".editor button:not(:disabled)", has_text="添加数值").click()
    assert page.locator('.form input[name="value"]').input_value() == "83"
    assert page.locator('.form input[name="unit"]').input_value() == "名"

    # What is missing is asked for before it is sent
    page.click(".editor .save .primary")
    assert "缺少指标" in page.locator(".editor .message").inner_text()
    watched.evaluate(SELECT, ["抓获犯罪嫌疑人", 7])
    page.click('.form [name="metric-use"]')
    page.click(".editor .save .primary")
    page.wait_for_selector(".message .good")

    (saved,) = [one for one in read_letters(page_server.gold) if one.text == text]
    assert saved.measures[number].category == "管控"
    assert saved.text[saved.measures[number].start : saved.measures[number].end] == saved.measures[number].text
    (added,) = [one for one in saved.claims if one.text == "83名"]
    assert (added.type, added.value, added.unit) == ("count", 83, "名")
    assert added.metric is not None
    assert added.metric.text == "抓获犯罪嫌疑人"

    # The page goes on with the corrected letter
    page.locator(".editor .save button").last.click()
    assert page.locator(".entry .badge").count() == 1
    assert page.locator(".measure.control").first.is_visible()
    is_clean(watched, page_server)


def test_page_corrects_on_a_phone(page_at: PageAt, page_server: PageServer) -> None:
    watched = page_at(width=390, height=800, has_touch=True, is_mobile=True)
    page = watched.page
    upload(watched, file("手机.txt", letter(78)))
    to_letters(watched)
    page.locator(".correct").tap()
    watched.evaluate(SELECT, ["云岭市公安局", 6])
    page.wait_for_selector('.selected b:text-is("云岭市公安局")', state="attached")
    page.locator(".tab-measures").tap()  # the text goes out of sight, what was selected in it stays
    page.wait_for_selector('.selected b:text-is("云岭市公安局")')
    page.locator(".editor button", has_text="添加措施").tap()
    page.locator(".choice.govern input").check()
    page.locator(".editor .save .primary").tap()
    page.wait_for_selector(".message .good")
    (saved,) = [one for one in read_letters(page_server.gold) if one.text == letter(78)]
    assert ("云岭市公安局", "治理") in [(one.text, one.category) for one in saved.measures]
    is_clean(watched, page_server)


def test_page_asks_before_a_correction_is_dropped_and_before_another_letter_is_written_over(
    page_at: PageAt, page_server: PageServer
) -> None:
    watched = page_at()
    page = watched.page
    for number in (201, 202):  # two letters of one name
        page.click('.views a[href="#add"]')
        upload(watched, file("同名.txt", letter(number)))
        to_letters(watched)
        page.locator(".entry", has_text=f"第{number}号").click()
        page.click(".correct")
        page.locator("[data-stop^=m]").first.click()
        page.locator(".choice.inform input").check()
        page.locator(".editor .save button").last.click()
        assert "未保存" in page.locator(".editor .message").inner_text()
        page.click(".editor .save .primary")
        if number == 202:
            page.locator(".editor .message button").click()
        page.wait_for_selector(".message .good")
        page.locator(".editor .save button").last.click()
    assert [one.text for one in read_letters(page_server.gold) if "同名" in one.id] == [letter(202)]
    is_clean(watched, page_server)


def test_page_markup_in_a_letter_runs_nothing(page_at: PageAt, page_server: PageServer) -> None:
    watched = page_at()
    page = watched.page
    text = letter(31).replace("破获电信网络诈骗案件", f"破获{ATTACK}案件")
    page.fill("#pasted", text)
    page.click(".ways .primary >> nth=0")
    page.wait_for_selector("#letter-text")
    assert watched.evaluate("document.getElementById('letter-text').textContent") == text
    page.click(".tab-claims")
    page.locator("[data-stop^=c]").first.hover()
    page.wait_for_selector(".card:not([hidden])")
    if page.locator(".correct").count():
        page.click(".correct")
        page.locator("[data-stop^=m]").first.click()
        page.locator(".editor .save button").last.click()
    page.click('.views a[href="#add"]')
    upload(watched, file(f"{ATTACK[:24]}.txt".replace("/", "_"), text), file("<b>空<b>.txt", ""))
    page.click('.views a[href="#compare"]')
    page.click(".language")
    assert (
        watched.evaluate("document.querySelectorAll('#page :is(script, img, iframe, object, form, style, b b)').length")
        == 0
    )
    is_clean(watched, page_server)


def test_page_tells_what_failed_and_why(page_at: PageAt, page_server: PageServer) -> None:
    watched = page_at()
    page = watched.page
    upload(
        watched,
        file("好.txt", letter(41)),
        file("空.txt", ""),
        file("坏.docx", b"PK\x03\x04 no"),
        file("画.png", b"\x89PNG"),
    )
    rows = page.locator(".failures tbody tr")
    assert rows.count() == 2
    assert "is empty" in page.locator(".failures").inner_text()
    assert "1 封已标注，失败 2 封" in page.locator(".batch-progress").inner_text()
    assert "另有 1 个文件" in page.locator(".add-view > .message").inner_text()
    page.set_input_files("#files", [file("画.png", b"\x89PNG")])
    assert page.locator(".add-view > .message").inner_text() == "其中没有可读的文件。"
    page.click(".batch .remove")
    assert page.locator(".batch").count() == 0
    is_clean(watched, page_server)


def test_page_takes_folders(page_at: PageAt, page_server: PageServer, tmp_path: Path) -> None:
    folder = tmp_path / "复函"
    (folder / "2023").mkdir(parents=True)
    (folder / "甲.txt").write_text(letter(81), encoding="utf-8")
    (folder / "2023" / "乙.txt").write_text(letter(82), encoding="utf-8")
    (folder / "2023" / ".隐藏.txt").write_text("x", encoding="utf-8")
    watched = page_at()
    watched.page.set_input_files("#folder", folder)
    watched.page.wait_for_selector(".batch.done", state="attached")
    paths = watched.page.locator(".entry small:first-of-type").all_text_contents()
    assert sorted(paths) == ["复函/2023/乙.txt", "复函/甲.txt"]
    is_clean(watched, page_server)


def test_page_keeps_its_letters_when_loaded_anew(page_at: PageAt, page_server: PageServer) -> None:
    watched = page_at()
    page = watched.page
    upload(watched, file("甲.txt", letter(51)), file("乙.txt", letter(52)))
    page.reload()
    page.wait_for_selector(".batch.done", state="attached")
    to_letters(watched)
    assert page.locator(".entry").count() == 2
    is_clean(watched, page_server)


def test_page_example_letter_can_be_tried(page_at: PageAt, page_server: PageServer) -> None:
    watched = page_at()
    page = watched.page
    page.locator(".ways .panel").first.locator("button").last.click()
    page.wait_for_selector("#letter-text")
    shown = watched.evaluate("document.getElementById('letter-text').textContent")
    assert shown == read_text(Path(__file__).parents[2] / "examples" / "letter.txt")
    is_clean(watched, page_server)


@pytest.mark.parametrize("width", [360, 1280])
def test_page_fits_its_window_in_both_languages(width: int, page_at: PageAt, page_server: PageServer) -> None:
    watched = page_at(width=width, height=760)
    page = watched.page
    upload(watched, file("很长很长的文件名" * 12 + ".txt", letter(61)), file("空.txt", ""))
    for _ in ("zh", "en"):
        for view in ("add", "letters", "compare"):
            page.click(f'.views a[href="#{view}"]')
            assert watched.evaluate("document.documentElement.scrollWidth") <= width
        page.click(".language")
    page.click('.views a[href="#letters"]')
    page.click(".correct")
    page.locator("[data-stop^=c]").first.click()
    assert page.locator(".form").is_visible()
    assert watched.evaluate("document.documentElement.scrollWidth") <= width
    is_clean(watched, page_server)


def test_page_takes_the_token_from_the_link_and_sends_it(open_page: OpenPage, tmp_path: Path) -> None:
    from serving import serving

    with serving(tmp_path / "tmp", "--device", "cpu", "--workers", 1, "--token", "geheim-und-lang") as server:
        watched = open_page(f"{server.url}/?token=geheim-und-lang")
        watched.page.wait_for_selector(".drop-zone")
        assert "token" not in watched.page.url
        upload(watched, file("甲.txt", letter(71)))
        assert len(json.loads(downloaded(watched, "label-studio", tmp_path).read_text(encoding="utf-8"))) == 1
        to_letters(watched)
        assert watched.page.locator(".correct").count() == 0  # no folder for gold was named
        is_clean(watched, PageServer(server, tmp_path))

        other = open_page(server.url)
        other.page.fill("#token", "wrong")
        other.page.keyboard.press("Enter")
        other.page.wait_for_selector(".token .message")
        other.page.fill("#token", "geheim-und-lang")
        other.page.keyboard.press("Enter")
        other.page.wait_for_selector(".drop-zone")
