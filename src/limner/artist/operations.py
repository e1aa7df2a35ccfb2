"""Variations, enlargements and style: operations on a whole given picture."""

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from limner.artist.colour import grade, luminance, match, mix, rgb
from limner.artist.light import light_for
from limner.artist.noise import Field, chance, field
from limner.artist.painting import paint_scene
from limner.artist.progress import Progress
from limner.artist.scene import Scene
from limner.artist.treatments import chosen, treat


def covering(image: Image.Image, width: int, height: int) -> Image.Image:
    """The picture cut to a shape and brought to a size."""
    if image.size == (width, height):
        return image
    scale = max(width / image.width, height / image.height)
    w, h = width / scale, height / scale
    x, y = (image.width - w) / 2, (image.height - h) / 2
    return image.resize((width, height), Image.Resampling.LANCZOS, box=(x, y, x + w, y + h))


def variation(planes: Field, scene: Scene, strength: float, seed: object, progress: Progress) -> Field:
    """The same idea once more: the prompt's scene in other shapes and the source's tones, or the source bent."""
    height, width = planes.shape[1:]
    if scene.understood and not scene.abstract:
        painted = paint_scene(scene, (width, height), f"{seed}/variation", progress).planes
        return _shifted(match(painted, planes, 1 - 0.4 * strength), seed, strength)
    progress.at(0.2, "bending the source")
    return _shifted(_bent(planes, strength, seed), seed, strength)


def _bent(planes: Field, strength: float, seed: object) -> Field:
    """The source mirrored by chance, drawn closer and bent in slow curves."""
    height, width = planes.shape[1:]
    rng = chance(seed, "bent")
    reach = 0.18 * strength * min(height, width)
    dx = (field((height, width), rng, (width * 0.5, height * 0.5), 3) - np.float32(0.5)) * np.float32(2 * reach)
    dy = (field((height, width), rng, (width * 0.5, height * 0.4), 3) - np.float32(0.5)) * np.float32(1.2 * reach)
    near = 1 - 0.16 * strength * float(rng.random())
    shift = (float(rng.random()) - 0.5) * (1 - near)
    x = (np.arange(width, dtype=np.float32)[None] - width / 2) * np.float32(near) + np.float32(width * (0.5 + shift))
    y = (np.arange(height, dtype=np.float32)[:, None] - height / 2) * np.float32(near) + np.float32(height / 2)
    if rng.random() < 0.5 and strength > 0.2:
        x = (width - 1) - x
    sx = np.clip(x + dx + np.float32(0.5), 0, width - 1).astype(np.intp)
    sy = np.clip(y + dy + np.float32(0.5), 0, height - 1).astype(np.intp)
    index = sy * width + sx
    return np.stack([plane.reshape(-1)[index] for plane in planes])


def _shifted(planes: Field, seed: object, strength: float) -> Field:
    """A slight turn of the palette."""
    rng = chance(seed, "shift")
    tint = 1 + (rng.random(3, dtype=np.float32) - np.float32(0.5)) * np.float32(0.14 * strength)
    tint = tint / np.float32(max(1e-3, float(tint.mean())))
    return grade(
        planes,
        1 + (float(rng.random()) - 0.5) * 0.3 * strength,
        1 + (float(rng.random()) - 0.5) * 0.12 * strength,
        np.asarray(tint, np.float32),
    )


def upscale(image: Image.Image, scale: int) -> Image.Image:
    """Exactly `scale` times as large: Lanczos, sharpened, held within its neighbours' range so that no halo shows."""
    width, height = image.width * scale, image.height * scale
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    flat = image.convert("RGB")
    large = flat.resize((width, height), Image.Resampling.LANCZOS)
    sharp = large.filter(ImageFilter.UnsharpMask(radius=0.8 * scale, percent=110, threshold=2))
    low = flat.filter(ImageFilter.MinFilter(3)).resize((width, height), Image.Resampling.BILINEAR)
    high = flat.filter(ImageFilter.MaxFilter(3)).resize((width, height), Image.Resampling.BILINEAR)
    out = ImageChops.lighter(ImageChops.darker(sharp, high), low)
    if alpha is not None:
        out = out.convert("RGBA")
        out.putalpha(alpha.resize((width, height), Image.Resampling.BICUBIC))
    return out


def style_transfer(planes: Field, reference: Field | None, scene: Scene, strength: float, seed: object) -> Field:
    """The source's own pixels gone over in a style, in the palette of the reference or of the style's words."""
    out = planes
    if reference is not None:
        out = match(out, reference, 0.9)
    elif scene.leanings or scene.tints or scene.hour_named:
        out = _in_words(out, scene)
    style = chosen(scene.styles) or (None if reference is not None and scene.understood else "oil")
    if style:
        out = treat(out, style, seed)
    return mix(planes, out, min(1.0, strength * 1.6))


def _in_words(planes: Field, scene: Scene) -> Field:
    """The palette that mood, hour and colour words speak of."""
    light = light_for(scene.hour if scene.hour_named else "noon", scene.leanings, scene.tints)
    tone = luminance(planes)
    stops = np.stack([light.fore, light.near, light.far, light.sky[2], light.haze, light.disc])
    order = np.argsort(luminance(stops.T), kind="stable")
    mapped = _gradient(tone, stops[order])
    keep = 0.35 if scene.tints or "neon" in scene.moods or scene.hour_named else 0.62
    return (
        mix(mapped, grade(planes, 1.0, 1.0, mix(light.ambient, rgb("ffffff"), 0.4)), keep)
        if "monochrome" not in scene.moods
        else np.stack([tone] * 3)
    )


def _gradient(tone: Field, stops: Field) -> Field:
    position = tone * np.float32(len(stops) - 1)
    low = np.clip(position.astype(int), 0, len(stops) - 2)
    f = position - low
    planes = [stops[low, i] * (1 - f) + stops[low + 1, i] * f for i in range(3)]
    return np.asarray(np.stack(planes), np.float32)
