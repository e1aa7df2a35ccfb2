"""What is special about ComfyUI: sockets, histories, graphs of one's own, and nothing that is ever charged."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from limner.domain.accounts import Account
from limner.domain.call import Call, Finished, Partial, Pending
from limner.domain.errors import FailureCode, ProviderError, Spent
from limner.domain.request import Margins, Operation, Role, Size
from limner.providers.comfyui import ComfyUI
from limner.testing.comfyui_stand_in import ComfyUIStandIn
from limner.testing.conformance import settled
from limner.testing.examples import Bench, input_picture, provider_at
from limner.testing.faults import At, Drop, Fault
from limner.wire.connection import Connection
from limner.workflows.graph import Graph
from tests.providers.test_comfyui_conformance import CARD, CATALOG, call_of

GRAPHS = Path(__file__).parents[1] / "workflows" / "graphs"
OTHER = "00000000-0000-7000-8000-000000000002"


@asynccontextmanager
async def comfyui(**connection: Any) -> AsyncIterator[tuple[ComfyUIStandIn, ComfyUI, Bench]]:
    async with (
        ComfyUIStandIn() as stand_in,
        provider_at(CARD, replace(Connection(base_url=stand_in.base_url), **connection)) as bench,
    ):
        assert isinstance(bench.provider, ComfyUI)
        yield stand_in, bench.provider, bench


async def refused(provider: ComfyUI, call: Call) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await settled(provider, await provider.submit(call), provider)
    assert caught.value.spent is Spent.NO
    return caught.value


def wired(graph: object, **bind: str) -> Mapping[str, object]:
    return {"graph": graph, "output": "save", "bind": {"prefix": "save.filename_prefix", **bind}}


def sent(stand_in: ComfyUIStandIn, place: int = -1) -> Graph:
    return Graph.of(stand_in.orders[place]["prompt"])


async def heard(provider: ComfyUI, pending: Pending) -> list[Partial]:
    return [news async for news in provider.watch(pending)]


# --- the socket ---------------------------------------------------------------------------------


async def test_the_socket_tells_how_far_it_is_and_shows_pictures_half_done() -> None:
    async with comfyui() as (_, provider, bench):
        pending = await provider.submit(call_of("flux-dev", partials=2))
        news = await heard(provider, pending)
        shares = [item.progress or 0.0 for item in news]
        assert shares == sorted(shares)
        assert (shares[-1], {item.stage for item in news}) == (1.0, {"preparing", "painting", "finishing"})
        previews = [item.preview for item in news if item.preview is not None]
        assert len(previews) == 2
        assert all(isinstance(picture, bytes) and picture.startswith(b"\xff\xd8\xff") for picture in previews)
        finished = await provider.poll(pending)
        assert isinstance(finished, Finished)
        assert len(bench.blobs.files) == 1


async def test_nobody_is_shown_what_nobody_wants_to_see() -> None:
    async with comfyui() as (stand_in, provider, _):
        news = await heard(provider, await provider.submit(call_of("flux-dev")))
        assert news
        assert not any(item.preview for item in news)
        assert stand_in.orders[0]["extra_data"] == {"preview_method": "none"}


@pytest.mark.parametrize("after", [0, 3])
async def test_a_socket_that_breaks_takes_news_with_it_and_no_picture(after: int) -> None:
    async with comfyui() as (stand_in, provider, _):
        stand_in.breaks_after = after
        pending = await provider.submit(call_of("flux-dev"))
        assert len(await heard(provider, pending)) <= after
        assert isinstance(await settled(provider, pending, provider), Finished)
        assert stand_in.purchases == 1


async def test_without_a_server_there_is_no_news() -> None:
    async with comfyui() as (_, provider, _):
        pending = await provider.submit(call_of("flux-dev"))
    async with provider_at(CARD, Connection(base_url="http://127.0.0.1:9")) as bench:
        assert isinstance(bench.provider, ComfyUI)
        assert await heard(bench.provider, pending) == []


# --- the history --------------------------------------------------------------------------------


async def test_what_the_server_had_in_its_cache_is_found_all_the_same() -> None:
    """The same call under the same id and seed runs nothing, and its old file is reported."""
    async with comfyui() as (stand_in, provider, _):
        call = call_of("flux-dev", seed=7)
        first = await settled(provider, await provider.submit(call), provider)
        again = await settled(provider, await provider.submit(call), provider)
        assert (stand_in.purchases, stand_in.painted) == (2, 1)
        assert again.pictures[0].content == first.pictures[0].content


async def test_calls_without_a_seed_are_never_answered_from_the_cache() -> None:
    async with comfyui() as (stand_in, provider, _):
        for call in (call_of("flux-dev"), replace(call_of("flux-dev"), id=OTHER)):
            finished = await settled(provider, await provider.submit(call), provider)
            assert finished.pictures[0].seed == sent(stand_in).nodes["sampler"].inputs["seed"]
        assert stand_in.painted == 2
        assert sent(stand_in, 0).nodes["sampler"].inputs != sent(stand_in, 1).nodes["sampler"].inputs
        prefixes = {str(sent(stand_in, place).nodes["save"].inputs["filename_prefix"]) for place in (0, 1)}
        assert len(prefixes) == 2
        assert all(prefix.startswith("limner/") for prefix in prefixes)


@pytest.mark.req("S1-126")
async def test_a_model_is_fine_tuned_by_a_file_of_ones_own() -> None:
    async with comfyui() as (stand_in, provider, _):
        tuned = {"lora_name": "style.safetensors", "strength_model": 0.6}
        await provider.submit(call_of("sdxl-lora", extra=tuned))
        missing = await refused(provider, call_of("sdxl-lora", extra={**tuned, "lora_name": "ours.safetensors"}))
        nodes = sent(stand_in, 0).nodes
    assert (nodes["lora"].inputs["lora_name"], nodes["lora"].inputs["strength_model"]) == ("style.safetensors", 0.6)
    assert nodes["sampler"].inputs["model"] == ["lora", 0]
    assert missing.problem().field == "extra.lora_name"
    assert "The file ours.safetensors is not there" in missing.message


async def test_pictures_of_one_batch_share_a_seed_and_say_their_place() -> None:
    async with comfyui() as (_, provider, _):
        finished = await settled(provider, await provider.submit(call_of("sdxl", count=3, seed=7)), provider)
        assert [(picture.seed, picture.notes) for picture in finished.pictures] == [
            (7, {"place in batch": place}) for place in range(3)
        ]


@pytest.mark.parametrize(
    ("name", "about", "code", "words"),
    [
        (
            "execution_error",
            {
                "node_id": "1",
                "node_type": "CheckpointLoaderSimple",
                "exception_message": "Error while deserializing header: header too large\n",
                "exception_type": "safetensors._safetensors_rust.SafetensorError",
                "traceback": ['  File "/srv/somebody/execution.py", line 496'],
            },
            FailureCode.FAILED,
            "CheckpointLoaderSimple (node 1): Error while deserializing header: header too large",
        ),
        (
            "execution_error",
            {"node_id": "3", "node_type": "KSampler", "exception_type": "torch.cuda.OutOfMemoryError"},
            FailureCode.FAILED,
            "KSampler (node 3) ran out of memory: ask for a smaller picture",
        ),
        ("execution_interrupted", {"node_id": "3"}, FailureCode.CANCELLED, "interrupted there"),
    ],
    ids=["error", "memory", "interrupted"],
)
async def test_how_it_ended_is_told_without_the_servers_paths(
    name: str, about: dict[str, object], code: FailureCode, words: str
) -> None:
    async with comfyui() as (stand_in, provider, _):
        stand_in.failing = (name, about)
        error = await refused(provider, call_of("flux-dev"))
        assert error.code == code
        assert words in error.message
        assert "somebody" not in error.message


async def test_a_call_that_is_nowhere_is_gone() -> None:
    async with comfyui() as (stand_in, provider, _):
        pending = await provider.submit(call_of("flux-dev"))
        stand_in.jobs.clear()
        with pytest.raises(ProviderError) as caught:
            await provider.poll(pending)
        assert (caught.value.code, caught.value.spent) == (FailureCode.EXPIRED, Spent.NO)
        assert "ComfyUI was restarted" in caught.value.message


async def test_a_call_is_found_by_its_own_id() -> None:
    async with comfyui() as (stand_in, provider, _):
        call = call_of("flux-dev")
        assert await provider.find(call) is None
        stand_in.faults.add(Fault(drop=Drop.IN_ANSWER))
        with pytest.raises(ProviderError) as caught:
            await provider.submit(call)
        assert caught.value.code == FailureCode.LINE_DROPPED
        found = await provider.find(call)
        assert found is not None
        assert isinstance(await settled(provider, found, provider), Finished)
        assert stand_in.purchases == 1
        stand_in.faults.add(Fault(at=At.POLL, status=500, body={}))
        with pytest.raises(ProviderError):
            await provider.find(call)


async def test_the_place_in_the_queue_is_told() -> None:
    async with comfyui() as (stand_in, provider, _):
        stand_in.held = True
        stages = []
        for number in range(3):
            call = replace(call_of("flux-dev"), id=f"00000000-0000-7000-8000-00000000000{number}")
            polled = await provider.poll(await provider.submit(call))
            assert isinstance(polled, Pending)
            stages.append(polled.stage)
        assert stages == ["painting", "next in line there", "number 2 in line there"]


# --- cancelling ---------------------------------------------------------------------------------


async def test_a_call_in_line_is_taken_out_and_the_running_one_goes_on() -> None:
    async with comfyui() as (stand_in, provider, _):
        stand_in.held = True
        running = await provider.submit(call_of("flux-dev"))
        waiting = await provider.submit(replace(call_of("flux-dev"), id=OTHER))
        assert await provider.cancel(waiting)
        assert [job.id for job in stand_in.waiting] == [running.ticket["prompt_id"]]
        stand_in.held = False
        assert isinstance(await settled(provider, running, provider), Finished)


async def test_a_call_that_has_ended_is_not_cancelled() -> None:
    async with comfyui() as (_, provider, _):
        pending = await provider.submit(call_of("flux-dev"))
        await settled(provider, pending, provider)
        assert not await provider.cancel(pending)
        assert isinstance(await provider.poll(pending), Finished)


# --- what goes in -------------------------------------------------------------------------------


async def test_pictures_are_uploaded_and_named_as_the_server_names_them() -> None:
    async with comfyui() as (stand_in, provider, _):
        source, mask = input_picture(Role.SOURCE, number=1), input_picture(Role.MASK, number=2)
        call = call_of("flux-fill", operation=Operation.INPAINT, inputs=(mask, source))
        taken = f"limner/source-{source.digest[-20:]}.png"
        stand_in.inputs[taken] = input_picture(Role.SOURCE, number=3).data
        await settled(provider, await provider.submit(call), provider)
        graph = sent(stand_in)
        assert graph.nodes["image"].inputs["image"] == taken.replace(".png", " (1).png")
        assert graph.nodes["mask"].inputs["image"] == f"limner/mask-{mask.digest[-20:]}.png"


async def test_a_mask_may_go_as_the_transparency_of_its_source() -> None:
    graph = json.loads((GRAPHS / "inpaint_flux_fill.json").read_bytes())
    graph["cond"]["inputs"]["mask"] = ["image", 1]
    del graph["mask"]
    wire = wired(graph, prompt="positive.text", source="image.image", mask="image.image")
    async with comfyui() as (stand_in, provider, _):
        pictures = (input_picture(Role.MASK), input_picture(Role.SOURCE))
        call = call_of("flux-fill", operation=Operation.INPAINT, inputs=pictures, size=None, wire=wire)
        await settled(provider, await provider.submit(call), provider)
        uploads = [entry.path for entry in stand_in.log if entry.at is At.UPLOAD]
        assert uploads == ["/upload/image", "/upload/mask"]
        assert str(sent(stand_in).nodes["image"].inputs["image"]).startswith("limner/mask-")


async def test_every_reference_has_its_own_place() -> None:
    graph = json.loads((GRAPHS / "edit_flux_kontext.json").read_bytes())
    graph["other"] = {"class_type": "LoadImage", "inputs": {"image": "b.png"}}
    graph["more"] = {"class_type": "LoadImage", "inputs": {"image": "c.png"}}
    wire = {
        "graph": graph,
        "output": "save",
        "bind": {"prompt": "positive.text", "source": "image.image", "reference": ["other.image", "more.image"]},
    }
    pictures = tuple(
        input_picture(role, number=n) for n, role in enumerate([Role.SOURCE, Role.REFERENCE, Role.REFERENCE])
    )
    async with comfyui() as (stand_in, provider, _):
        call = call_of("flux-kontext", operation=Operation.EDIT, inputs=pictures, size=None, wire=wire)
        await provider.submit(call)
        names = [str(sent(stand_in).nodes[node].inputs["image"]) for node in ("image", "other", "more")]
        assert names == [f"limner/{image.role}-{image.digest[-20:]}.png" for image in pictures]
        error = await refused(provider, replace(call, inputs=pictures[:2]))
        assert (error.code, error.problem().field) == (FailureCode.BAD_PARAMETER, "inputs")


async def test_the_words_of_whoever_drew_the_workflow_are_not_painted() -> None:
    graph = json.loads((GRAPHS / "outpaint.json").read_bytes())
    wire = wired(graph, prompt="positive.text", source="image.image")
    async with comfyui() as (stand_in, provider, _):
        source = input_picture(Role.SOURCE)
        call = call_of("sdxl", prompt="", operation=Operation.EDIT, inputs=(source,), size=None, wire=wire)
        await provider.submit(call)
        assert sent(stand_in).nodes["positive"].inputs["text"] == ""
        assert sent(stand_in).nodes["negative"].inputs["text"] == "NEGATIVE"


async def test_margins_and_sizes_go_where_they_belong() -> None:
    async with comfyui() as (stand_in, provider, _):
        source = input_picture(Role.SOURCE)
        grown = Margins(left=8, right=16)
        call = call_of("sdxl-outpaint", operation=Operation.OUTPAINT, inputs=(source,), margins=grown, size=None)
        await settled(provider, await provider.submit(call), provider)
        pad = sent(stand_in).nodes["pad"].inputs
        assert (pad["left"], pad["top"], pad["right"], pad["bottom"]) == (8, 0, 16, 0)
        await provider.submit(replace(call, size=Size(64 + 24, 48)))
        error = await refused(provider, replace(call, size=Size(64, 64)))
        assert error.problem().field == "size"
        error = await refused(provider, call_of("sdxl", margins=grown))
        assert error.problem().field == "margins"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"extra": {"lora_name": "x.safetensors"}}, "extra.lora_name"),
        ({"extra": {"prefix": "../../x"}}, "extra.prefix"),
        ({"extra": {"filename_prefix": "../../x"}}, "extra.filename_prefix"),
        ({"extra": {"prompt": "x"}}, "extra.prompt"),
        ({"format": "jpeg"}, "format"),
        ({"negative_prompt": "blurred"}, "negative_prompt"),
        ({"strength": 0.5}, "strength"),
    ],
)
async def test_only_what_is_bound_can_be_set(changes: dict[str, object], field: str) -> None:
    """Neither graph nor file names of the server's can be reached from a request."""
    async with comfyui() as (stand_in, provider, _):
        error = await refused(provider, call_of("flux-dev", **changes))
        assert (error.code, error.problem().field) == (FailureCode.BAD_PARAMETER, field)
        assert not stand_in.log


