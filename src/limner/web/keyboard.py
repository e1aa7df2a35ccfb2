"""What keys do, as a page; scripts show the same over whatever page somebody is on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request, Response

from limner.web.languages import gettext as _
from limner.web.languages import message
from limner.web.places import answers
from limner.web.rendering import Renderer, letters_of, shell
from limner.web.views import Shell

router = APIRouter(include_in_schema=False)

Keys = tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyGroup:
    """What keys do in one place."""

    name: str
    rows: tuple[tuple[Keys, str], ...]
    """Keys, one or another of which is pressed, or one after the other, and what that does."""
    path: str = "/keys"
    """A page of the place; where an application has none, the keys are nobody's."""


EVERYWHERE: tuple[tuple[Keys, str], ...] = (
    (("Ctrl K",), message("Go anywhere, find anything")),
    (("?",), message("List of keys")),
    (("/",), message("Focus the search")),
    (("Esc",), message("Close what is open and go back to where you were")),
)
GROUPS = (
    KeyGroup(
        name=message("Pictures in rows"),
        rows=(
            (("←", "→", "↑", "↓", "Home", "End"), message("Move between pictures")),
            (("Enter",), message("Open the picture")),
            (("x", message("Space")), message("Select; Shift selects a range")),
            (("f",), message("Favourite")),
            (("d",), message("Download in the last format")),
        ),
        path="/gallery",
    ),
    KeyGroup(
        name=message("An opened picture"),
        rows=(
            (("←", "→"), message("Previous, next")),
            (("+", "-", "0"), message("Zoom in, zoom out, fit")),
            (("b",), message("Before and after; arrows then move the divider")),
            (("f",), message("Favourite")),
            (("d",), message("Download in the last format")),
        ),
        path="/gallery",
    ),
    KeyGroup(name=message("Create"), rows=((("Ctrl Enter",), message("Generate")),), path="/"),
    KeyGroup(
        name=message("Editor"),
        rows=(
            (("b", "e", "r", "l"), message("Brush, eraser, rectangle, lasso")),
            (("[", "]"), message("Smaller, larger brush")),
            (("i",), message("Invert the mask")),
            (("Ctrl Z", "Ctrl Shift Z"), message("Undo, redo")),
            (("←", "→", "↑", "↓"), message("On a handle: extend by 8 px, with Shift by 64 px")),
        ),
        path="/images/any/edit",
    ),
    KeyGroup(
        name=message("Compare"),
        rows=(
            (("1", "2", "3", "4"), message("Vote for a picture")),
            (("0",), message("None of them")),
            (("=",), message("All equal")),
        ),
        path="/compare",
    ),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class KeysPage:
    """All keys."""

    template: ClassVar[str] = "pages/keys.html"
    shell: Shell
    groups: tuple[KeyGroup, ...]
    letters: bool
    """Whether single letters do something."""


@router.get("/keys")
async def keys_page(request: Request) -> Response:
    """What keys do, and the switch for those that are single letters."""
    renderer: Renderer = request.app.state.renderer
    going = tuple((("g", place.letter), place.name) for place in request.app.state.places if place.letter)
    groups = (
        KeyGroup(name=message("Anywhere"), rows=EVERYWHERE),
        KeyGroup(name=message("One after the other"), rows=going),
        *(group for group in GROUPS if answers(request.app, group.path)),
    )
    view = KeysPage(shell=shell(request, _("Keyboard"), current="keys"), groups=groups, letters=letters_of(request))
    return renderer.page(view)
