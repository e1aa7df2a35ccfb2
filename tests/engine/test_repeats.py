"""A request that is sent again by itself gets the answer of the first one."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from limner.domain.errors import FailureCode, InvalidRequest, Problem, ProviderError, Spent
from limner.domain.job import Job, JobState
from limner.domain.languages import BEST
from limner.domain.people import LOCAL, Principal
from limner.domain.request import ImageRequest, Size
from limner.engine.repeats import SENT_AGAIN, UNSETTLED, Repeats
from limner.testing.fakes import FakeProvider
from limner.testing.text_fakes import ScriptedTexts, buyer_over
from tests.engine.house import House, facts, house

BOB = Principal(id="bob", name="Bob")
FOX = ImageRequest(prompt="a fox", model="acme/one", size=Size(64, 64))
LOST = ProviderError(Problem(code=FailureCode.LINE_DROPPED, message="The line dropped.", spent=Spent.UNKNOWN))


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path, {"acme": FakeProvider()}, facts("acme", usd="0.04")) as found:
        yield found


async def earlier(here: House, request: ImageRequest = FOX, *, again: bool, who: Principal = LOCAL) -> Job | None:
    repeats = Repeats(jobs=here.jobs, reuser=here.engine.reuser, presets={}, clock=here.clock)
    return await repeats.earlier(request, who, again=again)


def lose(here: House) -> None:
    provider = here.services.provider("acme")
    assert isinstance(provider, FakeProvider)
    provider.script(LOST)


async def test_a_lost_purchase_answers_for_two_minutes(here: House) -> None:
    lose(here)
    lost = await here.engine.generate(FOX, LOCAL, timeout=20)
    assert lost.state is JobState.AMBIGUOUS
    assert await earlier(here, again=False) == lost
    assert await earlier(here, replace(FOX, project="elsewhere"), again=False) == lost
    assert await earlier(here, replace(FOX, prompt="a wolf"), again=False) is None
    assert await earlier(here, again=False, who=BOB) is None
    here.clock.advance(UNSETTLED.total_seconds())
    assert await earlier(here, again=False) is None


@pytest.mark.parametrize("prompt", ["a fox in the snow", "ein Fuchs im Schnee"])
async def test_a_lost_purchase_of_a_prompt_that_is_to_be_translated_answers_too(tmp_path: Path, prompt: str) -> None:
    sends = ScriptedTexts()
    sends.say('{"prompt": "a fox in the snow", "language": "German"}', input=1000, output=100)
    wish = replace(FOX, prompt=prompt, translate=BEST)
    async with house(tmp_path, {"acme": FakeProvider()}, facts("acme", usd="0.04"), texts=buyer_over(sends)) as here:
        lose(here)
        lost = await here.engine.generate(wish, LOCAL, timeout=20)
        assert (lost.state, lost.request.prompt) == (JobState.AMBIGUOUS, "a fox in the snow")
        assert await earlier(here, wish, again=False) == lost


async def test_a_lost_purchase_answers_although_the_same_went_well_meanwhile(here: House) -> None:
    lose(here)
    lost = await here.engine.generate(FOX, LOCAL, timeout=20)
    await here.engine.generate(FOX, LOCAL, timeout=20)
    assert await earlier(here, again=False) == lost


async def test_only_who_sends_again_gets_pictures_that_are_there(here: House) -> None:
    painted = await here.engine.generate(FOX, LOCAL, timeout=20)
    assert await earlier(here, again=False) is None
    assert await earlier(here, again=True) == painted
    assert await earlier(here, again=True, who=BOB) is None
    here.clock.advance(SENT_AGAIN.total_seconds())
    assert await earlier(here, again=True) is None


async def test_what_failed_for_nothing_is_tried_anew(here: House) -> None:
    provider = here.services.provider("acme")
    assert isinstance(provider, FakeProvider)
    provider.script(ProviderError(Problem(code=FailureCode.FAILED, message="No.", spent=Spent.NO)))
    failed = await here.engine.generate(FOX, LOCAL, timeout=20)
    assert failed.state is JobState.FAILED
    assert await earlier(here, again=True) is None


async def test_what_no_model_could_do_is_refused(here: House) -> None:
    with pytest.raises(InvalidRequest):
        await earlier(here, replace(FOX, prompt=" "), again=False)
