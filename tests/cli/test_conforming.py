"""The conformance suite over a package of somebody else's."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Limner, Ran

CASES = """
from dataclasses import replace

from limner.providers.openai import TAKES
from limner.testing.conformance import Case, HttpProviderConformance, Row
from limner.testing.examples import CALL, CARD
from limner.testing.faults import Fault
from limner.testing.openai_stand_in import OpenAIStandIn
from limner.domain.errors import FailureCode
from limner.domain.request import Size


class TestAcme(HttpProviderConformance):
    case = Case(
        card=replace(CARD, name="Acme"),
        takes=TAKES,
        call=CALL,
        values={"size": Size(1536, 1024), "quality": "high", "format": "webp", "background": "transparent"},
        stand_in=OpenAIStandIn,
        rows=(Row(name="bad", fault=Fault(status=401, body={}), code=FailureCode.{expected}),),
    )
"""


def package(folder: Path, expected: str) -> Path:
    """An installed package that offers conformance cases, some of which may not hold."""
    (folder / "acme_limner").mkdir(parents=True)
    (folder / "acme_limner" / "__init__.py").write_text("")
    (folder / "acme_limner" / "conformance.py").write_text(CASES.replace("{expected}", expected))
    about = folder / "acme_limner-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-limner\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[limner.conformance]\nacme = acme_limner.conformance\n")
    return folder


def conformance(home: Path, folder: Path, *arguments: str) -> Ran:
    """The command in a process of its own, which knows the package."""
    code = f"import sys; sys.path.insert(0, {str(folder)!r}); from limner.cli.entry import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "conformance", *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120, cwd=home.parent)
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("expected, code", [("AUTHENTICATION", 0), ("REFUSED", 1)])
def test_a_package_is_put_through_the_suite(home: Path, tmp_path: Path, expected: str, code: int) -> None:
    ended = conformance(home, package(tmp_path / "site", expected), "acme", "--json")
    assert ended.code == code, ended.err
    assert ended.document["conforms"] is (code == 0)
    assert ended.document["passed"] > 20
    assert [name.rpartition("[")[2] for name in ended.document["failed"]] == ["bad]"] * code


def test_a_name_that_nobody_offers_is_refused(limner: Limner) -> None:
    ended = limner("conformance", "nobody")
    assert ended.code == 2
    assert "no conformance cases called 'nobody'" in ended.err
