"""How commands begin, how quickly, and what is said to those that mistype."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.testing import CliRunner

from limner.cli.commands import HOMES, Commands
from tests.cli.conftest import Limner

HEAVY = {"typer", "rich", "pydantic", "sqlalchemy", "numpy", "PIL", "aiohttp", "asyncio"}


def loaded_by(code: str) -> set[str]:
    script = f"import json, sys\n{code}\nprint('\\n' + json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_version_loads_nothing_heavy() -> None:
    modules = loaded_by("sys.argv = ['limner', '--version']\nfrom limner.cli.entry import main\nassert main() == 0")
    assert not modules & HEAVY


def test_the_list_of_models_opens_no_database_and_no_engine(home: Path) -> None:
    modules = loaded_by("sys.argv = ['limner', 'models']\nfrom limner.cli.entry import main\nassert main() == 0")
    assert not modules & {"sqlalchemy", "numpy", "PIL", "aiohttp", "limner.engine.engine", "limner.runtime"}
    assert not home.exists()


def test_the_server_loads_nothing_that_it_may_never_need() -> None:
    """What only PostgreSQL, an upgrade, a signature or the built-in artist needs is loaded by these."""
    modules = loaded_by("import limner.server")
    never = {"sqlalchemy.dialects.postgresql", "psycopg", "alembic", "numpy", "cryptography", "c2pa", "rich"}
    assert not modules & never


def every_command() -> list[str]:
    """All commands, those below others as two words."""
    found = []
    for name in HOMES:
        command = Commands().get_command(None, name)
        below = command.commands if isinstance(command, TyperGroup) else {}
        found += [f"{name} {each}" for each in below] or [name]
    return found


@pytest.mark.parametrize("name", every_command())
def test_every_command_has_help_and_takes_json(limner: Limner, name: str) -> None:
    ended = limner(*name.split(), "--help")
    assert ended.code == 0
    assert f"limner {name}" in ended.out
    assert "--json" in ended.out


def test_without_a_command_the_commands_are_listed(limner: Limner) -> None:
    ended = limner()
    assert ended.code == 0
    assert all(name in ended.out for name in HOMES)


def test_the_application_is_found_by_those_who_describe_it(home: Path) -> None:
    from limner.cli import entry

    ended = CliRunner().invoke(entry.app, ["presets", "--json"])
    assert ended.exit_code == 0
    assert json.loads(ended.stdout)["presets"]


def test_the_module_has_no_other_late_names() -> None:
    from limner.cli import entry

    with pytest.raises(AttributeError, match="nonsense"):
        _ = entry.nonsense


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["genrate", "x"], "Nearest: generate"),
        (["zzz"], "limner --help"),
        (["generate", "--sise", "1x1"], "--size"),
        (["generate", "x", "-n", "two"], "--count"),
        (["generate", "- a dash first"], "Write -- before"),
        (["verify"], "FILE"),
        (["presets", "one"], "one"),
    ],
)
def test_a_mistyped_command_line_is_a_sentence_and_a_document(limner: Limner, arguments: list[str], words: str) -> None:
    ended = limner(*arguments)
    assert ended.code == 2
    assert words in ended.err
    assert ended.out == ""
    ended = limner(*arguments, "--json")
    assert ended.code == 2
    error = ended.document["error"]
    assert set(error) == {"code", "message", "retryable", "spent", "field"}
    assert words in error["message"]
    assert error["spent"] == "no"


@pytest.mark.req("S4-071")
def test_what_nobody_has_foreseen_is_one_sentence(limner: Limner, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr("limner.cli.listing._chosen", broken)
    ended = limner("models", "--json")
    assert ended.code == 1
    assert ended.document["error"]["code"] == "unexpected"
    assert ended.err.count("\n") == 1
    assert "Traceback" not in ended.err
    assert "a secret detail" not in ended.err
    monkeypatch.setenv("LIMNER_LOG_LEVEL", "debug")
    ended = limner("models", "--json")
    assert "a secret detail" in ended.err
    assert ended.document["error"]["code"] == "unexpected"


def test_a_wrong_setting_is_named(limner: Limner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMNER_PORT", "many")
    ended = limner("models")
    assert (ended.code, ended.out) == (1, "")
    assert "LIMNER_PORT" in ended.err


def test_whoever_stops_reading_causes_no_complaint(home: Path) -> None:
    script = "import sys\nfrom limner.cli.entry import main\nsys.exit(main())"
    reader = subprocess.Popen(
        [sys.executable, "-c", script, "models", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert reader.stdout is not None
    assert reader.stderr is not None
    reader.stdout.close()
    complaint = reader.stderr.read()
    reader.stderr.close()
    assert reader.wait() == 1
    assert complaint == b""


def test_output_that_cannot_be_written_is_said(home: Path) -> None:
    script = "import sys\nfrom limner.cli.entry import main\nsys.exit(main())"
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", script, "models", "--json"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 1
    assert done.stderr.count(b"\n") == 1
    assert b"No space left" in done.stderr


def test_a_failure_of_the_system_is_said_in_its_words(limner: Limner, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError(5, "Input/output error", "/the/disk")

    monkeypatch.setattr("limner.cli.listing._chosen", broken)
    ended = limner("models")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == "The system would not let Limner go on: Input/output error (/the/disk).\n"
