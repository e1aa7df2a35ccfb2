"""Long prompts on their way to whoever paints."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from limner.domain.errors import InvalidRequest
from limner.domain.people import LOCAL
from limner.domain.request import ImageRequest, Size
from limner.testing.fakes import FakeClock, FakeProvider, FakeTextModel
from limner.words.desk import Desk
from limner.words.optimising import Optimiser
from limner.words.protecting import protected
from tests.engine.house import facts, house
from tests.words.samples import answering, long_prompt

SMALL = facts("acme", usd="0.04")
ACME = replace(SMALL, text=SMALL.text.replace("prompt_limit = 1000", "prompt_limit = 3000"))
PROMPT = long_prompt(4_000)
WISH = ImageRequest(prompt=PROMPT, optimise=True, model="acme/one", size=Size(64, 64))
FIRST, SECOND = (
    answering(", ".join([*protected(PROMPT).terms, PROMPT[:length]])) for length in (1_200, 1_300)
)  # the same prompt, written in two ways


def writer(*answers: str) -> Optimiser:
    clock = FakeClock()
    return Optimiser(Desk(FakeTextModel(*answers), clock, deadline=60), clock, longest=10_000)


@pytest.mark.req("S4-012")
async def test_the_shorter_prompt_is_painted_and_the_old_one_kept(tmp_path: Path) -> None:
    provider = FakeProvider()
    async with house(tmp_path, {"acme": provider}, ACME, shortens=writer(FIRST)) as here:
        job = await here.engine.generate(WISH, LOCAL, timeout=20)
        assert job.request.rewritten is not None
        assert job.request.rewritten.original == PROMPT
        assert {call.call.prompt for call in job.calls} == {job.request.prompt}
        assert len(job.request.prompt) < 3_000
        kept = await here.jobs.get(job.id, LOCAL.id)
        assert kept.request == job.request
        again = await here.engine.generate(job.request, LOCAL, timeout=20)
        assert again.request.prompt == job.request.prompt


async def test_a_key_buys_once_although_the_text_model_writes_otherwise(tmp_path: Path) -> None:
    provider = FakeProvider()
    async with house(tmp_path, {"acme": provider}, ACME, shortens=writer(FIRST, SECOND)) as here:
        first = await here.engine.generate(WISH, LOCAL, key="k", timeout=20)
        second = await here.engine.generate(WISH, LOCAL, key="k", timeout=20)
        assert second.id == first.id
        third = await here.engine.generate(WISH, LOCAL, key="other", timeout=20)
        assert third.request.prompt != first.request.prompt
        assert provider.purchases == 2


async def test_a_quote_holds_the_prompt_that_was_priced(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME, shortens=writer(FIRST, SECOND)) as here:
        quote = await here.engine.estimate(WISH, LOCAL)
        job = await here.engine.confirm(quote.token, LOCAL)
        assert job.request == quote.request


async def test_the_same_shorter_prompt_gives_the_kept_pictures(tmp_path: Path) -> None:
    provider = FakeProvider()
    async with house(tmp_path, {"acme": provider}, ACME, shortens=writer(FIRST, FIRST)) as here:
        await here.engine.generate(WISH, LOCAL, timeout=20)
        await here.engine.generate(replace(WISH, reuse=True), LOCAL, timeout=20)
        assert provider.purchases == 1


async def test_one_that_is_too_long_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        with pytest.raises(InvalidRequest, match="max 10000 characters"):
            await here.engine.submit(replace(WISH, prompt="x" * 10_001), LOCAL)
        page = await here.jobs.page(LOCAL.id, limit=5, cursor=None, states=frozenset())
        assert not page.items
