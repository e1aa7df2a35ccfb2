"""Find words in templates that stand there by themselves, so that no catalog can say them in another language.

Words are letters in the text of an element, or in an attribute that people read or hear, outside `{{ }}`. What is the
same in every language is let be by rule: code, keys and whatever is marked by `lang` or `translate="no"`; addresses,
names of files and the like, which have a sign between letters; the name of the product; names with several capitals,
such as PNG or WebP; and `px`. The pages' `_` writes out the quotation marks of a translation, which would end an
attribute, but not its apostrophes: an attribute between apostrophes may hold no text of a catalog.
"""

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser

from jinja2 import Environment

from tools.sources import ROOT, Finding, report

TEMPLATES = "src/limner/web/templates"
PUT_IN = "jinja0"
"""Stands where a template puts something in; it can be the name of an element, too."""
READ = {"alt", "aria-description", "aria-label", "aria-roledescription", "aria-valuetext", "placeholder", "title"}
NEUTRAL_ELEMENTS = {"code", "kbd", "pre", "samp", "script", "style"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "use", "wbr"}
WORD = re.compile(r"[^\W\d_][\w'-]*")
NEUTRAL = re.compile(r"Limner|px|[A-Z]\w*[A-Z]\w*|[A-Z]")
IDENTIFIER = re.compile(r"\S*(\w[/.:@]\w|\w_)\S*")
ATTRIBUTE = re.compile(r'[\w-]+="[^"]*"?')
"""In a macro that writes attributes."""
QUOTED_BY_ONE = re.compile(r"='[^'<>]*$")


class _Reader(HTMLParser):
    """Notes each bare word of a template with its line."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[int, str]] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        is_marked = given.get("translate") == "no" or ("lang" in given and tag != "html")
        is_neutral = tag in NEUTRAL_ELEMENTS or is_marked
        hidden = is_neutral or self._hidden
        for name, value in attrs:
            if name in READ and value and not hidden:
                self._note(value)
        if tag not in VOID:
            self._open.append((tag, hidden))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if any(tag == each for each, _ in self._open):
            while self._open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._note(data)

    @property
    def _hidden(self) -> bool:
        return bool(self._open) and self._open[-1][1]

    def _note(self, text: str) -> None:
        begun = self.getpos()[0]
        said = IDENTIFIER.sub(" ", ATTRIBUTE.sub(" ", text.replace(PUT_IN, " ")))
        for line, part in enumerate(said.split("\n")):
            words = [word for word in WORD.findall(part) if not NEUTRAL.fullmatch(word)]
            if words:
                self.found.append((begun + line, " ".join(words)))


def bare(text: str) -> Iterator[tuple[int, str]]:
    """What is wrong with the words of a template, with its lines."""
    parts: list[str] = []
    inside = ""
    for line, kind, value in Environment(autoescape=True).lex(text):
        if kind == "data":
            parts.append(value)
        elif kind == "variable_begin":
            if QUOTED_BY_ONE.search("".join(parts)[-400:]):
                inside = value
            parts.append(PUT_IN)
        elif inside and kind == "name" and value in ("_", "ngettext"):
            yield line, "a text in an attribute between apostrophes, which it may end; write quotation marks"
            inside = ""
        else:
            inside = "" if kind == "variable_end" else inside
            parts.append("\n" * value.count("\n"))
    reader = _Reader()
    reader.feed("".join(parts))
    reader.close()
    yield from ((line, f"{words!r} cannot be translated; say it by _()") for line, words in reader.found)


def main() -> int:
    """Tell of every bare word."""
    folder = ROOT / TEMPLATES
    paths = sorted(folder.rglob("*.html"))
    findings = [
        Finding(path.relative_to(ROOT).as_posix(), line, fault)
        for path in paths
        for line, fault in bare(path.read_text(encoding="utf-8"))
    ]
    return report("bare words", findings, f"{len(paths)} templates")


if __name__ == "__main__":
    sys.exit(main())
