"""Services in the list: what they need, and which are blocked after failures."""

import socket
from pathlib import Path

import pytest

from limner.testing.faults import Fault
from limner.testing.openai_stand_in import OpenAIStandIn
from tests.cli.conftest import Limner
from tests.cli.test_start import loaded_by

PAID = ("-m", "openai/gpt-image-2", "--size", "1024x1024", "--quality", "low", "--yes")


def test_the_list_makes_no_database_and_loads_no_http_client(home: Path) -> None:
    modules = loaded_by("sys.argv = ['limner', 'providers']\nfrom limner.cli.entry import main\nassert main() == 0")
    assert not modules & {"sqlalchemy", "aiohttp", "asyncio", "limner.engine.engine", "limner.runtime"}
    assert not home.exists()


def test_an_engine_that_is_not_there_is_said_not_to_be(limner: Limner, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as engine:
        address = f"http://127.0.0.1:{engine.getsockname()[1]}"
        monkeypatch.setenv("COMFYUI_BASE_URL", address)
        assert _reason(limner) == "Ready"
    assert _reason(limner) == f"Not reachable at {address}. Start ComfyUI, or set COMFYUI_BASE_URL."


def _reason(limner: Limner) -> str:
    (found,) = [one for one in limner("providers", "--json").document["providers"] if one["id"] == "comfyui"]
    assert found["ready"] is (found["reason"] == "Ready")
    return str(found["reason"])


@pytest.mark.req("S3-030", "S3-040")
def test_a_wrong_key_blocks_the_service_in_every_process_until_it_is_reset_or_changed(
    limner: Limner, shop: OpenAIStandIn, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.faults.add(*[Fault(status=401)] * 5)
    for _ in range(5):
        assert limner("generate", "a fox", *PAID).code == 1
    row = next(line for line in limner("providers").out.splitlines() if line.startswith("openai "))
    assert "Circuit breaker OPEN (5 failures, configuration) until" in row
    (shown,) = [one for one in limner("providers", "--json").document["providers"] if one["id"] == "openai"]
    assert (shown["health"]["state"], shown["health"]["cause"]) == ("OPEN", "configuration")
    modules = loaded_by("sys.argv = ['limner', 'providers']\nfrom limner.cli.entry import main\nassert main() == 0")
    assert not modules & {"sqlalchemy", "aiohttp", "limner.engine.engine"}
    assert "Circuit breaker OPEN" in limner("doctor").out

    sent = len(shop.orders)
    blocked = limner("generate", "a fox", *PAID)
    assert (blocked.code, len(shop.orders)) == (1, sent)
    assert "Circuit breaker OPEN: provider unavailable" in blocked.err
    told = limner("estimate", "a fox", "--tier", "ultra")
    assert "All providers unavailable: openai (Circuit breaker OPEN), gemini (API key not configured)" in told.err

    with monkeypatch.context() as patched:
        patched.setenv("OPENAI_API_KEY", "sk-another-one")
        assert limner("generate", "a fox", *PAID).code == 0
    assert limner("generate", "a fox", *PAID).code == 1
    assert limner("providers", "reset", "openai", "--json").document == {"reset": "openai"}
    assert limner("generate", "a fox", *PAID).code == 0
    assert limner("providers", "reset", "nobody").code == 2


def test_a_database_that_cannot_be_read_is_said_and_the_list_comes_all_the_same(limner: Limner, home: Path) -> None:
    home.mkdir()
    (home / "limner.db").write_bytes(b"this is no database, whatever its name may say")
    ended = limner("providers")
    assert ended.code == 0
    assert "openai" in ended.out
    assert "is not known" in ended.err


@pytest.mark.req("S3-068", "S3-070", "S3-071")
def test_a_service_that_is_switched_off_is_told_of_and_another_stands_in(
    limner: Limner, shop: OpenAIStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOGETHER_API_KEY", "t" * 20)
    monkeypatch.setenv("ENABLE_IMAGE_GENERATION_OPENAI", "false")
    assert "Switched off: ENABLE_IMAGE_GENERATION_OPENAI is false." in limner("providers").out
    refused = limner("generate", "a fox", *PAID)
    assert "Switched off" in refused.err
    told = limner("estimate", "a professional fox", "-p", "openai", "--fallback", "--json").document
    assert told["model"].startswith("together/")
    assert told["constraints"]["sizes"]
    assert told["fallback"]["original"].startswith("openai/")
    by_words = limner("estimate", "a photorealistic fox", "--tier", "auto", "--json").document
    assert by_words["model"].startswith("together/")
    assert by_words["fallback"]["original"].startswith("openai/")
    for name in ("TOGETHER", "REPLICATE"):
        monkeypatch.setenv(f"ENABLE_IMAGE_GENERATION_{name}", "off")
        assert f"Switched off: ENABLE_IMAGE_GENERATION_{name} is false." in limner("providers").out
    monkeypatch.setenv("ENABLE_IMAGE_GENERATION_OPENAI", "maybe")
    assert "write true or false" in limner("providers").err
    assert not shop.orders


@pytest.mark.req("S4-049")
def test_a_service_is_switched_off_and_on_and_steered(limner: Limner, shop: OpenAIStandIn) -> None:
    said = limner("providers", "disable", "openai")
    assert (said.out, said.err) == ("openai is now off.\n", "")
    row = next(line for line in limner("providers").out.splitlines() if line.startswith("openai "))
    assert "Switched off: an administrator has done it." in row
    refused = limner("generate", "a fox", *PAID)
    assert (refused.code, shop.orders) == (1, [])
    assert "Switched off" in refused.err
    assert "Switched off" in limner("doctor").out

    assert limner("providers", "enable", "dalle3", "--json").document["enabled"] is True
    assert limner("generate", "a fox", *PAID).code == 0
    told = limner("providers", "set", "openai", "--weight", "2", "--pace", "0.5")
    assert told.out == "openai is now on, weight 2, 0.5 requests a second.\n"
    (shown,) = [one for one in limner("providers", "--json").document["providers"] if one["id"] == "openai"]
    assert (shown["requests_per_second"], shown["config"]["weight"], shown["config"]["changed_by"]) == (0.5, 2, "You")
    assert limner("providers", "set", "openai", "--weight", "usual", "--pace", "0").out == (
        "openai is now on, no limit of requests a second.\n"
    )
    assert limner("providers", "set", "openai").code == 2
    assert "--weight takes a number" in limner("providers", "set", "openai", "--weight", "much").err
    assert limner("providers", "disable", "nobody").code == 2
    assert limner("providers", "disable", "anthropic").out == "anthropic is now off.\n"
    found = limner("texts", "models", "--json").document["models"]
    assert {one["reason"] for one in found if one["service"] == "anthropic"} == {
        "anthropic is switched off by an administrator."
    }
    (shown,) = [one for one in limner("providers", "--json").document["providers"] if one["id"] == "anthropic"]
    assert (shown["ready"], shown["reason"]) == (False, "Switched off: an administrator has done it.")
    assert (shown["default_model"], shown["concurrency"]) == ("anthropic/claude-sonnet-5-5", None)
    row = next(line for line in limner("providers").out.splitlines() if line.startswith("anthropic "))
    assert ("claude-sonnet-5-5" in row, "no limit" in row) == (True, True)
    assert limner("providers", "reset", "anthropic", "--json").document == {"reset": "anthropic"}
    limner("providers", "enable", "anthropic")
    audit = limner("audit", "--act", "service_changed", "--json").document["deeds"]
    assert [deed["detail"] for deed in audit][-1] == "off"
