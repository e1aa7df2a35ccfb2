"""What Replicate's models take, by their published schemas (2026-11): checked here more strictly than there."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from limner.testing.stand_in import Wrong

DATA_URI_LIMIT = 256_000
"""Characters; Replicate only advises against longer ones."""
SHAPES = ("1:1", "16:9", "21:9", "3:2", "2:3", "4:5", "5:4", "3:4", "4:3", "9:16", "9:21")
IDEOGRAM_SHAPES = (*SHAPES, "1:3", "3:1", "1:2", "2:1", "10:16", "16:10")

Rule = Callable[[object], bool]


def text(value: object) -> bool:
    """Any text."""
    return isinstance(value, str)


def flag(value: object) -> bool:
    """Yes or no."""
    return isinstance(value, bool)


def between(low: float, high: float, *, step: int = 0) -> Rule:
    """A number within bounds; a whole one, and a multiple of `step`, where that is given."""

    def fits(value: object) -> bool:
        number = isinstance(value, int) or (isinstance(value, float) and not step)
        return number and not isinstance(value, bool) and low <= float(str(value)) <= high and _divides(step, value)

    return fits


def _divides(step: int, value: object) -> bool:
    return not step or (isinstance(value, int) and value % step == 0)


def one_of(*choices: str) -> Rule:
    """One of some words."""
    return lambda value: value in choices


def picture(value: object) -> bool:
    """The address of a file, or a short data URI."""
    if not isinstance(value, str):
        return False
    return value.startswith(("http://", "https://")) or (
        value.startswith("data:image/") and len(value) <= DATA_URI_LIMIT
    )


def pictures(most: int) -> Rule:
    """A list of these."""
    return lambda value: isinstance(value, list) and len(value) <= most and all(picture(item) for item in value)


SEED = between(0, 2**63, step=1)
FORMATS = one_of("webp", "jpg", "png")
SCHNELL: Mapping[str, Rule] = {
    "prompt": text,
    "aspect_ratio": one_of(*SHAPES),
    "num_outputs": between(1, 4, step=1),
    "num_inference_steps": between(1, 4, step=1),
    "seed": SEED,
    "output_format": FORMATS,
    "output_quality": between(0, 100, step=1),
    "megapixels": one_of("1", "0.25"),
    "go_fast": flag,
    "disable_safety_checker": flag,
}
FILL: Mapping[str, Rule] = {
    "prompt": text,
    "image": picture,
    "mask": picture,
    "num_outputs": between(1, 4, step=1),
    "num_inference_steps": between(1, 50, step=1),
    "guidance": between(0, 100),
    "megapixels": one_of("1", "0.25", "match_input"),
    "seed": SEED,
    "output_format": FORMATS,
}
DEPTH: Mapping[str, Rule] = {
    "prompt": text,
    "control_image": picture,
    "num_outputs": between(1, 4, step=1),
    "num_inference_steps": between(1, 50, step=1),
    "guidance": between(0, 100),
    "megapixels": one_of("1", "0.25", "match_input"),
    "seed": SEED,
    "output_format": FORMATS,
    "output_quality": between(0, 100, step=1),
}
DEPTH_PRO: Mapping[str, Rule] = {
    "prompt": text,
    "control_image": picture,
    "steps": between(15, 50, step=1),
    "guidance": between(1, 100),
    "safety_tolerance": between(1, 6, step=1),
    "seed": SEED,
    "output_format": one_of("jpg", "png"),
}
REDUX: Mapping[str, Rule] = {
    "redux_image": picture,
    "aspect_ratio": one_of(*SHAPES),
    "num_outputs": between(1, 4, step=1),
    "num_inference_steps": between(1, 50, step=1),
    "guidance": between(0, 10),
    "seed": SEED,
    "output_format": FORMATS,
}
ULTRA: Mapping[str, Rule] = {"prompt": text, "aspect_ratio": one_of(*SHAPES), "seed": SEED}
FLUX_2: Mapping[str, Rule] = {
    "prompt": text,
    "input_images": pictures(8),
    "aspect_ratio": one_of(*SHAPES, "custom", "match_input_image"),
    "width": between(256, 2048, step=16),
    "height": between(256, 2048, step=16),
    "safety_tolerance": between(1, 5, step=1),
    "seed": SEED,
    "output_format": FORMATS,
    "output_quality": between(0, 100, step=1),
}
KONTEXT: Mapping[str, Rule] = {
    "prompt": text,
    "input_image": picture,
    "aspect_ratio": one_of(*SHAPES, "match_input_image"),
    "seed": SEED,
    "output_format": one_of("png", "jpg"),
    "safety_tolerance": between(0, 6, step=1),
}
DIFFUSION_35: Mapping[str, Rule] = {
    "prompt": text,
    "negative_prompt": text,
    "aspect_ratio": one_of(*SHAPES),
    "image": picture,
    "prompt_strength": between(0, 1),
    "cfg": between(0, 20),
    "steps": between(1, 50, step=1),
    "seed": SEED,
    "output_format": FORMATS,
}
IDEOGRAM: Mapping[str, Rule] = {
    "prompt": text,
    "aspect_ratio": one_of(*IDEOGRAM_SHAPES),
    "style_type": one_of("None", "Auto", "General", "Realistic", "Design"),
    "image": picture,
    "mask": picture,
    "seed": between(0, 2**31 - 1, step=1),
}
ESRGAN: Mapping[str, Rule] = {"image": picture, "scale": between(0, 10), "face_enhance": flag}

INPUTS: Mapping[str, Mapping[str, Rule]] = {
    "black-forest-labs/flux-schnell": SCHNELL,
    "black-forest-labs/flux-dev": {
        **SCHNELL,
        "num_inference_steps": between(1, 50, step=1),
        "guidance": between(0, 10),
        "image": picture,
        "prompt_strength": between(0, 1),
    },
    "black-forest-labs/flux-fill-dev": FILL,
    "black-forest-labs/flux-fill-pro": FILL,
    "black-forest-labs/flux-depth-dev": DEPTH,
    "black-forest-labs/flux-canny-dev": DEPTH,
    "black-forest-labs/flux-depth-pro": DEPTH_PRO,
    "black-forest-labs/flux-canny-pro": {"prompt": text, "control_image": picture, "seed": SEED},
    "black-forest-labs/flux-redux-dev": REDUX,
    "black-forest-labs/flux-redux-schnell": {**REDUX, "num_inference_steps": between(1, 4, step=1)},
    "black-forest-labs/flux-1.1-pro": {
        **FLUX_2,
        "input_images": pictures(0),
        "image_prompt": picture,
        "width": between(256, 1440, step=32),
        "height": between(256, 1440, step=32),
    },
    "black-forest-labs/flux-1.1-pro-ultra": ULTRA,
    "black-forest-labs/flux-pro": ULTRA,
    "black-forest-labs/flux-2-pro": FLUX_2,
    "black-forest-labs/flux-2-flex": {**FLUX_2, "input_images": pictures(10), "width": between(256, 2048, step=32)},
    "black-forest-labs/flux-kontext-pro": KONTEXT,
    "black-forest-labs/flux-kontext-max": KONTEXT,
    "black-forest-labs/flux-kontext-dev": KONTEXT,
    "stability-ai/sdxl": {
        "prompt": text,
        "negative_prompt": text,
        "image": picture,
        "mask": picture,
        "width": between(1, 4096, step=8),
        "height": between(1, 4096, step=8),
        "num_outputs": between(1, 4, step=1),
        "num_inference_steps": between(1, 500, step=1),
        "guidance_scale": between(1, 50),
        "prompt_strength": between(0, 1),
        "seed": SEED,
    },
    "stability-ai/stable-diffusion-3.5-large": DIFFUSION_35,
    "stability-ai/stable-diffusion-3.5-large-turbo": {**DIFFUSION_35, "cfg": between(1, 10)},
    "stability-ai/stable-diffusion-3.5-medium": DIFFUSION_35,
    "ideogram-ai/ideogram-v3-quality": IDEOGRAM,
    "ideogram-ai/ideogram-v3-balanced": IDEOGRAM,
    "ideogram-ai/ideogram-v3-turbo": IDEOGRAM,
    "ideogram-ai/ideogram-v2": IDEOGRAM,
    "ideogram-ai/ideogram-v2-turbo": IDEOGRAM,
    "recraft-ai/recraft-v3": {"prompt": text, "size": text, "style": text},
    "google/nano-banana": {"prompt": text, "image_input": pictures(3), "aspect_ratio": one_of(*SHAPES)},
    "luma/photon": {"prompt": text, "aspect_ratio": one_of(*SHAPES)},
    "luma/photon-flash": {"prompt": text, "aspect_ratio": one_of(*SHAPES)},
    "daanelson/real-esrgan-a100": ESRGAN,
    "nightmareai/real-esrgan": ESRGAN,
    "xinntao/realesrgan": {"img": picture, "scale": between(0, 10), "version": text, "tile": between(0, 4096, step=1)},
    "recraft-ai/recraft-crisp-upscale": {"image": picture},
    "recraft-ai/recraft-creative-upscale": {"image": picture},
    "recraft-ai/recraft-remove-background": {"image": picture},
}
COMMUNITY = frozenset(
    {"stability-ai/sdxl", "daanelson/real-esrgan-a100", "nightmareai/real-esrgan", "xinntao/realesrgan"}
)
"""Models that need a version of 64 hexadecimal digits."""
LISTS = frozenset(
    {
        "black-forest-labs/flux-schnell",
        "black-forest-labs/flux-dev",
        "black-forest-labs/flux-fill-dev",
        "black-forest-labs/flux-depth-dev",
        "black-forest-labs/flux-canny-dev",
        "black-forest-labs/flux-redux-dev",
        "black-forest-labs/flux-redux-schnell",
        "stability-ai/sdxl",
        "stability-ai/stable-diffusion-3.5-large",
    }
)
"""Models whose output is a list of addresses; the others give one address."""


def check_input(model: str, given: Mapping[str, object]) -> None:
    """Raises Wrong, status 422, for an input that the model does not have or take. Unknown models take anything."""
    rules = INPUTS.get(model)
    for name, value in given.items() if rules is not None else ():
        rule = rules.get(name) if rules is not None else None
        if rule is None or not rule(value):
            what = "is not an input of this model" if rule is None else "has a value that it does not take"
            raise Wrong(f"- input.{name}: {what}", name, "Input validation failed", 422)
