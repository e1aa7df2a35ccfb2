"""All routes: the native interface, and the surfaces of other documents."""

from __future__ import annotations

from fastapi import FastAPI

from limner.api import (
    budgets,
    deliveries,
    dialects,
    documents,
    errors,
    health,
    images,
    jobs,
    models,
    profiles,
    quotes,
    usage,
    webhooks,
)
from limner.api.shapes import API


def install(app: FastAPI) -> None:
    """Mounts the routes, their problem documents and their description."""
    # Flat and the busiest first: FastAPI looks through a router twice for each router that it lies in.
    for subject in (jobs, quotes, images, models, usage, profiles, budgets, deliveries, webhooks):
        app.include_router(subject.router, prefix=API)
    app.include_router(health.router)
    dialects.install(app)
    errors.install(app, dialects.SURFACES)
    documents.install(app, dialects.SURFACES, dialects.BODIES)
