"""What a request becomes that names what somebody has saved."""

from pathlib import Path

import pytest

from limner.domain.errors import InvalidRequest, NotFound
from limner.domain.people import LOCAL, Principal
from limner.domain.preset import Preset
from limner.domain.request import ImageRequest
from limner.engine.wording import NameTaken
from limner.testing.fakes import FakeProvider
from tests.engine.house import facts, house

SHOP = facts("shop", usd="0.04")
BOB = Principal(id="bob", name="Bob")
INK = Preset(id="ink", name="Ink", description="", value="in ink")
NEON = Preset(id="neon", name="", description="", value=" neon lights, ")


@pytest.mark.req("S1-027")
async def test_a_template_gives_the_prompt_and_counts_its_jobs(tmp_path: Path) -> None:
    painter = FakeProvider()
    async with house(tmp_path, {"shop": painter}, SHOP) as here:
        wording = here.engine.wording
        template = await wording.add_template("boats", "a {kind} boat", "", LOCAL)
        request = ImageRequest(template="boats", values={"kind": "red"}, model="shop/one")
        job = await here.engine.generate(request, LOCAL, key="k", timeout=20)
        assert (painter.submits[0].prompt, job.request.prompt) == ("a red boat", "a red boat")
        assert (job.request.template, dict(job.request.values)) == (template.id, {})
        assert job.pictures[0].prompt == "a red boat"

        await wording.change_template("boats", LOCAL, text="a {kind} ship")
        assert (await here.engine.submit(request, LOCAL, key="k")).id == job.id
        quote = await here.engine.estimate(request, LOCAL)
        await wording.change_template("boats", LOCAL, text="a {kind} raft")
        confirmed = await here.engine.confirm(quote.token, LOCAL)
        assert confirmed.request.prompt == "a red ship"
        assert (await wording.templates.find("boats", LOCAL.id)).uses == 2
        assert await here.engine.applied(confirmed.request, LOCAL) == confirmed.request
        with pytest.raises(NotFound):
            await here.engine.submit(request, BOB)


@pytest.mark.req("S1-081", "S1-124")
async def test_styles_of_ones_own_stand_beside_the_built_in_ones(tmp_path: Path) -> None:
    painter = FakeProvider()
    async with house(tmp_path, {"shop": painter}, SHOP, presets={"ink": INK}) as here:
        wording = here.engine.wording
        saved = await wording.add_preset(NEON, LOCAL)
        assert (saved.name, saved.value) == ("neon", "neon lights")
        job = await here.paint("a fox", model="shop/one", presets=("neon", "Ink"))
        assert painter.submits[0].prompt == "a fox, neon lights, in ink"
        assert job.request.presets == ()
        assert [(preset.id, own) for preset, own in await wording.shown_presets(LOCAL)] == [
            ("ink", False),
            ("neon", True),
        ]
        with pytest.raises(NameTaken):
            await wording.add_preset(NEON, LOCAL)
        with pytest.raises(InvalidRequest, match="no preset called 'neon'"):
            await here.engine.submit(ImageRequest(prompt="a fox", model="shop/one", presets=("neon",)), BOB)


async def test_a_style_of_ones_own_stands_in_the_place_of_a_built_in_one(tmp_path: Path) -> None:
    painter = FakeProvider()
    async with house(tmp_path, {"shop": painter}, SHOP, presets={"ink": INK}) as here:
        mine = await here.engine.wording.add_preset(Preset(id="ink", name="", description="", value="my ink"), LOCAL)
        assert await here.engine.wording.shown_presets(LOCAL) == [(mine, True)]
        await here.paint("a fox", model="shop/one", presets=("ink",))
        await here.engine.generate(ImageRequest(prompt="a fox", model="shop/one", presets=("ink",)), BOB, timeout=20)
        assert [call.prompt for call in painter.submits] == ["a fox, my ink", "a fox, in ink"]


@pytest.mark.parametrize(
    ("name", "text", "field"),
    [(" ", "a fox", "name"), ("x" * 201, "a fox", "name"), ("a\x07", "a fox", "name"), ("fox", " ", "template")],
)
async def test_templates_that_make_no_sense_are_refused(tmp_path: Path, name: str, text: str, field: str) -> None:
    async with house(tmp_path, {}, SHOP, work=False) as here:
        with pytest.raises(InvalidRequest) as refused:
            await here.engine.wording.add_template(name, text, "", LOCAL)
        assert refused.value.field == field


@pytest.mark.parametrize(("id", "value", "field"), [("Neon", "x", "id"), ("", "x", "id"), ("neon", " , ", "value")])
async def test_styles_that_make_no_sense_are_refused(tmp_path: Path, id: str, value: str, field: str) -> None:
    async with house(tmp_path, {}, SHOP, work=False) as here:
        with pytest.raises(InvalidRequest) as refused:
            await here.engine.wording.add_preset(Preset(id=id, name="", description="", value=value), LOCAL)
        assert refused.value.field == field
