"""PDFs: the text layer reads as the letter it was printed from; scans, locks and damage are told apart."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pypdf
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from make_files import FONT, as_docx, as_pdf
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from nlp.annotation.corpus import read_marked
from nlp.documents import pdf
from nlp.documents.forms import Extracted
from nlp.documents.limits import DEFAULT_LIMITS, Limits
from nlp.errors import FanzhaError
from nlp.text.segmentation import segment

LETTERS = Path(__file__).resolve().parents[2] / "annotations" / "letters"
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
PAGE_NUMBER = re.compile(r"—\d+—")
PARAGRAPH = (
    "　　县反诈中心依托银行网点和社区服务站，组织网格员逐户发放提醒卡，共走访居民家庭一万二千户，"
    "面对面讲解冒充客服退款的骗局特点，并为独居老人安装来电提醒软件，覆盖全县九个镇。\n"
)
PICTURE = b"P6 4 4 255 " + bytes(48)


def extract(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Extracted:
    return pdf.extract(data, where="letter.pdf", limits=limits)


def drawn(*pages: Callable[[Canvas], object]) -> bytes:
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=True)
    for page in pages:
        canvas.setFont(FONT, 16)
        page(canvas)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def lines(*texts: str, left: float = 72) -> Callable[[Canvas], object]:
    return lambda canvas: [canvas.drawString(left, 700 - 28 * i, text) for i, text in enumerate(texts)]


def picture(share: float) -> Callable[[Canvas], object]:
    width, height = A4
    return lambda canvas: canvas.drawImage(ImageReader(io.BytesIO(PICTURE)), 0, 0, width, height * share)


def edited(data: bytes, change: Callable[[pypdf.PdfWriter], object]) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def solid(text: str) -> str:
    return PAGE_NUMBER.sub("", "".join(text.split()))


def clauses(text: str) -> list[str]:
    found = (solid(text[c.start : c.end]) for c in segment(text).clauses)
    return [clause for clause in found if clause]


# Letters that are not wrapped already: of a wrapped one, each line would be wrapped again.
@pytest.mark.parametrize("name", ["a01", "a25", "b11", "c05", "e01", "f11"])
def test_pdf_reads_as_the_text_file(name: str) -> None:
    text = read_marked(LETTERS / f"{name}.txt").text
    found = extract(as_pdf(text))
    assert found.text.count("— 1 —") == 1
    assert "— 2 —" in found.text
    assert solid(found.text) == solid(text)
    assert clauses(found.text) == clauses(text)
    assert (found.encoding, found.warnings) == ("pdf", ())


def test_pdf_a_paragraph_over_a_page_break_is_one() -> None:
    text = PARAGRAPH * 8
    found = extract(as_pdf(text, lines=6)).text
    assert found.count("—") == 2 * 6
    assert clauses(found) == clauses(text)
    paragraphs = [solid(found[q.start : q.end]) for q in segment(found).paragraphs]
    assert [q for q in paragraphs if q] == [solid(PARAGRAPH)] * 8


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_pdf_of_libreoffice_reads_as_the_text_file(tmp_path: Path) -> None:
    import docx as python_docx
    from docx.oxml.ns import qn
    from docx.shared import Pt

    text = read_marked(LETTERS / "a01.txt").text
    # As Word users write: the indent is a property, and narrow gaps are set between Chinese and figures.
    document = python_docx.Document(io.BytesIO(as_docx(text.replace("　　", ""))))
    document.styles["Normal"].font.size = Pt(16)
    document.styles["Normal"].font.name = "Noto Serif CJK SC"
    document.styles["Normal"].element.rPr.rFonts.set(qn("w:eastAsia"), "Noto Serif CJK SC")
    for paragraph, line in zip(document.paragraphs, text.splitlines(), strict=True):
        if line.startswith("　"):
            paragraph.paragraph_format.first_line_indent = Pt(32)
    document.save(str(tmp_path / "letter.docx"))
    profile = (tmp_path / "profile").as_uri()
    command = ["soffice", "--headless", f"-env:UserInstallation={profile}", "--convert-to", "pdf", "letter.docx"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    found = extract((tmp_path / "letter.pdf").read_bytes()).text
    assert solid(found) == solid(text)
    assert clauses(found) == clauses(text)
    assert "抓获涉诈犯罪嫌疑人713名" in found.replace("\n", "")
    assert "\n　　您在市十五届人大一次会议" in found


def test_pdf_gaps_between_chinese_and_figures_are_no_blanks_but_columns_are() -> None:
    def page(canvas: Canvas) -> None:
        for x, text in (
            (72, "抓获"),
            (72 + 32 + 4, "713"),
            (72 + 32 + 4 + 28, "名"),
            (300, "止付"),
            (400, "no"),
            (425, "one"),
        ):
            canvas.drawString(x, 700, text)

    assert extract(drawn(page)).text == "抓获713名 止付 no one"


def test_pdf_a_short_line_that_had_room_ends_its_paragraph() -> None:
    full = "一二三四五六七八九十一二三四五六七八九十一二三四五六七八"
    text = extract(drawn(lines(full, full, full, full, full[:-4], full, full[:-1], full))).text
    assert text.split("\n") == [full, full, full, full, full[:-4], "", full, full[:-1], full]
    # 12345678 would not have fitted; a heading in another size is over.
    text = extract(drawn(lines(full, full, full, full, full[:-4], "12345678" + full[:20]))).text
    assert "" not in text.split("\n")

    def page(canvas: Canvas) -> None:
        canvas.setFont(FONT, 20)
        canvas.drawString(72, 750, full[:22])
        canvas.setFont(FONT, 16)
        lines(full, full, full, full)(canvas)

    assert extract(drawn(page)).text.split("\n") == [full[:22], "", full, full, full, full]


def test_pdf_second_columns_and_hanging_lines_are_no_paragraphs() -> None:
    def page(canvas: Canvas) -> None:
        for left in (72, 320):
            for i in range(6):
                canvas.drawString(left, 700 - 28 * i, "一二三四五六七八九十一二三")

    assert extract(drawn(page)).text.split("\n") == ["一二三四五六七八九十一二三"] * 12
    item, rest = "1.二三四五六七八九十一二三四五六七八九十一二三四", "甲乙丙丁"

    def hanging(canvas: Canvas) -> None:
        for i in range(0, 12, 2):
            canvas.drawString(72, 700 - 28 * i, item)
            canvas.drawString(104, 700 - 28 * (i + 1), rest)

    assert extract(drawn(hanging)).text.split("\n") == [item, rest] * 6


@pytest.mark.parametrize("content", [0, 90, 180, 270])
@pytest.mark.parametrize("page", [0, 90, 180, 270])
def test_pdf_rotated_pages_are_read(content: int, page: int) -> None:
    texts = ["　　第一行" * 4, "第二行2023年", "第三行", "第四行"]

    def turned(canvas: Canvas) -> None:
        canvas.translate(300, 400)
        canvas.rotate(content)
        canvas.translate(-250, -600)
        lines(*texts)(canvas)

    data = edited(drawn(turned), lambda writer: writer.pages[0].rotate(page))
    assert extract(data).text.split("\n") == texts


def test_pdf_hyphens_at_line_ends_stay_but_in_words() -> None:
    text = extract(
        drawn(lines("we stand for inter-", "national work", "“雪城夜话-", "反诈篇”播出，电话0000-", "231。"))
    ).text
    assert text == "we stand for international work\n“雪城夜话-反诈篇”播出，电话0000-\n231。"


def test_pdf_radicals_are_characters() -> None:
    from nlp.documents.pdf_text import _readable

    assert _readable("⼈⺠⻓⾦\u2fd5") == "人民长金龠"
    assert _readable("\ud842\udfb7\ud842字\x00\x0b\t甲") == "𠮷字 甲".replace("字", "\ufffd字")


def test_pdf_pages_that_are_pictures_are_named() -> None:
    found = extract(drawn(lines(PARAGRAPH[:28]), picture(1), lines("完。" * 12), picture(0.6)))
    assert found.text.startswith("　　县反诈中心")
    assert found.warnings == ("page 2, 4 is a picture without text, which was not read",)


def test_pdf_a_seal_or_an_ocr_layer_makes_no_scan() -> None:
    assert extract(drawn(lambda c: (picture(0.1)(c), lines("松澜市公安局")(c)))).warnings == ()

    def recognised(canvas: Canvas) -> None:
        picture(1)(canvas)
        text = canvas.beginText(72, 700)
        text.setTextRenderMode(3)
        text.textLine(PARAGRAPH[2:40])
        canvas.drawText(text)

    assert extract(drawn(recognised)) == Extracted(PARAGRAPH[2:40], "pdf")


def strips(canvas: Canvas) -> None:
    for i in range(20):
        canvas.drawImage(ImageReader(io.BytesIO(PICTURE)), 0, i * 42, A4[0], 42)
    canvas.drawString(300, 20, "1")


def without_unicode(writer: pypdf.PdfWriter) -> None:
    """A font of glyph numbers alone, as bad PDF writers embed them."""
    name, text = pypdf.generic.NameObject, pypdf.generic.TextStringObject
    system = {name("/Registry"): text("Adobe"), name("/Ordering"): text("Identity")}
    for page in writer.pages:
        for reference in page["/Resources"]["/Font"].values():
            font = reference.get_object()
            if "/DescendantFonts" in font:
                font[name("/Encoding")] = name("/Identity-H")
                font["/DescendantFonts"][0].get_object()[name("/CIDSystemInfo")] = pypdf.generic.DictionaryObject(
                    {**system, name("/Supplement"): pypdf.generic.NumberObject(0)}
                )


SOUND = as_pdf(PARAGRAPH * 3, lines=6)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (drawn(picture(1), picture(0.5)), "is a scan, pictures of pages without text .run OCR"),
        (drawn(strips), "is a scan"),
        (drawn(lambda canvas: canvas.line(0, 0, 9, 9)), "has no text in it"),
        (edited(SOUND, lambda writer: writer.encrypt("secret")), "is locked with a password .save it without one"),
        (SOUND[: len(SOUND) // 2], "is damaged or cut off|has no text"),
        (b"%PDF-1.7\n", "is damaged or cut off"),
        (b"%PDF-1.7\n" + b"garbage " * 500, "is damaged or cut off"),
        (edited(SOUND, without_unicode), "does not say which characters"),
    ],
    ids=["scan", "strips", "drawing", "locked", "cut", "head", "garbage", "no unicode"],
)
def test_pdf_what_cannot_be_read_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(FanzhaError, match=message) as found:
        extract(data)
    assert found.value.path == "letter.pdf"
    assert found.value.mend


def test_pdf_that_only_its_owner_may_change_is_read() -> None:
    data = edited(SOUND, lambda writer: writer.encrypt("", "owner"))
    assert extract(data).text == extract(SOUND).text


def test_pdf_limits_are_kept() -> None:
    with pytest.raises(FanzhaError, match="has 2 pages, over 1 .*--max-pages"):
        extract(SOUND, Limits(pages=1))
    with pytest.raises(FanzhaError, match="more than 20 characters .*--max-characters"):
        extract(SOUND, Limits(characters=20))
    assert extract(SOUND, Limits(pages=2)).text


@given(st.integers(0, len(SOUND) - 1), st.binary(min_size=1, max_size=12), st.integers(1, len(SOUND)))
@example(0, b"%", len(SOUND) - 300)
def test_pdf_any_damage_gives_clean_text_or_a_fault(at: int, patch: bytes, end: int) -> None:
    try:
        text = extract((SOUND[:at] + patch + SOUND[at + len(patch) :])[:end]).text
    except FanzhaError:
        return
    assert text.strip()
    assert not CONTROLS.search(text)


@given(st.binary(max_size=300))
def test_pdf_any_bytes_after_the_head_give_a_fault(data: bytes) -> None:
    with pytest.raises(FanzhaError):
        extract(b"%PDF-1.4\n" + data)
