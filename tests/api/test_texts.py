"""Text models over HTTP: prompts enhanced, pictures described, all of it priced, and listed."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from sqlalchemy import update

from limner.db.database import Database
from limner.db.text_repeats import SqlTextRepeats
from limner.db.text_tables import repeats
from limner.db.walls import EVERYBODY
from limner.domain.errors import IdempotencyConflict
from limner.domain.text_repeats import AnswerLost
from limner.testing.anthropic_stand_in import AnthropicStandIn
from limner.testing.fakes import NOON
from limner.testing.faults import Drop, Fault
from limner.testing.text_stand_in import Say
from tests.api.served import Site, serving
from tests.cli.conftest import in_a_thread

CLAUDE = "anthropic/claude-sonnet-5-5"
RICHER = {
    "prompt": "a quiet lake at dawn, soft mist, golden light",
    "suggestions": ["a lake at noon"],
    "tags": ["lake", "mist"],
}
SEEN = {
    "caption": "A lake between dark hills.",
    "objects": ["lake", "hills"],
    "text": "",
    "colours": ["blue"],
    "style": "flat drawing",
    "concerns": [],
    "suggested_prompt": "a lake between dark hills, flat drawing",
    "alt_text": "A pale lake between dark hills.",
    "tags": ["lake", "hills"],
}


def say(value: object, tokens: tuple[int, int] = (1000, 100)) -> Say:
    return Say(text=orjson.dumps(value).decode(), tokens=tokens)


@pytest.fixture(scope="module")
def claude() -> Iterator[AnthropicStandIn]:
    with in_a_thread(AnthropicStandIn(key="sk-ant-of-the-tests-0123")) as stand_in:
        yield stand_in


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of `writing`."""
    return tmp_path_factory.mktemp("writing")


@pytest.fixture(scope="module")
def writing(claude: AnthropicStandIn, home: Path) -> Iterator[Site]:
    variables = {"ANTHROPIC_BASE_URL": claude.root, "ANTHROPIC_API_KEY": "sk-ant-of-the-tests-0123"}
    with serving(home, variables=variables) as found:
        yield found


@pytest.fixture(scope="module")
def wordless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("wordless")) as found:
        yield found


def newest_call(site: Site) -> dict[str, object]:
    found: dict[str, object] = site.client.get("/api/v1/texts/calls").json()["items"][0]
    return found


@pytest.mark.req("S1-022", "S1-095")
def test_claude_enhances_and_what_it_cost_is_told_and_listed(writing: Site, claude: AnthropicStandIn) -> None:
    claude.says.append(say(RICHER))
    told = writing.client.post("/api/v1/prompts/enhance", json={"prompt": "a lake at dawn", "style": "mist"}).json()
    assert (told["prompt"], told["by"], told["why"]) == (RICHER["prompt"], CLAUDE, "")
    assert (told["cost_usd"], told["tags"]) == ("0.003", ["lake", "mist"])
    call = newest_call(writing)
    assert (call["purpose"], call["model"], call["state"], call["spent"]) == ("enhance", CLAUDE, "settled", "yes")
    assert (call["tokens_in"], call["tokens_out"], call["cost_usd"], call["held_usd"]) == (1000, 100, "0.003", "0.00")
    assert writing.client.get(f"/api/v1/texts/calls/{call['id']}").json() == call
    usage = writing.client.get("/api/v1/usage").json()
    assert "anthropic" in str(usage)


@pytest.mark.req("S1-050")
def test_document_1_enhances_by_claude_too(writing: Site, claude: AnthropicStandIn) -> None:
    claude.says.append(say(RICHER))
    told = writing.client.post("/api/images/enhance-prompt", json={"prompt": "a lake at dawn"}).json()
    assert (told["success"], told["enhancedPrompt"], told["by"]) == (True, RICHER["prompt"], CLAUDE)
    assert told["cost"] == 0.003


