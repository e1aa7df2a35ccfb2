"""The tools that language models are given, as document 2 lists them."""

from __future__ import annotations

from fastapi import Request, Response

from limner.api.answers import answer
from limner.api.dialects.document2.routing import gives, new_router
from limner.api.dialects.document2.schemas import ToolsAnswer
from limner.domain.picture_tools import GENERATE_IMAGE

router = new_router()


@router.get("/api/tools", summary="List tools", responses=gives(ToolsAnswer, "All tools."))
async def list_tools(request: Request) -> Response:
    """The tools that a language model may be given."""
    del request  # they are the same for everybody
    return answer({"tools": [dict(GENERATE_IMAGE)]})
