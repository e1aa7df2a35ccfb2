"""Find code that stands in more than one place: runs of equal lines, whatever their indentation and comments.

Left out are lines that are alike by necessity: imports, docstrings, decorators, the heads of functions, the bodies of
declared protocols, lists of public names, and lines of brackets alone.
"""

import ast
import io
import sys
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeGuard

from tools.sources import ROOT, Finding, Source, docstring_of, functions, read_sources, report

SHORTEST = 8


@dataclass(frozen=True)
class Line:
    """A line of code reduced to its tokens."""

    path: str
    number: int
    text: str


def span(node: ast.stmt | ast.expr) -> range:
    """The line numbers a node covers."""
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def is_ellipsis(node: ast.AST) -> TypeGuard[ast.Expr]:
    """Whether a statement is the three dots that stand for no body."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and node.value.value is ...


def is_public_names(node: ast.AST) -> TypeGuard[ast.Assign]:
    """Whether a statement sets `__all__`."""
    return isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id == "__all__" for to in node.targets)


def left_out(source: Source) -> set[int]:
    """The numbers of the lines that do not count."""
    numbers: set[int] = set()
    for node in ast.walk(source.tree):
        docstring = docstring_of(node)
        if docstring is not None:
            numbers.update(span(docstring))
        if isinstance(node, ast.Import | ast.ImportFrom) or is_ellipsis(node) or is_public_names(node):
            numbers.update(span(node))
        if isinstance(node, ast.ClassDef):
            numbers.update(number for mark in node.decorator_list for number in span(mark))
    for function, _ in functions(source.tree):
        head = min(node.lineno for node in [function, *function.decorator_list])
        numbers.update(range(head, max(function.body[0].lineno, head + 1)))
    return numbers


def code_lines(source: Source) -> list[Line]:
    """The lines of a file that count, in order."""
    ignored = left_out(source)
    words: dict[int, list[str]] = defaultdict(list)
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type != tokenize.COMMENT and token.string.strip() and token.start[0] not in ignored:
            words[token.start[0]].append(token.string)
    lines = [Line(source.path, number, " ".join(words[number])) for number in sorted(words)]
    return [line for line in lines if any(sign.isalnum() for sign in line.text)]


def duplicates(sources: list[Source], shortest: int = SHORTEST) -> Iterator[tuple[Line, Line, int]]:
    """Pairs of places where the same lines stand, and how many lines; each run is given once, at its full length."""
    files = [code_lines(source) for source in sources]
    windows: dict[tuple[str, ...], list[tuple[int, int]]] = defaultdict(list)
    for index, lines in enumerate(files):
        texts = [line.text for line in lines]
        for start in range(len(lines) - shortest + 1):
            windows[tuple(texts[start : start + shortest])].append((index, start))
    covered: set[tuple[int, int, int, int]] = set()
    for places in windows.values():
        for position, (one, at) in enumerate(places):
            for other, also in places[position + 1 :]:
                is_overlapping = one == other and also - at < shortest
                if is_overlapping or (one, at, other, also) in covered:
                    continue
                length = run_length(files[one][at:], files[other][also:])
                covered.update((one, at + step, other, also + step) for step in range(length))
                yield files[one][at], files[other][also], length


def run_length(one: list[Line], other: list[Line]) -> int:
    """How many lines two lists have in common from their beginnings."""
    length = 0
    for left, right in zip(one, other, strict=False):
        if left.text != right.text:
            break
        length += 1
    return length


def main() -> int:
    """Check the package against itself."""
    sources = read_sources(ROOT, ["src/limner"])
    findings = [
        Finding(one.path, one.number, f"{length} lines are the same as at {other.path}:{other.number}")
        for one, other, length in duplicates(sources)
    ]
    return report("duplicates", findings, f"{len(sources)} files")


if __name__ == "__main__":
    sys.exit(main())
