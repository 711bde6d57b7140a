"""The page of `fanzha serve` in a browser: letters in, marks and tables out, corrections saved, downloads read back."""

from __future__ import annotations

import io
import json
import re
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
    for form, suffix in (("csv", ".csv"), ("html", ".html"), ("jsonl", ".jsonl"), ("label-studio", ".json")):
        path = downloaded(watched, form, tmp_path)
        assert path.suffix == ".zip"
        packed = zipfile.ZipFile(io.BytesIO(path.read_bytes()))
        assert any(name.endswith(suffix) for name in packed.namelist())
        if form == "jsonl":
            lines = packed.read("results.jsonl").decode("utf-8").splitlines()
            assert sorted(json.loads(line)["document"]["path"] for line in lines) == ["乙.txt", "甲.txt"]
    report = downloaded(watched, "report", tmp_path)
    assert report.name == "report.html"
    assert letter(12).splitlines()[0] in report.read_text(encoding="utf-8")
    hints = watched.page.locator(".downloads button").evaluate_all("all => all.map((one) => one.title)")
    assert len(set(hints)) == 6
    assert all(hints)
    is_clean(watched, page_server)


def test_page_corrections_become_gold(page_at: PageAt, page_server: PageServer) -> None:
    watched = page_at()
    page = watched.page
    text = "𠮷" + letter(77)  # offsets are code points, not UTF-16 units
    upload(watched, file("更正.txt", text))
    to_letters(watched)
    start_correcting(watched)

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
    page.wait_for_selector(".editor", state="attached")
    watched.evaluate(SELECT, ["云岭市公安局", 6])
    page.wait_for_selector('.selected b:text-is("云岭市公安局")', state="attached")
    page.locator(".tab-measures").tap()  # the text goes out of sight, what was selected in it stays
    page.wait_for_selector('.selected b:text-is("云岭市公安局")')
    page.locator(".editor button", has_text="添加措施").tap()
    page.locator(".choice.govern input").check()
    page.locator(".tab-text").tap()
    page.locator(".to-list").tap()
    page.locator(".entry").tap()
    assert page.locator(".editor .message", has_text="没有保存").is_visible()
    page.locator(".editor .save .primary").tap()
    page.wait_for_selector(".message .good")
    (saved,) = [one for one in read_letters(page_server.gold) if one.text == letter(78)]
    assert ("云岭市公安局", "治理") in [(one.text, one.category) for one in saved.measures]
    is_clean(watched, page_server)


def start_correcting(watched: Watched) -> None:
    watched.page.click(".correct")
    watched.page.wait_for_selector(".editor", state="attached")


def set_category(watched: Watched, style: str) -> None:
    """Gives the first measure of the letter another category."""
    watched.page.locator("[data-stop^=m]").first.click()
    watched.page.locator(f".choice.{style} input").check()


def save(watched: Watched) -> None:
    watched.page.click('[name="save"]')
    watched.page.wait_for_selector(".message .good")


def message(watched: Watched) -> str:
    return watched.page.locator(".editor .message").inner_text()


def test_page_two_letters_of_one_name_are_both_saved(page_at: PageAt, page_server: PageServer) -> None:
    watched = page_at()
    page = watched.page
    for number in (201, 202):
        page.click('.views a[href="#add"]')
        upload(watched, file("同名.txt", letter(number)))
        to_letters(watched)
        page.locator(".entry", has_text=f"第{number}号").click()
        start_correcting(watched)
        set_category(watched, "inform")
        page.click('[name="leave"]')
        assert "没有保存" in message(watched)
        save(watched)
        page.click('[name="leave"]')
    saved = [one.text for one in read_letters(page_server.gold) if "同名" in one.id]
    assert sorted(saved) == [letter(201), letter(202)]
    is_clean(watched, page_server)


