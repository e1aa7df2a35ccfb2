"""Pipelines of diffusers as a service, painted with by the library in its place."""

import io
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date

import pytest
from PIL import Image

from limner.domain.abilities import Closes
from limner.domain.call import Call, Finished, Partial, Pending
from limner.domain.errors import FailureCode, NotConfigured, ProviderError, Spent
from limner.domain.ports import Provider, Streams
from limner.domain.request import Operation, Role, Size
from limner.providers import readiness_of
from limner.providers.connecting import connections
from limner.providers.diffusers import TAKES
from limner.testing.conformance import Case, ProviderConformance
from limner.testing.examples import input_picture, provider_at
from limner.testing.pictures import grey_mask
from limner.wire.connection import Connection
from tests.pipelines.conftest import Library
from tests.shipped import shipped

SERVICE = shipped().service("diffusers")
CARD = replace(SERVICE, default_model="tiny")
HERE = Connection(base_url="", python=sys.executable)
CALL = Call(
    id="00000000-0000-7000-8000-000000000001",
    model="tiny",
    operation=Operation.GENERATE,
    prompt="a red fox in snow",
    count=1,
    size=Size(64, 48),
    timeout=20.0,
    wire={"pipeline": "some/pipeline"},
)


class TestDiffusers(ProviderConformance):
    case = Case(card=replace(CARD, packages=()), takes=TAKES, call=CALL)


@pytest.fixture
async def provider(library: Library) -> AsyncIterator[Provider]:
    async with provider_at(CARD, HERE) as bench:
        yield bench.provider
        assert isinstance(bench.provider, Closes)
        await bench.provider.close()


async def painted(provider: Provider, call: Call) -> Finished:
    outcome = await provider.submit(call)
    assert isinstance(outcome, Finished)
    return outcome


async def failure(provider: Provider, call: Call) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await provider.submit(call)
    assert caught.value.spent is Spent.NO
    return caught.value


def pixel(data: object) -> object:
    assert isinstance(data, bytes)
    return Image.open(io.BytesIO(data)).getpixel((0, 0))


async def test_seeds_count_up_from_picture_to_picture(provider: Provider) -> None:
    finished = await painted(provider, replace(CALL, count=3, seed=5))
    assert [picture.seed for picture in finished.pictures] == [5, 6, 7]
    assert [pixel(picture.content) for picture in finished.pictures] == [(5, 17, 0), (6, 17, 0), (7, 17, 0)]


async def test_without_a_seed_the_same_call_gets_the_same_one_again(provider: Provider) -> None:
    first, again = await painted(provider, CALL), await painted(provider, CALL)
    other = await painted(provider, replace(CALL, id="another"))
    assert first.pictures == again.pictures
    assert first.pictures[0].seed != other.pictures[0].seed


async def test_it_tells_how_far_it_is(provider: Provider) -> None:
    assert isinstance(provider, Streams)
    news = [item async for item in provider.stream(CALL)]
    told = [(item.stage, item.progress) for item in news if isinstance(item, Partial)]
    assert told == [("loading", None), *(("painting", pytest.approx(step / 3)) for step in (1, 2, 3))]
    assert isinstance(news[-1], Finished)


async def test_what_was_read_of_a_long_prompt_is_told_as_the_prompt(provider: Provider) -> None:
    finished = await painted(provider, replace(CALL, prompt="one two three four five six seven"))
    assert finished.pictures[0].revised_prompt == "one two three four five six"


@pytest.mark.parametrize("operation", [Operation.EDIT, Operation.INPAINT])
async def test_pictures_go_along(provider: Provider, operation: Operation) -> None:
    source = input_picture(Role.SOURCE)
    mask = replace(input_picture(Role.MASK), data=grey_mask(Size(64, 48)))
    inputs = (source, mask) if operation is Operation.INPAINT else (source,)
    finished = await painted(provider, replace(CALL, operation=operation, inputs=inputs, strength=0.5, seed=3))
    assert pixel(finished.pictures[0].content) == (3, 17, 0)