@pytest.mark.req("S1-023", "S1-051", "S1-052")
def test_document_1_analyses_a_picture_that_comes_with_the_request(writing: Site, claude: AnthropicStandIn) -> None:
    picture = writing.paint()["images"][0]  # type: ignore[index]  # a job is JSON
    data = writing.client.get(f"/api/v1/images/{picture['id']}/file").content
    claude.says.append(say(SEEN))
    url = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    told = writing.client.post("/api/images/analyze", json={"imageUrl": url}).json()
    assert (told["success"], told["description"], told["by"]) == (True, SEEN["caption"], CLAUDE)
    assert told["analysis"]["altText"] == SEEN["alt_text"]
    assert told["analysis"]["safety"] == {"safe": True, "concerns": []}
    sent = claude.bodies[-1]["messages"][-1]["content"]  # type: ignore[index]  # it is JSON
    assert [block["type"] for block in sent] == ["image", "text"]
    assert sent[0]["source"]["media_type"] == "image/jpeg"
    # What the file says beside its pixels, such as its prompt and recipe, stays here.
    assert b"dawn" not in base64.b64decode(sent[0]["source"]["data"])
    assert writing.client.get(f"/api/v1/images/{picture['id']}/analysis").status_code == 404


@pytest.mark.req("S1-023")
def test_what_is_said_of_a_picture_is_kept_and_stands_for_it(writing: Site, claude: AnthropicStandIn) -> None:
    picture = writing.paint(prompt="a lake of its own", tags=["mine"])["images"][0]  # type: ignore[index]  # JSON
    here = f"/api/v1/images/{picture['id']}"
    claude.says.append(say(SEEN))
    told = writing.client.post(f"{here}/analysis", json={}).json()
    assert (told["caption"], told["by"], told["cost_usd"], told["safe"]) == (SEEN["caption"], CLAUDE, "0.003", True)
    assert told["colours"][0].startswith("#")
    assert writing.client.get(f"{here}/analysis").json() == told
    kept = writing.client.get(here).json()
    assert (kept["alt_text"], kept["tags"]) == (SEEN["alt_text"], ["mine", "lake", "hills"])
    assert f'alt="{SEEN["alt_text"]}"' in writing.client.get(f"/images/{picture['id']}").text
    assert picture["id"] in str(writing.client.get("/api/v1/images?tag=hills").json())


def test_a_collection_is_quoted_first_and_no_more_is_spent_than_allowed(
    writing: Site, claude: AnthropicStandIn
) -> None:
    ids = [writing.paint(prompt=f"lake {number}")["images"][0]["id"] for number in range(3)]  # type: ignore[index]  # JSON
    collection = writing.client.post("/api/v1/collections", json={"name": "lakes to describe"}).json()["id"]
    writing.client.post(f"/api/v1/collections/{collection}/images", json={"ids": ids})
    here = f"/api/v1/collections/{collection}/analysis"
    before = claude.purchases
    quote = writing.client.get(here).json()
    assert (quote["pictures"], quote["model"], claude.purchases) == (3, CLAUDE, before)
    one = float(quote["ceiling_usd"]) / 3
    claude.says.append(say(SEEN))
    told = writing.client.post(here, json={"max_cost": one * 1.01}).json()
    assert (len(told["items"]), len(told["left"]), told["cost_usd"]) == (1, 2, "0.003")
    assert writing.client.get(here).json()["pictures"] == 2
    claude.says.extend([say(SEEN), say(SEEN)])
    told = writing.client.post(here, json={"max_cost": 1, "limit": 2}).json()
    assert (len(told["items"]), told["left"]) == (2, [])
    assert writing.client.post(here, json={"max_cost": 1}).json() == {"items": [], "left": [], "cost_usd": "0.00"}
    assert claude.purchases == before + 3