def test_page_correcting_starts_from_what_was_saved_and_writes_over_nothing_unasked(
    page_at: PageAt, page_server: PageServer
) -> None:
    first, other = page_at(), page_at()
    for watched in (first, other):
        upload(watched, file("两人改.txt", letter(301)))
        to_letters(watched)
        start_correcting(watched)
        assert message(watched) == ""

    def category() -> str:
        (saved,) = [one for one in read_letters(page_server.gold) if one.text == letter(301)]
        return str(saved.measures[0].category)

    set_category(first, "control")
    save(first)
    set_category(first, "inform")
    save(first)  # once it was saved here, it may be saved here again
    assert category() == "宣传"

    set_category(other, "govern")
    other.page.click('[name="save"]')
    other.page.wait_for_selector('[name="replace"]')
    assert "已保存过更正" in message(other)
    assert category() == "宣传"
    other.page.click('[name="load"]')
    other.page.locator("[data-stop^=m]").first.click()
    assert other.page.locator(".choice.inform input").is_checked()
    other.page.click('[name="undo"]')  # what was done here is not lost
    other.page.locator("[data-stop^=m]").first.click()
    assert other.page.locator(".choice.govern input").is_checked()
    save(other)
    assert category() == "治理"

    later = page_at()
    upload(later, file("两人改.txt", letter(301)))
    to_letters(later)
    start_correcting(later)
    assert "已载入此前保存的更正" in message(later)
    assert later.page.locator(".measure").first.get_attribute("class") == "measure govern done"
    set_category(later, "control")
    save(later)
    assert category() == "管控"
    is_clean(later, page_server)


def test_page_no_input_method_writes_into_a_letter(page_at: PageAt, page_server: PageServer) -> None:
    watched = page_at()
    page = watched.page
    upload(watched, file("输入法.txt", letter(311)))
    to_letters(watched)
    start_correcting(watched)
    watched.evaluate(SELECT, ["83名", 0])
    session = page.context.new_cdp_session(page)
    for words in ("b", "bu", "不会"):
        session.send("Input.imeSetComposition", {"text": words, "selectionStart": 0, "selectionEnd": len(words)})
        assert watched.evaluate("document.getElementById('letter-text').textContent") == letter(311)
    session.send("Input.insertText", {"text": "不会"})
    assert watched.evaluate("document.getElementById('letter-text').textContent") == letter(311)
    for _ in "83名":
        page.keyboard.press("Shift+ArrowRight")
    page.wait_for_selector('.selected b:text-is("83名")')
    assert page.locator(".caret").is_visible()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowLeft")
    page.wait_for_selector('.selected b:text-is("名")')
    page.keyboard.press("Shift+Home")
    page.locator(".selected b", has_text=re.compile(".+83名$")).wait_for()
    is_clean(watched, page_server)


def test_page_keeps_unsaved_corrections(page_at: PageAt, page_server: PageServer) -> None:
    watched = page_at()
    page = watched.page
    upload(watched, file("甲.txt", letter(321)), file("乙.txt", letter(322)))
    to_letters(watched)
    start_correcting(watched)
    set_category(watched, "control")
    controlled = page.locator("#letter-text .measure.control")
    assert controlled.count() >= 1

    page.click(".language")
    assert page.locator('[name="save"]').inner_text() == "Save as gold"
    assert page.locator(".editor .panel-head .note").inner_text() == "1 change"
    page.click(".language")
    assert controlled.count() >= 1

    # More letters come
    page.click('.views a[href="#add"]')
    upload(watched, file("丙.txt", letter(323)))
    to_letters(watched)
    assert controlled.count() >= 1
    assert page.locator(".place").inner_text().endswith("共 3 封")

    # The comparison and the batches lead to the question, not to another letter
    page.click('.views a[href="#compare"]')
    page.locator(".indicator-rows .link").last.click()
    assert page.url.endswith("#letters")
    assert "没有保存" in message(watched)
    assert controlled.count() >= 1
    set_category(watched, "govern")
    page.click('.views a[href="#add"]')
    page.locator(".batch .remove").last.click()
    assert page.url.endswith("#letters")
    assert "没有保存" in message(watched)
    assert page.locator(".entry").count() == 3
    page.click('.views a[href="#add"]')
    page.locator(".batch .remove").last.click()  # once more: then it goes
    assert page.locator(".batch").count() == 1
    assert page.locator(".entry").count() == 1
    is_clean(watched, page_server)


