"""Kept pictures beside each other: nothing is bought, nothing is hidden, and they are zoomed together."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Request, Response

from limner.domain.comparisons import LEAST, MOST
from limner.domain.errors import InvalidRequest, UnknownModel
from limner.domain.picture import Picture
from limner.domain.ports import Catalog
from limner.runtime.asking import principal_of, runtime_of
from limner.web import showing, wording
from limner.web.asking import known_id, renderer_of
from limner.web.compare_views import Beside, BesidePage
from limner.web.languages import gettext as _
from limner.web.links import Links
from limner.web.rendering import shell


async def beside_each_other(request: Request, ids: Sequence[str]) -> Response:
    """The page of these pictures. Raises InvalidRequest for fewer than 2 or more than 4, and NotFound."""
    if not LEAST <= len(ids) <= MOST:
        raise InvalidRequest(
            _("Choose %(least)s to %(most)s pictures to compare.", least=LEAST, most=MOST), field="ids"
        )
    runtime, person, links = runtime_of(request), principal_of(request).id, renderer_of(request).links
    pictures = [await runtime.pictures.visible(known_id(each), person) for each in ids]
    prompts = {wording.title(picture.prompt, picture.operation) for picture in pictures}
    ratios = [picture.file.width / picture.file.height for picture in pictures]
    view = BesidePage(
        shell=shell(request, _("Compare"), current="compare"),
        pictures=tuple(_beside(each, links, runtime.catalog, alone=len(prompts) == 1) for each in pictures),
        prompt=next(iter(prompts)) if len(prompts) == 1 else "",
        ratio=round(min(max(*ratios, 0.3), 3.5), 4),
    )
    return renderer_of(request).page(view)


def _beside(picture: Picture, links: Links, catalog: Catalog, *, alone: bool) -> Beside:
    size = wording.size(picture.file.width, picture.file.height)
    return Beside(
        tile=showing.tile(picture, eager=True),
        page=links.image(picture.id),
        file=links.file(picture.id),
        title=_title(picture, catalog),
        colour=showing.colour(picture.model),
        facts=" · ".join([wording.price(picture.cost), size, wording.moment(picture.created)]),
        prompt="" if alone else wording.title(picture.prompt, picture.operation),
        withheld=picture.withheld is not None,
    )


def _title(picture: Picture, catalog: Catalog) -> str:
    """What its model is called; its id where the catalog no longer has it, or nobody painted it."""
    try:
        return catalog.find(picture.model).title
    except UnknownModel:
        return picture.model
