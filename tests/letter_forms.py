"""The same letter in the forms that people have it in, and what a result says apart from where."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from make_files import as_docx, as_pdf

from nlp.schema import Result, Span
from nlp.text.segmentation import segment

FORMS = ("txt", "gb18030.txt", "html", "docx", "pdf")


def in_form(text: str, form: str) -> bytes:
    """A letter as a file of a form."""
    if form == "pdf":
        return as_pdf(text)
    if form == "docx":
        return as_docx(text)
    if form == "html":
        return _page(text)
    return text.encode("gb18030" if form.startswith("gb") else "utf-8")


def _page(text: str) -> bytes:
    """A page as a government's site has it."""
    paragraphs = "\n".join(f"<p>{escape(line)}</p>" for line in text.split("\n"))
    return (
        '<!DOCTYPE html><html><head><meta charset="utf-8"><title>答复</title></head><body>'
        '<div class="nav"><a href="/">首页</a><a href="/gk">政务公开</a><a href="/hd">互动交流</a></div>'
        f'<div id="zoom">{paragraphs}</div>'
        '<div class="footer">主办单位:某县人民政府 备案号:某ICP备00000000号</div></body></html>'
    ).encode()


def said(result: Result, text: str) -> tuple[list[Any], list[Any]]:
    """The measures and claims of a result as words and values: no offsets, scores, line breaks or page numbers."""
    numbers = segment(text).page_numbers

    def words(span: Span | None) -> str | None:
        if span is None:
            return None
        kept = [i for i in range(span.start, span.end) if not any(start <= i < end for start, end in numbers)]
        return re.sub(r"\s", "", "".join(text[i] for i in kept))

    measures = [(words(m), m.category, m.status) for m in result.measures]
    claims = [
        (words(c), c.type, c.value, c.value_max, c.unit, c.approx, words(c.metric), words(c.period), c.direction,
         c.basis, c.measure)
        for c in result.claims
    ]  # fmt: skip
    return measures, claims