def test_page_keeps_the_open_letter_while_its_batch_runs(page_at: PageAt) -> None:
    watched = page_at()
    found = watched.evaluate(
        """async () => {
          const { Session } = await import("/static/views/session.js");
          const session = new Session();
          const named = (id) => ({ text: "", result: { document: { id, path: id, meta: {} }, measures: [] } });
          session.setBatch("b", ["b", "c"].map(named));
          session.show(session.letters[1].key);
          session.setBatch("b", ["a", "b"].map(named));
          const during = session.letters.map((one) => one.result.document.id);
          session.setBatch("b", ["a", "b", "c", "d"].map(named));
          const after = session.letters.map((one) => one.result.document.id);
          const open = session.open.result.document.id;
          session.removeBatch("b");
          return [during, open, after, session.open];
        }"""
    )
    assert found == [["a", "b", "c"], "c", ["a", "b", "c", "d"], None]


def test_page_what_is_unsaved_is_what_differs(page_at: PageAt, page_server: PageServer) -> None:
    watched = page_at()
    page = watched.page
    upload(watched, file("数.txt", letter(331)))
    to_letters(watched)
    start_correcting(watched)
    count = page.locator(".editor .panel-head .note")
    set_category(watched, "control")
    set_category(watched, "govern")
    assert count.inner_text() == "改了 1 处"
    page.click('[name="reset"]')
    assert count.inner_text() == ""
    assert page.locator('[name="reset"]').is_disabled()
    page.click('[name="undo"]')
    assert count.inner_text() == "改了 1 处"
    save(watched)
    assert count.inner_text() == ""
    page.click('[name="undo"]')  # back behind what was saved
    assert count.inner_text() == "改了 1 处"
    page.click('[name="leave"]')
    assert "没有保存" in message(watched)
    page.click('[name="leave"]')
    assert page.locator(".editor").count() == 0
    assert page.locator("#letter-text .measure.govern").count() >= 1  # what was saved
    assert watched.evaluate("document.activeElement.className") == "correct"
    is_clean(watched, page_server)


def test_page_says_that_it_is_saving(page_at: PageAt) -> None:
    watched = page_at()
    page = watched.page
    upload(watched, file("慢.txt", letter(341)))
    to_letters(watched)
    start_correcting(watched)
    set_category(watched, "control")
    held: list[Any] = []
    page.route("**/api/gold", lambda route: held.append(route))
    page.click('[name="save"]')
    page.wait_for_selector('[name="save"]:disabled')
    assert page.locator('[name="save"]').inner_text() == "正在保存…"
    while not held:
        page.wait_for_timeout(20)
    held[0].fulfill(status=500, json={"error": {"message": "cannot be saved: no room", "mend": "make room"}})
    page.wait_for_selector('[name="save"]:enabled')
    assert page.locator('[name="save"]').inner_text() == "保存为金标"
    assert "存不进金标文件夹" in message(watched)
    assert "cannot be saved: no room" in message(watched)


def test_page_focus_stays_where_it_is(page_at: PageAt, page_server: PageServer) -> None:
    watched = page_at()
    page = watched.page
    upload(watched, file("键盘.txt", letter(351)))
    page.focus('.views a[href="#letters"]')
    page.keyboard.press("Enter")
    assert watched.evaluate("document.activeElement.hash") == "#letters"
    page.focus(".correct")
    page.keyboard.press("Enter")
    page.wait_for_selector(".editor")
    assert watched.evaluate("document.activeElement.id") == "letter-text"

    def focused() -> Any:
        return watched.evaluate("[document.activeElement.name, document.activeElement.value]")

    page.locator("[data-stop^=c]").first.click()
    page.focus('[name="type"]:checked')
    page.keyboard.press("ArrowRight")
    name, value = focused()
    assert (name, page.locator('[name="type"]:checked').input_value()) == ("type", value)
    page.keyboard.press("Control+z")
    assert focused()[0] == "type"
    page.fill('[name="value"]', "12")
    page.focus('[name="value"]')
    page.keyboard.press("Tab")
    assert focused()[0] == "value_max"
    page.fill('[name="unit"]', "件")
    page.locator('[name="approx"][value="about"]').click()  # the press that ends the typing counts, too
    assert page.locator('[name="approx"][value="about"]').is_checked()
    assert page.locator('[name="unit"]').input_value() == "件"
    page.focus('[name="metric-start_earlier"]')
    page.keyboard.press("Enter")
    assert focused()[0] == "metric-start_earlier"
    page.focus('[name="metric-clear"]')
    page.keyboard.press("Enter")
    assert watched.evaluate("document.activeElement !== document.body")
    page.focus('[name="remove"]')
    page.keyboard.press("Enter")
    assert focused()[0] == "undo"
    is_clean(watched, page_server)


