"""Every page speaks the language that it says it does: no sentence of another is left in it."""

import json
import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from typing import Any

import pytest

from limner.domain.errors import FailureCode, InvalidRequest, LimnerError, NotFound, Problem
from limner.testing.faults import Drop, Fault
from limner.web import failures, languages
from limner.web.languages import KNOWN, catalog_of, gettext, speaking
from limner.web.languages.catalogs import Catalog
from tests.api.served import Site, serving

ENGLISH_WORDS = re.compile(r"\b(the|of|is|are|and|with|this|that|your|you|from|for|not|has|have|be)\b")
"""Words that most English sentences have, and no German or Arabic one."""
SPOKEN = {"aria-label", "title", "alt", "placeholder"}
UNSPOKEN = {"script", "style", "code", "pre"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
VALUE = re.compile(r"%\(\w+\)s|\{\w+\}")
PAID = {"model": "openai/gpt-image-1-mini", "size": "1024x1024", "quality": "low"}
SAID = "Xyzzy plugh."
BAD = Fault(status=400, body={"error": {"message": SAID, "code": "invalid_value"}})
REFUSED = Fault(status=400, body={"error": {"message": SAID, "code": "moderation_blocked"}})
SECTIONS = [
    "keys",
    "profiles",
    "providers",
    "providers/openai",
    "budgets",
    "webhooks",
    "presets",
    "templates",
    "appearance",
]
OF_A_PICTURE = ["", "/edit", "/vary", "/upscale", "/style", "/cutout", "/rerun?model=openai/gpt-image-2"]


class _Words(HTMLParser):
    """What a page says in its own words: not what people wrote, nor what is marked as English."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        foreign = given.get("lang") == "en" or given.get("dir") == "auto" or tag in UNSPOKEN
        hidden = foreign or (bool(self._open) and self._open[-1][1])
        if not hidden:
            self.said += [value for name, value in attrs if name in SPOKEN and value]
        if tag not in VOID:
            self._open.append((tag, hidden))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not (self._open and self._open[-1][1]):
            self.said.append(" ".join(data.split()))


def words_of(text: str) -> Sequence[str]:
    """All that a page says."""
    reader = _Words()
    reader.feed(text)
    return reader.said


def untranslated(code: str) -> re.Pattern[str]:
    """Any whole English text of the pages that is none of a language, with whatever values."""
    entries = catalog_of(code).entries.values()
    known = {VALUE.sub("", said) for entry in entries for said in entry.said}
    found = []
    for text in filter(None, (text for entry in entries for text in (entry.text, entry.many))):
        words = VALUE.sub("", text)
        if words not in known and (words == text or len(re.findall(r"[a-z]{2,}", words)) > 1):
            found.append(".+".join(re.escape(part.replace("%%", "%")) for part in VALUE.split(text)))
    return re.compile("|".join(found))


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Sequence[str]]]:
    """A site with a job in every state, and the addresses of its pages."""
    with serving(tmp_path_factory.mktemp("spoken")) as site:
        done: Any = site.paint(prompt=SAID, count=2, steps=28)
        jobs: list[Any] = [done]
        for fault, count in ((BAD, 1), (Fault(pictures=1), 2), (REFUSED, 1), (Fault(drop=Drop.AFTER_READING), 1)):
            site.stand_in.faults.add(fault)
            jobs.append(site.paint(prompt=SAID, count=count, **PAID))
        site.stand_in.faults.add(Fault(delay=600.0))
        jobs.append(site.client.post("/api/v1/jobs", json={"prompt": SAID, **PAID}).json())
        album: Any = site.client.post("/api/v1/collections", json={"name": SAID}).json()
        chat: Any = site.client.post("/api/v1/chats", json={}).json()
        binned: Any = site.paint(prompt=SAID)
        site.client.delete(f"/api/v1/images/{binned['images'][0]['id']}")
        paths = ["/", "/gallery", "/gallery?select=1", "/gallery?trash=1", "/gallery/empty", "/gallery?q=nothing"]
        paths += ["/collections", f"/collections/{album['id']}", f"/collections/{album['id']}/remove"]
        paths += ["/jobs", "/jobs?show=active", "/analytics", "/analytics?period=day", "/chat", f"/chat/{chat['id']}"]
        paths += ["/compare", f"/compare?ids={','.join(each['id'] for each in done['images'])}", "/compare?ids=x"]
        paths += [
            "/docs",
            "/keys",
            "/offline",
            "/nowhere",
            f"/?from={done['id']}",
            *(f"/jobs/{job['id']}" for job in jobs),
        ]
        paths += [f"/jobs/retry?id={job['id']}" for job in jobs[:5]]
        paths += [f"{done['images'][0]['page_url']}{part}" for part in OF_A_PICTURE]
        yield site, [*paths, *(f"/settings/{section}" for section in [*SECTIONS, "appearance"])]


def named(site: Site) -> re.Pattern[str]:
    """What the catalog calls services, models and styles, in every language alike; and what was asked for."""
    services, models, styles = (
        site.client.get(f"/api/v1/{each}").json() for each in ("providers", "models", "presets")
    )
    rows: list[Any] = [*services["items"], *models["items"], *styles["items"]]
    names = {str(row[key]) for row in rows for key in ("name", "title", "description") if row.get(key)}
    return re.compile("|".join(re.escape(name) for name in sorted(names | {SAID}, key=len, reverse=True)))


@pytest.mark.parametrize("code", ["de", "ar"])
def test_no_page_has_a_sentence_of_another_language(busy: tuple[Site, Sequence[str]], code: str) -> None:
    site, paths = busy
    english, names = untranslated(code), named(site)
    left: dict[str, str] = {}
    for path in paths:
        page = site.client.get(path, headers={"Accept": "text/html", "Cookie": f"language={code}"})
        assert page.status_code < 500, path
        for said in words_of(page.text):
            words = names.sub("", said).strip()
            if english.fullmatch(words) or ENGLISH_WORDS.search(words):
                left[said] = path
    assert left == {}


class _Hostile(Catalog):
    """A catalog whose translations try to leave the place that they are put into."""

    def one(self, text: str) -> str:
        return f'{super().one(text)}" onhostile="<i>&lt;'

    def form(self, one: str, many: str, count: int) -> str:
        return f'{super().form(one, many, count)}" onhostile="<i>&lt;'


def test_a_translation_ends_no_attribute(busy: tuple[Site, Sequence[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    site, paths = busy
    known = catalog_of("de")
    hostile = _Hostile(head=known.head, entries=known.entries, forms=known.forms, choose=known.choose)
    monkeypatch.setattr(languages, "catalog_of", lambda code: hostile)
    for path in paths:
        page = site.client.get(path, headers={"Accept": "text/html", "Cookie": "language=de"}).text
        found = _Attributes()
        found.feed(page)
        assert "onhostile" in page, path
        assert "onhostile" not in found.names, path
        assert all('" onhostile=' in json.loads(stages)["queued"] for stages in found.stages)


class _Attributes(HTMLParser):
    """The names of all attributes of a page, and the words that it keeps as JSON in one."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.stages: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names |= {name for name, _ in attrs}
        self.stages += [value for name, value in attrs if name == "data-stages" and value]


def kinds(kind: type[LimnerError] = LimnerError) -> Iterator[type[LimnerError]]:
    """Every kind of error that is known by now."""
    for each in kind.__subclasses__():
        yield each
        yield from kinds(each)


def test_every_code_has_a_sentence_of_its_own_and_every_kind_of_error_has_one() -> None:
    assert set(FailureCode) <= set(failures.HEADLINES)
    unsaid = gettext(failures.UNKNOWN)
    assert [kind for kind in kinds() if failures.headline(kind.code, kind) == unsaid] == []
    assert failures.headline("never heard of", NotFound) == failures.headline(NotFound.code)
    assert failures.headline("never heard of") == unsaid


def test_an_error_is_told_in_the_language_of_the_page_and_below_it_as_it_was_said() -> None:
    error = InvalidRequest('A "size" of <b> is none.', code="prompt_empty")
    late = Problem(code=FailureCode.TIMED_OUT, message="OpenAI took too long.")
    assert failures.told(error) == error.message
    assert failures.parted(error) == {"detail": error.message}
    assert failures.told(late, "", "", "B.") == "OpenAI took too long. B."
    with speaking(KNOWN["de"]):
        assert failures.told(None) == ""
        detail = "A &#34;size&#34; of &lt;b&gt; is none."
        original = f'<span class="original" lang="en" dir="ltr">{detail}</span>'
        assert failures.told(error) == f"Der Prompt ist leer. {original}"
        assert failures.parted(error) == {"detail": "Der Prompt ist leer.", "original": error.message}
        assert failures.in_short("timed_out", late.message) == "Der Anbieter hat nicht rechtzeitig geantwortet."
        assert "geantwortet. Ein &lt;Wort&gt;. <span" in failures.told(late, "", "Ein <Wort>.")
        ours = InvalidRequest(gettext("Tick at least one picture first."))
        assert failures.told(ours) == "Kreuzen Sie zuerst mindestens ein Bild an."
    assert failures.in_short("timed_out", late.message) == late.message


def test_a_card_says_in_both_languages_why_it_failed(busy: tuple[Site, Sequence[str]]) -> None:
    site, paths = busy
    cards = [path for path in paths if path.startswith("/jobs/0")]
    texts = [site.client.get(path, headers={"Accept": "text/html", "Cookie": "language=de"}).text for path in cards]
    refused = next(text for text in texts if "Der Inhalt wurde abgelehnt." in text)
    assert re.search(r'<span class="original" lang="en" dir="ltr">OpenAI refuses this as unsafe\.', refused)
    assert "Nichts wurde berechnet." in refused
    assert any("Einige der Bilder sind nicht gekommen." in text for text in texts)
    english = site.client.get(cards[1], headers={"Accept": "text/html"}).text
    assert 'class="original"' not in english
