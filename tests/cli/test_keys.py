"""Keys and lists of models at the command line."""

from pathlib import Path

import pytest

from limner.testing.faults import At, Fault
from limner.testing.openai_stand_in import OpenAIStandIn
from tests.cli.conftest import Limner


def test_keys_are_listed_and_never_shown_whole(limner: Limner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-tests-of-the-line")
    ended = limner("keys", "list")
    assert (ended.code, "OPENAI_API_KEY" in ended.out) == (0, True)
    assert "...line" in ended.out
    assert "sk-of-the" not in ended.out + limner("keys", "list", "--json").out


def test_without_keys_it_says_where_to_look(limner: Limner) -> None:
    ended = limner("keys", "list")
    assert (ended.code, ended.out) == (0, "")
    assert "limner providers" in ended.err


def test_a_key_is_checked_without_buying_anything(limner: Limner, shop: OpenAIStandIn) -> None:
    ended = limner("keys", "check", "openai", "--json")
    assert (ended.code, ended.document["keys"][0]["state"]) == (0, "accepted")
    refusal = {"error": {"message": "Incorrect API key", "code": "invalid_api_key"}}
    shop.faults.add(Fault(at=At.ACCOUNT, status=401, body=refusal))
    ended = limner("keys", "check")
    assert ended.code == 1
    assert "Check OPENAI_API_KEY" in ended.out
    assert shop.purchases == 0


def test_a_service_without_a_key_is_not_asked(limner: Limner) -> None:
    ended = limner("keys", "check", "openai")
    assert ended.code == 1
    assert "Needs a key: set OPENAI_API_KEY." in ended.out


def test_models_that_only_the_service_knows_are_listed_and_kept(limner: Limner, shop: OpenAIStandIn) -> None:
    known = {model["id"] for model in limner("models", "--json").document["models"]}
    names = {"data": [{"id": "gpt-image-9"}, {"id": "gpt-image-2"}]}
    shop.faults.add(Fault(at=At.ACCOUNT, status=200, body=names))
    ended = limner("models", "--live", "-p", "openai")
    assert ended.code == 0
    assert "openai lists 2 models." in ended.err
    later = {model["id"]: model for model in limner("models", "--json").document["models"]}
    assert set(later) - known == {"openai/gpt-image-9"}
    assert (later["openai/gpt-image-9"]["status"], later["openai/gpt-image-9"]["price_to_usd"]) == ("unlisted", None)
    refused = limner("generate", "a fox", "-m", "openai/gpt-image-9", "--yes")
    assert refused.code == 3
    assert "LIMNER_UNPRICED_CEILING_USD" in refused.err
    assert shop.purchases == 0


def test_an_unlisted_model_paints_under_a_ceiling(
    limner: Limner, shop: OpenAIStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.faults.add(Fault(at=At.ACCOUNT, status=200, body={"data": [{"id": "gpt-image-2-mini"}]}))
    assert limner("models", "--live", "-p", "openai").code == 0
    monkeypatch.setenv("LIMNER_UNPRICED_CEILING_USD", "0.2")
    shop.faults.add(Fault(status=400, body={"error": {"message": "no such size", "param": "size"}}))
    ended = limner("generate", "a fox", "-m", "openai/gpt-image-2-mini", "--yes", "--json")
    assert ended.code == 1
    assert shop.orders[-1]["model"] == "gpt-image-2-mini"


def test_a_list_that_cannot_be_had_is_no_obstacle(limner: Limner, shop: OpenAIStandIn) -> None:
    shop.faults.add(Fault(at=At.ACCOUNT, status=503, body="busy"))
    ended = limner("models", "--live", "-p", "openai")
    assert ended.code == 0
    assert "OpenAI is overloaded" in ended.err
    assert "openai/gpt-image-2 " in ended.out


# --- stored keys ------------------------------------------------------------------------------------

CANARY = "sk-canary-of-the-line-0123456789"


@pytest.mark.req("S0-061")
def test_a_key_is_stored_from_stdin_used_and_removed(limner: Limner, shop: OpenAIStandIn) -> None:
    added = limner("keys", "add", "openai", "--label", "Mine", "--json", stdin=f"{CANARY}\n".encode())
    assert (added.code, added.document["key"], added.document["label"]) == (0, "...6789", "Mine")
    assert added.document["checked"]["state"] == "accepted"
    listed = limner("keys", "list")
    assert "...6789" in listed.out
    assert "accepted, 20" in listed.out
    painted = limner("generate", "a fox", "-m", "openai/gpt-image-2", "--yes", "--json")
    assert painted.code == 0
    assert limner("keys", "replace", "Mine", stdin=b"sk-another-of-the-line-0000").code == 0
    assert all(words in limner("keys", "list").out for words in ("...0000", "not asked yet"))
    assert limner("keys", "check", "openai").code == 0
    assert limner("keys", "list", "--json").document["stored"][0]["checked"]["state"] == "accepted"
    removed = limner("keys", "remove", "Mine")
    assert (removed.code, limner("keys", "list", "--json").document["stored"]) == (0, [])
    everything = [added, listed, painted, removed]
    assert not any(CANARY in ran.out + ran.err for ran in everything)
    assert limner("keys", "remove", "Mine").code == 1


def test_a_key_that_the_service_refuses_is_not_stored(limner: Limner, shop: OpenAIStandIn) -> None:
    refusal = {"error": {"message": f"Incorrect API key {CANARY}", "code": "invalid_api_key"}}
    shop.faults.add(Fault(at=At.ACCOUNT, status=401, body=refusal))
    ended = limner("keys", "add", "openai", stdin=CANARY.encode())
    assert ended.code == 2
    assert CANARY not in ended.out + ended.err
    assert limner("keys", "list", "--json").document["stored"] == []
    assert limner("keys", "add", "openai", "--no-check", stdin=CANARY.encode()).code == 0


@pytest.mark.req("S0-060")
def test_the_secret_in_the_data_directory_is_rotated(
    limner: Limner, shop: OpenAIStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert limner("keys", "add", "openai", "--no-check", stdin=CANARY.encode()).code == 0
    ended = limner("keys", "rotate", "--json")
    assert (ended.code, ended.document) == (0, {"sealed": 1, "unreadable": 0})
    assert limner("keys", "check", "openai", "--json").document["keys"][0]["state"] == "accepted"


@pytest.mark.req("S0-060", "S2-030")
def test_a_secret_of_ones_own_is_rotated_with_the_old_one_in_a_file(
    limner: Limner, shop: OpenAIStandIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    old = tmp_path / "old.secret"
    old.write_text("the old secret of the tests, long enough\n")
    monkeypatch.setenv("LIMNER_SECRET_KEY", old.read_text().strip())
    assert limner("keys", "add", "openai", "--label", "Mine", "--no-check", stdin=CANARY.encode()).code == 0
    monkeypatch.setenv("LIMNER_SECRET_KEY", "the new secret of the tests, long enough")
    refused = limner("keys", "check", "openai")
    assert refused.code == 1
    assert "Invalid API key" in refused.out
    assert limner("keys", "rotate").code == 2
    ended = limner("keys", "rotate", "--from-secret-file", str(old), "--json")
    assert (ended.code, ended.document["sealed"]) == (0, 1)
    assert limner("keys", "check", "openai", "--json").document["keys"][0]["state"] == "accepted"


def test_a_picture_is_paid_for_with_the_key_that_is_named(limner: Limner, shop: OpenAIStandIn) -> None:
    for label in ("Work", "Home"):
        added = limner("keys", "add", "openai", "--label", label, "--no-check", stdin=f"sk-{label}-0123456789".encode())
        assert added.code == 0
    paid = ("--size", "1024x1024", "--quality", "low", "--yes")
    assert limner("generate", "a fox", "--key", "home", *paid).code == 0
    listed = limner("keys", "list", "--json").document["stored"]
    (work,) = [key["id"] for key in listed if key["label"] == "Work"]
    assert limner("generate", "a fox", "--key", work, *paid).code == 0
    used = [entry.headers["Authorization"] for entry in shop.log if entry.body.get("prompt")]
    assert used == ["Bearer sk-Home-0123456789", "Bearer sk-Work-0123456789"]
    unknown = limner("generate", "a fox", "--key", "school", *paid)
    assert (unknown.code, "there is no stored key 'school'" in unknown.err) == (1, True)
    limner("keys", "add", "openai", "--label", "work", "--no-check", stdin=b"sk-third-0123456789")
    assert "Several stored keys are called 'WORK'" in limner("generate", "a fox", "--key", "WORK", *paid).err
