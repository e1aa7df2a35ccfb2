"""All routes of the native interface."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI

from limner.api import documents, errors, health, images, jobs, models, quotes, usage
from limner.api.shapes import API


def install(app: FastAPI) -> None:
    """Mounts the routes, their problem documents and their description."""
    native = APIRouter(prefix=API)
    for subject in (quotes, jobs, images, models, usage):
        native.include_router(subject.router)
    app.include_router(native)
    app.include_router(health.router)
    errors.install(app)
    documents.install(app)
