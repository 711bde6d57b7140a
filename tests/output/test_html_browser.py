"""The pages in a browser: nothing of a letter runs, nothing is asked of the network, every character is shown."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

import pytest
from browser import look, needs_chromium
from letters_for_tests import claim, example, letter, letter_saying, measure

from nlp.output.html import write
from nlp.output.names import output_name

pytestmark = needs_chromium

ATTACK = (
    "\n</pre></div></mark></title></style>--><script>document.title='ran'</script>"
    "<img src=\"/asked\" onerror=\"document.title='ran'\"><svg onload=document.title='ran'>"
    "<a href=\"javascript:document.title='ran'\">点</a><iframe srcdoc='&lt;script&gt;'></iframe>"
    "\"'`{{ 7*7 }}{% raw %}&amp;&#60;b>\r\n"
    "<link rel=stylesheet href=//localhost/asked><meta http-equiv=refresh content='0;url=/asked'>"
    "\r甲\f乙\x85丙\u2028丁\x01\u202e戊\n"
)
STATE = """({
  title: document.title,
  body: document.body.textContent,
  text: document.getElementById("text")?.textContent,
  alien: document.querySelectorAll("script, img, iframe, link, object, form, [style]").length,
  handlers: [...document.querySelectorAll("*")].filter(e => [...e.attributes].some(a => /^on/.test(a.name))).length,
  links: [...document.links].map(a => a.href).filter(href => !href.startsWith(window.location.origin)),
})"""


def page_of(path: str) -> str:
    return quote(f"pages/{output_name(path)}.html")


def test_html_browser_nothing_of_a_letter_runs(tmp_path: Path) -> None:
    write([letter_saying(ATTACK)], tmp_path / "site")
    state, requests = look(tmp_path / "site", page_of(ATTACK), STATE, profile=tmp_path / "profile")
    assert "document.title='ran'" in state["title"]
    assert state["title"] != "ran"
    assert state["text"] == ATTACK
    assert (state["alien"], state["handlers"], state["links"], requests) == (0, 0, [], [])


def test_html_browser_nothing_of_a_letter_runs_in_the_index(tmp_path: Path) -> None:
    write([letter_saying(ATTACK)], tmp_path / "site")
    state, requests = look(tmp_path / "site", "index.html", STATE, profile=tmp_path / "profile")
    assert state["title"] == "反诈复函标注"
    assert (state["alien"], state["handlers"], state["links"], requests) == (0, 0, [], [])


@pytest.mark.parametrize("policy", [True, False])
def test_html_browser_the_policy_stops_what_would_get_in(tmp_path: Path, policy: bool) -> None:
    """A script is in the page, as if escaping had failed; without the policy it runs, so tests would see one."""
    write([example()], tmp_path / "site")
    page = tmp_path / "site" / "pages" / f"{output_name('云岭/答复.txt')}.html"
    html = page.read_text(encoding="utf-8")
    if not policy:
        html = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", html)
    attack = "<script>document.title='ran'</script><img src=/asked><p style='color: red' id=styled>"
    page.write_text(html.replace("</main>", attack + "</main>"), encoding="utf-8")
    script = "[document.title, window.getComputedStyle(document.getElementById('styled')).color]"
    (title, colour), requests = look(tmp_path / "site", page_of("云岭/答复.txt"), script, profile=tmp_path / "profile")
    assert (title == "ran", colour == "rgb(255, 0, 0)") == (not policy, not policy)
    assert requests == ([] if policy else ["/asked"])


LAYOUT = """(([article, aside], style) => ({
  overflow: document.documentElement.scrollWidth - window.innerWidth,
  label: style(document.querySelector("#m1 .label"), "::before").content,
  tint: style(document.getElementById("m1")).backgroundColor,
  target: style(document.getElementById("c2")).outlineStyle,
  beside: aside.getBoundingClientRect().left >= article.getBoundingClientRect().right,
}))(document.querySelectorAll("article, aside"), (...of) => window.getComputedStyle(...of))"""


@pytest.mark.parametrize(("width", "beside"), [(360, False), (1280, True)])
def test_html_browser_the_tables_are_beside_or_below(tmp_path: Path, width: int, beside: bool) -> None:
    write([example()], tmp_path / "site")
    page = page_of("云岭/答复.txt") + "#c2"
    found, _ = look(tmp_path / "site", page, LAYOUT, width=width, profile=tmp_path / "profile")
    assert found["overflow"] <= 0
    assert found["beside"] is beside
    assert found["label"] == '"1 打击·已做"'
    assert found["tint"] == "rgb(251, 227, 224)"
    assert found["target"] == "solid"


def test_html_browser_a_narrow_index_holds_long_names(tmp_path: Path) -> None:
    write([example(), letter_saying("a" * 300)], tmp_path / "site")
    script = "document.documentElement.scrollWidth - window.innerWidth"
    overflow, _ = look(tmp_path / "site", "index.html", script, width=360, profile=tmp_path / "profile")
    assert overflow <= 0


LINES = """((text) => [
  text.textContent,
  text.getBoundingClientRect().height / parseFloat(window.getComputedStyle(text).lineHeight),
])(document.getElementById("text"))"""


def test_html_browser_every_kind_of_line_end_ends_a_line(tmp_path: Path) -> None:
    ends = ["\n", "\r\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029"]
    text = "".join(f"第{i}行{end}" for i, end in enumerate(ends)) + "末行"
    write([letter(text, [measure(text, "第0行")], [claim(text, "3行\v第4", "count", 3, "行")])], tmp_path / "site")
    (shown, lines), _ = look(tmp_path / "site", page_of("云岭/答复.txt"), LINES, profile=tmp_path / "profile")
    assert shown == text
    assert round(lines) == len(ends) + 1


def test_html_browser_a_wrapped_paragraph_flows(tmp_path: Path) -> None:
    text = f"{'甲乙' * 11}\n{'甲乙' * 11}\r" * 3 + "丙。\n\n丁"
    write([letter(text)], tmp_path / "site")
    (shown, lines), _ = look(tmp_path / "site", page_of("云岭/答复.txt"), LINES, profile=tmp_path / "profile")
    assert shown == text
    assert 6 <= round(lines) <= 7  # 133 characters in lines of some 36, a blank one and 丁; as they were wrapped, 9


def test_html_browser_an_empty_index_is_shown(tmp_path: Path) -> None:
    write([], tmp_path / "site")
    state, _ = look(tmp_path / "site", "index.html", STATE, profile=tmp_path / "profile")
    assert "没有信件" in state["body"]
