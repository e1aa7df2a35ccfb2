"""The surfaces that the documents describe: each translates between its own JSON and Limner's requests, and no more."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import FastAPI
from pydantic import BaseModel

from limner.api.dialects import document2, generating
from limner.api.surfaces import Shapes

BODIES: Sequence[type[BaseModel]] = document2.BODIES
"""The bodies that dialects read by hand."""


def install(app: FastAPI) -> Shapes:
    """Mounts every dialect at its document's own paths and below `/compat`; gives the shapes that errors have there."""
    document2.install(app)
    app.include_router(
        generating.router(
            generating.Generation(generate=document2.generate, takes=document2.TAKES, gives=document2.GIVES)
        )
    )
    return Shapes(by_prefix=document2.SHAPES)
