"""Reads a letter's own facts: by rules, from its first and last lines."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, get_args

from nlp.documents.meta.bodies import body_name, is_body
from nlp.documents.meta.dates import dates
from nlp.documents.meta.labels import labelled, starts_with_label
from nlp.documents.meta.lines import Line, head_and_foot, plain, squeeze
from nlp.documents.meta.proposal import read_proposal
from nlp.documents.meta.salutation import find_salutation
from nlp.documents.meta.title import body_in_title, first_line, official_title, title_end
from nlp.schema import DocumentMeta

ReplyClass = Literal["A", "B", "C", "D"]

_NUMBER = re.compile(  # 松公建复〔2022〕9号, (2019)璧渝公函字第66号
    r"[\u4e00-\u9fffA-Z]{2,20} ?[\[(] ?[12][0-9O]{3} ?[\])] ?第? ?[0-9]{1,5} ?号"
    r"|[\[(] ?[12][0-9O]{3} ?[\])] ?[\u4e00-\u9fffA-Z]{2,20}? ?第? ?[0-9]{1,5} ?号"
)
_LOOSE_NUMBER = re.compile(r"(?=.*[0-9])[\u4e00-\u9fffA-Z0-9()\[\]\-—第 ]{2,38}号")
_CLASS_VALUE = re.compile(r"[(“] ?([A-D])(?![A-Za-z0-9])|([A-D])(?![A-Za-z0-9])")
_CLASS_ALONE = re.compile(r"[\[(]? ?([A-D]) ?类(?:件|答复)? ?[\])]?|[\[(] ?([A-D]) ?[\])]")
_CLASS_AFTER = re.compile(r"(?:号|答复|函|回复|意见) ?(?:[\[(] ?([A-D]) ?类? ?[\])]|([A-D]) ?类)$")
_GAP = re.compile(r"\s{2,}|[\t\u3000]")
_UNDER_TITLE = re.compile(r"[\[(—-]+ ?(?=[12一二])")
_SENTENCE_END = re.compile("[。!?;]")
_SIGNING_BODIES = 3
_LAST_LINES = 5


class Signature(NamedTuple):
    """What stands under a letter: its body and its date."""

    body: str | None
    date: str | None


def read_meta(text: str) -> DocumentMeta:
    """What a letter states about itself; None for what it does not state.

    Words are the letter's own, on one line; the date is ISO 8601 and the proposal's number in ASCII digits. Only the
    first and the last lines are looked at, so the time is linear in the length of the text. Never raises.

    Args:
        text: of the letter, as it was read.
    """
    head, foot = head_and_foot(text)
    salutation = find_salutation(head)
    end = title_end(head) if salutation is None else salutation.line
    top = head[:end]
    under = [line for line in foot if end == len(head) or line.index >= head[end].index]
    signature = _signature(under)
    table = labelled(top)
    title = official_title(head, end) or next(map(squeeze, table["title"]), None) or first_line(head, end)
    for field, values in labelled(under).items():
        table[field].extend(values)
    proposal = read_proposal(title, "" if salutation is None else salutation.opening)
    return DocumentMeta(
        title=title,
        number=_document_number(table["number"], top),
        issuer=_issuer(table, signature, title, top),
        addressee=None if salutation is None else salutation.addressee,
        proposal_kind=proposal.kind,
        proposal_number=proposal.number,
        session=proposal.session,
        date=_date(table["date"], signature, top),
        reply_class=_reply_class(table["class"], top),
    )


def _signature(lines: list[Line]) -> Signature | None:
    """The last date by itself that a body stands before or above, else the last date by itself, else the body alone."""
    found: list[Signature] = []
    for at, line in enumerate(lines):
        on_line = dates(line.plain)
        if not on_line or starts_with_label(line):
            continue
        date = on_line[-1]
        after = line.plain[date.end :].strip(" )]")
        start = max((mark.end() for mark in _SENTENCE_END.finditer(line.plain, 0, date.start)), default=0)
        before = line.plain[start : date.start].strip(" ([")
        if (after and not after.startswith(("(", "["))) or (before and not is_body(before)):
            continue
        body = body_name(line.text[start : date.start].strip("（([【 ")) if before else _body_above(lines, at)
        found.append(Signature(body, date.iso))
    signed = [signature for signature in found if signature.body is not None]
    if not found:
        bodies = [line for line in lines[-_LAST_LINES:] if _is_signing(line)]
        return Signature(body_name(bodies[-1].text), None) if bodies else None
    return (signed or found)[-1]


def _body_above(lines: list[Line], at: int) -> str | None:
    """The name above a signature's date; of several, the first, which leads."""
    first = at
    while first > 0 and at - first < _SIGNING_BODIES and _is_signing(lines[first - 1]):
        first -= 1
    return body_name(lines[first].text) if first < at else None


def _is_signing(line: Line) -> bool:
    return is_body(line.plain) and not starts_with_label(line)


def _document_number(values: list[str], top: list[Line]) -> str | None:
    """The 文号: of the index table, else at the head of a line or after a gap in one, so never one that is cited."""
    for value in values:
        match = _NUMBER.search(plain(value)) or _LOOSE_NUMBER.fullmatch(plain(value))
        if match is not None:
            return "".join(value[match.start() : match.end()].split())
    for line in top:
        for part in _GAP.split(line.text):
            match = _NUMBER.match(plain(part)) or _NUMBER.match(plain(part := part.lstrip("（( ")))
            if match is not None:
                return "".join(part[: match.end()].split())
    return None


def _issuer(table: dict[str, list[str]], signature: Signature | None, title: str | None, top: list[Line]) -> str | None:
    """The body that answers: 发文机关, else who signed, else the title's head, else who published, else whom to call,
    else a body that stands by itself right above the salutation, as in reports that are read out.

    Where another of them gives the same name in full (青屿县公安局 for 县公安局), it is that. Who published comes late
    because a site's publisher need not be the body that answers.
    """
    signed = [] if signature is None or signature.body is None else [signature.body]
    headed = [body for body in [body_in_title(title or "")] if body is not None]
    above = [line.text for line in top[-_SIGNING_BODIES:] if _is_signing(line)]
    named = [*table["issuer"], *signed, *headed, *table["publisher"], *table["contact"], *above]
    bodies = [body_name(name) for name in named if is_body(plain(name))]
    if not bodies:
        return None
    return max((body for body in bodies if body.endswith(bodies[0])), key=len)


def _date(values: list[str], signature: Signature | None, top: list[Line]) -> str | None:
    """成文日期, else the date of the signature, else the date in brackets or after a dash under the title."""
    for value in values:
        stated = dates(plain(value))
        if stated and stated[0].iso is not None:
            return stated[0].iso
    if signature is not None and signature.date is not None:
        return signature.date
    for line in top:
        match = _UNDER_TITLE.match(line.plain)
        under = dates(line.plain) if match is not None else []
        if match is not None and under and under[0].start == match.end():
            return under[0].iso
    return None


def _reply_class(values: list[str], lines: list[Line]) -> ReplyClass | None:
    """A labelled class, else one that stands alone on a line or behind the 文号 or the title."""
    found = [_CLASS_VALUE.match(plain(value)) for value in values]
    for line in lines:
        found += [_CLASS_ALONE.fullmatch(plain(part)) for part in _GAP.split(line.text)]
        found.append(_CLASS_AFTER.search(line.plain))
    first = next((match[1] or match[2] for match in found if match is not None), None)
    return next((reply_class for reply_class in get_args(ReplyClass) if reply_class == first), None)
