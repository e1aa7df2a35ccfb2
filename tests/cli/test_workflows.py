"""An installation's own workflows: added, shown, checked, painted with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from limner.domain.request import Size
from limner.testing.comfyui_stand_in import ComfyUIStandIn
from limner.testing.pictures import PictureMaker, grey_mask
from tests.cli.conftest import Limner, in_a_thread

GRAPHS = Path(__file__).parents[1] / "workflows" / "graphs"
SIZE = Size(64, 48)


@pytest.fixture
def comfyui(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ComfyUIStandIn]:
    with in_a_thread(ComfyUIStandIn()) as stand_in:
        monkeypatch.setenv("COMFYUI_BASE_URL", stand_in.base_url)
        facts = home / "catalog.d"
        facts.mkdir(parents=True)
        (facts / "pace.toml").write_text('[service]\nid = "comfyui"\npoll_seconds = 0.001\n')
        yield stand_in


def graph(name: str) -> str:
    return str(GRAPHS / f"{name}.json")


def test_a_workflow_becomes_a_model_and_its_binding_is_remembered(limner: Limner, home: Path) -> None:
    ended = limner("workflows", "add", graph("txt2img_flux_dev"), "--name", "mine", "--title", "Our Flux")
    assert ended.code == 0
    assert "positive.text" in ended.out
    assert "limner workflows check mine" in ended.err
    shown = limner("workflows", "show", "mine", "--json").document
    assert shown["bind"]["prompt"] == ["positive.text"]
    assert shown["files"][0] == "flux1-dev.safetensors"
    assert (shown["from"], shown["operations"]) == ("this installation", ["generate"])
    assert "comfyui/mine" in limner("models", "-p", "comfyui").out
    listed = {one["id"]: one for one in limner("workflows", "list", "--json").document["workflows"]}
    assert listed["comfyui/mine"]["title"] == "Our Flux"
    assert listed["comfyui/flux-dev"]["from"] == "Limner"
    assert "comfyui/mine" in limner("workflows", "list").out
    assert {path.name for path in (home / "workflows").iterdir()} == {"mine.json", "mine.toml"}


def test_bindings_given_by_hand_win(limner: Limner) -> None:
    bind = ("--bind", "prompt=negative.text+positive.text", "--bind", "guidance=", "--bind", "cfg=sampler.cfg")
    document = limner("workflows", "add", graph("txt2img_sdxl"), *bind, "--json").document
    assert document["bind"]["prompt"] == ["negative.text", "positive.text"]
    assert "guidance" not in document["bind"]
    assert document["bind"]["cfg"] == ["sampler.cfg"]
    assert document["id"] == "comfyui/txt2img-sdxl"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere.json",), "There is no file nowhere.json"),
        ((graph("img2img"), "--bind", "prompt"), "no binding"),
        ((graph("img2img"), "--bind", "prompt=7.text"), "The workflow has no input '7.text'"),
        ((graph("img2img"), "--name", "../x"), "no name for a model"),
        ((graph("img2img"), "--name", "Flux-Dev"), "it comes with Limner"),
        ((graph("img2img"), "--name", "sdxl", "--replace"), "it comes with Limner"),
    ],
    ids=["no file", "no binding", "no input", "no name", "ours", "ours replaced"],
)
def test_what_cannot_be_added_is_said_and_nothing_is_kept(
    limner: Limner, home: Path, arguments: tuple[str, ...], words: str
) -> None:
    ended = limner("workflows", "add", *arguments)
    assert ended.code == 2
    assert words in ended.err
    assert not (home / "workflows").exists()


def test_a_name_is_taken_over_only_when_told(limner: Limner, home: Path) -> None:
    limner("workflows", "add", graph("img2img"), "--name", "mine")
    before = (home / "workflows" / "mine.toml").read_text()
    ended = limner("workflows", "add", graph("upscale_plain"), "--name", "mine")
    assert (ended.code, (home / "workflows" / "mine.toml").read_text()) == (2, before)
    assert "--replace" in ended.err
    assert limner("workflows", "add", graph("upscale_plain"), "--name", "mine", "--replace").code == 0
    assert limner("workflows", "show", "mine", "--json").document["operations"] == ["upscale"]


def test_a_workflow_that_would_stop_every_command_leaves_things_as_they_were(limner: Limner, home: Path) -> None:
    limner("workflows", "add", graph("img2img"), "--name", "mine")
    before = (home / "workflows" / "mine.toml").read_text()
    ended = limner("workflows", "add", graph("upscale_plain"), "--name", "mine", "--replace", "--title", " ")
    assert ended.code == 2
    assert "cannot be made a model" in ended.err
    assert (home / "workflows" / "mine.toml").read_text() == before
    assert limner("models").code == 0


def test_an_unknown_workflow_is_not_found(limner: Limner) -> None:
    ended = limner("workflows", "show", "nothing")
    assert ended.code == 1
    assert "flux-dev" in ended.err


def test_the_server_is_asked_for_what_a_workflow_needs(limner: Limner, comfyui: ComfyUIStandIn) -> None:
    assert limner("workflows", "check", "flux-dev").code == 0
    del comfyui.rules.nodes["FluxGuidance"]
    ended = limner("workflows", "check", "flux-dev")
    assert ended.code == 1
    assert "The node FluxGuidance is not installed there." in ended.out
    document = limner("workflows", "check", "flux-dev", "--json").document
    assert (document["ready"], len(document["missing"])) == (False, 1)
    assert not comfyui.orders


def test_what_the_server_lacks_is_named_when_a_workflow_is_added(limner: Limner, comfyui: ComfyUIStandIn) -> None:
    added = limner("workflows", "add", graph("txt2img_flux_dev"), "--name", "mine")
    assert "ComfyUI has everything that it needs" in added.err
    del comfyui.rules.nodes["FluxGuidance"]
    again = limner("workflows", "add", graph("txt2img_flux_dev"), "--name", "mine", "--replace")
    assert again.code == 0
    assert "The node FluxGuidance is not installed there." in again.out
    told = limner("workflows", "add", graph("txt2img_flux_dev"), "--name", "mine", "--replace", "--json").document
    assert told["missing"] == ["The node FluxGuidance is not installed there."]
    assert not comfyui.orders


OWN = {
    "generate": ("txt2img_flux_dev_custom_sampler", "lora_sdxl", "txt2img_sdxl"),
    "edit": ("img2img", "img2img_batch", "edit_flux_kontext"),
    "inpaint": ("inpaint_flux_fill", "inpaint_mask_file", "inpaint_model_checkpoint"),
    "outpaint": ("outpaint",),
    "upscale": ("upscale_plain", "upscale_model_to_factor", "upscale_model"),
}


@pytest.mark.parametrize("operation", OWN)
def test_own_workflows_paint(limner: Limner, comfyui: ComfyUIStandIn, operation: str) -> None:
    Path("a.png").write_bytes(PictureMaker().png(SIZE))
    Path("mask.png").write_bytes(grey_mask(SIZE))
    arguments = {
        "generate": ("generate", "a fox", "--seed", "7"),
        "edit": ("edit", "a.png", "a fox"),
        "inpaint": ("edit", "a.png", "a fox", "--mask", "mask.png"),
        "outpaint": ("outpaint", "a.png", "--left", "16"),
        "upscale": ("upscale", "a.png", "--scale", "2"),
    }[operation]
    for name in OWN[operation]:
        assert limner("workflows", "add", graph(name), "--name", name).code == 0
        ended = limner(*arguments, "-m", f"comfyui/{name}", "--json", "--no-show")
        assert (name, ended.code, ended.err) == (name, 0, ended.err)
        (image,) = ended.document["images"]
        wanted = {"upscale": (128, 96), "outpaint": (80, 48)}.get(operation)
        assert wanted is None or (image["width"], image["height"]) == wanted
    assert comfyui.painted == len(OWN[operation])
