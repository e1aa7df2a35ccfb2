"""The size and manner checks find what they should and nothing else."""

from pathlib import Path
from textwrap import dedent

import pytest

from tools import caps
from tools.sources import Source


def source(text: str, path: str = "src/limner/engine/plan.py") -> Source:
    return Source(path, dedent(text))


def said(findings: object) -> list[str]:
    assert isinstance(findings, list)
    return [str(finding) for finding in findings]


@pytest.mark.parametrize(
    "path,cap",
    [
        ("src/limner/providers/openai.py", 200),
        ("src/limner/domain/job.py", 250),
        ("src/limner/api/dialects/unified.py", 180),
        ("src/limner/api/jobs.py", 400),
        ("tools/caps.py", 400),
    ],
)
def test_a_file_may_be_as_long_as_its_cap_and_no_longer(path: str, cap: int) -> None:
    assert not list(caps.file_findings(Source(path, "x = 1\n" * cap)))
    assert said(list(caps.file_findings(Source(path, "x = 1\n" * (cap + 1))))) == [
        f"{path}:1: {cap + 1} lines; the cap here is {cap}"
    ]


def test_empty_names_are_refused_for_modules_and_for_packages() -> None:
    assert said(list(caps.file_findings(Source("src/limner/wire/utils.py", "")))) == [
        "src/limner/wire/utils.py:1: the name 'utils' does not say what is inside"
    ]
    assert list(caps.file_findings(Source("src/limner/common/money.py", "")))
    assert not list(caps.file_findings(Source("src/limner/wire/utility_bill.py", "")))


def test_a_function_may_have_sixty_lines() -> None:
    fits = "def paint():\n" + "    x = 1\n" * 59
    assert not list(caps.function_findings(source(fits), set()))
    assert said(list(caps.function_findings(source(fits + "    x = 2\n"), set()))) == [
        "src/limner/engine/plan.py:1: paint has 61 lines; the cap is 60"
    ]


@pytest.mark.parametrize(
    "head,count",
    [
        ("def f(a, b, c, d, e, *, g): ...", 6),
        ("def f(a, b, /, c, d, e, *, g, h): ...", 7),
        ("def f(a, b, c, d, e, *rest, **named): ...", 7),
        ("async def f(*, a, b, c, d, e, g, h): ...", 7),
    ],
)
def test_every_parameter_counts(head: str, count: int) -> None:
    found = said(list(caps.function_findings(source(head), set())))
    assert found == ([] if count <= 6 else [f"src/limner/engine/plan.py:1: f takes {count}; the cap is 6"])


def test_what_a_method_is_called_on_does_not_count() -> None:
    text = """
        class Engine:
            def plan(self, a, b, c, d, e, f): ...

            @classmethod
            def read(cls, a, b, c, d, e, f): ...

            @staticmethod
            def price(a, b, c, d, e, f, g): ...
    """
    assert said(list(caps.function_findings(source(text), set()))) == [
        "src/limner/engine/plan.py:9: price takes 7; the cap is 6"
    ]


def test_a_declared_interface_may_have_any_number_of_options() -> None:
    options = ", ".join(f"{name}: Annotated[int, Option()]" for name in "abcdef")
    named = source("from typing import Annotated\nModel = Annotated[str, Option()]\n")
    aliases = caps.annotated_aliases([named])
    assert aliases == {"Model"}
    command = source(f"def generate({options}, model: Model, other: options.Model): ...")
    assert not list(caps.function_findings(command, aliases))
    mixed = source(f"def generate({options}, model: str): ...")
    assert len(list(caps.function_findings(mixed, aliases))) == 1


def test_own_modules_are_imported_inside_functions_only_in_the_faces() -> None:
    text = "def run():\n    from limner.runtime import Runtime\n"
    assert said(list(caps.import_findings(source(text)))) == [
        "src/limner/engine/plan.py:2: an own module is imported inside a function"
    ]
    assert list(caps.import_findings(source("def run():\n    from . import prices\n")))
    assert not list(caps.import_findings(source(text, "src/limner/cli/entry.py")))
    assert not list(caps.import_findings(source(text, "src/limner/__init__.py")))


def test_a_heavy_library_is_imported_inside_a_function_when_a_comment_says_why() -> None:
    bare = "def chat():\n    import pydantic_ai\n"
    beside = "def chat():\n    import pydantic_ai  # takes a second\n"
    above = "def chat():\n    # Takes a second.\n    import pydantic_ai\n    from pydantic_ai import Agent\n"
    assert len(list(caps.import_findings(source(bare)))) == 1
    assert not list(caps.import_findings(source(beside)))
    assert not list(caps.import_findings(source(above)))


@pytest.mark.parametrize(
    "comment,is_fine",
    [
        ("# noqa", False),
        ("# noqa: E501", False),
        ("# ruff: noqa", False),
        ("# type: ignore", False),
        ("# type: ignore[arg-type]", False),
        ("# type: ignore[arg-type]  # the stub of vips lacks it", True),
        ("# a comment about the noqa habit", True),
    ],
)
def test_no_comment_silences_a_check_without_its_reason(comment: str, is_fine: bool) -> None:
    assert (not list(caps.comment_findings(source(f"x = 1  {comment}\n")))) is is_fine
    assert not list(caps.comment_findings(source(f"x = '{comment}'\n")))


def test_a_folder_of_modules_must_be_a_package(tmp_path: Path) -> None:
    folder = tmp_path / "src/limner/wire"
    folder.mkdir(parents=True)
    (folder / "client.py").touch()
    assert said(list(caps.package_findings(tmp_path))) == ["src/limner/wire:1: has modules but no __init__.py"]
    (folder / "__init__.py").touch()
    assert not list(caps.package_findings(tmp_path))