def test_page_names_pasted_letters_by_what_they_say(page_at: PageAt, page_server: PageServer) -> None:
    watched = page_at()
    page = watched.page
    pasted = (
        (letter(361), "关于市十五届人大一次会议第361号建议的答复.txt"),
        ('市公安局：关于A/B的"答复"\n正文', "市公安局：关于A B的 答复.txt"),
        ("2023年6月30日抓获嫌疑人83名" * 40, None),
        ("123\n456", ""),
    )
    for number, (text, name) in enumerate(pasted):
        page.click('.views a[href="#add"]')
        page.fill("#pasted", text)
        page.locator(".ways .primary").first.click()
        page.locator(".batch.done").nth(number).wait_for(state="attached")
        shown = page.locator(".batch-name").first.text_content() or ""
        if name == "":
            assert re.fullmatch(r"粘贴 \d{4}-\d\d-\d\d \d\d-\d\d-\d\d\.txt", shown)
        elif name is None:
            assert shown == f"{text[:40]}.txt"
        else:
            assert shown == name
    is_clean(watched, page_server)


def test_page_tells_a_fault_of_the_server_in_its_words_and_again_after_a_reload(page_at: PageAt) -> None:
    watched = page_at()
    page = watched.page
    fault = {"error": {"message": "internal fault (ValueError)", "mend": "please report it"}}
    page.route(re.compile(r"/api/batch/[^/]+$"), lambda route: route.fulfill(status=500, json=fault))
    page.set_input_files("#files", [file("甲.txt", letter(371))])
    for _ in range(2):
        page.wait_for_selector(".batch.failed")
        words = page.locator(".batch .warning").inner_text()
        assert "服务内部出错" in words
        assert "internal fault (ValueError) (please report it)" in words
        assert "连不上" not in words
        page.reload()
    page.unroute(re.compile(r"/api/batch/[^/]+$"))
    gone = {"error": {"message": "there is no such batch"}}
    page.route(re.compile(r"/api/batch/[^/]+$"), lambda route: route.fulfill(status=404, json=gone))
    page.reload()
    page.wait_for_selector(".batch.gone .warning:not([hidden])")
    assert page.locator(".batch-name").inner_text() == "甲.txt"


def test_page_a_busy_server_is_asked_again(page_at: PageAt) -> None:
    watched = page_at()
    page = watched.page
    answers = [503, 503]
    busy = {"error": {"message": "the engine is down", "mend": "try again in a while"}}

    def answer(route: Any) -> None:
        if answers:
            route.fulfill(status=answers.pop(), json=busy, headers={"Retry-After": "1"})
        else:
            route.continue_()

    page.route(re.compile(r"/api/batch/[^/]+$"), answer)
    page.set_input_files("#files", [file("甲.txt", letter(372))])
    page.wait_for_selector(".batch .warning:not([hidden])")
    assert "标注程序停了" in page.locator(".batch .warning").inner_text()
    page.wait_for_selector(".batch.done", state="attached")
    assert page.locator(".batch .warning").is_hidden()


def test_page_leaves_out_only_what_is_too_large(open_page: OpenPage, page_server: PageServer) -> None:
    watched = open_page("about:blank")
    page = watched.page

    def smaller(route: Any) -> None:
        info = route.fetch().json()
        info["limits"]["file_bytes"] = 1_200
        route.fulfill(json=info)

    page.route("**/api/info", smaller)
    page.goto(page_server.link)
    page.wait_for_selector(".drop-zone")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("丙.txt", letter(383))
    lines = "".join(json.dumps({"text": letter(number)}, ensure_ascii=False) + "\n" for number in (381, 382, 384))
    assert len(lines.encode("utf-8")) > 1_200
    large = file("大.txt", letter(380) * 3)
    upload(watched, file("甲.txt", letter(381)), large, file("信.jsonl", lines), file("丙.zip", packed.getvalue()))
    told = page.locator(".add-view > .message").text_content() or ""
    assert told.startswith("大.txt 有 1.4 kB，单个文件至多 1.2 kB")
    assert "5 封已标注，失败 0 封" in (page.locator(".batch-progress").text_content() or "")
    page.set_input_files("#files", [large])
    assert page.locator(".batch").count() == 1


