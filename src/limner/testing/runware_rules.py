"""What Runware's models take, by runware-sdk 1.8.0 and its pages (2026-10): checked here as strictly as there."""

from __future__ import annotations

import io
from collections.abc import Mapping

import pybase64
from PIL import Image, UnidentifiedImageError

from limner.domain.request import Size
from limner.testing.ideogram_stand_in import FRAME_SIZES, words_of
from limner.testing.stand_in import Wrong

EVERYWHERE = {"taskType", "taskUUID", "model", "deliveryMethod", "includeCost", "outputType", "outputFormat"}
EVERYWHERE |= {"outputQuality", "ttl", "safety"}
PLAIN = {"positivePrompt", "width", "height", "numberResults", "seed", "inputs"}
FULL = PLAIN | {"negativePrompt", "steps", "CFGScale", "scheduler", "strength", "maskMargin", "outpaint", "clipSkip"}
FULL |= {"controlNet"}
SIZED = {"positivePrompt", "width", "height", "numberResults", "inputs"}
TOOLS = {"upscale": {"inputs", "upscaleFactor"}, "removeBackground": {"inputs"}}
FIELDS = {
    **dict.fromkeys(("runware:100@1", "runware:101@1", "runware:102@1", "civitai:101055@128078"), FULL),
    **dict.fromkeys(("bfl:2@1", "bfl:2@2"), PLAIN - {"inputs"}),
    "bfl:1@2": {"inputs", "positivePrompt", "seed", "steps", "CFGScale", "numberResults"},
    "bfl:1@3": {"inputs", "positivePrompt", "steps", "CFGScale", "outpaint", "numberResults"},
    **dict.fromkeys(("openai:1@1", "openai:4@1"), SIZED | {"providerSettings"}),
    **dict.fromkeys(("openai:gpt-image@2", "openai:gpt-image@2.5-sunburst", "openai:gpt-image@2.5-flare"), SIZED),
    "ideogram:4@1": (PLAIN - {"inputs"}) | {"negativePrompt", "providerSettings"},
    "ideogram:4@2": SIZED | {"negativePrompt", "providerSettings"},
    "ideogram:4@4": {"inputs", "width", "height", "providerSettings", "numberResults"},
    "ideogram:4@5": {"inputs", "positivePrompt", "providerSettings", "numberResults"},
}
"""Models with fields of their own; what is not here takes the plain ones."""
KONTEXT = words_of("1568x672 1392x752 1184x880 1248x832 1024x1024 832x1248 880x1184 752x1392 672x1568")
SEEDREAM = words_of(
    "1024x1024 2048x2048 2304x1728 1728x2304 2560x1440 1440x2560 2496x1664 1664x2496 3024x1296 4096x4096 4608x3456 "
    "3456x4608 5120x2880 2880x5120 4992x3328 3328x4992 6048x2592"
)
BANANA = words_of(
    "1024x1024 1264x848 848x1264 1200x896 896x1200 928x1152 1152x928 768x1376 1376x768 1548x672 2048x2048 2528x1696 "
    "1696x2528 2400x1792 1792x2400 1856x2304 2304x1856 1536x2752 2752x1536 3168x1344 4096x4096 5096x3392 5056x3392 "
    "3392x5096 3392x5056 4800x3584 3584x4800 3712x4608 4608x3712 3072x5504 5504x3072 6336x2688"
)
GPT_IMAGE = frozenset({"1024x1024", "1536x1024", "1024x1536"})
SIZES = {
    "bfl:2@2": words_of("3136x1344 2752x1536 2368x1792 2496x1664 2048x2048 1664x2496 1792x2368 1536x2752 1344x3136"),
    **dict.fromkeys(("bfl:3@1", "bfl:4@1"), KONTEXT),
    "google:4@2": BANANA,
    "google:4@3": frozenset({"512x512", "1024x1024", "2048x2048", "4096x4096"}),
    **dict.fromkeys((model for model in FIELDS if model.startswith("openai:")), GPT_IMAGE),
    "bytedance:5@0": SEEDREAM,
    "bytedance:seedream@4.5": SEEDREAM - {"1024x1024"},
    **dict.fromkeys(("ideogram:4@1", "ideogram:4@2", "ideogram:4@4"), FRAME_SIZES),
}
"""Models that paint in sizes of a list."""
STEPS = {"bfl:2@1": (32, 256, 1440)}
"""Multiples, and from and to, where they are not the usual ones."""
READERS = {
    "runware:25@1": "runware:101@1",
    "runware:27@1": "runware:101@1",
    "runware:29@1": "runware:101@1",
    "runware:20@1": "civitai:101055@128078",
    "runware:3@1": "civitai:101055@128078",
}
"""Models that read control pictures, and those that they are for."""
CONTROL = {"model", "guideImage", "weight", "controlMode", "startStep", "endStep"}
CONTROL |= {"startStepPercentage", "endStepPercentage"}


