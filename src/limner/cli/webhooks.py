"""Webhooks: where word of your jobs' ends goes, and what became of each message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from limner.cli.documents import Document, moment
from limner.cli.exits import OK
from limner.cli.finding import the_one
from limner.cli.opening import Session, with_studio
from limner.cli.options import App, Json
from limner.cli.output import Output
from limner.cli.telling import short
from limner.domain.errors import InvalidRequest
from limner.domain.webhooks import Delivery, Webhook, WebhookEvent

if TYPE_CHECKING:
    from limner.engine.webhooks import Subscriptions

app = App(help="Tell programs of yours how jobs end, by signed messages.", no_args_is_help=True)

Url = Annotated[str, typer.Argument(metavar="URL", help="Where the messages go.")]
Events = Annotated[
    list[str] | None,
    typer.Option(
        "--event", metavar="EVENT", help="Such as job.failed; may be given several times. All where left out."
    ),
]
Which = Annotated[str, typer.Argument(metavar="WEBHOOK", help="The id of a webhook, or its beginning or end.")]
What = Annotated[str, typer.Argument(metavar="DELIVERY", help="The id of a delivery, or its beginning or end.")]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, max=200, help="How many, the newest first.")]

LOOKED_AT = 200
"""Deliveries among which parts of ids are looked for."""
LISTED = "limner webhooks list"


@app.add()
def add(url: Url, events: Events = None, json: Json = False) -> int:
    """Add a webhook; the secret that signs its messages is shown only now."""
    output, wanted = Output(json=json), _events(events or [])

    async def action(session: Session) -> int:
        webhook, secret = await _subscriptions(session).add(url, wanted, session.studio.principal)
        if json:
            output.document({**_document(webhook), "secret": secret})
        else:
            output.show(secret)
            output.say(f"This is the secret of webhook {webhook.id}. It is not shown again: keep it with the receiver.")
        return OK

    return with_studio(output, action, paints=False)


@app.add(name="list")
def list_webhooks(json: Json = False) -> int:
    """List your webhooks."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        found = await _subscriptions(session).all(session.studio.principal)
        if json:
            output.document({"webhooks": [_document(webhook) for webhook in found]})
        elif found:
            rows = [(webhook.id, webhook.url, _heard(webhook), webhook.reason) for webhook in found]
            output.rows(("Webhook", "Address", "Hears of", "Disabled"), rows)
        else:
            output.say("There is no webhook. `limner webhooks add URL` makes one.")
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def remove(webhook: Which, json: Json = False) -> int:
    """Remove a webhook; nothing more is sent there."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        found = await _webhook(session, webhook)
        await _subscriptions(session).remove(found.id, session.studio.principal)
        if json:
            output.document(_document(found))
        else:
            output.say(f"{found.url} hears nothing more.")
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def deliveries(webhook: Which, limit: Limit = 20, json: Json = False) -> int:
    """List what was sent to a webhook, and what became of it."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        found = await _newest(session, await _webhook(session, webhook), limit)
        if json:
            output.document({"deliveries": [_delivery_document(delivery) for delivery in found]})
        elif found:
            output.rows(("Delivery", "Event", "Job", "State", "Tries", ""), [_row(delivery) for delivery in found])
        else:
            output.say("Nothing was sent there yet.")
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def replay(webhook: Which, delivery: What, json: Json = False) -> int:
    """Send a message once more under the same id, whatever became of it before."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        target = await _webhook(session, webhook)
        meant = the_one(await _newest(session, target, LOOKED_AT), delivery, "delivery", LISTED)
        again = await _subscriptions(session).replay(target.id, meant.id, session.studio.principal)
        if json:
            output.document(_delivery_document(again))
        else:
            output.say(f"It is sent again. What becomes of it: limner webhooks deliveries {short(target.id)}")
        return OK

    # With hands of its own: where no server runs, this very process sends it.
    return with_studio(output, action, paints=True)


def _subscriptions(session: Session) -> Subscriptions:
    return session.studio.runtime.webhooks


def _events(names: Sequence[str]) -> list[WebhookEvent]:
    """The events that are meant. Raises InvalidRequest."""
    known = {event.value: event for event in WebhookEvent}
    for name in names:
        if name not in known:
            raise InvalidRequest(f"There is no event '{name}'. There are {', '.join(known)}.", field="events")
    return [known[name] for name in names]


async def _webhook(session: Session, text: str) -> Webhook:
    return the_one(await _subscriptions(session).all(session.studio.principal), text, "webhook", LISTED)


async def _newest(session: Session, webhook: Webhook, limit: int) -> Sequence[Delivery]:
    page = await _subscriptions(session).deliveries(webhook.id, session.studio.principal, limit=limit, cursor=None)
    return page.items


def _heard(webhook: Webhook) -> str:
    return "everything" if len(webhook.events) == len(WebhookEvent) else ", ".join(webhook.events)


def _row(delivery: Delivery) -> tuple[str, ...]:
    state = delivery.state.value.replace("_", " ")
    return delivery.id, delivery.event, short(delivery.job_id), state, str(delivery.tries), delivery.problem


def _document(webhook: Webhook) -> Document:
    return {
        "id": webhook.id,
        "url": webhook.url,
        "events": list(webhook.events),
        "created": moment(webhook.created),
        "disabled": moment(webhook.disabled),
        "reason": webhook.reason,
    }


def _delivery_document(delivery: Delivery) -> Document:
    return {
        "id": delivery.id,
        "webhook_id": delivery.webhook_id,
        "job_id": delivery.job_id,
        "event": delivery.event.value,
        "state": delivery.state.value,
        "tries": delivery.tries,
        "created": moment(delivery.created),
        "tried": moment(delivery.tried),
        "due": moment(delivery.due),
        "status": delivery.status,
        "problem": delivery.problem,
    }
