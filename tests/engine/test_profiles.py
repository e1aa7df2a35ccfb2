"""Profiles: what makes sense in one, whose they are, and what a request becomes that names one."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from limner.domain.budgets import Counted, Kind, Window
from limner.domain.errors import BudgetExceeded, InvalidRequest, NotFound, UnknownModel
from limner.domain.people import LOCAL, Principal
from limner.domain.profile import Profile, ProfileDraft, ProfileExists
from limner.domain.request import Aspect, ImageRequest, Size
from limner.domain.vault import Access, StoredKey
from limner.engine.budgeting import Wanted
from limner.engine.profile_options import read_parameters
from limner.engine.profiles import MOST_TAGS
from limner.engine.vault import NewKey
from limner.testing.fakes import FakeProvider
from tests.engine.house import House, facts, house
from tests.engine.test_budgets import Paid

QUALITY = """
parameters.quality = { kind = "choice", choices = ["medium", "high"], aliases = { hd = "high" }, default = "medium" }
"""
ACME = facts("acme", usd="0.04", parameters=QUALITY)
ZENITH = facts("zenith", usd="0.01")
ANN = Principal(id="ann", name="Ann")
BOB = Principal(id="bob", name="Bob")
PLAIN = ProfileDraft(name="Harbour", service="acme", model="one")


async def a_key(house_: House, owner: Principal = LOCAL, service: str = "acme", *, shared: bool = False) -> str:
    key = StoredKey(
        id=f"key-of-{owner.id}-{service}-{shared}",
        owner=owner.id,
        service=service,
        label="Mine",
        last_four="1234",
        shared=shared,
        created=house_.clock.now(),
        changed=house_.clock.now(),
    )
    house_.keys.kept[key.id] = key
    await house_.vault.keys.add(key, "sk-0123456789abcdef")
    return key.id


async def added(here: House, by: Principal = LOCAL, **fields: Any) -> Profile:
    return await here.profiles.add(replace(PLAIN, **fields), by)


async def test_a_request_becomes_what_the_profile_says(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        key = await a_key(here)
        parameters = {
            "quality": "hd",
            "size": "128x64",
            "negativePrompt": "fog",
            "guidanceScale": 4,
            "steps": 9,
            "sampler": {"name": "euler"},
        }
        profile = await added(here, key=key, base_url="https://8.8.8.8/v1/", parameters=parameters)
        request = await here.profiles.applied(ImageRequest(prompt="a fox", profile=profile.id), LOCAL)
        assert request == ImageRequest(
            prompt="a fox",
            profile="Harbour",
            model="acme/one",
            quality="hd",
            size=Size(128, 64),
            negative_prompt="fog",
            guidance=4.0,
            steps=9,
            extra={"sampler": {"name": "euler"}},
            access=Access(key=key, base_url="https://8.8.8.8/v1"),
        )
        assert await here.profiles.applied(request, LOCAL) == request


async def test_what_the_request_says_counts_more(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        parameters = {"quality": "hd", "size": "128x64", "seed": 7, "sampler": "euler", "loops": 2}
        await added(here, parameters=parameters)
        asked = ImageRequest(
            prompt="a fox",
            profile="Harbour",
            quality="medium",
            aspect=Aspect(1, 1),
            extra={"sampler": "heun"},
            access=Access(key="another"),
        )
        request = await here.profiles.applied(asked, LOCAL)
        assert (request.quality, request.aspect, request.size, request.seed) == ("medium", Aspect(1, 1), None, 7)
        assert request.extra == {"sampler": "heun", "loops": 2}
        assert request.access == Access(key="another")


async def test_a_profile_paints_and_the_job_says_by_whom(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider(), "zenith": FakeProvider()}, ACME, ZENITH) as here:
        await added(here, parameters={"size": "64x64"})
        job = await here.paint(profile="Harbour")
        assert (job.model, job.request.profile, job.request.size) == ("acme/one", "Harbour", Size(64, 64))
        quote = await here.engine.estimate(ImageRequest(prompt="a fox", profile="Harbour"), LOCAL)
        assert quote.plan.candidates[0].model == "acme/one"


async def test_a_file_that_is_handed_out_does_not_say_whose_key_was_used(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        stored = await here.vault.add(NewKey(service="acme", secret="sk-0123456789abcdef"), LOCAL)
        here.keys.kept[stored.id], key = stored, stored.id
        await added(here, key=key, base_url="http://127.0.0.1:1/secret-place")
        job = await here.paint(profile="Harbour")
        place = "http://127.0.0.1:1/secret-place"
        assert job.request.access == Access(key=key, base_url=place, may_be_private=True)
        assert "secret-place" not in str(job.pictures[0].recipe)
        assert key not in str(job.pictures[0].recipe)


async def test_a_quote_holds_what_the_profile_said_then(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider(), "zenith": FakeProvider()}, ACME, ZENITH) as here:
        profile = await added(here, parameters={"size": "64x64"})
        quote = await here.engine.estimate(ImageRequest(prompt="a fox", profile="Harbour"), LOCAL)
        await here.profiles.change(profile.id, LOCAL, service="zenith", parameters={})
        job = await here.engine.confirm(quote.token, LOCAL)
        assert (job.model, job.request.size) == ("acme/one", Size(64, 64))


async def test_the_same_key_gives_the_same_job_although_the_profile_has_changed(tmp_path: Path) -> None:
    provider = FakeProvider()
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        profile = await added(here)
        request = ImageRequest(prompt="a fox", profile="Harbour")
        first = await here.engine.generate(request, LOCAL, key="k", timeout=20)
        await here.profiles.change(profile.id, LOCAL, parameters={"size": "128x128"})
        assert (await here.engine.submit(request, LOCAL, key="k")).id == first.id
        assert provider.purchases == 1


async def test_budgets_of_a_profile_hold_however_it_is_named(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": Paid()}, ACME) as here:
        profile = await added(here)
        wanted = Wanted(kind=Kind.PROFILE, name="Harbour", window=Window.DAY, counted=Counted.PICTURES, limit=1)
        await here.budgeting.add(wanted, LOCAL)
        await here.paint(profile=profile.id)
        with pytest.raises(BudgetExceeded):
            await here.paint(profile="Harbour")
        await here.paint(model="acme/one")


@pytest.mark.parametrize("given", [{"model": "zenith/one"}, {"provider": "zenith"}, {"tier": "high"}])
async def test_who_paints_is_the_profiles_to_say(tmp_path: Path, given: dict[str, str]) -> None:
    async with house(tmp_path, {"acme": FakeProvider(), "zenith": FakeProvider()}, ACME, ZENITH) as here:
        await added(here)
        with pytest.raises(InvalidRequest, match="Harbour") as refused:
            await here.paint(profile="Harbour", **given)
        assert refused.value.field == next(iter(given))
        assert (await here.paint(profile="Harbour", model="acme/one", provider="acme")).model == "acme/one"


@pytest.mark.req("S2-082", "S2-084")
async def test_nobody_sees_or_uses_anothers_profile(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        profile = await added(here, ANN)
        for which in (profile.id, "Harbour"):
            with pytest.raises(NotFound):
                await here.engine.submit(ImageRequest(prompt="a fox", profile=which), BOB)
            with pytest.raises(NotFound):
                await here.profiles.change(which, BOB, name="Mine")
            with pytest.raises(NotFound):
                await here.profiles.remove(which, BOB)
            with pytest.raises(NotFound):
                await here.profiles.tag(which, "sea", BOB)
        assert list(await here.profiles.all(BOB)) == []
        assert await here.profiles.get("Harbour", ANN) == profile


async def test_keys_have_to_be_ones_own_and_of_the_same_service(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider(), "zenith": FakeProvider()}, ACME, ZENITH) as here:
        with pytest.raises(NotFound):
            await added(here, BOB, key=await a_key(here, ANN))
        with pytest.raises(InvalidRequest) as refused:
            await added(here, BOB, key=await a_key(here, BOB, "zenith"))
        assert refused.value.field == "key"
        profile = await added(here, BOB, key=await a_key(here, ANN, shared=True))
        with pytest.raises(InvalidRequest):
            await here.profiles.change(profile.id, BOB, service="zenith")
        changed = await here.profiles.change(profile.id, BOB, service="zenith", key=None)
        assert (changed.service, changed.key) == ("zenith", None)


PRIVATE = (
    "http://127.0.0.1:9/v1",
    "http://[::1]/v1",
    "http://169.254.169.254/latest",
    "http://10.0.0.7",
    "http://localhost:1",
)


@pytest.mark.parametrize("address", PRIVATE)
async def test_private_addresses_are_an_administrators_to_choose(tmp_path: Path, address: str) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        with pytest.raises(InvalidRequest) as refused:
            await added(here, BOB, base_url=address)
        assert (refused.value.field, refused.value.code) == ("base_url", "base_url_refused")
        assert (await added(here, base_url=address)).base_url == address
        public = await added(here, BOB, base_url="https://8.8.8.8/v1")
        with pytest.raises(InvalidRequest):
            await here.profiles.change(public.id, BOB, base_url=address)


@pytest.mark.parametrize(
    "address",
    ["ftp://8.8.8.8", "8.8.8.8", "https://me:secret@8.8.8.8/v1", "https://8.8.8.8/v1?key=1", "http://", "x" * 3000],
)
async def test_what_is_no_base_url_is_refused_for_everybody(tmp_path: Path, address: str) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        with pytest.raises(InvalidRequest) as refused:
            await added(here, base_url=address)
        assert refused.value.field == "base_url"
        assert "secret" not in refused.value.message


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "0193502a-6f3c-7c11-a5a5-0f4cfb4a9a11"}, "name"),
        ({"model": ""}, "model"),
        ({"parameters": {"quality": "ultra"}}, "parameters.quality"),
        ({"parameters": {"quality": 5}}, "parameters.quality"),
        ({"parameters": {"negativePrompt": ""}}, "parameters.negativePrompt"),
        ({"parameters": {"size": "large"}}, "parameters.size"),
        ({"parameters": {"size": "99999x1"}}, "parameters.size"),
        ({"parameters": {"aspectRatio": "wide"}}, "parameters.aspectRatio"),
        ({"parameters": {"size": "64x64", "aspectRatio": "1:1"}}, "parameters.aspect"),
        ({"parameters": {"steps": 0}}, "parameters.steps"),
        ({"parameters": {"steps": True}}, "parameters.steps"),
        ({"parameters": {"seed": 1.5}}, "parameters.seed"),
        ({"parameters": {"guidanceScale": "much"}}, "parameters.guidanceScale"),
        ({"parameters": {"guidance": 1, "guidanceScale": 2}}, "parameters.guidanceScale"),
        ({"parameters": {"n": 4}}, "parameters.n"),
        ({"parameters": {"width": 64}}, "parameters.width"),
        ({"parameters": {"style": "x" * 5000}}, "parameters.style"),
        ({"parameters": {"sampler": "x" * 30_000}}, "parameters"),
    ],
)
@pytest.mark.req("S2-085")
async def test_what_makes_no_sense_in_a_profile_is_refused_by_name(
    tmp_path: Path, fields: dict[str, Any], field: str
) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        with pytest.raises(InvalidRequest) as refused:
            await added(here, **fields)
        assert refused.value.field == field
        assert list(await here.profiles.all(LOCAL)) == []


@pytest.mark.req("S2-004", "S2-005", "S2-006", "S2-007", "S2-008", "S2-011")
def test_every_parameter_of_document_2_has_its_place_in_a_request() -> None:
    plain = ImageRequest(prompt="a fox")
    for parameters, meant in (
        ({"quality": "standard"}, {"quality": "standard"}),
        ({"quality": "hd"}, {"quality": "hd"}),
        ({"style": "vivid"}, {"style": "vivid"}),
        ({"style": "natural"}, {"style": "natural"}),
        ({"size": "1792x1024"}, {"size": Size(1792, 1024)}),
        ({"size": "1024x1792"}, {"size": Size(1024, 1792)}),
        ({"size": "16:9"}, {"aspect": Aspect(16, 9)}),
        *(({"aspectRatio": shape}, {"aspect": Aspect.parse(shape)}) for shape in ("1:1", "16:9", "9:16", "4:3", "3:2")),
        ({"negativePrompt": "blurry"}, {"negative_prompt": "blurry"}),
        ({"seed": 7, "steps": 30}, {"seed": 7, "steps": 30}),
        ({"guidanceScale": 7.5}, {"guidance": 7.5}),
        ({"n": 1, "style": None}, {}),
    ):
        assert read_parameters(parameters).into(plain) == replace(plain, **meant)  # type: ignore[arg-type]  # by name


async def test_an_option_that_the_model_lacks_is_adapted_and_told(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        await added(here, parameters={"quality": "standard", "style": "vivid"})
        job = await here.paint(profile="Harbour")
        assert {"quality", "style"} <= {line.field for line in job.receipt}


async def test_models_that_nobody_knows_have_to_be_let_through(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        with pytest.raises(UnknownModel):
            await added(here, model="two")
        with pytest.raises(UnknownModel):
            await added(here, service="nobody")
        assert (await here.profiles.add(replace(PLAIN, model="two"), LOCAL, unlisted=True)).model == "two"
        own = await added(here, name="Own", model="acme/three", base_url="http://127.0.0.1:1/v1")
        assert (own.model, own.model_id) == ("three", "acme/three")


async def test_a_change_of_a_removed_profile_is_told(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        profile = await added(here)
        await here.profiles.remove("Harbour", LOCAL)
        with pytest.raises(NotFound):
            await here.profiles.change(profile.id, LOCAL, name="New")
        with pytest.raises(NotFound):
            await here.paint(profile="Harbour")


async def test_changes_at_the_same_moment_all_hold(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider(), "zenith": FakeProvider()}, ACME, ZENITH) as here:
        profile = await added(here)
        await asyncio.gather(
            here.profiles.change(profile.id, LOCAL, name="Bay"),
            here.profiles.change(profile.id, LOCAL, parameters={"quality": "high"}),
            here.profiles.change(profile.id, LOCAL, is_default=True),
        )
        found = await here.profiles.get(profile.id, LOCAL)
        assert (found.name, found.parameters, found.is_default) == ("Bay", {"quality": "high"}, True)
        assert found.updated > profile.updated


async def test_names_are_taken_once(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        await added(here)
        with pytest.raises(ProfileExists):
            await added(here, name=" Harbour ")
        other = await added(here, name="Bay")
        with pytest.raises(ProfileExists):
            await here.profiles.change(other.id, LOCAL, name="Harbour")
        assert (await here.profiles.change(other.id, LOCAL, name="Bay")).name == "Bay"


async def test_tags_are_words_and_not_too_many(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        await added(here)
        for number in range(MOST_TAGS):
            await here.profiles.tag("Harbour", f"{number}", LOCAL)
        with pytest.raises(InvalidRequest, match=str(MOST_TAGS)):
            await here.profiles.tag("Harbour", "more", LOCAL)
        with pytest.raises(InvalidRequest):
            await here.profiles.tag("Harbour", "\0", LOCAL)
        with pytest.raises(NotFound):
            await here.profiles.untag("Harbour", "never", LOCAL)
        assert len((await here.profiles.untag("Harbour", "7", LOCAL)).tags) == MOST_TAGS - 1
