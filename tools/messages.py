"""Write what the pages say into the catalogs of their languages, or check that all of it is translated.

Texts stand in templates (`{{ _("Save") }}`), in the modules of the pages (`gettext`, `ngettext`, `message`) and in
scripts (`say`, `sayMany`). `make messages` adds what is new to each catalog, untranslated, and drops what nobody says
any more; `--check` writes nothing and fails where a catalog lacks a text, keeps one that is gone, or says it with
other values.
"""

import ast
import difflib
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from jinja2 import Environment

from limner.web.languages import FOLDER, LANGUAGES
from limner.web.languages.catalogs import BETWEEN, Catalog, Entry, read_catalog, written
from tools.sources import ROOT, Finding, Source, read_sources, report

WEB = "src/limner/web"
SPOKEN = {"_", "gettext", "ngettext", "message"}
VALUE = re.compile(r"%\((\w+)\)s|(\{\w+\})")
"""What is put in: by Python and templates, and by scripts that take their words from the page."""
STRAY = re.compile(r"%(?!\(\w+\)s)")
TAG = re.compile(r"</?\w+")
WORDS = ('from "./words.js"', 'getElementById("words")')
"""A script that speaks from the catalogs, or is the one by which all do."""
QUOTED = r'"((?:[^"\\]|\\.)*)"'
SAID_BY_SCRIPTS = re.compile(rf"\bsay\({QUOTED}|\bsayMany\({QUOTED},\s*{QUOTED}")


def is_stray(text: str) -> bool:
    """Whether a percent sign stands in a text that is neither a value nor written twice."""
    return STRAY.search(text.replace("%%", "")) is not None


class Heard:
    """What is said anywhere, in the order of the files."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.findings: list[Finding] = []

    def add(self, place: str, line: int, text: str, many: str = "") -> None:
        """Notes one text; one that is said with and without a count is two texts to a catalog, which it cannot hold."""
        known = self.entries.setdefault(text, Entry(text=text, many=many))
        if known.many != many:
            self.findings.append(Finding(place, line, f"{text!r} is said with and without a count; word one otherwise"))
        for each in filter(is_stray, (text, many)):
            self.findings.append(Finding(place, line, f"{each!r} has a percent sign that is no value; write %%"))
        if place not in known.places:
            self.entries[text] = replace(known, places=(*known.places, place))


def hear(root: Path) -> Heard:
    """Everything that templates, modules and scripts of a project say."""
    heard = Heard()
    web = root / WEB
    environment = Environment(autoescape=True, extensions=["jinja2.ext.i18n"])
    for path in sorted((web / "templates").rglob("*.html")):
        place = path.relative_to(web).as_posix()
        for line, function, given in environment.extract_translations(  # type: ignore[attr-defined]  # the extension's
            path.read_text(encoding="utf-8")
        ):
            texts = [given] if isinstance(given, str) else [each for each in given or () if each is not None]
            if texts:
                heard.add(place, line, *texts[: 2 if function == "ngettext" else 1])
    for source in read_sources(root, [WEB]):
        hear_module(source, heard)
    for path in sorted((web / "static").glob("*.js")):
        text = path.read_text(encoding="utf-8")
        if not any(each in text for each in WORDS):  # its `say`, where it has one, is its own
            continue
        for found in SAID_BY_SCRIPTS.finditer(text):
            texts = [json.loads(f'"{each}"') for each in found.groups() if each is not None]
            heard.add(path.relative_to(web).as_posix(), text.count("\n", 0, found.start()) + 1, *texts)
    return heard


def hear_module(source: Source, heard: Heard) -> None:
    """What one module says. A text that is put together before it is said cannot be found in a catalog."""
    place = source.path.removeprefix(f"{WEB}/")
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in SPOKEN:
            continue
        given = node.args[: 2 if node.func.id == "ngettext" else 1]
        texts = [f"{context_of(node)}{text}" for each in given if (text := text_of(each)) is not None]
        if any(isinstance(each, ast.JoinedStr | ast.BinOp) for each in given):
            heard.findings.append(Finding(source.path, node.lineno, "say a whole text, with its values by name"))
        elif len(texts) == len(given) and texts:
            heard.add(place, node.lineno, *texts)


def text_of(node: ast.expr) -> str | None:
    """The text that stands there; None for anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def context_of(call: ast.Call) -> str:
    """What `message` is told of a text that alone means something else elsewhere, as it stands before the text."""
    named = next((text_of(each.value) for each in call.keywords if each.arg == "context"), None)
    return f"{named}{BETWEEN}" if named else ""


