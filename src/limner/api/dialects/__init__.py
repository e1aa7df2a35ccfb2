"""The surfaces of other documents: each turns its own JSON into requests, and jobs, pictures and errors into its own.

They know nothing of each other. Each is mounted where its document has it, and once more under `/compat/<name>`, which
the description of the interface leaves out: it would say everything twice.
"""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel

from limner.api.dialects import document0, document1, document2, document3, document4, generating, openai
from limner.api.mounting import mount
from limner.api.surfaces import Surface, Surfaces


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialect:
    """One document's routes, how its errors look, and the bodies that it reads by hand."""

    surface: Surface
    router: APIRouter
    bodies: tuple[type[BaseModel], ...] = ()


DIALECTS = (
    Dialect(surface=openai.SURFACE, router=openai.router, bodies=openai.BODIES),
    Dialect(surface=document0.SURFACE, router=document0.router, bodies=document0.BODIES),
    Dialect(surface=document2.SURFACE, router=document2.router, bodies=document2.BODIES),
    Dialect(surface=document1.SURFACE, router=document1.router, bodies=document1.BODIES),
    Dialect(surface=document3.SURFACE, router=document3.router, bodies=document3.BODIES),
    Dialect(surface=document4.SURFACE, router=document4.router, bodies=document4.BODIES),
)
SHARED = generating.router(with_profile=document2.GENERATION, without=document1.GENERATION)
"""The route that two documents have in common."""
SURFACES = Surfaces((generating.SURFACE, *(dialect.surface for dialect in DIALECTS)))
BODIES = tuple(body for dialect in DIALECTS for body in dialect.bodies)


def install(app: FastAPI) -> None:
    """Mounts all of them, the route first that two documents share."""
    mount(app.router, SHARED)
    for dialect in DIALECTS:
        mount(app.router, dialect.router)
        mount(app.router, dialect.router, below=dialect.surface.home, described=False)
