"""Every workflow of the facts is read as a person would read it."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner.domain.errors import InvalidRequest
from limner.workflows.binding import Binding, Place, filled
from limner.workflows.graph import Graph
from limner.workflows.reading import files_of, propose, removes_background

GRAPHS = Path(__file__).parent / "graphs"

SDXL = {
    "prompt": "positive.text",
    "negative_prompt": "negative.text",
    "seed": "sampler.seed",
    "steps": "sampler.steps",
    "guidance": "sampler.cfg",
    "sampler_name": "sampler.sampler_name",
    "scheduler": "sampler.scheduler",
    "ckpt_name": "ckpt.ckpt_name",
    "prefix": "save.filename_prefix",
}
CANVAS = {"width": "latent.width", "height": "latent.height", "count": "latent.batch_size"}
FLUX = {
    "prompt": "positive.text",
    "seed": "sampler.seed",
    "steps": "sampler.steps",
    "guidance": "guidance.guidance",
    "sampler_name": "sampler.sampler_name",
    "scheduler": "sampler.scheduler",
    "unet_name": "unet.unet_name",
    "weight_dtype": "unet.weight_dtype",
    "clip_name1": "clip.clip_name1",
    "clip_name2": "clip.clip_name2",
    "vae_name": "vae.vae_name",
    "prefix": "save.filename_prefix",
}
SOURCE = {"source": "image.image"}
ENLARGED = {**SOURCE, "prefix": "save.filename_prefix"}

EXPECTED = {
    "txt2img_flux_dev": FLUX | CANVAS,
    "txt2img_flux_dev_custom_sampler": FLUX
    | CANVAS
    | {
        "seed": "noise.noise_seed",
        "steps": "sigmas.steps",
        "sampler_name": "ksel.sampler_name",
        "scheduler": "sigmas.scheduler",
        "width": "latent.width+model.width",
        "height": "latent.height+model.height",
    },
    "txt2img_sdxl": SDXL | CANVAS,
    "lora_sdxl": SDXL
    | CANVAS
    | {
        "lora_name": "lora.lora_name",
        "strength_model": "lora.strength_model",
        "strength_clip": "lora.strength_clip",
    },
    "controlnet_sdxl": SDXL | CANVAS | {"control": "image.image", "control_net_name": "cn.control_net_name"},
    "img2img": SDXL | SOURCE | {"strength": "sampler.denoise"},
    "img2img_batch": SDXL | SOURCE | {"strength": "sampler.denoise", "count": "repeat.amount"},
    "inpaint_mask_file": SDXL | SOURCE | {"mask": "mask.image", "strength": "sampler.denoise"},
    "inpaint_model_checkpoint": SDXL | SOURCE | {"mask": "mask.image", "grow_mask_by": "latent.grow_mask_by"},
    "inpaint_flux_fill": FLUX | SOURCE | {"mask": "mask.image"},
    "outpaint": SDXL
    | SOURCE
    | {edge: f"pad.{edge}" for edge in ("left", "top", "right", "bottom", "feathering")}
    | {"grow_mask_by": "latent.grow_mask_by"},
    "edit_flux_kontext": FLUX | SOURCE,
    "style_flux_redux": FLUX
    | CANVAS
    | {"style": "image.image", "clip_name": "cv.clip_name", "style_model_name": "style.style_model_name"},
    "upscale_model": ENLARGED | {"model_name": "upmodel.model_name"},
    "upscale_model_to_factor": ENLARGED
    | {"model_name": "upmodel.model_name", "upscale_method": "resize.upscale_method", "scale": "resize.scale_by"},
    "upscale_plain": ENLARGED | {"upscale_method": "up.upscale_method", "scale": "up.scale_by"},
}


def graph_named(name: str) -> Graph:
    return Graph.parse((GRAPHS / f"{name}.json").read_bytes())


def written(binding: Binding) -> dict[str, str]:
    return {name: "+".join(map(str, places)) for name, places in binding.places.items()}


def test_every_workflow_of_the_facts_is_expected_here() -> None:
    assert {path.stem for path in GRAPHS.glob("*.json")} == set(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_workflow_gets_the_binding_that_a_person_would_give_it(name: str) -> None:
    binding = propose(graph_named(name))
    assert written(binding) == EXPECTED[name]
    assert (binding.output, binding.warnings) == ("save", ())


@pytest.mark.parametrize("name", sorted(EXPECTED))
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_the_names_of_nodes_and_their_order_say_nothing(name: str, data: st.DataObject) -> None:
    """The same graph under other ids and in another order is bound to the same inputs."""
    plain = json.loads((GRAPHS / f"{name}.json").read_bytes())
    order = data.draw(st.permutations(sorted(plain)))
    ids = {old: f"{number}.{data.draw(st.sampled_from(['', 'a', '7']))}" for number, old in enumerate(order)}
    renamed = {
        ids[old]: {
            "class_type": plain[old]["class_type"],
            "inputs": {
                key: [ids[value[0]], value[1]] if isinstance(value, list) else value
                for key, value in plain[old]["inputs"].items()
            },
        }
        for old in order
    }
    graph = Graph.of(renamed)
    back = {new: old for old, new in ids.items()}
    found = propose(graph)
    named = {
        field: sorted(f"{back[place.node]}.{place.input}" for place in places) for field, places in found.places.items()
    }
    assert named == {field: sorted(text.split("+")) for field, text in EXPECTED[name].items()}
    read = Binding.of(graph, found.output, {field: list(map(str, places)) for field, places in found.places.items()})
    assert written(read) == written(found)


def test_enlarging_after_a_model_that_enlarges_is_divided_by_its_own() -> None:
    (place,) = propose(graph_named("upscale_model_to_factor")).places["scale"]
    assert place == Place(node="resize", input="scale_by", times=0.25)
    graph = graph_named("upscale_model_to_factor")
    sent = Graph.of(filled(graph, propose(graph), {"scale": 2}))
    assert sent.nodes["resize"].inputs["scale_by"] == 0.5


def test_a_model_that_does_not_tell_how_much_it_enlarges_is_left_to_a_person() -> None:
    graph = json.loads((GRAPHS / "upscale_model_to_factor.json").read_bytes())
    graph["upmodel"]["inputs"]["model_name"] = "sharp.pth"
    binding = propose(Graph.of(graph))
    assert "scale" not in binding.places
    assert "bind scale" in binding.warnings[0]


def test_a_picture_and_its_mask_may_come_from_one_file() -> None:
    graph = json.loads((GRAPHS / "inpaint_flux_fill.json").read_bytes())
    graph["cond"]["inputs"]["mask"] = ["image", 1]
    del graph["mask"]
    binding = propose(Graph.of(graph))
    assert (written(binding)["source"], written(binding)["mask"]) == ("image.image", "image.image")


def test_values_that_other_nodes_hold_are_found_there() -> None:
    graph = json.loads((GRAPHS / "txt2img_sdxl.json").read_bytes())
    graph["words"] = {"class_type": "PrimitiveString", "inputs": {"value": "a fox"}}
    graph["positive"]["inputs"]["text"] = ["words", 0]
    graph["dice"] = {"class_type": "Seed (rgthree)", "inputs": {"seed": 7}}
    graph["sampler"]["inputs"]["seed"] = ["dice", 0]
    found = written(propose(Graph.of(graph)))
    assert (found["prompt"], found["seed"]) == ("words.value", "dice.seed")


def test_a_second_sampler_takes_the_seed_and_what_is_the_same_as_in_the_first() -> None:
    graph = json.loads((GRAPHS / "txt2img_sdxl.json").read_bytes())
    second = {**graph["sampler"]["inputs"], "latent_image": ["larger", 0], "steps": 10, "denoise": 0.5}
    graph["larger"] = {"class_type": "LatentUpscaleBy", "inputs": {"samples": ["sampler", 0], "scale_by": 1.5}}
    graph["again"] = {"class_type": "KSampler", "inputs": second}
    graph["decode"]["inputs"]["samples"] = ["again", 0]
    binding = propose(Graph.of(graph))
    found = written(binding)
    assert (found["seed"], found["steps"]) == ("sampler.seed+again.seed", "sampler.steps")
    assert (found["prompt"], found["width"]) == ("positive.text", "latent.width")
    assert "scale" not in found
    assert "2 samplers" in binding.warnings[0]


def test_of_several_saved_pictures_the_last_one_is_kept() -> None:
    graph = json.loads((GRAPHS / "upscale_model_to_factor.json").read_bytes())
    graph["first"] = {"class_type": "SaveImage", "inputs": {"filename_prefix": "x", "images": ["up", 0]}}
    binding = propose(Graph.of(graph))
    assert binding.output == "save"
    assert "first" in binding.warnings[0]


def test_further_pictures_are_references() -> None:
    graph = json.loads((GRAPHS / "edit_flux_kontext.json").read_bytes())
    graph["other"] = {"class_type": "LoadImage", "inputs": {"image": "b.png"}}
    graph["side"] = {"class_type": "ImageStitch", "inputs": {"image1": ["image", 0], "image2": ["other", 0]}}
    graph["scale"]["inputs"]["image"] = ["side", 0]
    found = written(propose(Graph.of(graph)))
    assert (found["source"], found["reference"]) == ("image.image", "other.image")


def test_files_and_backgrounds_are_recognised() -> None:
    assert files_of(graph_named("txt2img_flux_dev")) == (
        "flux1-dev.safetensors",
        "t5xxl_fp16.safetensors",
        "clip_l.safetensors",
        "ae.safetensors",
    )
    graph = json.loads((GRAPHS / "upscale_plain.json").read_bytes())
    assert not removes_background(Graph.of(graph))
    graph["up"] = {"class_type": "Image Rembg (Remove Background)", "inputs": {"images": ["image", 0]}}
    assert removes_background(Graph.of(graph))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "no JSON"),
        ("[]", "no object of nodes"),
        ("{}", "no object of nodes"),
        ('{"nodes": [], "links": []}', "ComfyUI's editor"),
        ('{"1": {"inputs": {}}}', "no class_type"),
        ('{"1": {"class_type": "SaveImage", "inputs": []}}', "no object"),
    ],
)
def test_what_is_no_workflow_in_api_format_is_refused_with_advice(text: str, words: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        Graph.parse(text)
    assert words in caught.value.message
    assert "Export (API)" in caught.value.message
    assert caught.value.field == "workflow"


def test_a_workflow_that_saves_nothing_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="SaveImage"):
        propose(Graph.of({"1": {"class_type": "LoadImage", "inputs": {"image": "a.png"}}}))


def test_bindings_can_be_given_by_hand_and_are_checked() -> None:
    graph = graph_named("txt2img_sdxl")
    binding = propose(graph).with_places(graph, {"prompt": "negative.text+positive.text", "guidance": ""})
    assert written(binding)["prompt"] == "negative.text+positive.text"
    assert "guidance" not in binding.places
    assert binding.name_of("sampler", "seed") == "seed"
    assert binding.name_of("sampler", "denoise") is None
    for wrong in ({"prompt": "6.text"}, {"output": "9"}, {"prompt": "positive"}):
        with pytest.raises(InvalidRequest):
            propose(graph).with_places(graph, wrong)
    with pytest.raises(InvalidRequest):
        Binding.of(graph, "save", {"scale": {"at": "sampler.cfg", "times": "much"}})
    with pytest.raises(InvalidRequest):
        Binding.of(graph, "nowhere", {})
