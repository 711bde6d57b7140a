"""Corrected letters: what is saved is read back as it was, and nothing else is."""

from __future__ import annotations

import hashlib
import random
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import LETTERS

from nlp.annotation.corpus import GoldLetter, read_letters
from nlp.annotation.exchange.parts import write_letters
from nlp.annotation.markup import parse
from nlp.claims.finding import find_document_quantities
from nlp.text.segmentation import segment
from nlp.web.faults import Refusal
from nlp.web.gold import GoldFolder, GoldRequest, gold_id

WORDS = (
    *("打击", "县公安局", "抓获嫌疑人", "86名", "破获案件120起", "，", "。", "；", "[附件]", "{1}", "|", "\\", "𠮷岭"),
    *("😀", "下一步", "一、", "同比上升12.5%", "止付350余万元", "\n", "\r\n", " ", "\t", "\u2028", "\ufeff"),
)


def letters() -> list[tuple[str, GoldLetter]]:
    found = []
    for name, body in LETTERS.items():
        letter = parse(f"---\nid: {name}\n---\n{body}")
        found.append((name, GoldLetter(name, Path(name), letter.text, letter.measures, letter.claims)))
    return found


def request_of(letter: Any, path: str, **more: Any) -> dict[str, Any]:
    return {
        "text": letter.text, "path": path, "measures": [m.model_dump() for m in letter.measures],
        "claims": [c.model_dump() for c in letter.claims], **more,
    }  # fmt: skip


def save(folder: Path, request: dict[str, Any], **more: Any) -> Any:
    return GoldFolder(folder).save(GoldRequest.model_validate(request), **more)


@pytest.mark.parametrize(("name", "letter"), letters(), ids=lambda x: x if isinstance(x, str) else "")
def test_gold_is_read_back_with_the_same_spans(name: str, letter: GoldLetter, tmp_path: Path) -> None:
    shuffled = request_of(
        letter, f"2023/{name}.docx", meta={"title": letter.text[:9], "date": "2023-01-05", "number": None}
    )
    random.Random(1).shuffle(shuffled["claims"])
    saved = save(tmp_path, shuffled)
    (found,) = read_letters(tmp_path)
    assert (found.text, found.measures, found.claims) == (letter.text, letter.measures, letter.claims)
    assert saved.path == found.path.name
    assert {k: v for k, v in found.meta.items() if k != "id"} == {"title": letter.text[:9], "date": "2023-01-05"}


@st.composite
def made(draw: st.DrawFn) -> dict[str, Any]:
    """A letter of words in any order, with some of its clauses as measures and some of its quantities as claims."""
    text = "".join(draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=40)))
    structure = segment(text)
    measures = [
        {
            "start": clause.start, "end": clause.end, "text": text[clause.start : clause.end],
            "category": draw(st.sampled_from(["打击", "治理"])), "status": draw(st.sampled_from(["done", "planned"])),
        }
        for clause in structure.clauses if clause.start < clause.end and draw(st.booleans())
    ]  # fmt: skip
    claims = []
    for found in find_document_quantities(text, structure):
        surface = text[found.start : found.end]
        kind = draw(st.sampled_from(["count", "money", "percent"]))
        claims.append({
            "start": found.start, "end": found.end, "text": surface, "type": kind,
            "unit": draw(st.sampled_from("名元")), "value": draw(st.integers(-5, 10**9) | st.floats(-1e6, 1e6)),
            **dict.fromkeys(("value_max", "approx", "metric", "period", "direction", "basis", "measure")),
        })  # fmt: skip
    return {"text": text, "path": draw(st.text(min_size=1, max_size=30)), "measures": measures, "claims": claims}


@settings(max_examples=80, deadline=None)
@given(made())
def test_gold_made_letters_are_read_back_or_refused(request_: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as name:
        try:
            saved = save(Path(name), request_)
        except Refusal as refusal:
            refused = refusal.status
        else:
            refused = None
        if refused is not None:
            assert (refused, list(Path(name).iterdir())) == (422, [])
            return
        (found,) = read_letters(Path(name))
        assert found.path.name == saved.path
        assert found.text == request_["text"]
        assert [m.model_dump() for m in found.measures] == request_["measures"]
        key = ("start", "end", "text", "type", "value", "unit")
        assert [[c.model_dump()[k] for k in key] for c in found.claims] == [
            [claim[k] for k in key] for claim in request_["claims"]
        ]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(st.text(max_size=8), _JSON, max_size=4))