async def test_a_workflow_without_a_picture_that_it_needs_is_not_sent() -> None:
    async with comfyui() as (stand_in, provider, _):
        error = await refused(provider, call_of("flux-redux"))
        assert error.problem().field == "inputs"
        assert not stand_in.log


async def test_a_workflow_whose_own_part_is_refused_is_not_waited_for() -> None:
    """The server runs the rest of it and answers 200: that is stopped at once."""
    graph = json.loads((GRAPHS / "txt2img_sdxl.json").read_bytes())
    graph["ckpt"]["inputs"]["ckpt_name"] = "missing.safetensors"
    graph["plain"] = {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 0}}
    graph["also"] = {"class_type": "SaveImage", "inputs": {"filename_prefix": "x", "images": ["plain", 0]}}
    async with comfyui() as (stand_in, provider, _):
        stand_in.held = True
        error = await refused(provider, call_of("sdxl", size=None, wire=wired(graph, prompt="positive.text")))
        assert error.code == FailureCode.MODEL_GONE
        assert "The file missing.safetensors is not there" in error.message
        assert "It has sd-inpainting.safetensors, sd_xl_base_1.0.safetensors." in error.message
        assert not stand_in.waiting


async def test_a_broken_part_that_is_not_ours_is_no_matter() -> None:
    graph = json.loads((GRAPHS / "upscale_plain.json").read_bytes())
    graph["stray"] = {"class_type": "LoadImage", "inputs": {"image": "nosuch.png"}}
    graph["also"] = {"class_type": "SaveImage", "inputs": {"filename_prefix": "x", "images": ["stray", 0]}}
    async with comfyui() as (_, provider, _):
        wire = wired(graph, source="image.image")
        pictures = (input_picture(Role.SOURCE),)
        call = call_of("upscale", prompt="", operation=Operation.UPSCALE, size=None, inputs=pictures, wire=wire)
        assert isinstance(await settled(provider, await provider.submit(call), provider), Finished)


