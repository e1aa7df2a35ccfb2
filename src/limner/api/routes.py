"""All routes of the native interface."""

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
from limner.api.surfaces import Shapes


def install(app: FastAPI) -> Shapes:
    """Mounts the routes, their errors and their description; gives the shapes that errors have on other surfaces."""
    # Flat and the busiest first: FastAPI looks through a router twice for each router that it lies in.
    for subject in (jobs, quotes, images, models, usage, profiles, budgets, deliveries, webhooks):
        app.include_router(subject.router, prefix=API)
    app.include_router(health.router)
    shapes = dialects.install(app)
    errors.install(app, shapes)
    documents.install(app, dialects.BODIES)
    return shapes
