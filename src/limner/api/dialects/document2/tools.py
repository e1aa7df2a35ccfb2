"""The tool with which a language model asks for pictures, as document 2 defines it."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request, Response

from limner.api.answers import answer
from limner.api.dialects.document2.routing import gives, new_router
from limner.api.dialects.document2.schemas import ToolsAnswer

GENERATE_IMAGE: Mapping[str, object] = {
    "name": "generate_image",
    "description": "Generate an image based on a text description.",
    "parameters": {
        "type": "object",
        "properties": {
            "prompt": {"type": "string", "description": "A detailed description of the image to generate."},
            "size": {
                "type": "string",
                "enum": ["1024x1024", "1792x1024", "1024x1792"],
                "description": "Image dimensions.",
            },
            "style": {"type": "string", "enum": ["vivid", "natural"], "description": "Image style."},
            "quality": {"type": "string", "enum": ["standard", "hd"], "description": "Image quality."},
            "count": {
                "type": "integer",
                "minimum": 1,
                "maximum": 4,
                "description": "Number of images to generate.",
            },
        },
        "required": ["prompt"],
    },
}

TIME_LINE: Mapping[str, str] = {
    "toolCall": "about 1 s",
    "apiCall": "2-5 s",
    "generation": "5-60 s",
    "typical": "10-60 s",
}
"""How long each step takes, as the document says it to users."""

router = new_router()


@router.get("/api/tools", summary="List tools", responses=gives(ToolsAnswer, "All tools."))
async def list_tools(request: Request) -> Response:
    """The tools that a language model may be given."""
    del request  # they are the same for everybody
    return answer({"tools": [GENERATE_IMAGE], "timeLine": {"generate_image": TIME_LINE}})