def test_a_line_that_breaks_leaves_an_ambiguous_call_that_a_person_decides(
    writing: Site, claude: AnthropicStandIn
) -> None:
    claude.faults.add(Fault(drop=Drop.AFTER_READING))
    before = claude.purchases
    told = writing.client.post("/api/v1/prompts/negative", json={"prompt": "a lake"}).json()
    assert told["by"] == "phrasebook"
    assert "It may have been charged" in told["why"]
    assert claude.purchases == before + 1
    call = newest_call(writing)
    assert (call["state"], call["spent"], call["cost_usd"]) == ("ambiguous", "unknown", None)
    assert call["held_usd"] != "0.00"
    decided = writing.client.post(f"/api/v1/texts/calls/{call['id']}/resolve", json={"charged": False}).json()
    assert (decided["state"], decided["held_usd"], decided["spent"]) == ("failed", "0.00", "no")
    again = writing.client.post(f"/api/v1/texts/calls/{call['id']}/resolve", json={"charged": True})
    assert (again.status_code, again.json()["code"]) == (422, "not_ambiguous")


def test_a_named_model_that_cannot_be_used_is_an_error_and_not_another_model(writing: Site) -> None:
    body = {"prompt": "a lake", "model": "openai/gpt-6-luna"}
    refused = writing.client.post("/api/v1/prompts/enhance", json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "price_unknown")
    nothing = writing.client.post("/api/v1/prompts/enhance", json={"prompt": "a lake", "model": "claude-sonett"})
    assert (nothing.status_code, nothing.json()["code"]) == (404, "unknown_model")
    told = writing.client.post("/api/v1/prompts/enhance", json={"prompt": "a lake", "max_cost": "0.00001"}).json()
    assert (told["by"], told["cost_usd"]) == ("phrasebook", "0.00")


@pytest.mark.req("S1-127")
def test_a_prompt_is_translated(writing: Site, claude: AnthropicStandIn) -> None:
    claude.says.append(say({"prompt": "a lake", "language": "German"}))
    told = writing.client.post("/api/v1/prompts/translate", json={"prompt": "ein See"}).json()
    assert (told["prompt"], told["language"], told["changed"], told["by"]) == ("a lake", "German", True, CLAUDE)


def test_text_models_are_listed_with_prices_and_what_is_missing(writing: Site, wordless: Site) -> None:
    found = {each["id"]: each for each in writing.client.get("/api/v1/texts/models").json()["items"]}
    assert (found[CLAUDE]["ready"], found[CLAUDE]["input_usd"], found[CLAUDE]["output_usd"]) == (True, "2.00", "10.00")
    assert "LIMNER_UNPRICED_CEILING_USD" in found["openai/gpt-6-luna"]["reason"]
    assert "not there" in found["ollama/gpt-oss:20b"]["reason"]
    bare = {each["id"]: each for each in wordless.client.get("/api/v1/texts/models").json()["items"]}
    assert "ANTHROPIC_API_KEY" in bare[CLAUDE]["reason"]


def test_without_any_key_everything_goes_as_far_as_it_can_and_says_so(wordless: Site) -> None:
    enhanced = wordless.client.post("/api/v1/prompts/enhance", json={"prompt": "a lake"}).json()
    assert (enhanced["by"], enhanced["cost_usd"]) == ("phrasebook", "0.00")
    translated = wordless.client.post("/api/v1/prompts/translate", json={"prompt": "ein See"}).json()
    assert (translated["prompt"], translated["changed"], translated["by"]) == ("ein See", False, None)
    negative = wordless.client.post("/api/v1/prompts/negative", json={"prompt": "a lake"}).json()
    assert (negative["by"], "watermark" in negative["terms"]) == ("phrasebook", True)
    picture = wordless.paint()["images"][0]  # type: ignore[index]  # a job is JSON
    seen = wordless.client.post(f"/api/v1/images/{picture['id']}/analysis", json={}).json()
    assert (seen["by"], seen["caption"], seen["safe"], seen["width"]) == ("limner", "", None, 64)
    assert seen["colours"]
    assert "alt text are missing" in seen["why"]
    assert wordless.client.get(f"/api/v1/images/{picture['id']}/analysis").status_code == 404
    told = wordless.client.post("/api/images/analyze", json={"imageUrl": picture["url"]}).json()
    assert (told["success"], told["by"], told["analysis"]["colors"]) == (True, "limner", seen["colours"])
    assert wordless.client.get("/api/v1/texts/calls").json()["items"] == []


