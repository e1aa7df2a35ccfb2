"""Templates and styles in both databases: each person's for that person alone."""

import asyncio
from dataclasses import replace

import pytest

from limner.db.presets import SqlPresets
from limner.db.templates import SqlTemplates
from limner.domain.errors import NotFound
from limner.domain.preset import Preset
from limner.domain.request import ImageRequest
from limner.domain.template import Template
from tests.db.conftest import Stores
from tests.db.values import NOON, a_job, later, new_id

NEON = Preset(id="neon", name="Neon", description="Lights", value="neon lights, rain")


def a_template(name: str = "harbour", owner: str = "ann", text: str = "a harbour {light=at dusk}") -> Template:
    return Template(
        id=new_id("template"),
        owner=owner,
        name=name,
        text=text,
        description="boats",
        uses=0,
        created=NOON,
        updated=NOON,
    )


@pytest.mark.req("S1-060")
async def test_a_template_is_found_by_id_and_by_name_by_its_owner_alone(stores: Stores) -> None:
    templates = SqlTemplates(stores.database)
    template = a_template()
    assert await templates.add(template)
    assert await templates.find(template.id, "ann") == await templates.find("harbour", "ann") == template
    assert not await templates.add(a_template())
    assert await templates.add(a_template(owner="bob"))
    for which in (template.id, "no such"):
        with pytest.raises(NotFound):
            await templates.find(which, "bob")
    with pytest.raises(NotFound):
        await templates.remove(template.id, "bob")
    with pytest.raises(NotFound):
        await templates.change(replace(template, owner="bob"))
    assert await templates.all("ann") == [template]
    await templates.remove(template.id, "ann")
    assert await templates.all("ann") == []


async def test_a_template_changes_unless_another_has_the_name(stores: Stores) -> None:
    templates = SqlTemplates(stores.database)
    first, second = a_template(), a_template("lake")
    for each in (first, second):
        await templates.add(each)
    changed = replace(first, name="port", text="a port", updated=later(5))
    assert await templates.change(changed)
    assert await templates.find("port", "ann") == changed
    assert not await templates.change(replace(second, name="port"))
    assert await templates.find(second.id, "ann") == second


async def test_of_two_templates_of_one_name_at_the_same_moment_one_is_kept(stores: Stores, other: Stores) -> None:
    added = await asyncio.gather(
        *(SqlTemplates(each.database).add(a_template()) for each in (stores, other) for _ in range(4))
    )
    assert added.count(True) == 1


async def test_jobs_count_as_uses_of_their_template(stores: Stores) -> None:
    templates = SqlTemplates(stores.database)
    template, theirs = a_template(), a_template(owner="bob")
    for each in (template, theirs):
        await templates.add(each)
    for number in range(3):
        request = ImageRequest(prompt="a harbour at dusk", template=template.id)
        await stores.jobs.submit(a_job(request=request, at=later(number)))
    await stores.jobs.submit(a_job(request=ImageRequest(prompt="a lake", template=theirs.id)))
    found = await templates.find("harbour", "ann")
    assert (found.uses, found.used) == (3, later(2))
    assert (await templates.find("harbour", "bob")).uses == 0


@pytest.mark.req("S1-081")
async def test_styles_are_kept_for_each_person(stores: Stores) -> None:
    presets = SqlPresets(stores.database, lambda: NOON)
    assert await presets.add(NEON, "ann")
    assert not await presets.add(NEON, "ann")
    assert await presets.all("bob") == []
    with pytest.raises(NotFound):
        await presets.change(NEON, "bob")
    with pytest.raises(NotFound):
        await presets.remove("neon", "bob")
    brighter = replace(NEON, value="bright neon")
    await presets.change(brighter, "ann")
    assert await presets.all("ann") == [brighter]
    await presets.remove("neon", "ann")
    assert await presets.all("ann") == []
