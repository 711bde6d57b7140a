"""The site: the letter to the last character, marks that nest, links that lead somewhere, and everything escaped."""

from __future__ import annotations

import base64
import hashlib
import re
import weakref
from collections import defaultdict
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import example as also
from hypothesis import given
from hypothesis import strategies as st
from letters_for_tests import TEXT, claim, example, letter, letter_saying, measure

from nlp.labels import CATEGORIES
from nlp.output.html import pages, write
from nlp.output.html.marking import CATEGORY_CLASSES
from nlp.output.html.rendering import render_letter
from nlp.output.letters import AnnotatedLetter
from nlp.schema import Claim, Measure

VOID = {"meta", "br", "rect"}


class Page(HTMLParser):
    """A page as it is parsed; fails where an element is closed that is not the last one opened, or a link is in one.

    `text` is the content of `#text`, `covered` the offsets in it that each mark covers, by the head of its title.
    """

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text = self.body = self.style = ""
        self.covered: dict[str, set[int]] = defaultdict(set)
        self.feed(source.replace("\r\n", "\n").replace("\r", "\n"))  # as browsers do before they parse
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag != "a" or "a" not in [name for name, _ in self.open]
        given = dict(attrs)
        assert len(given) == len(attrs)
        self.tags.append((tag, given))
        self.ids += [str(given["id"])] if "id" in given else []
        self.links += [str(given["href"])] if "href" in given else []
        if tag not in VOID:
            self.open.append((tag, given))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        self.body += data
        self.style += data if self.open and self.open[-1][0] == "style" else ""
        if any(given.get("id") == "text" for _, given in self.open):
            for tag, given in self.open:
                if tag == "mark" or given.get("class") == "claim":
                    name = str(given["title"]).partition("｜")[0]
                    self.covered[name] |= set(range(len(self.text), len(self.text) + len(data)))
            self.text += data


def rendered(what: AnnotatedLetter) -> Page:
    return Page(render_letter(what, number=1, letters=1, index="../index.html#letter-1", before=None, after=None))


def spans_of(text: str) -> st.SearchStrategy[list[tuple[int, int]]]:
    ends = st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))
    return st.lists(ends.map(lambda pair: (min(pair), max(pair))).filter(lambda pair: pair[0] < pair[1]), max_size=5)


WRAPPED = "".join(
    f"　　{'甲乙丙丁' * 5}\r\n{'戊己庚辛' * 5}戊己\r\n{'壬癸' * 10}子丑\n— {i} —\n寅卯。\n" for i in range(3)
)
"""Three paragraphs wrapped at 44 columns, two wraps each, and one more at a page number."""


@st.composite
def letters(draw: st.DrawFn) -> AnnotatedLetter:
    """Any text with any spans: nested, crossing, equal."""
    awkward = st.sampled_from("\r\n\v\f\x85\u2028\t \u3000\x01<>&\"';/a甲𠮷\ufeff\u202e")
    any_other = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
    text = draw(st.one_of(st.text(awkward, min_size=1, max_size=40), st.text(any_other, min_size=1, max_size=20)))
    ranges = [draw(spans_of(text)) for _ in range(2)]
    blank = claim(text, text, "count", 1, "个")
    measures = [
        Measure(start=s, end=e, text=text[s:e], category=draw(st.sampled_from(CATEGORIES)), status="done", score=0.5)
        for s, e in ranges[0]
    ]
    claims = [Claim(**{**blank.model_dump(), "start": s, "end": e, "text": text[s:e]}) for s, e in ranges[1]]
    return letter(text, measures, claims)


@given(letters())
@also(example())
@also(letter(WRAPPED, [measure(WRAPPED, WRAPPED[5:100])], [claim(WRAPPED, WRAPPED[38:44], "count", 1, "个")]))
def test_html_text_and_marks_are_exact_however_spans_overlap(what: AnnotatedLetter) -> None:
    page = rendered(what)
    assert page.text == what.text
    expected = {f"措施 {i}": set(range(m.start, m.end)) for i, m in enumerate(what.result.measures, start=1)}
    expected |= {f"数值 {i}": set(range(c.start, c.end)) for i, c in enumerate(what.result.claims, start=1)}
    assert page.covered == expected
    assert len(set(page.ids)) == len(page.ids)
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    labels = [given["data-label"] for tag, given in page.tags if "data-label" in given]
    assert len(labels) == len(what.result.measures)