async def test_an_option_of_the_pipelines_own_is_passed_on(provider: Provider) -> None:
    assert (await painted(provider, replace(CALL, extra={"eta": 0.5}))).pictures
    refused = await failure(provider, replace(CALL, extra={"clip_skip": 2}))
    assert (refused.code, refused.field) == (FailureCode.BAD_PARAMETER, "extra.clip_skip")


@pytest.mark.parametrize(
    ("prompt", "code", "field", "words"),
    [
        ("memory", FailureCode.BAD_PARAMETER, "size", "smaller size"),
        ("fault", FailureCode.FAILED, None, "index 1000"),
        ("complaint", FailureCode.BAD_PARAMETER, None, "`strength` is too small"),
        ("crash", FailureCode.FAILED, None, "left the building"),
        ("withhold", FailureCode.REFUSED, None, "withheld"),
    ],
)
async def test_every_failure_has_its_meaning(
    provider: Provider, prompt: str, code: FailureCode, field: str | None, words: str
) -> None:
    refused = await failure(provider, replace(CALL, prompt=prompt))
    assert (refused.code, refused.field) == (code, field)
    assert words in refused.message


async def test_a_pipeline_that_is_gone_is_a_model_that_is_gone(provider: Provider) -> None:
    assert (await failure(provider, replace(CALL, wire={"pipeline": "broken/pipeline"}))).code == FailureCode.MODEL_GONE


async def test_a_task_that_the_pipeline_lacks_names_the_operation(provider: Provider) -> None:
    refused = await failure(provider, replace(CALL, wire={"pipeline": "some/other", "load": {"channels": 1}}))
    assert refused.field == "operation"


async def test_a_call_that_takes_too_long_is_ended(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("limner.pipelines.companion.PATIENCE", 0.01)
    refused = await failure(provider, replace(CALL, prompt="slow", timeout=0.5))
    assert refused.code == FailureCode.TIMED_OUT
    assert "0.5 seconds" in refused.message


async def test_nothing_is_found_again(provider: Provider) -> None:
    with pytest.raises(ProviderError) as caught:
        await provider.poll(Pending(ticket={"id": "x"}, poll_after=1.0))
    assert caught.value.code == FailureCode.EXPIRED


async def test_a_python_that_is_not_there_is_said(library: Library) -> None:
    async with provider_at(CARD, replace(HERE, python="/there/is/no/python")) as bench:
        assert "cannot be started" in (await failure(bench.provider, CALL)).message


def test_it_says_what_it_needs_before_it_is_used() -> None:
    nothing = replace(SERVICE, packages=("no_such_package_of_anybody",))
    assert readiness_of(nothing, Connection(base_url=""), {}).reason == (
        "Needs no_such_package_of_anybody: pip install 'limner[diffusers]', or set DIFFUSERS_PYTHON."
    )
    assert readiness_of(SERVICE, HERE, {}).reason == "Has no model yet: limner pipelines add FOLDER-OR-ID."
    assert readiness_of(CARD, HERE, {}).ready


async def test_a_setting_that_is_no_number_is_refused() -> None:
    with pytest.raises(NotConfigured, match="DIFFUSERS_IDLE_SECONDS"):
        async with provider_at(CARD, replace(HERE, options=(("DIFFUSERS_IDLE_SECONDS", "soon"),))):
            pass


def test_the_environment_says_where_the_library_is() -> None:
    variables = {"DIFFUSERS_PYTHON": " /opt/torch/bin/python ", "DIFFUSERS_DEVICE": "cuda:1", "HF_TOKEN": ""}
    connection = connections((SERVICE,), variables)["diffusers"]
    assert (connection.python, connection.options) == ("/opt/torch/bin/python", (("DIFFUSERS_DEVICE", "cuda:1"),))
    assert "cuda:1" not in repr(connection)
    assert SERVICE.as_of == date(2026, 11, 28)
