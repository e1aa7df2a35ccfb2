"""What is in pictures: one, or all of a collection."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from limner.api.answering_once import once, repeatable
from limner.api.answers import answer
from limner.api.deps import checked_id, read_json
from limner.api.description_schemas import (
    DescribeAllBody,
    DescribeBody,
    DescribedList,
    DescribingQuoteAnswer,
    DescriptionAnswer,
)
from limner.api.documents import answers
from limner.api.images import ImageId
from limner.api.shapes import Body
from limner.domain.describing import Wish
from limner.domain.money import Money
from limner.runtime.asking import principal_of, runtime_of
from limner.words.plain import described_body, describing_quote_body

router = APIRouter(tags=["images"])

CollectionId = Annotated[str, Path(description="The collection's id.", max_length=64)]
PAGE = 200


@router.post(
    "/images/{image_id}/analysis",
    summary="Describe a picture",
    responses=answers(DescriptionAnswer, "What is in it.", 402, 403, 404, 409, 415),
    openapi_extra=repeatable(DescribeBody),
)
async def describe_image(request: Request, image_id: ImageId) -> Response:
    """Shows the picture to a text model that sees, keeps what it says, and tags the picture with it.

    What can be read in a picture is never followed as an instruction. Without such a model, or where it fails, colours
    and size are measured, `why` says what is missing, and nothing is kept.
    """
    body = await read_json(request, DescribeBody)
    name, wish = checked_id(image_id, "picture"), body.wish(principal_of(request))

    async def work() -> Body:
        return described_body(await runtime_of(request).analyst.describe(name, wish, tag=body.tag))

    return await once(request, work)


@router.get(
    "/images/{image_id}/analysis",
    summary="Show what is in a picture",
    responses=answers(DescriptionAnswer, "What was said of it last.", 404),
)
async def get_image_analysis(request: Request, image_id: ImageId) -> Response:
    """What a text model has said of the picture; 404 where it has not been described yet."""
    found = await runtime_of(request).analyst.of(checked_id(image_id, "picture"), principal_of(request))
    return answer(described_body(found))


@router.get(
    "/collections/{collection_id}/analysis",
    summary="Quote describing a collection",
    responses=answers(DescribingQuoteAnswer, "What it may cost.", 404),
)
async def quote_collection_analysis(
    request: Request,
    collection_id: CollectionId,
    model: Annotated[str | None, Query(max_length=200, description="A text model that sees pictures.")] = None,
) -> Response:
    """What describing those pictures of the collection may cost that have no description yet; buys nothing."""
    principal = principal_of(request)
    ids = await _ids(request, collection_id)
    quote = await runtime_of(request).analyst.quote(ids, Wish(principal=principal, model=model))
    return answer(describing_quote_body(quote))


@router.post(
    "/collections/{collection_id}/analysis",
    summary="Describe a collection",
    responses=answers(DescribedList, "What became of each.", 402, 403, 404, 409, 415),
    openapi_extra=repeatable(DescribeAllBody),
)
async def describe_collection(request: Request, collection_id: CollectionId) -> Response:
    """Describes the next pictures that have no description yet, as many as `max_cost` is enough for at the worst."""
    body = await read_json(request, DescribeAllBody)
    principal, ids = principal_of(request), await _ids(request, collection_id)

    async def work() -> Body:
        analyst, wish = runtime_of(request).analyst, Wish(principal=principal, model=body.model)
        wanted = ids if body.again else list(await analyst.kept.without(ids))
        most = Money.usd(body.max_cost)
        found = await analyst.describe_all(wanted[: body.limit], wish, most=most, again=body.again)
        items = [{"id": name, "description": described_body(described)} for name, described in found.done]
        left = [*found.left, *wanted[body.limit :]]
        return {"items": items, "left": left, "cost_usd": None if found.cost is None else found.cost.text}

    return await once(request, work)


async def _ids(request: Request, collection_id: str) -> list[str]:
    """The pictures of a collection of one's own, in its order. Raises NotFound."""
    curator, principal = runtime_of(request).keeping.curator, principal_of(request)
    name = checked_id(collection_id, "collection")
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = await curator.contents(name, principal, limit=PAGE, cursor=cursor)
        found += [picture.id for picture in page.items if picture.withheld is None]
        cursor = page.next
        if cursor is None:
            return found
