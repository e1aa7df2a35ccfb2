"""Pictures with a profile: making them, and their files."""

from __future__ import annotations

import logging
from uuid import NAMESPACE_URL, UUID, uuid5

from fastapi import Request, Response

from limner.api.answers import Body, answer
from limner.api.carrying_out import begun, ended, shown
from limner.api.deps import checked_id, idempotency_key
from limner.api.dialects.document2.bodies import ProfilePicturesBody
from limner.api.dialects.document2.failing import check_outcome, unheard, unwritten
from limner.api.dialects.document2.faults import Refusal, answered, detail, fault_of, invalid, read
from limner.api.dialects.document2.meaning import unfit
from limner.api.dialects.document2.routing import gives, new_router
from limner.api.dialects.document2.words import paints, word_for
from limner.api.downloads import file_answer
from limner.domain.errors import InvalidRequest, LimnerError, NotFound, StorageError
from limner.domain.job import Job
from limner.domain.people import Principal
from limner.domain.picture import Picture
from limner.domain.profile import Profile
from limner.domain.request import Aspect, ImageRequest, Size
from limner.runtime import Runtime
from limner.runtime.asking import principal_of, runtime_of
from limner.storage.generated import PLACE

NO_FILE = {"error": "File not found"}

log = logging.getLogger("limner.api")
router = new_router()


SHARED = "/api/images/generate"
"""The route that it shares with document 1, which has it where no profile is named."""


async def generate(request: Request) -> Response:
    """Makes pictures with a profile of the caller's and waits for them."""
    return await answered(_generated, request)


@router.post(SHARED, include_in_schema=False)
async def _generated(request: Request) -> Response:
    body, runtime, principal = await read(request, ProfilePicturesBody), runtime_of(request), principal_of(request)
    limit = runtime.settings.images_prompt_limit
    if len(body.prompt) > limit:
        raise invalid([detail("too_big", f"String must contain at most {limit} character(s)", "prompt")])
    wish, profile = _asked(body), await _profile(runtime, body.profile_id, principal)
    try:
        job = await begun(request, wish, key=idempotency_key(request))
    except LimnerError as error:
        raise unwritten(error) from None
    try:
        job = await ended(request, job)
    except LimnerError as error:
        raise unheard(error) from None
    job = shown(job)
    check_outcome(job)
    data = [await _picture_body(runtime, picture, body) for picture in job.pictures]
    painter = _painter(job)
    metadata = {
        "prompt": body.prompt,
        "provider": word_for(profile.service),
        "model": painter.partition("/")[2],
        "count": len(data),
    }
    return answer({"data": data, "metadata": metadata}, headers={"X-Limner-Model": painter})


@router.get(
    f"/{PLACE}/{{user_id}}/{{filename}}",
    summary="Download a generated picture",
    response_class=Response,
    responses={
        **gives(None, "The file.", 404, 507),
        206: {"description": "A part of the file."},
        304: {"description": "You have it already."},
        416: {"description": "The file has no such part."},
    },
)
async def get_generated_file(request: Request, user_id: str, filename: str) -> Response:
    """The signed copy of a picture of one's own; anybody else's is not there."""
    runtime, principal = runtime_of(request), principal_of(request)
    try:
        picture = await runtime.pictures.get(checked_id(filename.partition(".")[0], "picture"), principal.id)
        delivery = await runtime.library.file(picture)
    except NotFound:
        raise Refusal(404, NO_FILE) from None
    if runtime.generated.filepath(picture) != f"{PLACE}/{user_id}/{filename}":
        raise Refusal(404, NO_FILE)
    return file_answer(request, delivery)


async def _profile(runtime: Runtime, profile_id: str, principal: Principal) -> Profile:
    """The profile that is meant. Raises Refusal."""
    try:
        profile = await runtime.profiles.get(str(UUID(profile_id)), principal)
    except NotFound:
        raise Refusal(404, {"error": "Connection profile not found"}) from None
    if not paints(profile.service, runtime.catalog):
        raise unfit(word_for(profile.service))
    return profile


def _asked(body: ProfilePicturesBody) -> ImageRequest:
    """The request that a body makes. Raises Refusal."""
    options = body.options
    try:
        size, aspect = _shape(options.size, options.aspect_ratio)
    except InvalidRequest as error:
        raise invalid([fault_of(error)]) from None
    return ImageRequest(
        prompt=body.prompt,
        profile=str(UUID(body.profile_id)),
        count=options.n,
        size=size,
        aspect=aspect,
        quality=options.quality,
        style=options.style,
        tags=tuple(f"{tag.tag_type}:{tag.tag_id.lower()}" for tag in body.tags),
    )


def _shape(size: str | None, aspect: str | None) -> tuple[Size | None, Aspect | None]:
    """Pixels or a shape, which may stand in either place; pixels say the shape too. Raises InvalidRequest."""
    field = "size"
    try:
        if size is not None and ":" not in size:
            return Size.parse(size), None
        field, shape = ("aspect", aspect) if aspect is not None else ("size", size)
        return None, None if shape is None else Aspect.parse(shape)
    except ValueError as error:
        raise InvalidRequest(str(error), field=field) from None


def _painter(job: Job) -> str:
    """Who painted the pictures: `service/model`."""
    return job.pictures[0].model if job.pictures else job.model


async def _picture_body(runtime: Runtime, picture: Picture, body: ProfilePicturesBody) -> Body:
    """A picture with its file in the document's place."""
    try:
        await runtime.generated.put(picture)
    except StorageError as error:
        log.warning("%s has no second name for its file: it is served all the same. %s", picture.id, error.message)
    filepath = runtime.generated.filepath(picture)
    revised = {} if picture.revised_prompt is None else {"revisedPrompt": picture.revised_prompt}
    return {
        "id": picture.id,
        "filename": filepath.rpartition("/")[2],
        "filepath": filepath,
        "url": f"/{filepath}",
        "mimeType": picture.file.media_type,
        "size": (await runtime.library.file(picture)).size,
        **revised,
        "tags": [
            {
                "id": str(uuid5(NAMESPACE_URL, f"{picture.id}/{tag.tag_type}/{tag.tag_id.lower()}")),
                "imageId": picture.id,
                "tagType": tag.tag_type,
                "tagId": tag.tag_id,
                "createdAt": picture.created,
            }
            for tag in body.tags
        ],
    }
