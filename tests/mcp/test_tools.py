"""The tools, asked by the official client: prices are agreed to, pictures are bought once, answers stay small."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import operator
import random
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from mcp import MCPError
from mcp_types import (
    CallToolResult,
    ElicitResult,
    ImageContent,
    InputRequiredResult,
    InputResponses,
    ResourceLink,
    TextContent,
)
from PIL import Image

from limner.domain.errors import Problem
from limner.domain.job import JobState
from limner.domain.money import Money
from limner.domain.people import Principal, Role
from limner.domain.picture import Picture, PictureFile
from limner.domain.plan import ReceiptLine, Treatment
from limner.domain.records import PictureFilter
from limner.domain.request import ImageRequest, Operation
from limner.mcp.answering import ENVELOPE, LARGEST, answered, size_of
from limner.mcp.shapes import IN_BRIEF, GetBody, PaintBody, SearchBody, notes_of, picture_body, problem_body
from limner.testing.faults import Fault
from tests.mcp.conftest import ERAS, FREE, PAID, House, Person, problem_of, told

TOOLS = {"estimate", "generate", "edit", "upscale", "search", "get", "cancel"}
REFUSED = {"error": {"message": "Your request was rejected by the safety system.", "code": "moderation_blocked"}}
PAINTS = {"prompt": "a cat", **PAID}


def noise_png(width: int, height: int) -> bytes:
    """The same noise each time: no picture of this size compresses worse."""
    file = io.BytesIO()
    Image.frombytes("RGB", (width, height), random.Random(7).randbytes(width * height * 3)).save(file, "png")
    return file.getvalue()


async def bought(house: House) -> None:
    """Until the service has accepted a purchase; it lives in this process, so looking costs nothing."""
    for _ in range(3000):
        if house.stand_in.purchases:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nothing was bought")


def parts(result: CallToolResult, kind: type[Any]) -> list[Any]:
    return [part for part in result.content if isinstance(part, kind)]


async def test_every_tool_says_what_it_takes_and_gives(house: House) -> None:
    async with house.client() as client:
        found = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert found.keys() == TOOLS
        for tool in found.values():
            assert tool.input_schema["type"] == (tool.output_schema or {})["type"] == "object"
            assert tool.input_schema["additionalProperties"] is False
            assert tool.annotations is not None
        reading = {name for name, tool in found.items() if tool.annotations and tool.annotations.read_only_hint}
        assert reading == {"estimate", "search", "get"}


@pytest.mark.parametrize("era", ERAS)
async def test_what_is_free_is_painted_at_once_with_link_preview_and_progress(house: House, era: str) -> None:
    news: list[tuple[float, float | None, str | None]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        news.append((progress, total, message))

    async with house.client(era=era) as client:
        result = await client.call_tool("generate", {"prompt": "a cat", **FREE, "count": 2}, progress_callback=hear)
        body = told(result)
        assert (body["state"], body["cost_usd"], len(body["pictures"])) == ("succeeded", "0.00", 2)
        assert json.loads(parts(result, TextContent)[0].text)["job_id"] == body["job_id"]
        links, previews = parts(result, ResourceLink), parts(result, ImageContent)
        assert [link.uri for link in links] == [picture["uri"] for picture in body["pictures"]]
        assert [preview.mime_type for preview in previews] == ["image/webp", "image/webp"]
        assert Image.open(io.BytesIO(base64.b64decode(previews[0].data))).size == (64, 64)
        whole = (await client.read_resource(links[0].uri)).contents[0]
        assert whole.mime_type == "image/png"
    shares = [share for share, _, _ in news]
    assert shares == sorted(set(shares))
    assert (shares[-1], news[-1][1:]) == (1.0, (1.0, "finished"))
    assert "painting" in [message for _, _, message in news]


@pytest.mark.parametrize("era", ERAS)
async def test_the_person_is_asked_for_the_price_and_pays_no_more(house: House, era: str) -> None:
    person = Person()
    async with house.client(person, era=era) as client:
        body = told(await client.call_tool("generate", PAINTS))
        price = told(await client.call_tool("estimate", PAINTS))["quote"]["most_usd"]
    (question,) = person.asked
    assert question.startswith(f"This costs up to ${price}, ")
    assert question.endswith('The prompt: "a cat"')
    assert house.stand_in.purchases == 1
    job = await house.runtime.jobs.get(body["job_id"])
    assert job.cost is not None
    assert job.cost <= Money.usd(price)
    assert job.request.max_cost == Money.usd(price)


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(
    "says",
    [
        ElicitResult(action="decline"),
        ElicitResult(action="cancel"),
        ElicitResult(action="accept", content={"agree": False}),
        ElicitResult(action="accept", content={"agree": "yes"}),
        ElicitResult(action="accept", content={}),
    ],
    ids=["decline", "cancel", "no", "yes in words", "nothing"],
)
async def test_without_a_yes_nothing_is_bought(house: House, era: str, says: ElicitResult) -> None:
    async with house.client(Person(says=says), era=era) as client:
        problem = problem_of(await client.call_tool("generate", PAINTS))
    assert (problem["code"], problem["spent"]) == ("price_declined", "no")
    assert house.stand_in.purchases == 0
    assert (await house.runtime.jobs.page("local", limit=9, cursor=None, states=frozenset())).items == ()


async def test_a_prompt_that_looks_like_a_price_stands_behind_the_real_one(house: House) -> None:
    person = Person(says=ElicitResult(action="decline"))
    async with house.client(person) as client:
        prompt = 'a cat"?\n\nThis costs up to $0.00. May it? The prompt: "a cat'
        problem_of(await client.call_tool("generate", {**PAINTS, "prompt": prompt}))
    (question,) = person.asked
    assert "\n" not in question
    real, words = question.split('"')[:2]
    assert real.startswith("This costs up to $0.006")
    assert "$0.00. " in words
    assert question.count('"') == 2


@pytest.mark.parametrize("era", ERAS)
async def test_a_client_that_cannot_ask_is_told_the_price_and_how_to_go_on(house: House, era: str) -> None:
    async with house.client(era=era) as client:
        body = told(await client.call_tool("generate", PAINTS))
        assert (body["state"], body["ended"], body["job_id"]) == ("needs_confirmation", False, None)
        price = body["quote"]["most_usd"]
        assert f"max_cost_usd set to {price}" in body["next"]
        assert house.stand_in.purchases == 0
        bought = told(await client.call_tool("generate", {**PAINTS, "max_cost_usd": price}))
        assert (bought["state"], house.stand_in.purchases) == ("succeeded", 1)
        dear = problem_of(await client.call_tool("generate", {**PAINTS, "max_cost_usd": "0.0001"}))
        assert (dear["code"], house.stand_in.purchases) == ("confirmation_required", 1)


async def test_what_the_installation_lets_pass_is_not_asked_for(house: House) -> None:
    free_hand = house.runtime.settings.model_copy(update={"mcp_free_hand_usd": Money.usd("0.01")})
    object.__setattr__(house.runtime, "settings", free_hand)
    person = Person()
    async with house.client(person) as client:
        assert told(await client.call_tool("generate", PAINTS))["state"] == "succeeded"
        assert person.asked == []
        told(await client.call_tool("generate", {**PAINTS, "count": 5}))
        assert len(person.asked) == 1


@pytest.mark.parametrize("era", ERAS)
async def test_the_same_key_buys_once_and_asks_once(house: House, era: str) -> None:
    person = Person()
    async with house.client(person, era=era) as client:
        asked = {**PAINTS, "idempotency_key": "the cat of today"}
        first = told(await client.call_tool("generate", asked))
        again = told(await client.call_tool("generate", asked))
        assert (again["job_id"], house.stand_in.purchases, len(person.asked)) == (first["job_id"], 1, 1)
        other = problem_of(await client.call_tool("generate", {**asked, "prompt": "a dog"}))
        assert (other["code"], house.stand_in.purchases) == ("idempotency_conflict", 1)


async def test_an_agreement_that_is_sent_twice_buys_once(house: House) -> None:
    """The newest protocol answers a call with the question: the client may send its person's word again."""
    house.line = None
    async with house.client(Person(), era="auto") as client:
        question = await client.session.call_tool("generate", PAINTS, allow_input_required=True)
        assert isinstance(question, InputRequiredResult)
        responses: InputResponses = {"price": ElicitResult(action="accept", content={"agree": True})}
        answers = [
            await client.session.call_tool(
                "generate",
                arguments,
                input_responses=responses,
                request_state=question.request_state,
                allow_input_required=True,
            )
            for arguments in (PAINTS, PAINTS)
        ]
        jobs = {told(answer)["job_id"] for answer in answers if isinstance(answer, CallToolResult)}
        assert (len(jobs), house.stand_in.purchases) == (1, 1)
        with pytest.raises(MCPError, match="requestState"):
            await client.session.call_tool(
                "generate",
                {**PAINTS, "count": 9},
                input_responses=responses,
                request_state=question.request_state,
                allow_input_required=True,
            )
        house.principal = Principal(id="somebody else", name="Ben")
        with pytest.raises(MCPError, match="requestState"):
            await client.session.call_tool(
                "generate",
                PAINTS,
                input_responses=responses,
                request_state=question.request_state,
                allow_input_required=True,
            )
        assert house.stand_in.purchases == 1


