"""Chats and messages as plain values; the pictures in a message as document 3's block has them."""

from __future__ import annotations

from collections.abc import Sequence

from limner.api.carrying_out import file_address
from limner.api.shapes import API, Body, amount, problem_body
from limner.api.two_phases import dollars, estimate_body, generated_body, stamp
from limner.domain.chat_rows import Found
from limner.domain.chats import Chat, ChatTag, Message, TextPart, ToolPart
from limner.domain.job import Job, JobState
from limner.domain.money import Money
from limner.domain.picture import Picture
from limner.domain.ports import Catalog
from limner.domain.queue import QueuePaused, held_by_a_pause
from limner.domain.text_calls import TextCall, TextState
from limner.engine.chat_keeping import Painting
from limner.engine.offering import cost_of
from limner.engine.tiers import tier_in

EXCERPT = 240
"""Characters of a message that is found."""


def chat_url(chat_id: str) -> str:
    """Where a chat is found."""
    return f"{API}/chats/{chat_id}"


def message_url(message: Message) -> str:
    """Where a message is found."""
    return f"{chat_url(message.chat_id)}/messages/{message.id}"


def tag_body(tag: ChatTag) -> Body:
    """What a chat goes with, in document 2's words."""
    return {"id": tag.id, "tagType": tag.kind, "tagId": tag.tag, "createdAt": tag.created}


def chat_body(chat: Chat) -> Body:
    """A chat as it stands in a list."""
    return {
        "id": chat.id,
        "title": chat.title,
        "mode": chat.mode,
        "image_profile_id": chat.profile,
        "text_model": chat.text_model,
        "ceiling": amount(chat.ceiling),
        "head_id": chat.head,
        "tags": [tag_body(tag) for tag in chat.tags],
        "created": chat.created,
        "updated": chat.updated,
        "links": {"self": chat_url(chat.id)},
    }


def painting_body(painting: Painting) -> Body:
    """Whether pictures can be made in a chat, by which profile, and why not."""
    profile = painting.profile
    return {
        "enabled": painting.off is None,
        "why_not": painting.off,
        "profile": None
        if profile is None
        else {"id": profile.id, "name": profile.name, "service": profile.service, "model": profile.model_id},
    }


def shown_chat(
    chat: Chat, painting: Painting, spent: Money, branch: Sequence[Message], catalog: Catalog, *, paused: bool
) -> Body:
    """A chat with the branch that is looked at, what its pictures have cost, and who paints."""
    return {
        **chat_body(chat),
        "spent": amount(spent),
        "painting": painting_body(painting),
        "messages": [message_body(message, catalog, paused=paused) for message in branch],
    }


def message_body(message: Message, catalog: Catalog, *, paused: bool) -> Body:
    """A message: its parts in order, and the blocks of its pictures as document 3 has them."""
    return {
        "id": message.id,
        "chat_id": message.chat_id,
        "parent_id": message.parent,
        "author": message.author,
        "state": message.state,
        "text": message.text,
        "parts": [
            {"kind": "text", "text": part.text, "id": None}
            if isinstance(part, TextPart)
            else {"kind": "picture", "text": None, "id": part.id}
            for part in message.parts
        ],
        "pictures": message.pictures,
        "imageGenerations": [block_body(part, catalog, paused=paused) for part in message.tools],
        "text_model": message.text_model,
        "text_calls": message.text_calls,
        "branch": message.branch,
        "branches": message.branches,
        "created": message.created,
        "ended": message.ended,
        "problem": problem_body(message.problem),
        "links": {"self": message_url(message), "events": f"{message_url(message)}/events"},
    }


def block_body(part: ToolPart, catalog: Catalog, *, paused: bool) -> Body:
    """Document 3's `ImageGenerationData`, in whichever of its four states it is; `paused` is its person's queue."""
    prompt = str(part.arguments.get("prompt", ""))
    tier = tier_in(prompt)[0]
    offered: Body = {} if part.quote is None else estimate_body(part.quote, tier, catalog)
    made = _made(part.job, tier)
    held = paused and part.job is not None and held_by_a_pause(part.job)
    trouble = part.trouble
    return {
        "id": part.id,
        "status": part.state,
        "tool": part.tool,
        "prompt": prompt,
        "count": part.arguments.get("count", 1),
        "style": part.arguments.get("style"),
        **_EMPTY,
        **{name: value for name, value in offered.items() if name != "success"},
        "seconds": None if part.quote is None else part.quote.plan.candidates[0].seconds,
        "ceiling": None if part.quote is None else dollars(part.quote.ceiling or cost_of(part.quote.plan)),
        "expires": None if part.quote is None else stamp(part.quote.expires),
        **made,
        "images": [] if part.job is None else [image_of(picture) for picture in _shown(part.job)],
        "jobId": part.job_id,
        "waits": QueuePaused.code if held else None,
        "error": None if trouble is None else trouble.message,
        "code": None if trouble is None else trouble.code,
        "ambiguous": part.job is not None and part.job.state is JobState.AMBIGUOUS,
    }


_EMPTY: Body = {
    "provider": None,
    "model": None,
    "modelKey": None,
    "quality": None,
    "size": None,
    "cost": None,
    "constraints": None,
    "alternatives": [],
    "fallbackUsed": False,
    "originalProvider": None,
    "imageUrl": None,
    "imageId": None,
    "llmApiCall": None,
}


def _shown(job: Job) -> list[Picture]:
    return [picture for picture in job.pictures if picture.withheld is None]


def _made(job: Job | None, tier: str) -> Body:
    """What a job came to, where it has a picture that may be shown."""
    if job is None or not _shown(job):
        return {}
    made = generated_body("", job, tier)
    return {name: value for name, value in made.items() if name != "success"}


def image_of(picture: Picture) -> Body:
    """One picture of a block."""
    return {
        "id": picture.id,
        "url": file_address("", picture),
        "thumbnailUrl": f"{API}/images/{picture.id}/thumbnail?edge=512",
        "pageUrl": f"/images/{picture.id}",
        "width": picture.file.width,
        "height": picture.file.height,
    }


def call_body(call: TextCall) -> Body:
    """A purchase of text as document 3's `llmApiCall`."""
    provider, _, model = call.model.partition("/")
    usage = call.usage
    return {
        "id": call.id,
        "type": "chat",
        "provider": provider,
        "model": model,
        "timestamp": stamp(call.created),
        "durationMs": call.milliseconds,
        "cost": dollars(call.cost),
        "success": call.state is TextState.SETTLED,
        "metadata": {
            "inputTokens": None if usage is None else usage.input,
            "outputTokens": None if usage is None else usage.output,
            "requestId": call.request_id,
        },
    }


def found_body(found: Found) -> Body:
    """A message that was found."""
    text = found.text if len(found.text) <= EXCERPT else f"{found.text[: EXCERPT - 1]}…"
    return {
        "chat": chat_body(found.chat),
        "message_id": found.message_id,
        "author": found.author,
        "excerpt": text,
        "created": found.created,
    }
