"""Find code that nothing uses.

vulture does the looking; what it cannot know is decided here by rule, never by a list of names:

- a decorated function is registered somewhere (a route, a command, a fixture, a validator);
- a field declared in a class body is part of a shape that JSON, a template or another program may read;
- a name that a template or pyproject.toml mentions, or a string such as "package.module:name", is used;
- methods of a class that extends another library's class are called by that library;
- an attribute set on what an object of ours holds (self.server.should_exit) belongs to somebody else's class;
- unused imports, parameters and local variables are ruff's business.
"""

import ast
import builtins
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import vulture

from tools.sources import ROOT, Finding, Source, read_sources, report

REGISTERED = ["@*.*", "@computed_field", "@field_*", "@model_*", "@override"]
CALLED_BY_TOOLS = ["pytest_*", "pytestmark", "__getattr__"]
JUDGED = {"attribute", "class", "function", "method", "property", "unreachable_code", "variable"}
INERT_BASES = {"ABC", "BaseModel", "BaseSettings", "Enum", "Generic", "IntEnum", "NamedTuple", "Protocol", "StrEnum"}
INERT_BASES |= {name for name, value in vars(builtins).items() if isinstance(value, type)}


def words_of_templates(root: Path) -> set[str]:
    """Every name inside the expressions of templates, and in the project file."""
    words = set(re.findall(r"\w+", (root / "pyproject.toml").read_text(encoding="utf-8")))
    for path in (root / "src/limner").rglob("*"):
        if path.suffix in {".html", ".jinja", ".svg", ".txt", ".xml"} and "static" not in path.parts:
            for expression in re.findall(r"\{[{%](.*?)[%}]\}", path.read_text(encoding="utf-8"), re.DOTALL):
                words.update(re.findall(r"\w+", expression))
    return words


def named_in_strings(sources: Iterable[Source]) -> set[str]:
    """What strings of the form `package.module:name` refer to."""
    strings = (node.value for source in sources for node in ast.walk(source.tree) if isinstance(node, ast.Constant))
    found = (re.fullmatch(r"\w+(?:\.\w+)+:(\w+)", text) for text in strings if isinstance(text, str))
    return {match[1] for match in found if match}


def name_of(base: ast.expr) -> str:
    """A base class as written; one of another module, such as asyncio.Protocol, with its module."""
    plain = base.value if isinstance(base, ast.Subscript) else base
    return ast.unparse(plain) if isinstance(plain, ast.Attribute) else getattr(plain, "id", "")


class Surroundings:
    """What stands where in one file: the places vulture's findings are judged by."""

    def __init__(self, source: Source, own_classes: set[str]) -> None:
        self.module_variables: set[int] = set()
        self.own_attributes: set[int] = set()
        self.attributes_of_others: set[tuple[int, str]] = set()
        self.foreign_methods: set[int] = set()
        for statement in source.tree.body:
            if isinstance(statement, ast.Assign | ast.AnnAssign):
                self.module_variables.add(statement.lineno)
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute):
                self.attributes_of_others.add((node.lineno, node.attr))
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
                self.own_attributes.add(node.lineno)
            if isinstance(node, ast.ClassDef) and {name_of(base) for base in node.bases} - own_classes - INERT_BASES:
                self.foreign_methods.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))

    def excuse(self, kind: str, line: int, name: str) -> bool:
        """Whether a finding at a line is one that the rules let pass."""
        if kind == "variable":
            return line not in self.module_variables
        if kind == "attribute":
            return line not in self.own_attributes or (line, name) in self.attributes_of_others
        return kind in {"method", "property"} and line in self.foreign_methods


def unused(sources: Iterable[Source], mentioned: set[str]) -> list[Finding]:
    """What is defined in some files and used in none of them, nor mentioned elsewhere."""
    files = {source.path: source for source in sources}
    looker = vulture.Vulture(ignore_names=CALLED_BY_TOOLS, ignore_decorators=REGISTERED)
    for source in files.values():
        looker.scan(source.text, filename=Path(source.path))
    looker.used_names.update(mentioned, named_in_strings(files.values()))
    own_classes = {
        node.name for source in files.values() for node in ast.walk(source.tree) if isinstance(node, ast.ClassDef)
    }
    findings = []
    for item in looker.get_unused_code(min_confidence=60):
        source = files[Path(item.filename).as_posix()]
        around = Surroundings(source, own_classes)
        if item.typ in JUDGED and not around.excuse(item.typ, item.first_lineno, item.name):
            findings.append(Finding(source.path, item.first_lineno, item.message))
    return findings


def main() -> int:
    """Look through the whole project; what the tests use counts as used."""
    sources = read_sources(ROOT, ["src", "tests", "tools", "bench"])
    # Alembic runs revisions by the names inside them.
    judged = [source for source in sources if "/migrations/" not in source.path]
    return report("dead code", unused(judged, words_of_templates(ROOT)), f"{len(judged)} files")


if __name__ == "__main__":
    sys.exit(main())