async def test_a_long_job_is_answered_before_it_ends_and_found_again(house: House) -> None:
    house.stand_in.faults.add(Fault(delay=1.0))
    async with house.client() as client:
        started = told(await client.call_tool("generate", {**PAINTS, "max_cost_usd": "0.10", "wait_seconds": 0}))
        assert not started["ended"]
        assert started["job_id"] in started["next"]
        found = told(await client.call_tool("get", {"id": started["job_id"], "wait_seconds": 30}))["job"]
        assert (found["state"], found["job_id"], len(found["pictures"])) == ("succeeded", started["job_id"], 1)
        shown = await client.call_tool("get", {"id": found["pictures"][0]["uri"]})
        assert told(shown)["job_of_picture"] == started["job_id"]
        assert len(parts(shown, ImageContent)) == 1
    assert house.stand_in.purchases == 1


@pytest.mark.parametrize("era", ERAS)
async def test_who_gives_up_waiting_loses_no_picture(house: House, era: str) -> None:
    house.stand_in.faults.add(Fault(delay=1.0))
    async with house.client(era=era) as client:
        call = asyncio.create_task(client.call_tool("generate", {**PAINTS, "max_cost_usd": "0.10"}))
        await bought(house)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        (job,) = (await house.runtime.jobs.page("local", limit=9, cursor=None, states=frozenset())).items
        found = told(await client.call_tool("get", {"id": job.id, "wait_seconds": 30}))["job"]
        assert (found["state"], len(found["pictures"]), house.stand_in.purchases) == ("succeeded", 1, 1)


