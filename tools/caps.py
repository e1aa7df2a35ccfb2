"""The sizes and manners of the code: how long a file and a function may be, what modules may be called, what may hide
inside functions.

There is no list of exceptions. One kind of function has no cap on its parameters: one whose every parameter is
declared `Annotated`, because it is not called with them but states an interface (a command's options, an endpoint's
fields) to a framework.
"""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

from tools.sources import ROOT, Finding, Source, functions, read_sources, report

FILE_CAPS = (  # the first that fits counts
    ("src/limner/providers/", 200),
    ("src/limner/api/dialects/", 180),
    ("src/limner/domain/", 250),
    ("", 400),
)
FUNCTION_CAP = 60
PARAMETER_CAP = 6
EMPTY_NAMES = {"base", "common", "helper", "helpers", "manager", "managers", "misc", "util", "utils"}
FACES = ("src/limner/cli/", "src/limner/__init__.py", "src/limner/__main__.py")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def file_cap(path: str) -> int:
    """How many lines a file may have."""
    return next(cap for prefix, cap in FILE_CAPS if path.startswith(prefix))


def file_findings(source: Source) -> Iterator[Finding]:
    """A file that is too long or has a name that says nothing."""
    if len(source.lines) > file_cap(source.path):
        yield Finding(source.path, 1, f"{len(source.lines)} lines; the cap here is {file_cap(source.path)}")
    for part in Path(source.path).with_suffix("").parts:
        if part in EMPTY_NAMES:
            yield Finding(source.path, 1, f"the name {part!r} does not say what is inside")


def annotated_aliases(sources: list[Source]) -> set[str]:
    """The names given to `Annotated[...]` types anywhere in the project."""
    return {
        target.id
        for source in sources
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Assign) and is_annotated(node.value, set())
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def is_annotated(annotation: ast.expr | None, aliases: set[str]) -> bool:
    """Whether a type is spelt `Annotated[...]` or is a name given to one."""
    if isinstance(annotation, ast.Subscript):
        return is_annotated(annotation.value, {"Annotated"})
    if isinstance(annotation, ast.Attribute):
        return annotation.attr in aliases
    return isinstance(annotation, ast.Name) and annotation.id in aliases


def parameters(function: Function, *, is_method: bool) -> list[ast.arg]:
    """What a caller passes: every parameter but the instance or class a method is called on."""
    declared = function.args
    positional = declared.posonlyargs + declared.args
    is_static = any(isinstance(mark, ast.Name) and mark.id == "staticmethod" for mark in function.decorator_list)
    if is_method and not is_static:
        positional = positional[1:]
    rest = [argument for argument in (declared.vararg, declared.kwarg) if argument]
    return positional + declared.kwonlyargs + rest


def function_findings(source: Source, aliases: set[str]) -> Iterator[Finding]:
    """Functions that are too long or take too much."""
    for function, is_method in functions(source.tree):
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        if length > FUNCTION_CAP:
            yield Finding(
                source.path, function.lineno, f"{function.name} has {length} lines; the cap is {FUNCTION_CAP}"
            )
        taken = parameters(function, is_method=is_method)
        if len(taken) > PARAMETER_CAP and not all(is_annotated(each.annotation, aliases) for each in taken):
            yield Finding(
                source.path, function.lineno, f"{function.name} takes {len(taken)}; the cap is {PARAMETER_CAP}"
            )


def inner_imports(source: Source) -> list[ast.Import | ast.ImportFrom]:
    """The imports written inside functions."""
    found = {
        node
        for function, _ in functions(source.tree)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    return sorted(found, key=lambda node: node.lineno)


def is_own(node: ast.Import | ast.ImportFrom) -> bool:
    """Whether an import is of the project's own modules."""
    if isinstance(node, ast.ImportFrom):
        return node.level > 0 or (node.module or "").partition(".")[0] == "limner"
    return any(alias.name.partition(".")[0] == "limner" for alias in node.names)


def import_findings(source: Source) -> Iterator[Finding]:
    """Imports inside functions: of own modules only in the faces that must start fast, of heavy libraries only with a
    comment on the line or above it that says why.
    """
    for node in inner_imports(source):
        if is_own(node):
            if not source.path.startswith(FACES):
                yield Finding(source.path, node.lineno, "an own module is imported inside a function")
        elif not says_why(source, node.lineno):
            yield Finding(source.path, node.lineno, "imported inside a function without a comment that says why")


def says_why(source: Source, line: int) -> bool:
    """Whether a line, or the nearest line above it that is no import, holds a comment."""
    if "#" in source.lines[line - 1]:
        return True
    above = line - 2
    while source.lines[above].lstrip().startswith(("import ", "from ")):
        above -= 1
    return source.lines[above].lstrip().startswith("#")


def comment_findings(source: Source) -> Iterator[Finding]:
    """Comments that silence a check: never `noqa`; `type: ignore` only with its reason after it."""
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type != tokenize.COMMENT:
            continue
        if re.search(r"#\s*(ruff:\s*)?noqa", token.string):
            yield Finding(source.path, token.start[0], "noqa: change the code or the rule")
        if re.search(r"#\s*type:\s*ignore(?!\[[\w, -]+\]\s+#\s*\w)", token.string):
            yield Finding(source.path, token.start[0], "write `type: ignore[code]  # why the stub is wrong`")


def package_findings(root: Path) -> Iterator[Finding]:
    """Folders of modules that are not packages: the import contracts would not see them."""
    for folder in sorted({path.parent for path in (root / "src/limner").rglob("*.py")}):
        if not (folder / "__init__.py").exists():
            yield Finding(folder.relative_to(root).as_posix(), 1, "has modules but no __init__.py")


def main() -> int:
    """Check everything but the tests; of those, only what their files are called and what their comments silence."""
    package = read_sources(ROOT, ["src/limner"])
    chores = read_sources(ROOT, ["tools", "bench"])
    tests = read_sources(ROOT, ["tests"])
    aliases = annotated_aliases(package)
    findings = list(package_findings(ROOT))
    for source in package + chores:
        findings += [*file_findings(source), *function_findings(source, aliases)]
    for source in package:
        findings += import_findings(source)
    for source in package + chores + tests:
        findings += comment_findings(source)
    hidden = sum(len(inner_imports(source)) for source in package)
    return report("caps", findings, f"{len(package + chores)} files, {hidden} imports inside functions")


if __name__ == "__main__":
    sys.exit(main())
