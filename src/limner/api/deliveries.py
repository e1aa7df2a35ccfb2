"""Webhooks: where word of your jobs' ends goes, and what became of each message."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from limner.api.answers import answer
from limner.api.bodies import WebhookBody
from limner.api.deps import checked_id, read_json
from limner.api.documents import UNSAFE, answers, body_of, problems
from limner.api.shapes import API, Body
from limner.api.webhook_schemas import DeliveryAnswer, DeliveryPage, NewWebhookAnswer, WebhookList
from limner.domain.webhooks import Delivery, Webhook
from limner.runtime.asking import principal_of, runtime_of

router = APIRouter(prefix="/webhooks", tags=["webhooks"])

WebhookId = Annotated[str, Path(description="The webhook's id.")]


class DeliveryQuery(BaseModel):
    """Which messages are wanted."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=200)


@router.post(
    "",
    summary="Add a webhook",
    status_code=201,
    responses=answers(NewWebhookAnswer, "The webhook and its secret.", 415, status=201),
    openapi_extra=body_of(WebhookBody),
)
async def create_webhook(request: Request) -> Response:
    """An address that is told how your jobs end, by signed messages (standardwebhooks.com). The secret shows once."""
    body = await read_json(request, WebhookBody)
    webhook, secret = await runtime_of(request).webhooks.add(body.url, body.events, principal_of(request))
    headers = {"Location": f"{API}/webhooks/{webhook.id}/deliveries"}
    return answer({**webhook_body(webhook), "secret": secret}, 201, headers)


@router.get("", summary="List webhooks", responses=answers(WebhookList, "Your webhooks."))
async def list_webhooks(request: Request) -> Response:
    """Your webhooks, oldest first, without their secrets."""
    found = await runtime_of(request).webhooks.all(principal_of(request))
    return answer({"items": [webhook_body(webhook) for webhook in found]})


@router.delete(
    "/{webhook_id}",
    summary="Remove a webhook",
    status_code=204,
    responses=problems(404, *UNSAFE, 421, 422, 500, 503),
    response_class=Response,
)
async def delete_webhook(request: Request, webhook_id: WebhookId) -> Response:
    """Forgets a webhook and its deliveries; nothing more is sent there."""
    await runtime_of(request).webhooks.remove(checked_id(webhook_id, "webhook"), principal_of(request))
    return Response(status_code=204)


@router.get(
    "/{webhook_id}/deliveries",
    summary="List deliveries",
    responses=answers(DeliveryPage, "One page of messages, newest first.", 404),
)
async def list_deliveries(
    request: Request, webhook_id: WebhookId, query: Annotated[DeliveryQuery, Query()]
) -> Response:
    """What was sent to a webhook, and what became of it."""
    page = await runtime_of(request).webhooks.deliveries(
        checked_id(webhook_id, "webhook"), principal_of(request), limit=query.limit, cursor=query.cursor
    )
    return answer({"items": [delivery_body(delivery) for delivery in page.items], "next": page.next})


@router.post(
    "/{webhook_id}/deliveries/{delivery_id}/replay",
    summary="Send a message once more",
    status_code=202,
    responses=answers(DeliveryAnswer, "The message, about to be sent.", 404, status=202),
)
async def replay_delivery(
    request: Request, webhook_id: WebhookId, delivery_id: Annotated[str, Path(description="The message's id.")]
) -> Response:
    """Sends a message once more under the same `webhook-id`, whatever became of it before."""
    delivery = await runtime_of(request).webhooks.replay(
        checked_id(webhook_id, "webhook"), checked_id(delivery_id, "delivery"), principal_of(request)
    )
    return answer(delivery_body(delivery), 202)


def webhook_body(webhook: Webhook) -> Body:
    """A webhook without its secret."""
    return {
        "id": webhook.id,
        "url": webhook.url,
        "events": webhook.events,
        "created": webhook.created,
        "disabled": webhook.disabled,
        "reason": webhook.reason,
    }


def delivery_body(delivery: Delivery) -> Body:
    """A message and what became of it."""
    return {
        "id": delivery.id,
        "webhook_id": delivery.webhook_id,
        "job_id": delivery.job_id,
        "event": delivery.event,
        "state": delivery.state,
        "tries": delivery.tries,
        "created": delivery.created,
        "tried": delivery.tried,
        "due": delivery.due,
        "status": delivery.status,
        "problem": delivery.problem,
    }