@pytest.mark.parametrize("era", ERAS)
async def test_a_paused_queue_is_told_with_how_it_goes_on(house: House, era: str) -> None:
    heard: list[str | None] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append(message)

    queue = house.runtime.queue
    await queue.pause(house.principal)
    async with house.client(era=era) as client:
        # It would wait for ten minutes: the answer comes at once.
        held = told(await client.call_tool("generate", {**FREE, "prompt": "a lake", "wait_seconds": 600}))
        assert (held["state"], held["ended"]) == ("queued", False)
        assert "the person's queue is paused" in held["next"]
        assert "limner queue resume" in held["next"]
        asked = {"id": held["job_id"], "wait_seconds": 0.2}
        found = told(await client.call_tool("get", asked, progress_callback=hear))["job"]
        assert found["next"] == held["next"]
        assert heard == ["waiting: the person's queue is paused"]
        await queue.resume(house.principal)
        found = told(await client.call_tool("get", {**asked, "wait_seconds": 30}))["job"]
        assert (found["state"], len(found["pictures"])) == ("succeeded", 1)
        assert "paused" not in found["next"]


async def test_a_job_is_stopped_where_that_is_asked_for(house: House) -> None:
    house.stand_in.faults.add(Fault(delay=20))
    async with house.client() as client:
        asked = {**PAINTS, "max_cost_usd": "0.10", "wait_seconds": 0}
        started = told(await client.call_tool("generate", asked))
        told(await client.call_tool("cancel", {"id": started["job_id"]}))
        job = await house.runtime.jobs.get(started["job_id"])
        assert job.cancel_requested


