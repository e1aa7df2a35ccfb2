"""Finding and reading the project's Python files, and the shape in which checks report."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, order=True)
class Finding:
    """One thing a check has against one place."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


@dataclass(frozen=True)
class Source:
    """A Python file, read and parsed once. `path` is relative to the project, with forward slashes."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed module."""
        return ast.parse(self.text, self.path)

    @cached_property
    def lines(self) -> list[str]:
        """The file's lines without their ends."""
        return self.text.splitlines()


def read_sources(root: Path, folders: Iterable[str]) -> list[Source]:
    """Every Python file under some folders of a project, sorted by path; folders that do not exist count as empty."""
    return [
        Source(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))
        for folder in folders
        for path in sorted((root / folder).rglob("*.py"))
    ]


def functions(tree: ast.AST) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, bool]]:
    """Every function in a module at any depth, and whether it is a method."""
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                yield child, isinstance(node, ast.ClassDef)


def docstring_of(node: ast.AST) -> ast.Expr | None:
    """The docstring statement of a module, class or function."""
    if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or not node.body:
        return None
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return first
    return None


def report(name: str, findings: Iterable[Finding], summary: str) -> int:
    """Print findings in order and a last line; the exit status."""
    ordered = sorted(set(findings))
    for finding in ordered:
        print(finding)
    print(f"{name}: {len(ordered)} found; {summary}")
    return 1 if ordered else 0
