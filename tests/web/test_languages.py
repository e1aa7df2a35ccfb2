"""The pages speak the language of whoever looks at them, and every catalog says all that they say."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from limner.domain.chats import TagKind
from limner.domain.money import Money
from limner.web.chat_showing import TAGS
from limner.web.icons import read_icons
from limner.web.languages import (
    ENGLISH,
    FOLDER,
    KNOWN,
    LANGUAGES,
    Language,
    gettext,
    ngettext,
    preferred,
    speaking,
    words_of_scripts,
)
from limner.web.languages.catalogs import BETWEEN, Entry, read_catalog, written
from limner.web.offering import button
from tests.api.served import Site, serving
from tools import messages
from tools.messages import faults, hear, renewed, unlike

GERMAN = KNOWN["de"]
BUTTONS = {
    "en": ("Generate 4 Images for $0.1600", "Generate Image for nothing", "Generate 2 Images, price unknown"),
    "de": (
        "4 Bilder für 0,1600\u00a0$ generieren",
        "Bild kostenlos generieren",
        "2 Bilder generieren, Preis unbekannt",
    ),
    "ar": ("توليد 4 صور مقابل \u2066$0.1600\u2069", "توليد صورة واحدة مجانًا", "توليد صورتين، السعر غير معروف"),
}
HEAD = 'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n'


def test_every_catalog_says_all_that_the_pages_say(capsys: pytest.CaptureFixture[str]) -> None:
    """What it names is added by `make messages` and then translated in src/limner/web/languages/*.po."""
    assert messages.main(["--check"]) == 0, capsys.readouterr().out


@pytest.mark.parametrize(
    "accepted,code",
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("fr,ar;q=0.5", "ar"),
        ("ar-EG;q=0.3, de;q=0.7", "de"),
        ("de;q=0,ar", "ar"),
        ("fr-CA, *", "en"),
        ("DE", "de"),
        ("de;q=much", "en"),
    ],
)
def test_a_browser_gets_the_best_of_what_it_asks_for(accepted: str, code: str) -> None:
    assert preferred(accepted).code == code


def test_a_text_is_said_in_the_language_of_the_request_and_in_english_elsewhere() -> None:
    assert gettext("Gallery") == "Gallery"
    with speaking(GERMAN):
        assert gettext("Gallery") == "Galerie"
        assert gettext("Signed in as %(person)s", person="Ada") == "Angemeldet als Ada"
        with speaking(ENGLISH):
            assert gettext("Gallery") == "Gallery"
    assert ngettext("%(num)s hill", "%(num)s hills", 1) == "1 hill"
    assert ngettext("%(num)s hill", "%(num)s hills", 1200, num="1,200") == "1,200 hills"


def test_arabic_has_six_forms_and_each_count_wants_one_of_them() -> None:
    choose = read_catalog(FOLDER / "ar.po").choose
    assert [choose(count) for count in (0, 1, 2, 3, 10, 11, 99, 100, 101, 103, 111)] == [
        0,
        1,
        2,
        3,
        3,
        4,
        4,
        5,
        5,
        3,
        4,
    ]


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.code)
def test_a_page_says_which_language_it_speaks_and_to_which_side(site: Site, language: Language) -> None:
    page = site.client.get("/gallery", headers={"Accept": "text/html", "Accept-Language": language.tag})
    assert f'<html lang="{language.tag}" dir="{language.direction}"' in page.text
    assert "Accept-Language" in page.headers["vary"]
    with speaking(language):
        assert f"<span>{gettext('Gallery')}</span>" in page.text
        missing = site.client.get("/nowhere", headers={"Accept": "text/html", "Accept-Language": language.tag})
        assert gettext("There is nothing at this address.") in missing.text


def test_a_choice_outlives_the_browser_s_own_and_leads_back_to_this_server_only(site: Site) -> None:
    sent = {"Accept": "text/html", "Origin": site.url}
    answer = site.client.post("/language", data={"language": "de", "back": "/jobs?x=1"}, headers=sent)
    assert (answer.status_code, answer.headers["location"]) == (303, "/jobs?x=1")
    assert "language=de" in answer.headers["set-cookie"]
    assert 'lang="de"' in site.client.get("/gallery", headers={"Cookie": "language=de", "Accept-Language": "ar"}).text
    site.client.cookies.clear()
    strange = site.client.post("/language", data={"language": "xx", "back": "//elsewhere.test"}, headers=sent)
    assert strange.headers["location"] == "/"
    assert "set-cookie" not in strange.headers


@pytest.fixture
def project(tmp_path: Path) -> Path:
    web = tmp_path / "src/limner/web"
    (web / "templates").mkdir(parents=True)
    (web / "static").mkdir()
    (web / "templates/hill.html").write_text('{{ _("A hill") }} {{ ngettext("%(num)s tree", "%(num)s trees", many) }}')
    (web / "hills.py").write_text(
        'HIGH = message("High")\nWORD = gettext(HIGH)\nLOW = message("Low", context="of a hill")\n'
        'OTHER = gettext("Seen by %(who)s", who=1)\n'
    )
    (web / "static/own.js").write_text('say("its own way")')
    (web / "static/hill.js").write_text(
        'import { say, sayMany } from "./words.js";\n'
        'toast(say("The \\"hill\\" is gone"));\nsayMany("%(num)s cloud", "%(num)s clouds", n)'
    )
    return tmp_path


def test_what_is_said_is_found_in_templates_modules_and_scripts(project: Path) -> None:
    heard = hear(project)
    assert heard.findings == []
    assert {text: (entry.many, entry.places) for text, entry in heard.entries.items()} == {
        "A hill": ("", ("templates/hill.html",)),
        "%(num)s tree": ("%(num)s trees", ("templates/hill.html",)),
        "High": ("", ("hills.py",)),
        f"of a hill{BETWEEN}Low": ("", ("hills.py",)),
        "Seen by %(who)s": ("", ("hills.py",)),
        'The "hill" is gone': ("", ("static/hill.js",)),
        "%(num)s cloud": ("%(num)s clouds", ("static/hill.js",)),
    }


def test_a_catalog_that_lacks_a_text_keeps_one_in_vain_or_says_it_otherwise_is_told(project: Path) -> None:
    path = project / "xx.po"
    path.write_text(HEAD + '\nmsgid "A hill"\nmsgstr ""\n\nmsgid "Gone"\nmsgstr "Fort"\n')
    heard = hear(project).entries
    told = " ".join(finding.text for finding in faults("xx.po", read_catalog(path), heard))
    assert "no translation of 'A hill' of templates/hill.html" in told
    assert "lacks 'High' of hills.py" in told
    assert "'Gone', which nothing says any more" in told
    path.write_text(written(renewed(read_catalog(path), heard.values())))
    known = read_catalog(path)
    assert "Gone" not in known.entries
    said = {text: replace(entry, said=("Berg",) * len(entry.said)) for text, entry in known.entries.items()}
    wrong = [finding.text for finding in faults("xx.po", replace(known, entries=said), heard)]
    assert wrong == ["says 'Seen by %(who)s' with other values: 'Berg'"]


@pytest.mark.parametrize(
    "text,said,fault",
    [
        ("Seen by %(who)s", "Von %(who)s gesehen", ""),
        ("Seen by %(who)s", "Von %(wem)s gesehen", "other values"),
        ("All", "Alle 100 %", "other values"),
        ("In {seconds} s", "In {sekunden} s", "other values"),
        ("At 100%% it ends", "Bei 100 %% endet es", ""),
        ("Read <code>.env</code>", "Lies <code>.env</code>", ""),
        ("Read <code>.env</code>", "Lies .env", "other markup"),
        ("Hill", 'Berg" onclick="x', "other markup"),
    ],
)
def test_translations_have_the_values_and_the_markup_of_their_text(text: str, said: str, fault: str) -> None:
    assert fault in unlike(Entry(text=text), said)
    assert bool(fault) == bool(unlike(Entry(text=text), said))


def test_a_text_that_is_put_together_or_has_a_stray_percent_sign_is_told(project: Path) -> None:
    (project / "src/limner/web/hills.py").write_text(
        'A = gettext(f"{b} hills")\nC = gettext("100% hill")\nD = message("%(num)s tree")\n'
    )
    told = [finding.text for finding in hear(project).findings]
    assert told[0] == "say a whole text, with its values by name"
    assert "write %%" in told[1]
    assert "with and without a count" in told[2]


def test_catalogs_of_several_lines_are_read_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "xx.po"
    path.write_text(HEAD)
    empty = read_catalog(path)
    entry = Entry(text='One\n"two"\n', said=("Eins\n„zwei“\n",), places=("a.py", "b.html"))
    path.write_text(written(renewed(empty, [entry])), encoding="utf-8")
    full = replace(empty, entries={entry.text: entry})
    path.write_text(written(full), encoding="utf-8")
    assert read_catalog(path).entries == {entry.text: entry}
    path.write_text('msgid "x"\nmsgstr "y"\n')
    with pytest.raises(ValueError, match="plural forms"):
        read_catalog(path)


def test_what_is_free_is_free_in_every_language(site: Site) -> None:
    job: Any = site.paint(prompt="a free quay")
    for language, free in (("en", "free"), ("de", "kostenlos"), ("ar", "مجانًا")):
        speaks = {"Accept": "text/html", "Cookie": f"language={language}"}
        card = site.client.get(f"/jobs/{job['id']}/card", headers=speaks).text
        assert re.search(rf'<span class="push num">{free} · ', card), language
        picked = site.client.get("/", headers=speaks).text
        assert re.search(r'data-kinds="[^"]*\bfree\b', picked), language
        style = site.client.get(f"{job['images'][0]['page_url']}/style", headers=speaks).text
        button = re.search(r'data-part="buying".*?<button[^>]*>(.*?)</button>', style, re.DOTALL)
        assert button, language
        assert free not in button[1], language


def test_the_composer_asks_for_a_key_where_there_is_none_in_every_language(tmp_path: Path) -> None:
    with serving(tmp_path, key="") as keyless:
        for language in LANGUAGES:
            speaks = {"Accept": "text/html", "Cookie": f"language={language.code}"}
            page = keyless.client.get("/", headers=speaks).text
            with speaking(language):
                badge, ability = gettext("No keys yet"), gettext("Reference")
            found = re.search(rf'<span class="badge ([a-z]*)"><svg[^>]*>([^\n]*?)</svg>{badge}</span>', page)
            assert found, language.code
            assert found.groups() == ("", read_icons()["key"]), language.code
            assert f'<span class="badge">{ability}</span>' in page, language.code


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.code)
def test_a_button_names_what_it_agrees_to(language: Language) -> None:
    with speaking(language):
        assert (button(4, Money.usd("0.16")), button(1, Money()), button(2, None)) == BUTTONS[language.code]


def test_a_text_with_two_meanings_is_said_by_its_context(tmp_path: Path) -> None:
    entry = Entry(text=f"of a story{BETWEEN}Theme", said=("Thema",), places=("a.py",))
    plain = Entry(text="Theme", said=("Farbschema",))
    path = tmp_path / "xx.po"
    path.write_text(HEAD)
    catalog = replace(read_catalog(path), entries={each.text: each for each in (entry, plain)})
    path.write_text(written(catalog), encoding="utf-8")
    assert 'msgctxt "of a story"\nmsgid "Theme"\nmsgstr "Thema"' in path.read_text(encoding="utf-8")
    again = read_catalog(path)
    assert again.entries == catalog.entries
    assert [again.one(each.text) for each in (entry, plain)] == ["Thema", "Farbschema"]
    assert again.one(f"of a tune{BETWEEN}Theme") == "Theme"
    for language, said in ((ENGLISH, "Theme"), (GERMAN, "Thema"), (KNOWN["ar"], "موضوع")):
        with speaking(language):
            assert gettext(TAGS[TagKind.THEME]) == said


def test_the_times_that_scripts_write_are_in_the_language_of_the_page() -> None:
    written_there = {"%(seconds)s s", "%(minutes)s min", "%(minutes)s min %(seconds)s s"}
    for language in LANGUAGES[1:]:
        assert written_there <= set(words_of_scripts(language.code))