def test_a_repeat_under_the_same_key_gets_the_same_answer_and_buys_nothing(
    writing: Site, claude: AnthropicStandIn
) -> None:
    picture = writing.paint(prompt="a lake to repeat")["images"][0]  # type: ignore[index]  # a job is JSON
    before = claude.purchases
    cases: tuple[tuple[str, dict[str, object], object], ...] = (
        ("/api/v1/prompts/enhance", {"prompt": "a lake at dawn"}, RICHER),
        ("/api/images/enhance-prompt", {"prompt": "a lake at dawn"}, RICHER),
        (f"/api/v1/images/{picture['id']}/analysis", {"tag": False}, SEEN),
        ("/api/images/analyze", {"imageUrl": picture["url"]}, SEEN),
    )
    for number, (path, body, value) in enumerate(cases):
        claude.says.append(say(value))
        key = {"Idempotency-Key": f"text-repeat-{number}"}
        first = writing.client.post(path, json=body, headers=key)
        assert CLAUDE in first.text
        assert writing.client.post(path, json=body, headers=key).json() == first.json()
        other = writing.client.post(path, json={**body, "model": None}, headers=key)
        assert other.status_code == (400 if path.startswith("/api/images/") else 422)
    assert claude.purchases == before + len(cases)


def test_a_refused_request_gives_its_key_back(writing: Site, claude: AnthropicStandIn) -> None:
    key = {"Idempotency-Key": "text-refused"}
    body = {"prompt": "ein See", "model": "claude-haiku-5-5"}
    for _ in range(2):
        assert writing.client.post("/api/v1/prompts/translate", json=body, headers=key).status_code == 403
    claude.says.append(say({"prompt": "a lake", "language": "German"}))
    told = writing.client.post("/api/v1/prompts/translate", json={"prompt": "ein See"}, headers=key)
    assert told.json()["by"] == CLAUDE


def test_whoever_repeats_a_request_whose_process_died_is_told_what_to_do(
    writing: Site, claude: AnthropicStandIn, home: Path
) -> None:
    body, before = {"prompt": "a lake at dawn"}, claude.purchases
    key, path = {"Idempotency-Key": "text-lost"}, "/api/v1/prompts/enhance"
    claude.says.extend([say(RICHER), say(RICHER)])
    assert writing.client.post(path, json=body, headers=key).status_code == 200
    asyncio.run(died_before_keeping(home, "text-lost"))
    for _ in range(2):
        lost = writing.client.post(path, json=body, headers=key)
        assert (lost.status_code, lost.json()["code"]) == (409, "answer_lost")
        for word in (
            "may have been bought",
            "limner texts list",
            "GET /api/v1/texts/calls",
            "a new key, which buys anew",
        ):
            assert word in lost.json()["detail"]
    assert claude.purchases == before + 1
    again = writing.client.post(path, json=body, headers={"Idempotency-Key": "text-lost-2"})
    assert (again.status_code, claude.purchases) == (200, before + 2)


async def died_before_keeping(folder: Path, key: str) -> None:
    """Leaves a key as a process does that died between the purchase and the keeping of its answer."""
    database = await Database.open(f"sqlite:///{folder / 'data' / 'limner.db'}")
    unkept = update(repeats).where(repeats.c.key == key).values(answer=None)
    await database.write(lambda connection: connection.execute(unkept), owner=EVERYBODY)
    await database.close()


