"""A picture's family: what it was made from, and what was made from it."""

from __future__ import annotations

from dataclasses import replace

from limner.domain.errors import NotFound
from limner.domain.people import Principal
from limner.domain.picture import Picture
from limner.runtime import Runtime
from limner.web import showing, wording
from limner.web.lightbox_views import Kin
from limner.web.links import Links

GENERATIONS = 8
"""Ancestors that are looked up, one for each generation."""
CHILDREN = 12
"""Shown of each picture."""


async def family_of(runtime: Runtime, principal: Principal, picture: Picture, links: Links) -> Kin | None:
    """The line of its first parents, itself, its children and theirs; None where it has no kin."""
    root = await _with_children(runtime, principal, picture, links, generations=2)
    root = replace(root, current=True)
    alone, oldest, seen = not root.children, picture, {picture.id}
    for _ in range(GENERATIONS):
        above = await _parent(runtime, principal, oldest)
        if above is None or above.id in seen:
            break
        seen.add(above.id)
        root, oldest, alone = replace(_kin(above, links), children=(root,)), above, False
    return None if alone else root


async def _with_children(
    runtime: Runtime, principal: Principal, picture: Picture, links: Links, *, generations: int
) -> Kin:
    if not generations:
        return _kin(picture, links)
    look = runtime.keeping.browsing
    found = await look.children(principal.id, picture.id, limit=CHILDREN + 1)
    children = [
        await _with_children(runtime, principal, each, links, generations=generations - 1) for each in found[:CHILDREN]
    ]
    return replace(_kin(picture, links), children=tuple(children), more=max(0, len(found) - CHILDREN))


async def _parent(runtime: Runtime, principal: Principal, picture: Picture) -> Picture | None:
    """The first picture that it was made from; None where there is none, or it has gone."""
    if not picture.parents:
        return None
    try:
        return await runtime.pictures.visible(picture.parents[0], principal.id)
    except NotFound:
        return None


def _kin(picture: Picture, links: Links) -> Kin:
    return Kin(
        tile=showing.tile(picture),
        here=links.image(picture.id),
        how=wording.operation(picture.operation),
        current=False,
    )
