"""The result of `predict` and the gold annotations, as validated objects (unknown fields are refused).

Offsets are code points in the document's text as it was read; `start` inclusive, `end` exclusive.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from nlp.labels import Approximation, Category, ClaimType, Direction, Status

Score = Annotated[float, Field(ge=0.0, le=1.0)]
IsoDate = Annotated[str, Field(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Span(_Strict):
    """A stretch of the document, never empty: `text == document[start:end]`."""

    start: int = Field(ge=0)
    end: int = Field(gt=0)
    text: str = Field(min_length=1)

    @model_validator(mode="after")
    def _length_fits(self) -> Span:
        if self.end - self.start != len(self.text):
            raise ValueError(f"the span {self.start}-{self.end} does not have the length of its text {self.text!r}")
        return self


class GoldMeasure(Span):
    """What a body has done or will do."""

    category: Category
    status: Status


class Measure(GoldMeasure):
    """A predicted measure; `score` is the model's probability that category and status are right."""

    score: Score


class GoldClaim(Span):
    """One asserted quantity: its value in base units, what it counts, for when, up or down by how much."""

    type: ClaimType
    value: int | float
    value_max: int | float | None
    unit: str
    approx: Approximation | None
    metric: Span | None
    period: Span | None
    direction: Direction | None
    basis: str | None
    measure: int | None = Field(ge=0)


def _fields_of(part: Any) -> Any:
    """A plain span where one that says more is asked for: what it says is what it has."""
    return dict(part) if type(part) is Span else part


class Metric(Span):
    """What is measured; `canonical` names the indicator that it is (`nlp.claims.indicators`), null where none fits."""

    canonical: str | None = None


class Period(Span):
    """A time; `from` and `to` are its days, both included, ISO 8601, null where one is not certain.

    `from` is a word of Python's: in code it is `from_`, in JSON `from`.
    """

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    from_: IsoDate | None = Field(default=None, alias="from")
    to: IsoDate | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Period:
        if self.from_ is not None and self.to is not None and self.from_ > self.to:
            raise ValueError(f"the period ends on {self.to}, before it begins on {self.from_}")
        return self


class Claim(GoldClaim):
    """A predicted claim; `score` is the model's probability that quantity and type are right.

    Its metric and period say more than gold does: `nlp.claims.resolution` fills it in, and results of versions before
    it are read without.
    """

    metric: Annotated[Metric | None, BeforeValidator(_fields_of)]
    period: Annotated[Period | None, BeforeValidator(_fields_of)]
    score: Score


class DocumentMeta(_Strict):
    """What a letter states about itself, in its own words but for the date; null where it does not.

    Args:
        title: of the letter, on one line.
        number: the document number (文号), e.g. 松公建复〔2022〕9号.
        issuer: the body that answers.
        addressee: whom it answers, without the colon.
        proposal_kind: what it answers.
        proposal_number: of the proposal, digits alone.
        session: the session it was made at, e.g. 市十五届人大一次会议.
        date: of the letter (成文日期, else the date under it), ISO 8601.
        reply_class: 办理结果 or 类别, A, B or C (D where a place has one).
    """

    title: str | None = None
    number: str | None = None
    issuer: str | None = None
    addressee: str | None = None
    proposal_kind: Literal["建议", "提案"] | None = None
    proposal_number: str | None = Field(default=None, pattern="^[0-9]{1,10}$")
    session: str | None = None
    date: IsoDate | None = None
    reply_class: Literal["A", "B", "C", "D"] | None = None


class DocumentInfo(_Strict):
    """What was read: `sha256` is of the file's bytes, `characters` the code points of its text."""

    id: str
    path: str | None
    sha256: Sha256
    characters: int = Field(ge=0)
    meta: DocumentMeta = Field(default_factory=DocumentMeta)


class ModelInfo(_Strict):
    """What predicted: name and version of the weights, and what ran them."""

    name: str
    version: str
    backend: str
    device: str


class Result(_Strict):
    """The result of `predict` for one document."""

    document: DocumentInfo
    model: ModelInfo
    measures: list[Measure]
    claims: list[Claim]

    @model_validator(mode="after")
    def _claims_point_at_measures(self) -> Result:
        _check_measure_indices(self.measures, self.claims)
        return self

    def at_least(self, score: float) -> Result:
        """The result without the measures and claims whose score is below `score`.

        `measure` of a claim is the index among the measures that are left, or null where its measure is gone.
        """
        kept = [k for k, measure in enumerate(self.measures) if measure.score >= score]
        place = {old: new for new, old in enumerate(kept)}
        claims = [
            claim.model_copy(update={"measure": None if claim.measure is None else place.get(claim.measure)})
            for claim in self.claims
            if claim.score >= score
        ]
        return self.model_copy(update={"measures": [self.measures[k] for k in kept], "claims": claims})

    def check_against(self, text: str) -> None:
        """Checks that every span's text is the text of the document at its place.

        Raises:
            ValueError: naming the first span that does not fit.
        """
        check_spans(self.measures, self.claims, text)


class GoldDocumentInfo(_Strict):
    """The document a gold annotation is for; `sha256` is of the file's bytes."""

    id: str
    title: str | None = None
    sha256: Sha256
    characters: int = Field(ge=0)


class Gold(_Strict):
    """The gold annotations of one document."""

    document: GoldDocumentInfo
    measures: list[GoldMeasure]
    claims: list[GoldClaim]

    @model_validator(mode="after")
    def _claims_point_at_measures(self) -> Gold:
        _check_measure_indices(self.measures, self.claims)
        return self

    def check_against(self, text: str) -> None:
        """As `Result.check_against`."""
        check_spans(self.measures, self.claims, text)


def check_spans(measures: list[Any], claims: list[Any], text: str) -> None:
    """Checks `span.text == text[span.start:span.end]` for measures, claims, and their metrics and periods.

    Raises:
        ValueError: naming the first span that does not fit.
    """
    parts = [("measure", span) for span in measures]
    parts += [("claim part", span) for c in claims for span in (c, c.metric, c.period) if span is not None]
    for what, span in parts:
        if text[span.start : span.end] != span.text:
            raise ValueError(f"{what} {span.start}-{span.end} does not fit the text")


def _check_measure_indices(measures: list[Any], claims: list[Any]) -> None:
    for claim in claims:
        if claim.measure is None:
            continue
        if claim.measure >= len(measures):
            raise ValueError(f"claim {claim.start}-{claim.end} points at measure {claim.measure} of {len(measures)}")
        measure = measures[claim.measure]
        if not (measure.start <= claim.start and claim.end <= measure.end):
            raise ValueError(f"claim {claim.start}-{claim.end} lies outside its measure {claim.measure}")


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a result, one object for a document."""
    schema = Result.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
