"""Where the navigation leads: every page that has an entry of its own, in one list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import FastAPI
from starlette.routing import Match

from limner.web.languages import message


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """An entry of the navigation."""

    key: str
    """What pages of it call themselves, as `current` of their shell."""
    href: str
    icon: str
    name: str
    """A text that is still to be said in the language of the page."""
    letter: str = ""
    """After g, goes there."""
    rail: str = "top"
    """Where it stands beside the page: `top`, `end`, or `more` for what is unfolded."""
    tab: bool = False
    """Whether it stands below the page on a phone; the others are unfolded there."""
    parts: tuple[str, ...] = ()
    """Where else pages of it are, besides below its own address."""


PLACES = (
    Place(key="create", href="/", icon="create", name=message("Create"), letter="c", tab=True),
    Place(
        key="gallery",
        href="/gallery",
        icon="gallery",
        name=message("Gallery"),
        letter="g",
        tab=True,
        parts=("/collections", "/images"),
    ),
    Place(key="chat", href="/chat", icon="chat", name=message("Chat"), letter="h", tab=True),
    Place(key="compare", href="/compare", icon="compare", name=message("Compare"), letter="m", tab=True),
    Place(key="jobs", href="/jobs", icon="jobs", name=message("Queue"), letter="q"),
    Place(key="batches", href="/batches", icon="select", name=message("Batches"), rail="more"),
    Place(key="analytics", href="/analytics", icon="analytics", name=message("Analytics"), letter="a"),
    Place(key="settings", href="/settings", icon="settings", name=message("Settings"), letter="s", rail="end"),
    Place(key="docs", href="/docs", icon="code", name=message("API"), rail="more"),
    Place(key="keys", href="/keys", icon="keyb", name=message("Keyboard"), rail="more"),
)


def standing(app: FastAPI) -> tuple[Place, ...]:
    """The places whose page this application has."""
    return tuple(place for place in PLACES if answers(app, place.href))


def place_of(places: Sequence[Place], path: str) -> Place | None:
    """The place that an address belongs to; None for one that belongs to none, and for the first page."""
    first = f"/{path.split('/')[1]}"
    return next((place for place in places if first in (place.href, *place.parts) and first != "/"), None)


def answers(app: FastAPI, path: str) -> bool:
    """Whether an application has a page at a path."""
    asked = {"type": "http", "method": "GET", "path": path, "root_path": "", "path_params": {}}
    return any(route.matches(asked)[0] is Match.FULL for route in app.router.routes)