async def test_pictures_are_edited_and_enlarged(house: House) -> None:
    async with house.client() as client:
        first = told(await client.call_tool("generate", {"prompt": "a lake", **FREE}))["pictures"][0]
        edited = await client.call_tool("edit", {"image": first["uri"], "prompt": "at night", "model": "sketch"})
        assert told(edited)["pictures"][0]["parents"] == [first["id"]]
        mask = f"data:image/png;base64,{base64.b64encode(noise_png(64, 64)).decode()}"
        masked = await client.call_tool(
            "edit", {"image": first["id"], "prompt": "a boat", "mask": mask, "model": "sketch"}
        )
        assert told(masked)["pictures"][0]["operation"] == Operation.INPAINT
        large = told(await client.call_tool("upscale", {"image": first["id"], "scale": 2, "model": "sketch"}))
        assert large["pictures"][0]["width"] == 128
        priced = told(
            await client.call_tool(
                "estimate", {"operation": "upscale", "image": first["id"], "scale": 4, "model": "sketch"}
            )
        )
        assert priced["quote"]["most_usd"] == "0.00"


@pytest.mark.parametrize(
    ("image", "code"),
    [
        ("data:image/png;base64,%%%", "bad_picture"),
        ("data:image/png;base64,aGVsbG8=", "bad_picture"),
        ("/etc/passwd", "invalid_request"),
        ("file:///etc/passwd", "invalid_request"),
        ("http://127.0.0.1:9/a.png", "invalid_request"),
        ("01a221d5-a371-7daa-ba81-e5c7ff0afda1", "not_found"),
    ],
)
async def test_what_is_no_picture_of_ones_own_is_refused(house: House, image: str, code: str) -> None:
    async with house.client() as client:
        asked = {"image": image, "prompt": "at night", "model": "sketch"}
        problem = problem_of(await client.call_tool("edit", asked))
        assert (problem["code"], problem["spent"]) == (code, "no")


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({}, "prompt"),
        ({"prompt": "a cat", "promt": "a dog"}, "promt"),
        ({"prompt": "a cat", "count": 11}, "count"),
        ({"prompt": "a cat", "size": "large"}, "size"),
        ({"prompt": "a cat", "max_cost_usd": "1e9"}, "max_cost_usd"),
        ({"prompt": "a cat", "max_cost_usd": "-1"}, "max_cost_usd"),
        ({"prompt": "a cat", "idempotency_key": " "}, "idempotency_key"),
        ({"prompt": "a cat", "wait_seconds": 1e9}, "wait_seconds"),
    ],
)
async def test_arguments_that_are_wrong_are_named(house: House, arguments: dict[str, Any], field: str) -> None:
    async with house.client() as client:
        problem = problem_of(await client.call_tool("generate", {"model": "sketch", **arguments}))
        assert (problem["code"], problem["field"]) == ("invalid_request", field)


async def test_what_fails_is_an_answer_that_says_why(house: House) -> None:
    house.stand_in.faults.add(Fault(status=400, body=REFUSED))
    async with house.client() as client:
        result = await client.call_tool("generate", {**PAINTS, "max_cost_usd": "0.10"})
        assert result.is_error
        body = result.structured_content
        assert body["state"] in {JobState.REFUSED, JobState.FAILED}
        assert body["problem"]["message"]
        assert told(await client.call_tool("get", {"id": body["job_id"]}))["job"]["state"] == body["state"]
        with pytest.raises(MCPError, match="no tool"):
            await client.call_tool("paint", {})


async def test_who_may_only_look_makes_nothing(house: House) -> None:
    house.principal = Principal(id="local", name="Vic", role=Role.VIEWER)
    async with house.client(Person()) as client:
        for tool, arguments in {
            "generate": {"prompt": "a cat", **FREE},
            "edit": {"image": f"data:image/png;base64,{base64.b64encode(noise_png(8, 8)).decode()}", "prompt": "x"},
            "cancel": {"id": "01a221d5-a371-7daa-ba81-e5c7ff0afda1"},
        }.items():
            assert problem_of(await client.call_tool(tool, arguments))["code"] == "forbidden"
        assert told(await client.call_tool("estimate", PAINTS))["quote"]["most_usd"]
        assert told(await client.call_tool("search", {}))["pictures"] == []


async def test_pictures_are_found_page_by_page(house: House) -> None:
    async with house.client() as client:
        for prompt in ("a red boat", "a blue boat", "a green hill"):
            told(await client.call_tool("generate", {"prompt": prompt, **FREE, "tags": ["harbour"]}))
        first = told(await client.call_tool("search", {"words": "boat", "limit": 1}))
        assert [picture["prompt"] for picture in first["pictures"]] == ["a blue boat"]
        rest = told(await client.call_tool("search", {"words": "boat", "limit": 1, "cursor": first["next"]}))
        assert [picture["prompt"] for picture in rest["pictures"]] == ["a red boat"]
        assert len(told(await client.call_tool("search", {"tag": "harbour"}))["pictures"]) == 3


