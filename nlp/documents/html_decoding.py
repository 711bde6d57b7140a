"""What a web page was written in: its bytes become text, and what it declares of itself is believed only if it fits."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from nlp.documents.encoding import decode_text

_CODECS = {
    **dict.fromkeys(("gb2312", "gb_2312-80", "gbk", "x-gbk", "cp936", "gb18030"), "gb18030"),
    **dict.fromkeys(("big5", "big5-hkscs", "x-x-big5"), "big5hkscs"),
    **dict.fromkeys(("utf-8", "utf8"), "utf-8"),
}
# Others (iso-8859-1 above all) are what an editor wrote by itself; `decode_text` knows better.
_DECLARED_WITHIN = 200_000
_DECLARED = re.compile(
    rb"""<(?:meta\b[^<>]{0,300}?\bcharset|\?xml\b[^<>]{0,100}?\bencoding)\s*=\s*["']?\s*([\w-]{2,20})""", re.I
)
_CHINESE = re.compile(r"[\u3001-\u9fff\uff00-\uffef]")
_MOST_BROKEN = 0.005


def decode_page(data: bytes, *, where: str | Path, charset: str | None = None) -> tuple[str, str, tuple[str, ...]]:
    """The source of a page, its encoding, and warnings.

    In this order: a byte order mark; UTF-8 that fits and has Chinese in it (nothing else looks like it); what the page
    declares, where every byte fits; the same where nearly all do, because pages cut their teasers in the middle of a
    character; and what `decode_text` finds.

    Args:
        data: the page's bytes.
        where: what faults name.
        charset: what the mail header says of them, which goes before the page's own word.

    Raises:
        FanzhaError: where they are no text.
    """
    if data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return *decode_text(data, where=where), ()
    text = _decoded(data, "utf-8")
    if text is not None and _CHINESE.search(text):
        return text, "utf-8", ()
    declared = [_CODECS[name] for name in (charset, _declared_charset(data)) if name is not None and name in _CODECS]
    for encoding in declared:
        text = _decoded(data, encoding)
        if text is not None and text.strip():
            return text, encoding, ()
    for encoding in ("utf-8", *declared) if declared else ():
        text = data.decode(encoding, "replace")
        broken = text.count("\ufffd")
        if broken <= _MOST_BROKEN * len(_CHINESE.findall(text)):
            return text, encoding, (f"is not all {encoding}: {broken} places were read as \ufffd",)
    return *decode_text(data, where=where), ()


def _declared_charset(data: bytes) -> str | None:
    found = _DECLARED.search(data, 0, _DECLARED_WITHIN)
    return None if found is None else found[1].decode("ascii", "replace").lower()


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None
