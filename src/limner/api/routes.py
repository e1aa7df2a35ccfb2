"""All routes: the native interface, and the surfaces of other documents."""

from __future__ import annotations

from fastapi import FastAPI

from limner.api import (
    alerts,
    analytics,
    audit,
    auth,
    batches,
    budgets,
    chat_messages,
    chats,
    cleaning,
    collections,
    comparisons,
    curating,
    deliveries,
    descriptions,
    dialects,
    documents,
    errors,
    exporting,
    health,
    images,
    invitations,
    jobs,
    keys,
    metrics,
    models,
    presets,
    profiles,
    projects,
    prompts,
    protected,
    queue,
    quotes,
    reports,
    shared,
    sharing,
    statistics,
    templates,
    texts,
    tokens,
    usage,
    users,
    webhooks,
)
from limner.api.mounting import mount
from limner.api.shapes import API


def install(app: FastAPI) -> None:
    """Mounts the routes, their problem documents and their description."""
    # The busiest first: they are looked through in this order.
    for subject in (
        jobs,
        quotes,
        images,
        models,
        presets,
        profiles,
        templates,
        prompts,
        texts,
        usage,
        statistics,
        analytics,
        queue,
        budgets,
        batches,
        comparisons,
        reports,
        deliveries,
        webhooks,
        keys,
        curating,
        collections,
        descriptions,
        users,
        invitations,
        projects,
        audit,
        alerts,
        cleaning,
        exporting,
        sharing,
        chats,
        chat_messages,
    ):
        mount(app.router, subject.router, below=API)
    for subject in (auth, tokens, health, metrics, protected, shared):
        mount(app.router, subject.router)
    dialects.install(app)
    errors.install(app, dialects.SURFACES)
    documents.install(app, dialects.SURFACES, dialects.BODIES)