async def test_somebody_elses_things_are_not_there(house: House) -> None:
    async with house.client() as client:
        mine = told(await client.call_tool("generate", {"prompt": "a cat", **FREE}))
        house.principal = Principal(id="somebody else", name="Ben")
        for name in (mine["job_id"], mine["pictures"][0]["id"], "01a221d5-a371-7daa-ba81-e5c7ff0afda1"):
            assert problem_of(await client.call_tool("get", {"id": name}))["code"] == "not_found"
            assert problem_of(await client.call_tool("cancel", {"id": name}))["code"] == "not_found"
        uri = mine["pictures"][0]["uri"]
        assert problem_of(await client.call_tool("upscale", {"image": uri, "model": "sketch"}))["code"] == "not_found"
        for address in (uri, f"{uri}/recipe"):
            with pytest.raises(MCPError, match="no picture"):
                await client.read_resource(address, cache_mode="bypass")
        assert told(await client.call_tool("search", {}))["pictures"] == []
        assert [found.name for found in (await client.list_resources(cache_mode="bypass")).resources] == ["models"]


TEXTS = st.builds(operator.mul, st.text(min_size=1, max_size=20), st.integers(0, 1600))


def kept(picture: Picture, prompt: str, edge: int) -> Picture:
    """A picture as it may have been kept, whose file is there."""
    file = PictureFile(
        digest=picture.file.digest, media_type="image/png", width=edge, height=edge, size=picture.file.size
    )
    return Picture(
        id=picture.id,
        owner="local",
        job_id=picture.job_id,
        call_id=picture.call_id,
        number=0,
        project="default",
        operation=Operation.GENERATE,
        prompt=prompt,
        revised_prompt=prompt,
        model=prompt[:200] or "m",
        created=datetime(2026, 11, 28, tzinfo=UTC),
        original=file,
        file=file,
        changes=(prompt,) * 20,
        tags=(prompt,) * 20,
        parents=(picture.id,) * 20,
    )


async def test_an_answer_stays_below_its_size_whatever_it_is_about(house: House) -> None:
    """Noise makes the largest previews there can be."""
    job = await house.runtime.engine.generate(ImageRequest(prompt="a cat", model="sketch"), house.principal)
    noise = await house.runtime.blobs.put(noise_png(1024, 1024))
    page = await house.runtime.pictures.page("local", PictureFilter(job_id=job.id), limit=1, cursor=None)
    one = page.items[0]
    loop = asyncio.get_running_loop()
    found = PictureFile(digest=noise.digest, media_type="image/png", width=1024, height=1024, size=noise.size)
    object.__setattr__(one, "file", found)

    def sizes(prompt: str, count: int) -> list[int]:
        pictures = [kept(one, prompt, 1024) for _ in range(count)]
        bodies = [picture_body(picture, "https://limner.example.com", IN_BRIEF) for picture in pictures]
        problem = problem_body(Problem(code="x", message=prompt, field=prompt))
        notes = notes_of([ReceiptLine(field="size", treatment=Treatment.MAPPED, wanted=prompt, why=prompt)] * 40)
        paint = PaintBody(state="failed", ended=True, next="", pictures=bodies, notes=notes, problem=problem)
        found = SearchBody(pictures=[bodies[0]] * 20, next="x" * 200)
        shown = GetBody(picture=picture_body(pictures[0], "https://limner.example.com"))
        asked = [
            answered(house.runtime, paint, pictures),
            answered(house.runtime, found),
            answered(house.runtime, shown, pictures[:1]),
        ]
        made = [asyncio.run_coroutine_threadsafe(answer, loop).result(30) for answer in asked]
        assert len(parts(made[0], ResourceLink)) == count
        return [size_of(result) for result in made]

    @settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
    @given(prompt=TEXTS, count=st.integers(1, 10))
    @example(prompt="\U0001f3a8" * 32_000, count=10)
    @example(prompt='"' * 32_000, count=10)
    @example(prompt="a cat", count=10)
    def check(prompt: str, count: int) -> None:
        assert max(sizes(prompt, count)) < LARGEST - ENVELOPE

    await asyncio.to_thread(check)
