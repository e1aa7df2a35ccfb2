"""`POST /api/images/generate`, which two documents describe: a body with `profileId` is document 2's."""

from __future__ import annotations

import functools
import operator
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from limner.api.documents import Responses
from limner.api.generation import Generation
from limner.api.shapes import Body
from limner.api.surfaces import CHOSEN, Surface
from limner.domain.errors import Problem


def shape(status: int, problem: Problem) -> Body:
    """What went wrong before anybody knew whose the request is: both documents find their fields in it."""
    return {"success": False, "error": "Unauthorized" if status == UNAUTHORIZED else problem.message}


PATH = "/api/images/generate"
UNAUTHORIZED = 401
SURFACE = Surface(name="documents1and2", paths=(PATH,), shape=shape)


def router(with_profile: Generation, without: Generation) -> APIRouter:
    """The route."""
    made = APIRouter(tags=["documents 1 and 2"])

    @made.post(
        PATH,
        summary="Generate pictures",
        operation_id="generate_images",
        response_class=Response,
        responses=_either(without.gives, with_profile.gives),
        openapi_extra=_one_of(without.takes, with_profile.takes),
    )
    async def generate_images(request: Request) -> Response:
        """With `profileId` as document 2 describes it, without as document 1 does."""
        chosen = with_profile if names_profile(await request.body()) else without
        request.scope[CHOSEN] = chosen.surface
        return await chosen.generate(request)

    return made


def names_profile(body: bytes) -> bool:
    """Whether a body is an object with a `profileId`."""
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return isinstance(said, dict) and "profileId" in said


def _one_of(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """A body that is either document's."""
    schemas = [each["requestBody"]["content"]["application/json"]["schema"] for each in (first, second)]
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": {"oneOf": schemas}}}}}


def _either(first: Responses, second: Responses) -> Responses:
    """What the one or the other may answer."""
    found: Responses = {}
    for status in (*first, *second):
        given = [answers[status] for answers in (first, second) if status in answers]
        models = [each["model"] for each in given if each.get("model") is not None]
        found[status] = given[0] | ({"model": functools.reduce(operator.or_, models)} if models else {})
    return found
