"""What the pages say of a measure and a claim, in Chinese."""

from __future__ import annotations

from nlp.output.terminal import normalised, visible
from nlp.output.words import DIRECTION_NAMES, STATUS_NAMES, TYPE_NAMES, days_text
from nlp.schema import Claim, DocumentInfo, Measure


def measure_label(measure: Measure) -> str:
    """As `打击·已做`."""
    return f"{measure.category}·{STATUS_NAMES[measure.status]}"


def measure_note(number: int, measure: Measure) -> str:
    """The note on the `number`th measure, on one line."""
    return f"措施 {number}｜{measure_label(measure)}｜可信度 {measure.score:.2f}"


def claim_note(number: int, claim: Claim) -> str:
    """The note on the `number`th claim, a fact a line."""
    facts = [
        f"数值 {number}｜{TYPE_NAMES[claim.type]}｜可信度 {claim.score:.2f}",
        f"折合：{normalised(claim)}",
        f"指标：{on_one_line(claim.metric.text)}" if claim.metric else "",
        f"统一指标：{claim.metric.canonical}" if claim.metric and claim.metric.canonical else "",
        f"时期：{on_one_line(claim.period.text)}" if claim.period else "",
        f"起止：{days(claim)}" if days(claim) else "",
        f"增减：{change(claim)}" if change(claim) else "",
    ]
    return "\n".join(fact for fact in facts if fact)


def change(claim: Claim) -> str:
    """The base of a change and its direction, as `同比上升`; empty where there is none."""
    return on_one_line(claim.basis or "") + DIRECTION_NAMES.get(claim.direction or "", "")


def days(claim: Claim) -> str:
    """The days of a claim's period; empty where none are known."""
    return "" if claim.period is None else days_text(claim.period.from_, claim.period.to)


def on_one_line(text: str) -> str:
    """The text of a span without its line ends: spans stay inside a paragraph, so these are hard wraps."""
    return visible("".join(line.strip() for line in text.splitlines()))


def heading(document: DocumentInfo) -> str:
    """The letter's title, else its name."""
    return visible(document.meta.title or document.id)


def facts(document: DocumentInfo) -> list[tuple[str, str]]:
    """What the letter states about itself, named; what it does not state is left out."""
    meta = document.meta
    proposal = f"第{meta.proposal_number}号" if meta.proposal_number else ""
    found = [
        ("文号", meta.number),
        ("答复单位", meta.issuer),
        ("答复对象", meta.addressee),
        ("建议提案", f"{meta.proposal_kind or ''}{proposal}"),
        ("会议", meta.session),
        ("日期", meta.date),
        ("办理类别", f"{meta.reply_class} 类" if meta.reply_class else None),
    ]
    return [(name, visible(value)) for name, value in found if value]
