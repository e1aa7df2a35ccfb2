"""How document 2's routes are made and described."""

from __future__ import annotations

from operator import attrgetter

from fastapi import APIRouter

from limner.api.dialects.document2.faults import Document2Route
from limner.api.dialects.document2.schemas import PlainError
from limner.api.documents import Responses, refusals

ALWAYS = (421, 500, 503)
"""What any of them may answer."""
UNSAFE = (400, 403, 413, 415)
"""What those may answer as well that change something."""
PAINTING = (402, 404, 409, 429, 502, 504, 507)


def new_router() -> APIRouter:
    """A router whose routes answer in the document's shape."""
    return APIRouter(route_class=Document2Route, tags=["document 2"], generate_unique_id_function=attrgetter("name"))


def gives(model: object, description: str, *statuses: int, status: int = 200) -> Responses:
    """What a route may answer: its model, or an error with one of these statuses."""
    errors = refusals(PlainError, *sorted({*ALWAYS, *statuses}))
    return {status: {"model": model, "description": description}, **errors}