def test_html_hard_wraps_are_told_apart() -> None:
    """The line ends of a wrap, not those after a paragraph or about a page number."""
    tags = rendered(letter(WRAPPED)).tags
    assert tags.count(("span", {"class": "wrap"})) == 6
    assert ("span", {"class": "wrap"}) not in rendered(example()).tags
    assert f"{'甲乙丙丁' * 5}戊己" in rendered(letter(WRAPPED, [measure(WRAPPED, WRAPPED[2:30])])).body


def test_html_a_crossing_claim_is_in_pieces_with_one_id() -> None:
    what = letter("甲乙丙丁", [measure("甲乙丙丁", "甲乙")], [claim("甲乙丙丁", "乙丙", "count", 1, "个")])
    pieces = [given for tag, given in rendered(what).tags if given.get("class") == "claim" and "title" in given]
    assert [piece.get("id") for piece in pieces] == ["c1", None]
    assert {piece["href"] for piece in pieces} == {"#row-c1"}


def test_html_a_span_says_what_it_is() -> None:
    titles = {str(given.get("id")): given["title"] for _, given in rendered(example()).tags if "title" in given}
    assert titles["m3"] == "措施 3｜宣传·拟做｜可信度 0.80"
    assert titles["c2"].split("\n") == [
        "数值 2｜增减｜可信度 0.80", "折合：44.57 %", "指标：抓获嫌疑人", "统一指标：抓获人数", "时期：2022年",
        "起止：2022-01-01 — 2022-12-31", "增减：同比上升",
    ]  # fmt: skip
    assert titles["c4"].split("\n")[2:] == ["指标：发放资料", "统一指标：发放资料数"]


def test_html_a_letter_states_its_facts_and_no_others() -> None:
    body = rendered(example()).body
    for fact in ("云公建复〔2023〕9号", "建议第012号", "市十五届人大一次会议", "2023-06-30", "A 类", "云岭/答复.txt"):
        assert fact in body
    bare = rendered(letter(TEXT, path=None))
    assert "文号" not in bare.body
    assert "None" not in bare.body
    assert ("h1", {"id": "heading"}) in bare.tags
    assert "没有找到措施" in bare.body


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"' onmouseover='alert(1)",
    "</pre></div></title></style><b>",
    "javascript:alert(1)",
    "&lt;b&gt; &amp; &#60;",
    "{{ 7 * 7 }}{% for %}",
]


@pytest.mark.parametrize("words", HOSTILE)
def test_html_words_of_a_letter_are_only_text(words: str, tmp_path: Path) -> None:
    harmless = [Page(path.read_text(encoding="utf-8")) for path in write([letter_saying("甲")], tmp_path / "a")]
    found = [Page(path.read_text(encoding="utf-8")) for path in write([letter_saying(words)], tmp_path / "b")]
    for safe, page in zip(harmless, found, strict=True):
        assert [(tag, list(given)) for tag, given in page.tags] == [(tag, list(given)) for tag, given in safe.tags]
        assert words in page.body
        assert not [link for link in page.links if urlsplit(link).scheme]


def test_html_a_page_has_a_policy_for_its_one_style_and_no_script(tmp_path: Path) -> None:
    for path in write([example()], tmp_path):
        page = Page(path.read_text(encoding="utf-8"))
        digest = base64.b64encode(hashlib.sha256(page.style.encode("utf-8")).digest()).decode()
        policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
        assert ("meta", {"http-equiv": "Content-Security-Policy", "content": policy}) in page.tags
        assert ("meta", {"name": "referrer", "content": "no-referrer"}) in page.tags
        assert ("html", {"lang": "zh-CN"}) in page.tags
        assert [tag for tag, _ in page.tags].count("style") == 1
        assert not {tag for tag, _ in page.tags} & {"script", "link", "img", "iframe", "base", "form"}
        assert not {name for _, given in page.tags for name in given} & {"style", "src", "srcset"}
        assert "url(" not in page.style
        assert "@import" not in page.style


NAMES = [
    "答复.txt",
    "a#b?.txt",
    "50%25.txt",
    "云 岭/复+函&.txt",
    "云 岭/c:d.txt",
    "../x",
    "a\nb.txt",
    "深/深/深/'\".txt",
]


def test_html_every_link_leads_to_what_is_there(tmp_path: Path) -> None:
    written = write([example(name) for name in NAMES], tmp_path / "site")
    found = {path.resolve(): Page(path.read_text(encoding="utf-8")) for path in written}
    assert len(found) == len(NAMES) + 1
    followed = set()
    for path, page in found.items():
        assert path.is_relative_to((tmp_path / "site").resolve())
        for link in page.links:
            parts = urlsplit(link)
            assert (parts.scheme, parts.netloc, parts.query) == ("", "", ""), link
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert not parts.fragment or parts.fragment in found[target].ids, link
            followed.add(target)
    assert followed == set(found)


