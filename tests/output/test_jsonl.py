"""One object, one line, whatever the letter holds."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from nlp.output.jsonl import to_json_line
from nlp.schema import Result


def result(text: str) -> Result:
    return Result.model_validate(
        {
            "document": {"id": "a", "path": text, "sha256": "0" * 64, "characters": len(text)},
            "model": {"name": "m", "version": "1", "backend": "onnxruntime-int8", "device": "cpu"},
            "measures": [
                {"start": 0, "end": len(text), "text": text, "category": "打击", "status": "done", "score": 0.5}
            ],
            "claims": [],
        }
    )


@given(
    st.text(
        st.one_of(st.sampled_from('\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029\\"甲'), st.characters(codec="utf-8")),
        min_size=1,
    )
)
def test_jsonl_an_object_is_one_line_for_any_reader(text: str) -> None:
    line = to_json_line(result(text))
    assert line.splitlines() == [line]
    assert json.loads(line)["measures"][0]["text"] == text
    assert Result.model_validate_json(line) == result(text)


def test_jsonl_chinese_stays_readable() -> None:
    assert '"text":"甲\\u2028乙\\u0085"' in to_json_line(result("甲\u2028乙\x85"))
