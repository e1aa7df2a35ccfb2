"""All routes of the native interface."""

from __future__ import annotations

from fastapi import FastAPI

from limner.api import (
    budgets,
    cleaning,
    collections,
    curating,
    deliveries,
    documents,
    errors,
    exporting,
    health,
    images,
    jobs,
    models,
    quotes,
    shared,
    sharing,
    usage,
    webhooks,
)
from limner.api.shapes import API


def install(app: FastAPI) -> None:
    """Mounts the routes, their problem documents and their description."""
    # Flat and the busiest first: FastAPI looks through a router twice for each router that it lies in.
    for subject in (
        jobs,
        quotes,
        images,
        models,
        usage,
        budgets,
        deliveries,
        webhooks,
        curating,
        collections,
        cleaning,
        exporting,
        sharing,
    ):
        app.include_router(subject.router, prefix=API)
    app.include_router(health.router)
    app.include_router(shared.router)
    errors.install(app)
    documents.install(app)
