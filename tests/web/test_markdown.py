"""What a text model says becomes HTML, and never more than words, links and our own pictures."""

from html.parser import HTMLParser
from uuid import UUID

import pytest

from limner.web.markdown import rendered

OURS = f"/api/v1/images/{UUID(int=7)}/file"
KNOWN = {"p", "a", "img", "strong", "em", "s", "code", "pre", "ul", "ol", "li", "blockquote", "br", "hr"} | {
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}


class Tags(HTMLParser):
    """All tags of a text with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt:alert(1))",
        "[a](&#106;avascript:alert(1))",
        "[a](data:text/html,<script>alert(1)</script>)",
        "[a](/chat/delete)",
        "[a](//elsewhere.example/)",
        "![a](javascript:alert(1))",
        "![a](https://spy.example/pixel.png)",
        '![a"onerror="alert(1)](https://spy.example/"onload="x)',
        f"![a]({OURS}/../../../../chat)",
        "![a](/api/v1/images/../chats)",
        "<https://elsewhere.example/><b onclick=x>",
        "[a]: javascript:alert(1)\n\n[a]",
        "~~~html\n<script>alert(1)</script>\n~~~",
        "`<script>`\n\n| a | b |\n|---|---|\n| <b> | [x](vbscript:x) |",
        '[a](https://elsewhere.example/ "t\\" onmouseover=\\"alert(1)")',
        "# <svg onload=alert(1)>",
    ],
)
def test_nothing_that_acts_comes_through(text: str) -> None:
    for tag, attributes in Tags(rendered(text)).found:
        assert tag in KNOWN
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert tag != "img", "a picture from elsewhere is a link at most"
        if tag == "a":
            assert str(attributes["href"]).startswith(("http://", "https://"))
            assert attributes["rel"] == "noopener noreferrer nofollow"


def test_markdown_is_kept_and_headings_are_not_the_pages() -> None:
    found = rendered("# Harbours\n\nSome **bold**, *quiet* words,\na [page](https://example.com).\n\n- one\n- two")
    assert "<h1" not in found
    assert '<p class="head">Harbours</p>' in found
    for each in ("<strong>bold</strong>", "<em>quiet</em>", "<li>one</li>", 'href="https://example.com"', "<br"):
        assert each in found
    assert "<table>" in rendered("| a | b |\n|---|---|\n| 1 | 2 |")


def test_a_picture_of_our_own_is_shown() -> None:
    [(_, _), (tag, attributes)] = Tags(rendered(f"![A harbour]({OURS})")).found
    assert (tag, attributes["src"], attributes["alt"]) == ("img", OURS, "A harbour")


def test_a_picture_from_elsewhere_is_a_link() -> None:
    [(_, _), (tag, attributes)] = Tags(rendered("![A harbour](https://elsewhere.example/a.png)")).found
    assert (tag, attributes["href"]) == ("a", "https://elsewhere.example/a.png")
