"""OpenAI's own rules for image requests, from its OpenAPI document and its image guide (2026-11)."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from importlib import resources
from importlib.util import find_spec
from typing import TYPE_CHECKING

from PIL import Image

from limner.domain.request import Size
from limner.testing.stand_in import Wrong

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

CHECKED = ("CreateImageRequest", "CreateImageEditRequest", "EditImageBodyJsonParam", "CreateModerationRequest")
"""Schemas of requests."""
ANY_SIZE = ("gpt-image-2",)
"""Models whose names begin so take free sizes."""
FIXED_SIZES = {"1024x1024", "1536x1024", "1024x1536"}
TOKENS = {"low": 196, "medium": 1756, "high": 7024, "xhigh": 9200, "max": 12000}
"""Output tokens of a 1024x1024 picture."""
OBLONG_TOKENS = {"low": 165, "medium": 1372, "high": 5488, "xhigh": 7200, "max": 9400}
"""Output tokens of a 1536x1024 picture."""
PARTIAL_TOKENS = 100


class OpenAIRules:
    """Checks requests against the OpenAPI document shipped beside this module."""

    def __init__(self) -> None:
        text = resources.files("limner.testing").joinpath("specs/openai.openapi.json").read_text()
        document = json.loads(text)
        schemas = document["components"]["schemas"]
        self.models: tuple[str, ...] = tuple(schemas["CreateImageRequest"]["properties"]["model"]["x-known-values"])
        results = schemas["CreateModerationResponse"]["properties"]["results"]["items"]["properties"]
        self.moderation_categories: tuple[str, ...] = tuple(results["categories"]["properties"])
        self._validators = _validators(document["components"])

    def check(self, schema: str, body: Mapping[str, object]) -> None:
        """Raises Wrong where the body breaks the document."""
        validator = self._validators.get(schema)
        error = next(validator.iter_errors(json.loads(json.dumps(body))), None) if validator is not None else None
        if error is not None:
            param = str(error.path[0]) if error.path else None
            raise Wrong(f"Invalid request: {error.message[:300]}", param, "invalid_value")

    def check_image(self, body: Mapping[str, object]) -> None:
        """Raises Wrong for a model that is gone, a size it does not make, or options that exclude each other."""
        model = body.get("model")
        if model not in self.models:
            raise Wrong(
                f"The model '{model}' does not exist or you do not have access to it.", "model", "model_not_found", 404
            )
        size_of(str(model), body.get("size"))
        if body.get("background") == "transparent" and body.get("output_format", "png") not in {"png", "webp"}:
            raise Wrong("Transparent background needs png or webp.", "background", "invalid_value")
        if body.get("partial_images") and not body.get("stream"):
            raise Wrong("partial_images needs stream=true.", "partial_images", "invalid_value")


def _validators(components: Mapping[str, object]) -> dict[str, Validator]:
    """One for each kind of request; none where jsonschema is not installed."""
    if find_spec("jsonschema") is None:
        return {}
    # Installed with the tests only: without it the stand-in checks no more than the rules written here.
    from jsonschema import Draft202012Validator

    return {
        name: Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": components})
        for name in CHECKED
    }


def size_of(model: str, size: object) -> Size:
    """The size that is painted. Raises Wrong where the model does not make it."""
    if size in {None, "auto"}:
        return Size(1024, 1024)
    try:
        wanted = Size.parse(str(size))
    except ValueError as error:
        raise Wrong(f"Invalid size {size}.", "size", "invalid_value") from error
    edges = (wanted.width, wanted.height)
    fits = (
        all(edge % 16 == 0 for edge in edges)
        and max(edges) <= 3840
        and max(edges) <= 3 * min(edges)
        and 655_360 <= wanted.pixels <= 8_294_400
    )
    if str(size) not in FIXED_SIZES and not (model.startswith(ANY_SIZE) and fits):
        raise Wrong(f"Invalid size {size} for {model}.", "size", "invalid_value")
    return wanted


def check_file(name: str, filename: str | None, media_type: str | None, data: bytes) -> Size:
    """The pixels of an uploaded picture. Raises Wrong for what OpenAI does not take."""
    if not filename or media_type not in {"image/png", "image/jpeg", "image/webp"}:
        raise Wrong(f"Invalid file '{name}': unsupported mimetype ('{media_type}').", name, "unsupported_file_mimetype")
    try:
        with Image.open(io.BytesIO(data)) as picture:
            if name == "mask" and (picture.format != "PNG" or "A" not in picture.mode):
                raise Wrong("Invalid mask image format - mask must have alpha.", "mask", "invalid_image_format")
            return Size(*picture.size)
    except OSError as error:
        raise Wrong(f"Invalid image file '{name}'.", name, "invalid_image_file") from error


def usage(body: Mapping[str, object], size: Size, *, pictures: int, inputs: tuple[Size, ...] = ()) -> dict[str, object]:
    """Tokens as the answer counts them, consistent with size, quality and inputs."""
    quality = str(body.get("quality") or "auto")
    table = TOKENS if size.width == size.height else OBLONG_TOKENS
    base = Size(1024, 1024).pixels if size.width == size.height else Size(1536, 1024).pixels
    each = table.get(quality, table["medium"]) * size.pixels // base
    partials = body.get("partial_images")
    extra = PARTIAL_TOKENS * partials if isinstance(partials, int) else 0
    output = (each + extra) * pictures
    text = max(1, len(str(body.get("prompt", ""))) // 4)
    image = sum(-(-one.pixels // 1024) for one in inputs)
    return {
        "input_tokens": text + image,
        "output_tokens": output,
        "total_tokens": text + image + output,
        "input_tokens_details": {"text_tokens": text, "image_tokens": image},
        "output_tokens_details": {"image_tokens": output, "text_tokens": 0},
    }