def test_html_letters_follow_one_another(tmp_path: Path) -> None:
    index, first, second, third = write([example(f"{i}/甲.txt") for i in range(3)], tmp_path)
    steps = [
        {given["rel"]: given["href"] for _, given in Page(path.read_text(encoding="utf-8")).tags if "rel" in given}
        for path in (first, second, third)
    ]
    assert steps[0] == {"next": "../../pages/1/%E7%94%B2.txt.html"}
    assert list(steps[1]) == ["prev", "next"]
    assert list(steps[2]) == ["prev"]


def cells(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", page.partition("</style>")[2]))


def test_html_the_index_counts(tmp_path: Path) -> None:
    index = write([example("甲.txt"), letter(TEXT, path="乙.txt")], tmp_path)[0].read_text(encoding="utf-8")
    text = cells(index)
    assert "信件 2 封 措施 3 项 已做 2，拟做 1 数值 5 个" in text
    assert "打击 2 0" in text
    assert "宣传 0 1" in text
    assert "云岭市公安局 2023-06-30 打击 2＋0 宣传 0＋1 5" in text
    assert "乙.txt — — 没有措施 0" in text
    bars = re.findall(r'<rect class="(.*?)" x="(\d)" width="(\d)"', index.partition('<table class="letters">')[2])
    assert bars == [("strike done", "0", "2"), ("inform planned", "2", "1")]


def test_html_a_long_index_is_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "LETTERS_PER_INDEX", 2)
    write([example(f"{i}.txt") for i in range(5)], tmp_path)
    indexes = [(tmp_path / name).read_text(encoding="utf-8") for name in ("index.html", "index-2.html", "index-3.html")]
    assert [re.findall(r'id="letter-(\d)"', index) for index in indexes] == [["1", "2"], ["3", "4"], ["5"]]
    assert ["合计" in index for index in indexes] == [True, False, False]
    assert "措施 15 项" in cells(indexes[0])
    assert [set(re.findall('rel="(?:prev|next)" href="(.*?)"', index)) for index in indexes] == [
        {"index-2.html"},
        {"index.html", "index-3.html"},
        {"index-2.html"},
    ]
    assert '"../index-2.html#letter-4"' in (tmp_path / "pages" / "3.txt.html").read_text(encoding="utf-8")
    fewer = write([example(f"{i}.txt") for i in range(4)], tmp_path)
    assert [path.name for path in fewer if path.parent == tmp_path] == ["index.html", "index-2.html"]


def test_html_the_same_letters_give_the_same_bytes(tmp_path: Path) -> None:
    runs = [
        {path.relative_to(folder): path.read_bytes() for path in write([example(name) for name in NAMES], folder)}
        for folder in (tmp_path / "a", tmp_path / "b")
    ]
    assert runs[0] == runs[1]
    assert all(b"\r" not in data for data in runs[0].values())


class Streamed:
    """Letters made when they are asked for; `most` is how many were there at once."""

    def __init__(self, count: int) -> None:
        self.count, self.most = count, 0

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[AnnotatedLetter]:
        made: list[weakref.ref[AnnotatedLetter]] = []
        for i in range(self.count):
            one = letter("甲", path=f"{i}.txt")
            made.append(weakref.ref(one))
            self.most = max(self.most, sum(ref() is not None for ref in made))
            yield one


def test_html_letters_are_streamed(tmp_path: Path) -> None:
    many = Streamed(20)
    assert len(write(many, tmp_path)) == 21
    assert many.most <= 4


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_html_colours_have_the_contrast_of_wcag_aa(theme: int) -> None:
    style = (files("nlp.output.html") / "templates" / "style.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    assert len(blocks) == 2
    colour = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", blocks[theme]))
    pairs = [(name, ground) for name in ("text", "quiet", "link") for ground in ("paper", "ground", "target")]
    for kind in CATEGORY_CLASSES.values():
        pairs += [("text", f"{kind}-tint"), (f"{kind}-on", f"{kind}-fill")]
        pairs += [(f"{kind}-ink", ground) for ground in ("paper", "ground", "target")]
    low = {pair: round(contrast(colour[pair[0]], colour[pair[1]]), 2) for pair in pairs}
    assert not {pair: ratio for pair, ratio in low.items() if ratio < 4.5}
