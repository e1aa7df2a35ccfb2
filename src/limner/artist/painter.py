"""The artist at work: a commission in, an artwork out."""

from collections.abc import Callable

import numpy as np
from PIL import Image

from limner.artist import operations
from limner.artist.codec import decode, decode_mask, encode, with_alpha
from limner.artist.colour import match
from limner.artist.commission import LARGEST_RESULT, Artwork, Commission, Preview, Report
from limner.artist.editing import edit
from limner.artist.inpainting import inpaint
from limner.artist.matte import alpha_of
from limner.artist.noise import Field
from limner.artist.outpainting import outpaint
from limner.artist.painting import paint_scene
from limner.artist.progress import Progress
from limner.artist.reading import read
from limner.artist.scene import Scene
from limner.artist.treatments import to_image, to_planes
from limner.artist.vocabulary import tokens

_Work = Callable[[Commission, Scene, Progress], Image.Image]


def paint(commission: Commission, report: Report | None = None, *, on_preview: Preview | None = None) -> Artwork:
    """Carry out a commission: a procedural artist, not an AI model; the same commission gives the same bytes.

    `report` is called between layers with the share done and the stage; when it returns False,
    `Stopped` is raised. `on_preview` receives up to three small WebP pictures on the way.
    """
    progress = Progress(report=report, on_preview=on_preview)
    progress.at(0.0, "reading the prompt")
    scene = read(commission.prompt, commission.negative_prompt, commission.style)
    image = _WORK[commission.operation](commission, scene, progress)
    progress.at(0.92, "encoding")
    data, media_type = encode(image, commission.format)
    progress.at(1.0, "done")
    return Artwork(
        data=data,
        media_type=media_type,
        width=image.width,
        height=image.height,
        understood=scene.understood,
        unknown=scene.unknown,
    )


def _seed(commission: Commission) -> str:
    """Chance depends on the seed and the words, so that other words give another picture."""
    return f"{commission.seed}/{' '.join(tokens(commission.prompt))}"


def _source(commission: Commission) -> Image.Image:
    return decode(commission.source or b"", "source")


def _reference(commission: Commission) -> Field | None:
    if commission.reference is None:
        return None
    image = decode(commission.reference, "reference").convert("RGB")
    image.thumbnail((256, 256), Image.Resampling.BOX)
    return to_planes(image)


def _generate(commission: Commission, scene: Scene, progress: Progress) -> Image.Image:
    painted = paint_scene(scene, (commission.width, commission.height), _seed(commission), progress)
    planes, reference = painted.planes, _reference(commission)
    if reference is not None:
        planes = match(planes, reference, 0.7)
    progress.show(planes)
    image = to_image(planes)
    return with_alpha(image, painted.cover) if commission.transparent and commission.format != "jpeg" else image


def _edit(commission: Commission, scene: Scene, progress: Progress) -> Image.Image:
    planes = to_planes(_source(commission))
    progress.show(planes)
    out = edit(planes, scene, commission.strength, _seed(commission), progress)
    if commission.mask is not None:
        mask = decode_mask(commission.mask, (planes.shape[2], planes.shape[1]))
        out = planes + (out - planes) * mask
    progress.show(out)
    return to_image(out)


def _inpaint(commission: Commission, scene: Scene, progress: Progress) -> Image.Image:
    source = _source(commission)
    mask = decode_mask(commission.mask or b"", source.size)
    planes = to_planes(source)
    progress.show(planes)
    out = inpaint(planes, mask, scene, _seed(commission), progress)
    progress.show(out)
    image = to_image(out)
    return _kept(source, image, (mask > 0).astype(np.uint8))


def _kept(
    source: Image.Image, image: Image.Image, changed: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
) -> Image.Image:
    """The new picture with the source's own pixels wherever it did not change, transparency included."""
    mode = "RGBA" if source.mode in ("RGBA", "LA", "PA") or "transparency" in source.info else "RGB"
    before = source.convert(mode)
    after = image.convert(mode)
    return Image.composite(after, before, Image.fromarray(changed * np.uint8(255)))


def _outpaint(commission: Commission, scene: Scene, progress: Progress) -> Image.Image:
    source = _source(commission).convert("RGB")
    margins = left, top, right, bottom = commission.margins or (0, 0, 0, 0)
    if max(source.width + left + right, source.height + top + bottom) > LARGEST_RESULT:
        raise ValueError(f"The picture would grow beyond {LARGEST_RESULT} pixels a side. Ask for smaller margins.")
    planes = to_planes(source)
    progress.show(planes)
    out = outpaint(planes, margins, scene, _seed(commission), progress)
    progress.show(out)
    image = to_image(out)
    image.paste(source, (left, top))
    return image


def _variations(commission: Commission, scene: Scene, progress: Progress) -> Image.Image:
    source = operations.covering(_source(commission).convert("RGB"), commission.width, commission.height)
    planes = to_planes(source)
    progress.show(planes)
    out = operations.variation(planes, scene, commission.strength, _seed(commission), progress)
    progress.show(out)
    return to_image(out)


def _upscale(commission: Commission, scene: Scene, progress: Progress) -> Image.Image:
    del scene
    source = _source(commission)
    if max(source.size) * commission.scale > LARGEST_RESULT:
        raise ValueError(
            f"The picture would grow beyond {LARGEST_RESULT} pixels a side. Choose scale 2 or a smaller source."
        )
    progress.at(0.2, "enlarging")
    mode = "RGBA" if source.mode in ("RGBA", "LA", "PA") or "transparency" in source.info else "RGB"
    progress.show(to_planes(source))
    large = operations.upscale(source.convert(mode), commission.scale)
    progress.show(to_planes(large.resize(source.size, Image.Resampling.BOX)))
    return large


def _style_transfer(commission: Commission, scene: Scene, progress: Progress) -> Image.Image:
    source = operations.covering(_source(commission).convert("RGB"), commission.width, commission.height)
    progress.at(0.2, "restyling")
    planes = to_planes(source)
    progress.show(planes)
    out = operations.style_transfer(planes, _reference(commission), scene, commission.strength, _seed(commission))
    progress.show(out)
    return to_image(out)


def _remove_background(commission: Commission, scene: Scene, progress: Progress) -> Image.Image:
    del scene
    if commission.format == "jpeg":
        raise ValueError("JPEG keeps no transparency. Ask for png or webp when the background is removed.")
    source = _source(commission).convert("RGB")
    progress.at(0.2, "finding the subject")
    planes = to_planes(source)
    progress.show(planes)
    alpha = alpha_of(planes)
    progress.show(1 - (1 - planes) * alpha)
    return with_alpha(source, alpha)


_WORK: dict[str, _Work] = {
    "generate": _generate,
    "edit": _edit,
    "inpaint": _inpaint,
    "outpaint": _outpaint,
    "variations": _variations,
    "upscale": _upscale,
    "style_transfer": _style_transfer,
    "remove_background": _remove_background,
}
