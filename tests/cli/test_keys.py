"""Keys and lists of models at the command line."""

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
