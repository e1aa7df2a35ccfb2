"""Kept pictures of an identical request: given again where that was asked for, at no cost, to the same person."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.codec import JsonRequestCodec
from limner.domain.errors import InvalidRequest, NotFound, QuoteRefused
from limner.domain.events import EventKind
from limner.domain.job import Job, JobState
from limner.domain.money import Money
from limner.domain.people import LOCAL, Principal
from limner.domain.picture import Picture
from limner.domain.plan import Treatment
from limner.domain.preset import Preset
from limner.domain.records import PicturesGone
from limner.domain.request import ImageRequest, InputImage, Role, Size, Strictness
from limner.domain.reviews import Decision, Report, Ruling
from limner.engine.reusing import essence
from limner.testing.fakes import FakeProvider
from tests.engine.house import House, facts, house

ACME = facts("acme", usd="0.04")
BOB = Principal(id="bob", name="Bob")
FOX = ImageRequest(prompt="a fox", model="acme/one", count=2, size=Size(64, 64))
WATERCOLOUR = Preset(id="watercolour", name="Watercolour", description="", value="in watercolour")


async def painted(here: House, request: ImageRequest, principal: Principal = LOCAL) -> Job:
    return await here.engine.generate(request, principal, timeout=20)


@pytest.mark.req("S1-073", "S0-073", "S4-083")
async def test_an_identical_request_gives_the_kept_pictures_at_no_cost(tmp_path: Path) -> None:
    provider = FakeProvider()
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        first = await painted(here, FOX)
        here.clock.advance(60)
        job = await painted(here, replace(FOX, reuse=True))
        assert provider.purchases == 1
        assert (job.state, job.cost, job.held, job.calls) == (JobState.SUCCEEDED, Money(), Money(), ())
        assert [picture.file for picture in job.pictures] == [picture.file for picture in first.pictures]
        assert not {picture.id for picture in job.pictures} & {picture.id for picture in first.pictures}
        assert [picture.cost for picture in job.pictures] == [Money(), Money()]
        assert [picture.created for picture in job.pictures] == [picture.created for picture in first.pictures]
        assert job.pictures[0].recipe["reused"] == {"job": first.id, "picture": first.pictures[0].id}
        await here.books_are_right()


async def test_it_is_said_by_an_event_and_a_line_of_the_receipt(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        first = await painted(here, FOX)
        job = await painted(here, replace(FOX, reuse=True))
        told = await here.story(job)
        assert [event.kind for event in told] == [
            EventKind.REUSED,
            EventKind.PICTURE,
            EventKind.PICTURE,
            EventKind.FINISHED,
        ]
        assert told[0].data == {"job": first.id, "pictures": 2}
        assert told[-1].data == {"state": "succeeded", "pictures": 2, "problem": None}
        (candidate,) = job.plan.candidates
        line = candidate.receipt[-1]
        assert (line.field, line.treatment, line.sent) == ("reuse", Treatment.REUSED, first.id)
        assert "21 November 2026" in line.why
        assert candidate.receipt[:-1] == first.plan.candidates[0].receipt
        assert job.plan.ceiling(2) == Money()


@pytest.mark.parametrize(
    "changes",
    [
        {"prompt": "a fox."},
        {"count": 1},
        {"size": Size(128, 64)},
        {"seed": 7},
        {"model": "acme"},
        {"quality": "high"},
        {"negative_prompt": "snow"},
        {"extra": {"sampler": "euler"}},
        {"strictness": Strictness.STRICT},
    ],
)
async def test_a_request_that_differs_is_painted(tmp_path: Path, changes: dict[str, object]) -> None:
    provider = FakeProvider()
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        await painted(here, FOX)
        other = replace(FOX, reuse=True, **changes)  # type: ignore[arg-type]  # tests name fields as they are
        job = await painted(here, other)
        assert provider.purchases == 2
        assert {event.kind for event in await here.story(job)} & {EventKind.QUEUED, EventKind.REUSED} == {
            EventKind.QUEUED
        }
        # And asked for again, that one is given.
        await painted(here, other)
        assert provider.purchases == 2


async def test_where_pictures_are_filed_and_what_they_may_cost_makes_no_difference(tmp_path: Path) -> None:
    provider = FakeProvider()
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        await painted(here, FOX)
        job = await painted(
            here, replace(FOX, reuse=True, project="posters", tags=("red",), max_cost=Money(1), previews=1)
        )
        assert provider.purchases == 1
        assert {(picture.project, picture.tags) for picture in job.pictures} == {("posters", ("red",))}


async def test_without_being_asked_nothing_is_reused(tmp_path: Path) -> None:
    provider = FakeProvider()
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        await painted(here, replace(FOX, reuse=True))
        await painted(here, FOX)
        assert provider.purchases == 2
        assert "reuse" not in str((await painted(here, FOX)).pictures[0].recipe["request"])


async def test_nobody_elses_pictures_are_given(tmp_path: Path) -> None:
    provider = FakeProvider()
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        await painted(here, FOX)
        await painted(here, replace(FOX, reuse=True), BOB)
        assert provider.purchases == 2


@pytest.mark.req("S1-074")
@pytest.mark.parametrize("seconds, purchases", [(7 * 86_400 - 1, 1), (7 * 86_400, 2)])
async def test_after_seven_days_it_is_painted_anew(tmp_path: Path, seconds: int, purchases: int) -> None:
    provider = FakeProvider()
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        await painted(here, FOX)
        here.clock.advance(3 * 86_400)
        await painted(here, replace(FOX, reuse=True))  # which does not make the pictures younger
        here.clock.advance(seconds - 3 * 86_400)
        await painted(here, replace(FOX, reuse=True))
        assert provider.purchases == purchases


async def test_a_job_that_brought_only_some_of_its_pictures_does_not_count(tmp_path: Path) -> None:
    provider = FakeProvider()
    provider.script(provider.finished(1))
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        assert (await painted(here, FOX)).state is JobState.PARTIAL
        assert len((await painted(here, replace(FOX, reuse=True))).pictures) == 2
        assert provider.purchases == 2


async def test_presets_count_as_what_they_add_to_the_prompt(tmp_path: Path) -> None:
    provider, presets = FakeProvider(), {"watercolour": WATERCOLOUR}
    async with house(tmp_path, {"acme": provider}, ACME, presets=presets) as here:
        await painted(here, replace(FOX, presets=("watercolour",)))
        await painted(here, replace(FOX, prompt="a fox, in watercolour", reuse=True))
        assert provider.purchases == 1
        await painted(here, replace(FOX, reuse=True))
        assert provider.purchases == 2


@pytest.mark.parametrize("which", ["original", "copy"])
async def test_what_is_withheld_is_not_given_again_under_whatever_name(tmp_path: Path, which: str) -> None:
    provider = FakeProvider()
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        first = await painted(here, FOX)
        again = await painted(here, replace(FOX, reuse=True))
        assert provider.purchases == 1
        picture = (first if which == "original" else again).pictures[1]
        await decided(here, picture, Decision.WITHHOLD)
        anew = await painted(here, replace(FOX, reuse=True))
        assert provider.purchases == 2
        assert [picture.withheld for picture in anew.pictures] == [None, None]
        await here.books_are_right()


async def test_what_was_withheld_and_is_released_is_given_again(tmp_path: Path) -> None:
    provider = FakeProvider()
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        first = await painted(here, FOX)
        await decided(here, first.pictures[0], Decision.WITHHOLD)
        await decided(here, first.pictures[0], Decision.DISMISS)
        await painted(here, replace(FOX, reuse=True))
        assert provider.purchases == 1


async def decided(here: House, picture: Picture, decision: Decision) -> None:
    """An administrator has decided about a picture."""
    report = Report(
        id=here.engine.ids.new(),
        image_id=picture.id,
        owner=picture.owner,
        prompt=picture.prompt,
        model=picture.model,
        reporter=BOB.id,
        reason="violence",
        details="",
        created=here.clock.now(),
    )
    known, _ = await here.reports.add(report)
    await here.reports.rule(Ruling(report_id=known.id, decision=decision, note="", by="boss", at=here.clock.now()))


async def test_what_makes_no_sense_is_refused_before_anything_is_given(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        with pytest.raises(InvalidRequest):
            await painted(here, replace(FOX, prompt=" ", reuse=True))


async def test_kept_pictures_are_given_although_the_service_cannot_be_used(tmp_path: Path) -> None:
    provider = FakeProvider()
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        await painted(here, FOX)
        here.services.unready["acme"] = "Needs a key."
        assert (await painted(here, replace(FOX, reuse=True))).state is JobState.SUCCEEDED
        assert provider.purchases == 1


async def test_a_key_and_a_quote_are_good_once_with_reuse_as_without(tmp_path: Path) -> None:
    provider, wanted = FakeProvider(), replace(FOX, reuse=True)
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        await painted(here, FOX)
        one = await here.engine.submit(wanted, LOCAL, key="k")
        same = await here.engine.submit(wanted, LOCAL, key="k")
        assert one == same
        quote = await here.engine.estimate(wanted, LOCAL)
        assert quote.ceiling == Money.usd("0.08")
        confirmed = await here.engine.confirm(quote.token, LOCAL)
        assert (confirmed.state, confirmed.cost) == (JobState.SUCCEEDED, Money())
        with pytest.raises(QuoteRefused):
            await here.engine.confirm(quote.token, LOCAL)
        assert provider.purchases == 1


async def test_pictures_that_go_at_the_last_moment_are_painted_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = FakeProvider()
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        await painted(here, FOX)
        submit = here.jobs.submit

        async def gone(new: object, **named: object) -> object:
            if getattr(new, "reused", None) is not None:
                raise PicturesGone
            return await submit(new, **named)  # type: ignore[arg-type]  # a NewJob

        monkeypatch.setattr(here.jobs, "submit", gone)
        assert (await painted(here, replace(FOX, reuse=True))).state is JobState.SUCCEEDED
        assert provider.purchases == 2


async def test_a_picture_whose_file_is_gone_is_painted_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = FakeProvider()
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        await painted(here, FOX)

        asked: list[Picture] = []

        async def missing_once(picture: Picture) -> None:
            asked.append(picture)
            if len(asked) == 1:
                raise NotFound("This file is not in the object store.")

        monkeypatch.setattr(type(here.engine.reuser.shelf), "put", staticmethod(missing_once))
        assert (await painted(here, replace(FOX, reuse=True))).state is JobState.SUCCEEDED
        assert provider.purchases == 2


IMAGE = InputImage(role=Role.SOURCE, digest="a" * 64, media_type="image/png", width=9, height=9)


def recipe(request: ImageRequest) -> str:
    return JsonRequestCodec().fingerprint(essence(request))


def test_pictures_count_by_their_bytes_wherever_they_came_from() -> None:
    plain = replace(FOX, inputs=(IMAGE,))
    assert recipe(plain) == recipe(replace(FOX, inputs=(replace(IMAGE, image_id="kept"),)))
    assert recipe(plain) != recipe(replace(FOX, inputs=(replace(IMAGE, digest="b" * 64),)))
    assert recipe(plain) != recipe(replace(FOX, inputs=(replace(IMAGE, role=Role.STYLE),)))


@given(extra=st.dictionaries(st.text(max_size=5), st.integers(), max_size=4), chance=st.randoms())
def test_the_order_of_options_makes_no_difference(extra: dict[str, object], chance: object) -> None:
    names = list(extra)
    chance.shuffle(names)  # type: ignore[attr-defined]  # a Random
    assert recipe(replace(FOX, extra=extra)) == recipe(replace(FOX, extra={name: extra[name] for name in names}))
