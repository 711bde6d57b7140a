"""PDFs with a text layer, read by pdfium. Hard wraps and page numbers stay: segmentation heals them.

No form is filled in, no script runs, nothing is loaded from outside.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from nlp.documents.forms import Extracted
from nlp.documents.limits import Limits
from nlp.documents.pdf_text import Line, laid_out, page_text
from nlp.errors import FanzhaError

# A scanned page may have a page number or a stamp printed on it.
_LEAST_TEXT = 30
_LARGE_PICTURE = 0.4
_MOST_OBJECTS = 2_000
_SAMPLE = 50
_RUN_OCR = "run OCR on it first, or save the letter as text or Word"


def extract(data: bytes, *, where: str | Path, limits: Limits) -> Extracted:
    """The text layer of a PDF, a line for each line on its pages, page after page; line ends are line feeds.

    Args:
        data: the file's bytes.
        where: what faults name.
        limits: of pages and characters.

    Raises:
        FanzhaError: where it is locked, damaged, over a limit, a scan, or has no text that can be read.
    """
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        raise _unopened(error, where) from None
    try:
        return _read(document, where, limits)
    except pdfium.PdfiumError:
        raise _damaged(where) from None
    finally:
        document.close()


def _read(document: pdfium.PdfDocument, where: str | Path, limits: Limits) -> Extracted:
    pages = len(document)
    if pages > limits.pages:
        raise FanzhaError(
            f"has {pages} pages, over {limits.pages}", path=where, mend="is it one letter? then raise --max-pages"
        )
    lines: list[tuple[Line, ...]] = []
    pictures: list[int] = []
    seen = solid = unknown = 0
    for number in range(1, pages + 1):
        page = document[number - 1]
        try:
            text_page = _upright(page)
            try:
                count = text_page.count_chars()
                seen += count
                if seen > 2 * limits.characters:  # blanks and line ends that pdfium makes are among them
                    raise FanzhaError(
                        f"has more than {limits.characters} characters",
                        path=where,
                        mend="is it one letter? then raise --max-characters",
                    )
                read = page_text(text_page, count)
            finally:
                text_page.close()
            if read.solid < _LEAST_TEXT and _has_large_picture(page):
                pictures.append(number)
        finally:
            page.close()
        solid += read.solid
        unknown += read.unknown
        lines.append(read.lines)
    if len(pictures) == pages and pages:
        raise FanzhaError("is a scan, pictures of pages without text", path=where, mend=_RUN_OCR)
    if not solid:
        raise FanzhaError("has no text in it", path=where, mend=_RUN_OCR)
    if unknown > 0.5 * solid:
        raise FanzhaError("does not say which characters its signs stand for", path=where, mend=_RUN_OCR)
    return Extracted(laid_out(lines), "pdf", _warnings(pictures))


def _upright(page: pdfium.PdfPage) -> pdfium.PdfTextPage:
    """The page's text, the page turned so that most of it is upright: pdfium muddles lines that are not."""
    text_page = page.get_textpage()
    count = text_page.count_chars()
    places = range(0, count, max(1, count // _SAMPLE))
    turns = Counter(round(math.degrees(-pdfium_c.FPDFText_GetCharAngle(text_page, i)) / 90) % 4 for i in places)
    turn = 90 * turns.most_common(1)[0][0] if turns else page.get_rotation()
    if turn == page.get_rotation():
        return text_page
    text_page.close()
    page.set_rotation(turn)
    return page.get_textpage()


def _warnings(pictures: list[int]) -> tuple[str, ...]:
    if not pictures:
        return ()
    shown = ", ".join(map(str, pictures[:20])) + (", …" if len(pictures) > 20 else "")
    return (f"page {shown} is a picture without text, which was not read",)


def _has_large_picture(page: pdfium.PdfPage) -> bool:
    """Whether pictures cover much of the page, in one piece or in strips."""
    width, height = page.get_size()
    area = 0.0
    pictures = page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE], max_depth=3)
    for picture in itertools.islice(pictures, _MOST_OBJECTS):
        left, bottom, right, top = picture.get_bounds()
        area += max(0.0, right - left) * max(0.0, top - bottom)
    return area > _LARGE_PICTURE * width * height


def _unopened(error: pdfium.PdfiumError, where: str | Path) -> FanzhaError:
    if error.err_code == pdfium_c.FPDF_ERR_PASSWORD:
        return FanzhaError("is locked with a password", path=where, mend="save it without one")
    if error.err_code == pdfium_c.FPDF_ERR_SECURITY:
        return FanzhaError("is locked in a way that cannot be read", path=where, mend="save it without a password")
    return _damaged(where)


def _damaged(where: str | Path) -> FanzhaError:
    return FanzhaError("is damaged or cut off", path=where, mend="copy or download it anew")