def test_gold_facts_are_read_back_or_refused(meta: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as name:
        try:
            save(Path(name), {"text": TEXT, "path": "a.txt", "measures": [], "claims": [], "meta": meta})
        except Refusal as refusal:
            refused = refusal.status
        else:
            refused = None
        if refused is not None:
            assert refused == 422
            return
        (found,) = read_letters(Path(name))
        assert found.meta == {"id": "a", **{k: v for k, v in meta.items() if v is not None and k != "id"}}


@settings(deadline=None)
@given(st.text(min_size=1, max_size=300))
def test_gold_id_is_a_plain_name(path: str) -> None:
    found = gold_id(path)
    assert found
    assert not set(found) & set('/\\:*?"<>|\0')
    assert not found.startswith((".", "-"))
    assert len(f"{found}.txt".encode()) < 256


def test_gold_id_of_common_names() -> None:
    assert gold_id("复函.txt") == gold_id("复函.docx") == gold_id("复函") == "复函"
    assert gold_id("../../x.txt") != gold_id("x.txt")
    assert gold_id("a.b") == "a.b"


def gold_of(folder: Path) -> dict[str, GoldLetter]:
    return {letter.path.name: letter for letter in read_letters(folder)}


def test_gold_an_earlier_correction_is_not_written_over(tmp_path: Path) -> None:
    (_, one), _ = letters()[:2]
    first = request_of(one, "a.txt", meta={"title": "标题", "date": "2023-01-05"})
    save(tmp_path, first)
    save(tmp_path, request_of(one, "a.docx", meta={"title": None}))  # the same gold: nothing is lost
    assert gold_of(tmp_path)["a.txt"].meta == {"id": "a", "title": "标题", "date": "2023-01-05"}
    other = {**first, "claims": [], "meta": {"title": "别的"}}
    with pytest.raises(Refusal, match="an earlier correction of this letter is saved") as caught:
        save(tmp_path, other)
    assert (caught.value.status, caught.value.fault.path) == (409, "a.txt")
    assert caught.value.fault.mend == "load it first, or replace it"
    assert gold_of(tmp_path)["a.txt"].claims == one.claims
    save(tmp_path, other, replace=True)
    assert list(gold_of(tmp_path)) == ["a.txt"]
    assert gold_of(tmp_path)["a.txt"].claims == []
    assert gold_of(tmp_path)["a.txt"].meta == {"id": "a", "title": "别的", "date": "2023-01-05"}
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_gold_another_text_of_the_name_gets_its_own(tmp_path: Path) -> None:
    (_, one), (_, other) = letters()[:2]
    save(tmp_path, request_of(one, "a.txt"))
    saved = save(tmp_path, request_of(other, "a.docx"), replace=True)
    assert saved.path == f"a-{hashlib.sha256(other.text.encode()).hexdigest()[:8]}.txt"
    assert {name: letter.text for name, letter in gold_of(tmp_path).items()} == {
        "a.txt": one.text, saved.path: other.text,
    }  # fmt: skip
    (tmp_path / "a.txt").unlink()  # its name is free now; the correction stays where it is
    assert save(tmp_path, request_of(other, "a.docx")).path == saved.path
    (tmp_path / "a.txt").write_text("no gold")
    (tmp_path / saved.path).write_text("no gold")
    with pytest.raises(Refusal, match="there is another letter of this name") as caught:
        save(tmp_path, request_of(other, "a.docx"), replace=True)
    assert caught.value.status == 409
    assert {path.read_text() for path in tmp_path.iterdir()} == {"no gold"}


@pytest.mark.parametrize("replace", [False, True])
@pytest.mark.parametrize("exists", [False, True])
def test_gold_links_are_not_followed(exists: bool, replace: bool, tmp_path: Path) -> None:
    (_, one), _ = letters()[:2]
    outside, folder = tmp_path / "outside.txt", tmp_path / "gold"
    if exists:
        save(tmp_path, request_of(one, "outside.txt"))
    before = outside.read_bytes() if exists else None
    folder.mkdir()
    (folder / "outside.txt").symlink_to(outside)
    request = {**request_of(one, "outside.txt"), "claims": []}
    saved = save(folder, request, replace=replace)
    assert saved.path.startswith("outside-")
    assert (outside.read_bytes() if outside.exists() else None) == before
    (folder / saved.path).unlink()
    (folder / saved.path).symlink_to(outside)
    with pytest.raises(Refusal) as caught:
        save(folder, request, replace=replace)
    assert caught.value.status == 409
    assert (outside.read_bytes() if outside.exists() else None) == before


def test_gold_a_link_that_comes_between_is_replaced_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (_, one), _ = letters()[:2]
    outside, folder = tmp_path / "outside.txt", tmp_path / "gold"
    outside.write_text("mine")
    write = write_letters

    def meanwhile(*arguments: Any) -> list[Path]:
        (folder / "a.txt").symlink_to(outside)
        return write(*arguments)

    monkeypatch.setattr("nlp.web.gold.write_letters", meanwhile)
    save(folder, request_of(one, "a.txt"))
    assert outside.read_text() == "mine"
    assert not (folder / "a.txt").is_symlink()


def test_gold_in_a_folder_that_cannot_be_written_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (_, one), _ = letters()[:2]
    with pytest.raises(Refusal, match="cannot be saved") as caught:
        save(tmp_path / "file" / "gold", request_of(one, "a.txt"))
    assert (caught.value.status, caught.value.retry_after) == (500, None)


def test_gold_of_thousands_of_claims_is_saved_in_time(tmp_path: Path) -> None:
    """Each with a metric of its own, one period for all, and borders that the grammar does not find."""
    body, count = "抓获嫌疑人86名。\n", 8000
    text = "2022年" + body * count
    claims = [
        {
            **CLAIM, "start": at + 5, "end": at + 7, "text": "86", "unit": "", "measure": None,
            "metric": {"start": at + 2, "end": at + 5, "text": "嫌疑人"},
            "period": {"start": 0, "end": 5, "text": "2022年"},
        }
        for at in range(5, len(text), len(body))
    ]  # fmt: skip
    measures = [
        {"start": at, "end": at + 8, "text": text[at : at + 8], "category": "打击", "status": "done"}
        for at in range(5, len(text), len(body))
    ]
    request = GoldRequest.model_validate({"text": text, "path": "a.txt", "measures": measures, "claims": claims})
    begin = time.process_time()
    saved = GoldFolder(tmp_path).save(request)
    assert time.process_time() - begin < 10
    assert len(saved.warnings) >= count


TEXT = "县公安局抓获嫌疑人86名，破获案件120起。"
MEASURE = {"start": 0, "end": 12, "text": TEXT[:12], "category": "打击", "status": "done"}
CLAIM = {
    "start": 9, "end": 12, "text": "86名", "type": "count", "value": 86, "value_max": None, "unit": "名",
    "approx": None, "metric": None, "period": None, "direction": None, "basis": None, "measure": 0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("measures", "claims", "message"),
    [
        ([{**MEASURE, "start": 1, "end": 13}], [], "measure 1-13 does not fit the text"),
        ([MEASURE, {**MEASURE, "start": 4, "text": TEXT[4:12]}], [], "the measure 4-12 overlaps 0-12"),
        ([MEASURE], [{**CLAIM, "measure": 3}], "claim 9-12 points at measure 3 of 1"),
        ([MEASURE], [CLAIM, CLAIM], "the quantity 9-12 overlaps 9-12"),
        ([], [{**CLAIM, "measure": None, "direction": "up"}], "a change needs up or down"),
        ([], [{**CLAIM, "measure": None, "unit": "a b"}], "is no word of the format"),
        (
            [],
            [{**CLAIM, "measure": None, "metric": {"start": 8, "end": 10, "text": TEXT[8:10]}}],
            "cannot be written as",
        ),
    ],
)
def test_gold_that_is_none_is_refused(measures: Any, claims: Any, message: str, client: TestClient) -> None:
    request = {"text": TEXT, "path": "b.txt", "measures": measures, "claims": claims}
    answer = client.post("/api/gold", json=request)
    assert answer.status_code == 422
    assert message in answer.json()["error"]["message"]


def test_gold_over_the_api(client: TestClient) -> None:
    request = {"text": TEXT, "path": "c.txt", "measures": [MEASURE], "claims": [CLAIM], "meta": {"title": None}}
    answer = client.post("/api/gold", json=request)
    assert answer.status_code == 201
    assert answer.json() == {
        "path": "c.txt",
        "warnings": ["the quantity 86名 has no metric (name what is counted: {k1:…} and |… k1)"],
    }
    assert client.post("/api/gold", json={**request, "claims": []}).status_code == 409
    assert client.post("/api/gold?replace=true", json={**request, "claims": []}).status_code == 201
    assert client.post("/api/gold", json={**request, "text": f"{TEXT}\n"}).json()["path"].startswith("c-")
    answer = client.post("/api/gold/saved", json={"text": TEXT, "path": "c.docx"})
    assert (answer.status_code, answer.json()) == (200, {"path": "c.txt", "measures": [MEASURE], "claims": []})
    answer = client.post("/api/gold/saved", json={"text": f"{TEXT}\n", "path": "c.txt"})
    assert answer.json()["claims"] == [CLAIM]
    answer = client.post("/api/gold/saved", json={"text": f"{TEXT}\n\n", "path": "c.txt"})
    assert (answer.status_code, answer.json()["error"]["message"]) == (404, "no correction of this letter is saved")
    for path in ("/api/gold", "/api/gold/saved"):
        letter = {"text": "复" * 5001, "path": "a.txt"}
        more = {"measures": [], "claims": []} if path == "/api/gold" else {}
        answer = client.post(path, json={**letter, **more})
        assert (answer.status_code, answer.json()["error"]["message"]) == (413, "has 5001 characters, over 5000")
        assert client.post(path, content=b"{}", headers={"Content-Type": "text/plain"}).status_code == 415
        body = b'{"text": "\\ud800", "path": "a.txt", "measures": [], "claims": []}'
        assert client.post(path, content=body, headers={"Content-Type": "application/json"}).status_code in (400, 422)
    for body, status in ((b"{", 400), (b"[]", 422), (b'{"text": ""}', 422)):
        headers = {"Content-Type": "application/json"}
        assert client.post("/api/gold", content=body, headers=headers).status_code == status
    assert client.post("/api/gold", content=b"{}", headers={"Content-Type": "text/plain"}).status_code == 415
