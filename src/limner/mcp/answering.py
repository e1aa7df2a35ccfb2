"""Answers of the tools: values for programs, links, and small previews; all of it within a size that clients take.

Texts have lengths of their own that add up to less than that size, and previews are added while there is room.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import pybase64
from mcp_types import CallToolResult, ContentBlock, ImageContent, ResourceLink, TextContent

from limner.domain.errors import LimnerError, Problem
from limner.domain.picture import Picture
from limner.mcp.shapes import NAME, SENTENCE, Body, cut, problem_body
from limner.runtime import Runtime

LARGEST = 256 * 1024
"""Bytes of an answer as it is sent, whatever it is about."""
ENVELOPE = 2_000
"""Bytes around a result: the JSON-RPC message and the frame that it is sent in."""
EDGES = (512, 256)
"""Edges of previews in pixels; the first that there is room for is taken."""
LARGE_PREVIEWS = 2
"""So many pictures may have previews of the larger edge."""


async def answered(
    runtime: Runtime, body: Body, pictures: Sequence[Picture] = (), *, is_error: bool = False
) -> CallToolResult:
    """A body, with a link to each picture that may be handed out and previews as far as there is room for them."""
    shown = [picture for picture in pictures if picture.withheld is None]
    content: list[ContentBlock] = [text_of(body), *(link_to(picture) for picture in shown)]
    result = CallToolResult(content=content, structured_content=body.model_dump(mode="json"), is_error=is_error)
    room = LARGEST - ENVELOPE - size_of(result)
    edges = EDGES if len(shown) <= LARGE_PREVIEWS else EDGES[1:]
    for picture in shown:
        preview = await preview_of(runtime, picture, edges, room)
        if preview is not None:
            content.append(preview)
            room -= size_of(preview)
    return result.model_copy(update={"content": content})


async def preview_of(runtime: Runtime, picture: Picture, edges: Sequence[int], room: int) -> ImageContent | None:
    """A small WebP of a picture, of the first edge that fits into so many bytes; None where none does."""
    for edge in edges:
        delivery = await runtime.thumbnail(picture, edge)
        if delivery.size * 4 // 3 >= room:  # what its base64 comes to at least
            continue
        data = b"".join([chunk async for chunk in delivery.chunks()])
        preview = ImageContent(type="image", data=pybase64.b64encode(data).decode(), mime_type=delivery.media_type)
        if size_of(preview) <= room:
            return preview
    return None


def size_of(part: CallToolResult | ContentBlock) -> int:
    """Bytes of a part of an answer in JSON, where every sign beyond ASCII is escaped: the most that it may come to."""
    return len(json.dumps(part.model_dump(mode="json", by_alias=True, exclude_none=True))) + len(", ")


def refused(problem: Problem) -> CallToolResult:
    """What went wrong, for whoever asked: the model reads it and can do better."""
    body = problem_body(problem)
    return CallToolResult(
        content=[TextContent(type="text", text=body.message)],
        structured_content={"problem": body.model_dump(mode="json")},
        is_error=True,
    )


def refusal(error: LimnerError) -> CallToolResult:
    """The same of an error."""
    return refused(error.problem())


def text_of(body: Body) -> TextContent:
    """A body as text, for clients that read no structured answers."""
    return TextContent(type="text", text=body.model_dump_json(exclude_none=True))


def link_to(picture: Picture) -> ResourceLink:
    """Where a picture's file is read."""
    file = picture.file
    return ResourceLink(
        type="resource_link",
        uri=f"limner://images/{picture.id}",
        name=cut(picture.prompt, NAME) or picture.id,
        description=cut(f"{file.width} x {file.height}, by {picture.model}", SENTENCE),
        mime_type=file.media_type,
        size=file.size,
    )
