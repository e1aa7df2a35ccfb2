"""The tools that language models are given, as document 2 lists them."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request, Response

from limner.api.answers import answer
from limner.api.dialects.document2.routing import gives, new_router
from limner.api.dialects.document2.schemas import ToolsAnswer
from limner.domain.picture_tools import GENERATE_IMAGE

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
    return answer({"tools": [dict(GENERATE_IMAGE)], "timeLine": {"generate_image": TIME_LINE}})
