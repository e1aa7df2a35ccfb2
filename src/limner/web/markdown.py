"""What a text model says, as HTML: Markdown without HTML of its own or headings, and with our own pictures alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict

    Tokens = Sequence[Token]

OWN_PICTURE = re.compile(r"/api/v1/images/[0-9a-f-]{36}/(?:file|thumbnail)(?:\?[\w=&]*)?")
"""The only addresses that a picture is shown from: any other would tell its server who reads this, and when."""
ELSEWHERE = ("http://", "https://")
KEPT = 2048
"""Messages whose HTML is remembered: they do not change any more."""


@lru_cache(maxsize=KEPT)
def rendered(text: str) -> str:
    """The words as HTML that may stand in a page whoever wrote them. Takes milliseconds for a long text."""
    html: str = _reader().render(text)
    return html


@cache
def _reader() -> MarkdownIt:
    from markdown_it import MarkdownIt  # 50 ms, which a server without chats need not pay

    reader = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
    reader.validateLink = _may_lead_to  # type: ignore[assignment,method-assign]  # documented so; the stub sees a method
    for name in ("heading_open", "heading_close", "link_open", "image"):
        reader.add_render_rule(name, RULES[name])
    return reader


def _may_lead_to(address: str) -> bool:
    return address.lower().startswith(ELSEWHERE) or OWN_PICTURE.fullmatch(address) is not None


def _heading(self: RendererHTML, tokens: Tokens, place: int, options: OptionsDict, env: EnvType) -> str:
    """A heading of a message is none of the page's: it has one already, and an order of its own."""
    del self, options, env
    return '<p class="head">' if tokens[place].nesting > 0 else "</p>\n"


def _link(self: RendererHTML, tokens: Tokens, place: int, options: OptionsDict, env: EnvType) -> str:
    tokens[place].attrSet("class", "link")
    tokens[place].attrSet("rel", "noopener noreferrer nofollow")
    return self.renderToken(tokens, place, options, env)


def _image(self: RendererHTML, tokens: Tokens, place: int, options: OptionsDict, env: EnvType) -> str:
    """A picture of our own; of any other a link to it, that somebody may follow or not."""
    token = tokens[place]
    address = escape(str(token.attrGet("src") or ""))
    words = escape(self.renderInlineAsText(token.children, options, env)) or address
    if OWN_PICTURE.fullmatch(str(token.attrGet("src") or "")):
        return str(Markup('<img src="{}" alt="{}" loading="lazy" decoding="async">').format(address, words))
    return str(Markup('<a class="link" rel="noopener noreferrer nofollow" href="{}">{}</a>').format(address, words))


RULES = {"heading_open": _heading, "heading_close": _heading, "link_open": _link, "image": _image}
