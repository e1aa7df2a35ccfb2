"""What is special about AUTOMATIC1111 and Forge."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

import pytest

from limner.domain.call import Finished, Partial
from limner.domain.errors import ProviderError
from limner.domain.request import Role
from limner.testing.automatic1111_stand_in import CHECKPOINTS, Automatic1111StandIn
from limner.testing.examples import Bench, input_picture, provider_at
from limner.testing.faults import At, Fault
from limner.wire.connection import Connection
from tests.providers.test_automatic1111_conformance import CALL, CARD
from tests.shipped import shipped


@asynccontextmanager
async def engine(*, grid: bool = False, controlnet: bool = True) -> AsyncIterator[tuple[Automatic1111StandIn, Bench]]:
    async with Automatic1111StandIn(grid=grid, controlnet=controlnet) as stand_in:
        connection = Connection(base_url=stand_in.base_url, base_url_overridden=True)
        async with provider_at(CARD, connection) as bench:
            yield stand_in, bench


async def bought(bench: Bench, seed: int | None = None) -> Finished:
    outcome = await bench.provider.submit(replace(CALL, seed=seed))
    assert isinstance(outcome, Finished)
    return outcome


async def test_pictures_bring_their_seeds_and_the_sheet_of_all_is_left_out() -> None:
    for grid in (False, True):
        async with engine(grid=grid) as (_, bench):
            finished = await bought(bench, seed=40)
            assert [picture.seed for picture in finished.pictures] == [40, 41]
            assert finished.served_by == CHECKPOINTS[0]


async def test_without_a_seed_the_engine_draws_one() -> None:
    async with engine() as (stand_in, bench):
        assert [picture.seed for picture in (await bought(bench)).pictures] == [7000, 7001]
        assert stand_in.orders[-1]["seed"] == -1


@pytest.mark.parametrize(("used", "noted"), [("Euler", {"sampler_name": "Euler"}), ("Euler a", {})])
async def test_another_sampler_than_the_one_that_was_wanted_is_told(used: str, noted: dict[str, str]) -> None:
    """Forge takes its first sampler for one that it does not know, and says nothing."""
    async with engine() as (stand_in, bench):
        image = base64.b64encode(input_picture(Role.SOURCE).data).decode()
        info = json.dumps({"sampler_name": used, "all_seeds": [1]})
        stand_in.faults.add(Fault(status=200, body={"images": [image], "info": info}))
        finished = await bench.provider.submit(replace(CALL, count=1, extra={"sampler_name": "Euler a"}))
        assert isinstance(finished, Finished)
        assert [dict(picture.notes) for picture in finished.pictures] == [noted]


async def test_a_checkpoint_is_chosen_by_its_name() -> None:
    async with engine() as (stand_in, bench):
        await bench.provider.submit(replace(CALL, model=CHECKPOINTS[1]))
        assert stand_in.orders[-1]["override_settings"] == {"sd_model_checkpoint": CHECKPOINTS[1]}
        await bench.provider.submit(CALL)
        assert "override_settings" not in stand_in.orders[-1]


async def test_checkpoints_are_listed() -> None:
    async with engine() as (_, bench):
        assert await bench.provider.list_models() == list(CHECKPOINTS)  # type: ignore[attr-defined]  # it lists them


async def test_progress_and_previews_are_shown_while_it_paints() -> None:
    async with engine() as (stand_in, bench):
        stand_in.faults.add(Fault(delay=0.1), Fault(at=At.POLL, status=500, body={}))
        news = [item async for item in bench.provider.stream(replace(CALL, partials=1))]  # type: ignore[attr-defined]  # it streams
        partials = [item for item in news if isinstance(item, Partial)]
        assert partials
        assert all(item.preview is not None for item in partials)
        assert isinstance(news[-1], Finished)


async def test_whoever_leaves_stops_the_engine() -> None:
    async with engine() as (stand_in, bench):
        stand_in.faults.add(Fault(delay=20.0))
        async with aclosing(bench.provider.stream(CALL)) as news:  # type: ignore[attr-defined]  # it streams
            async for _ in news:
                break
        assert stand_in.interrupted == 1


@pytest.mark.req("S0-018", "S1-125")
async def test_a_control_picture_goes_to_its_extension_with_what_belongs_to_it() -> None:
    card = shipped().find("automatic1111/controlnet")
    control = input_picture(Role.CONTROL)
    unit = {"model": "control_v11p_sd15_canny [d14c016b]", "module": "canny", "weight": 0.8}
    own = {"control_model": unit["model"], "control_module": "canny", "weight": 0.8, "scheduler": "Karras"}
    call = replace(CALL, model=card.name, wire=card.wire, inputs=(control,), strength=None, extra=own)
    async with engine() as (stand_in, bench):
        await bench.provider.submit(call)
        (order,) = stand_in.orders
    text = base64.b64encode(control.data).decode()
    units = [{**unit, "enabled": True, "save_detected_map": False, "image": text}]
    assert stand_in.log[-1].path == "/sdapi/v1/txt2img"
    assert order["alwayson_scripts"] == {"controlnet": {"args": units}}
    assert (order["scheduler"], "weight" in order, "override_settings" in order) == ("Karras", False, False)


async def test_a_missing_extension_is_told_as_such() -> None:
    card = shipped().find("automatic1111/controlnet")
    call = replace(
        CALL, model=card.name, wire=card.wire, inputs=(input_picture(Role.CONTROL),), extra={"control_model": "x"}
    )
    async with engine(controlnet=False) as (stand_in, bench):
        with pytest.raises(ProviderError) as caught:
            await bench.provider.submit(call)
    assert (caught.value.field, stand_in.purchases) == ("inputs", 0)
    assert "Script 'controlnet' not found" in caught.value.message
