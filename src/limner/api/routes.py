"""All routes of the native interface."""

from __future__ import annotations

from fastapi import FastAPI

from limner.api import (
    budgets,
    deliveries,
    document_keys,
    documents,
    errors,
    health,
    images,
    jobs,
    keys,
    models,
    quotes,
    usage,
    webhooks,
)
from limner.api.shapes import API


def install(app: FastAPI) -> None:
    """Mounts the routes, their problem documents and their description."""
    # Flat and the busiest first: FastAPI looks through a router twice for each router that it lies in.
    for subject in (jobs, quotes, images, models, usage, budgets, deliveries, webhooks, keys):
        app.include_router(subject.router, prefix=API)
    app.include_router(health.router)
    app.include_router(document_keys.router)
    errors.install(app)
    documents.install(app)