async def test_a_key_whose_answer_was_lost_buys_nothing_again(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite:///{tmp_path / 'limner.db'}")
    store = SqlTextRepeats(database)
    assert await store.begin("ann", "key", "body", NOON) is None
    with pytest.raises(AnswerLost):
        await store.begin("ann", "key", "body", NOON)
    with pytest.raises(IdempotencyConflict):
        await store.begin("ann", "key", "another", NOON)
    assert await store.begin("bob", "key", "another", NOON) is None
    await store.keep("ann", "key", b"{}")
    await store.forget("ann", "key")
    assert await store.begin("ann", "key", "body", NOON) == b"{}"
    await store.forget("bob", "key")
    assert await store.begin("bob", "key", "body", NOON) is None
    await database.close()


LAKE = {"prompt": "a lake in mist", "language": "German"}


def test_a_request_has_its_prompt_translated_before_it_is_painted(writing: Site, claude: AnthropicStandIn) -> None:
    claude.says.append(say(LAKE))
    job = writing.paint(prompt="ein See im Nebel", translate=True)
    request = job["request"]
    assert isinstance(request, dict)
    assert (request["prompt"], request["translate"]) == ("a lake in mist", "auto")
    told = request["translated"]
    assert (told["original"], told["language"], told["by"], told["cost"]) == (
        "ein See im Nebel",
        "German",
        CLAUDE,
        "0.003",
    )
    (line,) = (each for each in job["receipt"] if each["field"] == "translate")  # type: ignore[attr-defined]  # a list
    assert (line["treatment"], line["sent"]) == ("mapped", "English")
    call = newest_call(writing)
    assert (told["calls"], call["purpose"]) == ([call["id"]], "translate")


def test_a_quote_shows_the_price_of_the_translation_and_its_second_confirmation_buys_none(
    writing: Site, claude: AnthropicStandIn
) -> None:
    asked = len(claude.bodies)
    body = {"prompt": "ein See im Nebel", "translate": "English", "model": "sketch", "size": "64x64"}
    quote = writing.client.post("/api/v1/quotes", json=body).json()
    assert len(claude.bodies) == asked
    found = quote["plan"]["translation"]
    assert (found["by"], found["language"], found["to"]) == (CLAUDE, "German", "en")
    assert quote["ceiling"] == found["estimate"]["ceiling"] == quote["estimate"]["ceiling"]
    claude.says.append(say(LAKE))
    made = [
        writing.client.post("/api/v1/jobs", json={"quote": quote["token"]}, headers={"Idempotency-Key": "translated"})
        for _ in range(2)
    ]
    assert made[0].json()["id"] == made[1].json()["id"]
    assert len(claude.bodies) == asked + 1


@pytest.mark.parametrize("wrong", ["Klingon", 7, {"to": "en"}])
def test_a_language_that_is_none_is_refused(writing: Site, wrong: object) -> None:
    answer = writing.client.post("/api/v1/jobs", json={"prompt": "ein See", "model": "sketch", "translate": wrong})
    assert (answer.status_code, answer.json()["field"].partition(".")[0]) == (422, "translate")


def test_without_a_text_model_a_strict_request_is_refused(wordless: Site) -> None:
    body = {"prompt": "ein See im Nebel", "model": "sketch", "translate": True, "strictness": "strict"}
    refused = wordless.client.post("/api/v1/jobs", json=body)
    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (422, "strict", "translate")
    assert "No text model can be used" in refused.json()["detail"]
    job = wordless.paint(prompt="ein See im Nebel", translate=True)
    (line,) = (each for each in job["receipt"] if each["field"] == "translate")  # type: ignore[attr-defined]  # a list
    assert line["treatment"] == "ignored"


def test_a_profile_may_ask_for_it(writing: Site, claude: AnthropicStandIn) -> None:
    profile = {"name": "Abroad", "model": "sketch/sketch", "parameters": {"translate": True}}
    assert writing.client.post("/api/v1/profiles", json=profile).status_code == 201
    claude.says.append(say(LAKE))
    body = {"prompt": "ein See im Nebel", "profile": "Abroad", "size": "64x64"}
    job = writing.client.post("/api/v1/jobs", json=body, headers={"Prefer": "wait=30"}).json()
    assert job["request"]["prompt"] == "a lake in mist"
