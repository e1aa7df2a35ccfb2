"""Catalogs of translated texts, in the PO format of GNU gettext (manual of 0.26, section 3.1).

They are read as they are: a compiled copy beside each would be a second truth.
"""

from __future__ import annotations

import gettext
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

BETWEEN = "\x04"
"""Stands between the context of a text and the text, where the text alone has another meaning elsewhere."""
FORMS = re.compile(r"nplurals=(\d+); plural=(.+?);")


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A text and its translation."""

    text: str
    """With its context before it, if it has one."""
    many: str = ""
    """The text for several; empty where it does not depend on a count."""
    said: tuple[str, ...] = ()
    """The translation, in each plural form of the language; an empty one is missing."""
    places: tuple[str, ...] = ()
    """The files that say it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Catalog:
    """The texts of a language."""

    head: str
    entries: Mapping[str, Entry]
    forms: int
    """How many plural forms the language has."""
    choose: Callable[[int], int]
    """Which of them a count wants."""

    def one(self, text: str) -> str:
        """A text in this language; as it is where there is no translation."""
        entry = self.entries.get(text)
        return (entry.said[0] if entry and entry.said else "") or alone(text)

    def form(self, one: str, many: str, count: int) -> str:
        """A text in the form that a count wants."""
        entry, place = self.entries.get(one), self.choose(count)
        found = entry.said[place] if entry and place < len(entry.said) else ""
        return found or (one if count == 1 else many)


def alone(text: str) -> str:
    """A text without its context."""
    return text.rpartition(BETWEEN)[2]


def read_catalog(path: Path) -> Catalog:
    """Reads a catalog. Raises ValueError where it is none."""
    entries = {entry.text: entry for entry in _entries(path.read_text(encoding="utf-8"))}
    head = "".join(entries.pop("", Entry(text="")).said)
    found = FORMS.search(head)
    if found is None:
        raise ValueError(f"{path.name} does not say in its head which plural forms its language has.")
    return Catalog(head=head, entries=entries, forms=int(found[1]), choose=gettext.c2py(found[2]))


def written(catalog: Catalog) -> str:
    """A catalog as its file."""
    blocks = [_block(Entry(text="", said=(catalog.head,))), *map(_block, catalog.entries.values())]
    return "\n".join(blocks)


def _entries(text: str) -> Iterator[Entry]:
    for block in re.split(r"\n\s*\n", text):
        fields: dict[str, str] = {}
        places: list[str] = []
        name = ""
        for line in block.splitlines():
            if line.startswith("#:"):
                places += line[2:].split()
            elif line and not line.startswith("#"):
                word, _, rest = line.partition(" ") if line[0] != '"' else (name, "", line)
                name = word
                fields[name] = fields.get(name, "") + json.loads(rest)
        if "msgid" in fields:
            said = tuple(value for key, value in fields.items() if key.startswith("msgstr"))
            context = f"{fields['msgctxt']}{BETWEEN}" if "msgctxt" in fields else ""
            yield Entry(
                text=f"{context}{fields['msgid']}", many=fields.get("msgid_plural", ""), said=said, places=tuple(places)
            )


def _block(entry: Entry) -> str:
    lines = [f"#: {place}" for place in entry.places]
    context, has_one, text = entry.text.rpartition(BETWEEN)
    if has_one:
        lines.append(f"msgctxt {_quoted(context)}")
    lines.append(f"msgid {_quoted(text)}")
    if entry.many:
        lines.append(f"msgid_plural {_quoted(entry.many)}")
        lines += [f"msgstr[{place}] {_quoted(form)}" for place, form in enumerate(entry.said)]
    else:
        lines.append(f"msgstr {_quoted(''.join(entry.said))}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A text between quotation marks; one of several lines stands below its name, line by line."""
    if "\n" not in text:
        return json.dumps(text, ensure_ascii=False)
    return "\n".join(['""', *(json.dumps(line, ensure_ascii=False) for line in text.splitlines(keepends=True))])