def check_fields(kind: str, model: str, body: Mapping[str, object]) -> None:
    """Raises Wrong for a field that the model does not have."""
    for name in body.keys() - (TOOLS.get(kind, FIELDS.get(model, PLAIN)) | EVERYWHERE):
        raise Wrong(f"Unknown parameter {name}.", name, "unknownParameter")


def check_control(body: Mapping[str, object]) -> None:
    """Raises Wrong for a control picture that cannot be read."""
    listed = body.get("controlNet", [])
    for entry in listed if isinstance(listed, list) else []:
        picture_size(entry.get("guideImage"), "controlNet[0].guideImage")
        if READERS.get(entry.get("model")) != body["model"]:
            raise Wrong("This ControlNet is not for this model.", "controlNet[0].model", "invalidControlNetModel")
        for name in entry.keys() - CONTROL:
            raise Wrong(f"Unknown parameter {name}.", f"controlNet[0].{name}", "unknownParameter")
        for name in ("startStep", "endStep"):
            if name in entry and f"{name}Percentage" in entry:
                raise Wrong(f"Give {name} or its percentage.", f"controlNet[0].{name}", "conflictParameters")


def painted_size(body: Mapping[str, object]) -> Size:
    """The size that comes out. Raises Wrong where sizes do not fit together."""
    inputs = body.get("inputs")
    given = inputs if isinstance(inputs, dict) else {}
    sizes = {
        name: picture_size(given[name], f"inputs.{name}")
        for name in ("seedImage", "maskImage", "image")
        if name in given
    }
    shown = [picture_size(place, "inputs.referenceImages") for place in given.get("referenceImages", [])]
    if "maskImage" in sizes and sizes["maskImage"] != sizes.get("seedImage"):
        raise Wrong("The mask must have the size of the seed image.", "inputs.maskImage", "invalidMaskImage")
    if "image" in sizes:
        return enlarged(sizes["image"], body.get("upscaleFactor", 1))
    source = grown(sizes.get("seedImage"), body.get("outpaint"))
    if "width" not in body:
        return source or next(iter(shown), Size(1024, 1024))
    size = Size(int(str(body["width"])), int(str(body["height"])))
    check_size(str(body["model"]), size)
    if "outpaint" in body and size != source:
        raise Wrong("width and height must be the final size.", "outpaint", "invalidOutpaint")
    return size


def enlarged(source: Size, factor: object) -> Size:
    """What an upscale makes of a picture. Raises Wrong."""
    if factor not in {1, 2, 4}:
        raise Wrong("upscaleFactor must be 2 or 4.", "upscaleFactor", "invalidUpscaleFactor")
    return Size(source.width * int(str(factor)), source.height * int(str(factor)))


def grown(source: Size | None, by: object) -> Size | None:
    """A source with what is painted at its sides."""
    if source is None or not isinstance(by, dict):
        return source
    across, down = by.get("left", 0) + by.get("right", 0), by.get("top", 0) + by.get("bottom", 0)
    return Size(source.width + across, source.height + down)


def check_size(model: str, size: Size) -> None:
    """Raises Wrong for a size that the model does not paint."""
    if model in SIZES:
        if str(size) not in SIZES[model]:
            raise Wrong("This combination of width and height is not supported.", "width", "unsupportedDimensions")
        return
    multiple, least, most = STEPS.get(model, (64, 128, 2048))
    shorter, longer = sorted((size.width, size.height))
    if size.width % multiple or size.height % multiple or not least <= shorter <= longer <= most:
        raise Wrong(f"width and height must be multiples of {multiple}, {least} to {most}.", "width", "invalidWidth")


def picture_size(value: object, name: str) -> Size:
    """The size of a picture given as a data URI, or as base64 alone. Raises Wrong."""
    try:
        head, comma, text = str(value).rpartition(",")
        if comma and not head.startswith("data:image/"):
            raise ValueError
        return Size(*Image.open(io.BytesIO(pybase64.b64decode(text, validate=True))).size)
    except (ValueError, UnidentifiedImageError) as error:
        raise Wrong("The picture cannot be read.", name, "invalidImage") from error
