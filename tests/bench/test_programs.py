"""The programs that take part in measurements."""

import hashlib
import json
from pathlib import Path

import pytest

from bench.estimates import MODELS, SERVICES, VARIABLE, catalog
from bench.installation import UNPACED, floor, relayed, settings
from bench.load import press, same
from bench.programs import NotStarted, bare, launched, module, running
from limner.catalog.loader import load_catalog
from limner.storage.probe import inspect

LENGTH = 300_000


def test_the_floor_keeps_what_the_service_paints(tmp_path: Path) -> None:
    command = module("bench.upstream", "--picture-bytes", str(LENGTH))
    with running("upstream", command, tmp_path) as upstream, floor(tmp_path, upstream) as relay:
        done = press(relay.address, lambda number: relayed(relay.address, number), connections=2, total=4)
        done.check()
        assert relay.cpu() > 0
        assert relay.peak() >= relay.memory() > 1
        told = [json.loads(answer.body) for answer in done.answers]
        assert len({one["sha256"] for one in told}) == 4
        for one in told:
            kept = (tmp_path / "floor" / one["sha256"]).read_bytes()
            assert hashlib.sha256(kept).hexdigest() == one["sha256"]
            assert len(kept) == one["size"] == LENGTH + 24
            assert inspect(kept).shape.width == 1024
        same(relay.address, b"GET /small HTTP/1.1\r\nHost: x\r\n\r\n")


def test_a_program_that_does_not_start_says_why(tmp_path: Path) -> None:
    with launched("floor", module("bench.floor"), tmp_path) as program, pytest.raises(NotStarted, match="--upstream"):
        program.wait_until_ready()


def test_no_setting_of_this_machine_takes_part(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LIMNER_DATA_DIR", "OPENAI_BASE_URL", "XAI_API_KEY"):
        monkeypatch.setenv(name, "x")
    assert not {"LIMNER_DATA_DIR", "OPENAI_BASE_URL", "XAI_API_KEY"} & set(bare())


def test_the_catalogs_of_measurements_are_valid(tmp_path: Path) -> None:
    settings(tmp_path)
    folder = tmp_path / "catalog.d"
    assert (folder / "unpaced.toml").read_text() == UNPACED
    for name, text in catalog().items():
        (folder / name).write_text(text)
    found = load_catalog(folder, entry_points=())
    fast = [card for card in found.in_tier("fast") if card.service.startswith("made-up")]
    assert len(fast) == SERVICES * MODELS
    assert found.service("made-up-3").key_variables == (VARIABLE,)
    assert found.service("openai").requests_per_second == 0