def renewed(catalog: Catalog, heard: Iterable[Entry]) -> Catalog:
    """A catalog with what is said now: translations that it has, and gaps for the rest."""
    entries = {}
    for entry in heard:
        known = catalog.entries.get(entry.text)
        keeps = known is not None and bool(known.many) == bool(entry.many)
        gaps = ("",) * (catalog.forms if entry.many else 1)
        entries[entry.text] = replace(entry, said=known.said if known is not None and keeps else gaps)
    return replace(catalog, entries=entries)


def faults(path: str, catalog: Catalog, heard: dict[str, Entry]) -> Iterator[Finding]:
    """What a catalog lacks, keeps in vain, or says with other values than the pages have."""
    for text, entry in heard.items():
        known = catalog.entries.get(text)
        where = ", ".join(entry.places)
        if known is None or known.many != entry.many:
            yield Finding(path, 1, f"lacks {text!r} of {where}; `make messages` adds it, then translate it")
        elif not all(known.said) or len(known.said) != (catalog.forms if entry.many else 1):
            yield Finding(path, 1, f"has no translation of {text!r} of {where}")
        else:
            yield from (Finding(path, 1, fault) for said in known.said if (fault := unlike(entry, said)))
    for text in catalog.entries.keys() - heard.keys():
        yield Finding(path, 1, f"has {text!r}, which nothing says any more; `make messages` drops it")


def values(text: str) -> set[str]:
    """The names of what is put into a text."""
    return {by_name or by_script for by_name, by_script in VALUE.findall(text)}


def unlike(entry: Entry, said: str) -> str:
    """How a translation differs from its text in what is no matter of language; empty where it does not."""
    wanted, has = values(entry.many or entry.text), values(said)
    # A form for one or two may name the count by a word.
    missing, strange = wanted - has - ({"num"} if entry.many else set()), has - wanted
    if missing or strange or is_stray(said):
        return f"says {entry.text!r} with other values: {said!r}"
    if Counter(TAG.findall(said)) != Counter(TAG.findall(entry.text)) or ('"' in said and '"' not in entry.text):
        return f"says {entry.text!r} with other markup: {said!r}"
    return ""


def main(arguments: list[str]) -> int:
    """Write the catalogs, or check them."""
    heard, findings = hear(ROOT), []
    findings += heard.findings
    for language in LANGUAGES[1:]:
        path = FOLDER / f"{language.code}.po"
        name, catalog = path.relative_to(ROOT).as_posix(), read_catalog(path)
        fresh = written(renewed(catalog, heard.entries.values()))
        if "--check" in arguments:
            findings += faults(name, catalog, heard.entries)
            if not findings and fresh != path.read_text(encoding="utf-8"):
                findings.append(Finding(name, 1, "is not as `make messages` writes it"))
            continue
        gone = catalog.entries.keys() - heard.entries.keys()
        path.write_text(fresh, encoding="utf-8")
        gaps = [entry.text for entry in read_catalog(path).entries.values() if not all(entry.said)]
        print(f"{name}: {len(heard.entries)} texts, {len(gaps)} to be translated, {len(gone)} dropped")
        for text in gone:
            near = difflib.get_close_matches(text, gaps, 1)
            print(f"  dropped {text!r}" + (f", much like the new {near[0]!r}" if near else ""))
    return report("messages", findings, f"{len(heard.entries)} texts in {len(LANGUAGES)} languages")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
