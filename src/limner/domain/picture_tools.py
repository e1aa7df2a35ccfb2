"""The tools with which a text model asks for pictures: what it is told of them, as document 2 has it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

MOST_PICTURES = 4
"""Pictures of one call of a tool."""
MOST_REFERENCES = 4
"""Pictures that one call names as references."""
SIZES = ("1024x1024", "1792x1024", "1024x1792")
STYLES = ("vivid", "natural")
QUALITIES = ("standard", "hd")

_OPTIONS: Mapping[str, object] = {
    "size": {"type": "string", "enum": list(SIZES), "description": "Image dimensions."},
    "style": {"type": "string", "enum": list(STYLES), "description": "Image style."},
    "quality": {"type": "string", "enum": list(QUALITIES), "description": "Image quality."},
    "count": {
        "type": "integer",
        "minimum": 1,
        "maximum": MOST_PICTURES,
        "description": "Number of images to generate.",
    },
}
_REFERENCES: Mapping[str, object] = {
    "reference_ids": {
        "type": "array",
        "items": {"type": "string"},
        "maxItems": MOST_REFERENCES,
        "description": "Ids of images of this conversation whose subject or style is to be taken up.",
    }
}

GENERATE_IMAGE: Mapping[str, object] = MappingProxyType(
    {
        "name": "generate_image",
        "description": "Generate an image based on a text description.",
        "parameters": {
            "type": "object",
            "properties": {
                "prompt": {"type": "string", "description": "A detailed description of the image to generate."},
                **_OPTIONS,
            },
            "required": ["prompt"],
        },
    }
)
"""Document 2's own tool, to the letter."""

GENERATE_FROM_IMAGES: Mapping[str, object] = MappingProxyType(
    {
        **GENERATE_IMAGE,
        "parameters": {
            "type": "object",
            "properties": {
                "prompt": {"type": "string", "description": "A detailed description of the image to generate."},
                **_OPTIONS,
                **_REFERENCES,
            },
            "required": ["prompt"],
        },
    }
)
"""The same where the conversation has pictures, which may be references."""

EDIT_IMAGE: Mapping[str, object] = MappingProxyType(
    {
        "name": "edit_image",
        "description": "Change an image of this conversation as a text instruction says.",
        "parameters": {
            "type": "object",
            "properties": {
                "image_id": {"type": "string", "description": "The id of the image to change."},
                "prompt": {"type": "string", "description": "What is to become different."},
                **_OPTIONS,
                **_REFERENCES,
            },
            "required": ["image_id", "prompt"],
        },
    }
)

TOOLS: Mapping[str, Mapping[str, object]] = {str(tool["name"]): tool for tool in (GENERATE_IMAGE, EDIT_IMAGE)}
TOOLS_WITH_PICTURES = {**TOOLS, str(GENERATE_IMAGE["name"]): GENERATE_FROM_IMAGES}
"""Those of a conversation that has pictures."""
