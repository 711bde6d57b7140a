"""Word files (.docx, and .wps where it is one): the text as a reader sees it, without headers and footers of pages.

No macro, no external relation, no embedded object is followed. Notes stand at the end, in the order in which the text
refers to them.
"""

from __future__ import annotations

import posixpath
import zipfile
from pathlib import Path

from nlp.documents.controls import without_controls
from nlp.documents.docx_body import BodyReader
from nlp.documents.docx_numbering import Numbering, Styles
from nlp.documents.docx_xml import Element, attribute, child, children, kind_of, parse_part
from nlp.documents.forms import Extracted
from nlp.documents.limits import Limits
from nlp.documents.packed import open_packed, read_member
from nlp.errors import FanzhaError

# A letter at the limit stays below this whatever Word writes around its runs; a tree takes ten times the memory.
_BYTES_PER_CHARACTER = 200
_MAIN = "word/document.xml"
_SAVE = "save it as PDF or Word (.docx) first"
_FOREIGN = (
    ("ofd.xml", "an OFD file"),
    ("xl/workbook.xml", "an Excel file"),
    ("xl/workbook.bin", "an Excel file"),
    ("ppt/presentation.xml", "a PowerPoint file"),
    ("index/document.iwa", "an Apple Pages file"),
)
_MIME = (
    (b"application/vnd.oasis.opendocument.text", "an OpenDocument text (.odt)"),
    (b"application/vnd.oasis.opendocument.spreadsheet", "an OpenDocument spreadsheet (.ods)"),
    (b"application/vnd.oasis.opendocument", "an OpenDocument file"),
    (b"application/epub+zip", "an EPUB book"),
)


def extract(data: bytes, *, where: str | Path, limits: Limits) -> Extracted:
    """The text of a Word file: a line for each paragraph, a line for each table row with tabs between its cells.

    Args:
        data: the file's bytes.
        where: what faults name.
        limits: those of packed files hold; a part of the document may have 200 bytes for each character allowed.

    Raises:
        FanzhaError: where it is another kind of file, locked, damaged, empty or over a limit.
    """
    with open_packed(data, where=where, limits=limits) as zip_file:
        package = _Package(zip_file, where, limits)
        try:
            return _document(package, where)
        except RecursionError:
            raise FanzhaError("is nested too deep", path=where, mend="save it anew from Word") from None


class _Package:
    """The parts of an office file by name, case aside, as its relations call them."""

    def __init__(self, zip_file: zipfile.ZipFile, where: str | Path, limits: Limits) -> None:
        self._zip = zip_file
        self._where = where
        self._limits = limits
        self.members = {info.filename.replace("\\", "/").lower(): info for info in zip_file.infolist()}

    def bytes(self, name: str) -> bytes:
        most = _BYTES_PER_CHARACTER * self._limits.characters
        info = self.members[name.lower()]
        return read_member(
            self._zip, info, where=self._where, limits=self._limits, max_bytes=most, option="--max-characters"
        )

    def root(self, name: str | None) -> Element | None:
        """The root of a part; None where there is no such part."""
        if name is None or name.lower() not in self.members:
            return None
        return parse_part(self.bytes(name), where=self._where)

    def related(self, part: str) -> dict[str, str]:
        """The parts that a part (`""`: the file) refers to, by the last word of the relation's type; none outside."""
        folder, name = posixpath.split(part)
        relations = self.root(posixpath.join(folder, "_rels", f"{name}.rels"))
        found: dict[str, str] = {}
        for relation in children(relations, "rel:Relationship"):
            target, kind = relation.get("Target"), relation.get("Type", "").rpartition("/")[2]
            if target and relation.get("TargetMode") != "External":
                found.setdefault(kind, posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/"))
        return found


def _document(package: _Package, where: str | Path) -> Extracted:
    main = package.related("").get("officeDocument", _MAIN)
    if main.lower() not in package.members:
        main = _MAIN
    root = None if main.lower().endswith(".bin") else package.root(main)
    body = child(root, "w:body")
    if root is None or kind_of(root) != "w:document" or body is None:
        raise _no_word(package, where)
    related = package.related(main)
    styles = Styles(package.root(related.get("styles")))
    reader = BodyReader(styles, Numbering(package.root(related.get("numbering")), styles))
    lines = reader.story(body)
    lines += _notes(package, reader, related)
    text = without_controls("\n".join(lines)).strip("\n")
    if not text.strip():
        raise _blank(package, where)
    warnings = []
    if reader.revised:
        warnings.append("has tracked changes: they were read as accepted")
    if reader.embedded:
        warnings.append("holds an embedded document, which was not read")
    return Extracted(text, "docx", tuple(warnings))


def _notes(package: _Package, reader: BodyReader, related: dict[str, str]) -> list[str]:
    lines: list[str] = []
    roots = {kind: package.root(related.get(f"{kind[2:]}s")) for kind in {kind for kind, _ in reader.notes}}
    by_id = {(kind, attribute(e, "id")): e for kind, root in roots.items() for e in children(root, kind)}
    for note in list(reader.notes):
        if note in by_id:
            lines += [line for line in reader.story(by_id[note]) if line.strip()]
    return lines


def _blank(package: _Package, where: str | Path) -> FanzhaError:
    if any(name.startswith("word/media/") for name in package.members):
        return FanzhaError(
            "holds pictures and no text", path=where, mend="run OCR on them first, or type the letter into it"
        )
    return FanzhaError("is empty", path=where, mend="save the letter into it")


def _no_word(package: _Package, where: str | Path) -> FanzhaError:
    for name, kind in _FOREIGN:
        if name in package.members:
            return FanzhaError(f"is {kind}, not a Word file", path=where, mend=_SAVE)
    if "mimetype" in package.members:
        mime = package.bytes("mimetype")
        for start, kind in _MIME:
            if mime.startswith(start):
                return FanzhaError(f"is {kind}, not a Word file", path=where, mend=_SAVE)
    if "[content_types].xml" in package.members:
        return FanzhaError("is an office file without a Word document in it", path=where, mend=_SAVE)
    return FanzhaError(
        "is an archive of files, not a letter", path=where, mend="name it .zip: fanzha annotate reads the letters in it"
    )