# --- what it is asked ---------------------------------------------------------------------------


async def test_everything_that_is_missing_is_named_at_once() -> None:
    async with comfyui() as (stand_in, provider, _):
        card = CATALOG.find("comfyui/flux-dev")
        assert await provider.check_model(card) == []
        del stand_in.rules.nodes["FluxGuidance"], stand_in.rules.nodes["KSampler"]
        stand_in.rules.nodes["VAELoader"]["input"] = {"required": {"vae_name": [["other.safetensors"]]}}
        assert await provider.check_model(card) == [
            "The node FluxGuidance is not installed there.",
            "The node KSampler is not installed there.",
            "The file ae.safetensors is not there, for vae_name of node vae (VAELoader). It has other.safetensors.",
        ]


async def test_it_says_what_it_is_and_what_files_it_has() -> None:
    async with comfyui() as (_, provider, _):
        assert await provider.check_key() == Account(name="ComfyUI 0.3.64 on cpu")
        assert "checkpoints/sd_xl_base_1.0.safetensors" in await provider.list_models()


async def test_headers_of_the_administrator_open_every_door_and_are_never_told() -> None:
    async with comfyui(headers=(("Authorization", "Bearer opensesame-77"),)) as (stand_in, provider, _):
        stand_in.key = "opensesame-77"
        pending = await provider.submit(
            call_of("sdxl-img2img", operation=Operation.EDIT, inputs=(input_picture(Role.SOURCE),))
        )
        await heard(provider, pending)
        assert stand_in.sockets == 1
        assert isinstance(await settled(provider, pending, provider), Finished)
        stand_in.faults.add(Fault(status=500, body="who says opensesame-77?"))
        error = await refused(provider, call_of("sdxl"))
        assert "opensesame" not in error.message + repr(error.problem())