def test_page_lists_of_failures_stay_as_the_reader_leaves_them(page_at: PageAt, page_server: PageServer) -> None:
    watched = page_at()
    page = watched.page
    upload(watched, file("空.txt", ""))
    failures = page.locator(".failures").first
    assert failures.get_attribute("open") is not None
    page.locator(".failures summary").first.click()
    page.locator(".failures summary").first.focus()
    watched.evaluate("window.kept = document.activeElement")
    page.set_input_files("#files", [file("也空.txt", "")])
    page.locator(".batch.done").nth(1).wait_for(state="attached")
    old, new = page.locator(".failures").nth(1), page.locator(".failures").first
    assert old.get_attribute("open") is None
    assert new.get_attribute("open") is not None
    assert watched.evaluate("document.activeElement === window.kept")
    page.click(".language")
    assert page.locator(".failures").nth(1).get_attribute("open") is None
    is_clean(watched, page_server)


def test_page_a_mark_that_is_not_there_is_passed_over(page_at: PageAt, page_server: PageServer) -> None:
    watched = page_at()
    page = watched.page
    upload(watched, file("甲.txt", letter(391)))
    to_letters(watched)
    start_correcting(watched)
    page.locator("[data-stop=c0]").click()
    page.click('[name="remove"]')
    save(watched)
    page.click('.views a[href="#compare"]')
    page.locator(".indicator-rows .link").first.click()  # the row of the claim that was taken away
    assert page.locator(".editor").count() == 0
    assert page.locator("#letter-text .active").count() == 0
    page.click('.views a[href="#compare"]')
    page.locator(".indicator-rows .link").first.click()
    assert page.locator("#letter-text .claim.active").count() == 1
    watched.evaluate(
        """async () => {
          const { LetterView } = await import("/static/views/letter.js");
          const { Filter } = await import("/static/views/filters.js");
          const info = { id: "a", characters: 2, meta: {} };
          const model = { name: "a", version: "1", backend: "b", device: "cpu" };
          const letter = { text: "一二", result: { document: info, model, measures: [], claims: [] } };
          new LetterView(letter, new Filter()).goToText("c0");
        }"""
    )
    is_clean(watched, page_server)


def test_page_glosses_warnings_for_readers_of_chinese(page_at: PageAt) -> None:
    watched = page_at()
    gloss = """async (words) => (await import("/static/faults.js")).glossOfWarning(words)"""
    for warning, meaning in (
        ("the measure 抓获 does not start where a clause does (start it after)", "措施“抓获”不是从分句开头开始："),
        ("the metric 案件 of 3起 is over three sentences away (name a nearer one)", "指标“案件”的数值离它超过三句："),
        ("the grammar reads 3万起 as 30000, the gold says 3 (mend the value)", "数值“3万起”与填写的数不一致："),
        ("3起 is no claim to the grammar: list (take the mark away)", "规则认为“3起”不是要标的数值："),
        ("something else", "something else"),
    ):
        assert str(watched.evaluate(gloss, warning)).startswith(meaning)
    watched.page.click(".language")
    assert watched.evaluate(gloss, "3起 is no claim to the grammar") == "3起 is no claim to the grammar"


def test_page_an_upload_that_failed_is_still_told_of_after_a_reload(page_at: PageAt) -> None:
    watched = page_at()
    page = watched.page
    upload(watched, file("好.txt", letter(392)))
    refusal = {"error": {"message": "the upload is larger than 500 MB", "mend": "send fewer letters at a time"}}

    def refuse(route: Any) -> None:
        if route.request.method == "POST":
            route.fulfill(status=413, json=refusal)
        else:
            route.continue_()

    page.route("**/api/batch", refuse)
    page.set_input_files("#files", [file("大.txt", letter(393))])
    for _ in range(3):
        page.wait_for_selector(".batch.failed", state="attached")
        page.wait_for_selector(".batch.done", state="attached")
        assert page.locator(".batch-name").all_text_contents() == ["大.txt", "好.txt"]
        assert (page.locator(".batch.failed .warning").text_content() or "").startswith("这次上传太大，分几次添加。")
        page.reload()


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
        start_correcting(watched)
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
    start_correcting(watched)
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
        assert zipfile.is_zipfile(downloaded(watched, "jsonl", tmp_path))
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
