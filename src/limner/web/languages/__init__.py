"""The languages of the pages: which one a request is answered in, and the words in it.

`gettext` and `ngettext` give a text of the code in the language of the request, with its values in their places. Values
are always put in by name (`%(count)s`), and a percent sign of the text's own is written twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from limner.web.languages.catalogs import BETWEEN, Catalog, alone, read_catalog

FOLDER = Path(__file__).parent
COOKIE = "language"
SILENT = ("/api/", "/static/")
"""Paths below which nothing is said in words of the pages."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Language:
    """A language that the pages speak."""

    code: str
    """What the cookie and the catalog are called."""
    tag: str
    """The `lang` of a page (BCP 47)."""
    name: str
    """What its speakers call it."""
    direction: str = "ltr"
    thousands: str = ","
    decimal: str = "."


ENGLISH = Language(code="en", tag="en-GB", name="English")
"""The language of the texts in the code; it has no catalog."""
LANGUAGES = (
    ENGLISH,
    Language(code="de", tag="de", name="Deutsch", thousands=".", decimal=","),
    Language(code="ar", tag="ar", name="العربية", direction="rtl"),
)
"""Numbers of Arabic pages have European digits, as prices and sizes have them there."""
KNOWN: Mapping[str, Language] = {language.code: language for language in LANGUAGES}

_spoken: ContextVar[Language] = ContextVar("language", default=ENGLISH)


class Said(str):
    """A text in the language of the request, which what engine and services say about errors is not."""

    __slots__ = ()


class Speaking:
    """Answers each request for a page in the language of whoever asks. Pure ASGI: the routes inside just speak."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Chooses the language before anything is said."""
        if scope["type"] != "http" or scope["path"].startswith(SILENT):
            await self.app(scope, receive, send)
            return
        with speaking(chosen(Request(scope))):
            await self.app(scope, receive, send)


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Whatever is said inside is said in this language."""
    before = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(before)


def spoken() -> Language:
    """The language of this request."""
    return _spoken.get()


def chosen(request: Request) -> Language:
    """The language of a cookie, else the best that the browser asks for, else English."""
    named = KNOWN.get(request.cookies.get(COOKIE, ""))
    return named or preferred(request.headers.get("accept-language", ""))


def preferred(accepted: str) -> Language:
    """The best of an Accept-Language header; regions and scripts do not matter."""
    wanted = []
    for place, each in enumerate(accepted.split(",")[:50]):
        tag, _, weight = each.partition(";")
        language = KNOWN.get(tag.strip().partition("-")[0].lower())
        if language is not None and (liking := _weight(weight)) > 0:
            wanted.append((-liking, place, language.code))
    return KNOWN[min(wanted)[2]] if wanted else ENGLISH


def _weight(text: str) -> float:
    name, _, value = text.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0


@cache
def catalog_of(code: str) -> Catalog:
    """The texts of a language. Blocks when it is first asked for: `load` asks before anything is served."""
    return read_catalog(FOLDER / f"{code}.po")


@cache
def words_of_scripts(code: str) -> Mapping[str, tuple[str, ...]]:
    """What scripts say in a language, in each plural form; nothing for English, which they say by themselves."""
    entries = {} if code == ENGLISH.code else catalog_of(code).entries
    return {text: entry.said for text, entry in entries.items() if any(map(_of_scripts, entry.places))}


def _of_scripts(place: str) -> bool:
    return place.startswith("static/")


def load() -> None:
    """Reads all catalogs. Blocks."""
    for language in LANGUAGES[1:]:
        catalog_of(language.code)


def plain_gettext(text: str) -> str:
    """A text in the language of the request, without its values."""
    language = _spoken.get()
    return alone(text) if language is ENGLISH else catalog_of(language.code).one(text)


def plain_ngettext(one: str, many: str, count: int) -> str:
    """The same for a text whose form depends on a count."""
    language = _spoken.get()
    if language is ENGLISH:
        return one if count == 1 else many
    return catalog_of(language.code).form(one, many, count)


def gettext(text: str, **values: object) -> str:
    """A text in the language of the request, with its values in their places."""
    return Said(plain_gettext(text) % values)


def ngettext(one: str, many: str, count: int, **values: object) -> str:
    """The same in the form that a count wants, which stands for `%(num)s` unless that has words of its own."""
    return Said(plain_ngettext(one, many, count) % {"num": number(count), **values})


def number(count: float, places: int = 0) -> str:
    """1,284 or 4,200.5, as the language of the request groups and points it."""
    return pointed(f"{count:,.{places}f}")


def pointed(digits: str) -> str:
    """An English number, such as 4,200.5, as the language of the request writes it."""
    language = spoken()
    return digits.translate({ord(","): language.thousands, ord("."): language.decimal})


def message(text: str, *, context: str = "") -> str:
    """Marks a text that stands in a table and is said later, by `gettext`; `context` says what is meant by it where the
    text alone means something else elsewhere.
    """
    return f"{context}{BETWEEN}{text}" if context else text
