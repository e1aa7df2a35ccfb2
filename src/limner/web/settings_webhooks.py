"""The settings' webhooks: addresses that are told how jobs end, what they were told, and telling it once more."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from limner.domain.errors import InvalidRequest, NotFound, UsageError
from limner.domain.webhooks import Answered, Delivery, DeliveryState, Webhook, WebhookEvent
from limner.runtime.asking import principal_of, runtime_of
from limner.runtime.forms import read_form
from limner.web import wording
from limner.web.asking import known_id, renderer_of
from limner.web.failures import told_of
from limner.web.gallery_views import Choice
from limner.web.languages import gettext as _
from limner.web.languages import message, ngettext
from limner.web.links import Links
from limner.web.settings_frame import ask, done_at, framed
from limner.web.settings_views import Badge
from limner.web.settings_webhook_views import DeliveryRow, WebhookPage, WebhookRow, WebhooksPage
from limner.web.signing_in import answered, text_of

SECTION = "webhooks"
DONE = {
    "removed": message("The webhook is removed. Nothing more is sent there."),
    "replayed": message("The message is sent once more, under the same id."),
}
EVENTS = {
    WebhookEvent.SUCCEEDED: message("Done"),
    WebhookEvent.PARTIAL: message("Partly done"),
    WebhookEvent.FAILED: message("Failed"),
    WebhookEvent.REFUSED: message("Refused"),
    WebhookEvent.CANCELLED: message("Cancelled"),
    WebhookEvent.AMBIGUOUS: message("Needs you"),
    WebhookEvent.ALERT: message("Alerts"),
}
STATES = {
    DeliveryState.WAITING: Badge(kind="", icon="clock", word=message("Waiting")),
    DeliveryState.DELIVERED: Badge(kind="ok", icon="ok", word=message("Delivered")),
    DeliveryState.GIVEN_UP: Badge(kind="bad", icon="bad", word=message("Given up")),
}
A_PAGE = 30
SUCCESSES = range(200, 300)

router = APIRouter(include_in_schema=False, prefix="/settings/webhooks")

Cursor = Annotated[str | None, Query(max_length=200)]


@router.get("")
async def webhooks_page(request: Request) -> Response:
    """One's webhooks, and the form that adds one."""
    return await _page(request)


@router.post("")
async def add_webhook_from_form(request: Request) -> Response:
    """Adds a webhook and shows its secret, this once."""
    async with read_form(request, files=0, fields=len(WebhookEvent) + 4) as form:
        url, ticked = text_of(form, "url").strip(), [str(each) for each in form.getlist("event")]
    try:
        events = [WebhookEvent(each) for each in ticked if each in set(WebhookEvent)]
        if not events:
            raise InvalidRequest(_("Tick at least one thing that is told there."), field="events")
        secret = (await runtime_of(request).webhooks.add(url, events, principal_of(request)))[1]
    except UsageError as error:
        return await _page(request, url=url, ticked=ticked, error=error)
    return await _page(request, secret=secret)


@router.get("/{webhook_id}")
async def webhook_page(request: Request, webhook_id: str, cursor: Cursor = None) -> Response:
    """One webhook and its messages, newest first."""
    return await _one(request, known_id(webhook_id), cursor=cursor)


@router.post("/{webhook_id}/test")
async def send_test_from_form(request: Request, webhook_id: str) -> Response:
    """Sends a message that only tries whether messages come through, and says what was answered."""
    known = known_id(webhook_id)
    said = await runtime_of(request).webhooks.test(known, principal_of(request))
    return await _one(request, known, tested=said)


@router.post("/{webhook_id}/deliveries/{delivery_id}/replay")
async def replay_from_form(request: Request, webhook_id: str, delivery_id: str) -> Response:
    """Sends a message once more under the same id."""
    known = known_id(webhook_id)
    await runtime_of(request).webhooks.replay(known, known_id(delivery_id), principal_of(request))
    here = renderer_of(request).links.settings(SECTION, known)
    return RedirectResponse(f"{here}?done=replayed", status_code=303)


@router.get("/{webhook_id}/remove")
async def ask_to_remove_webhook(request: Request, webhook_id: str) -> Response:
    """Asks before a webhook is removed."""
    webhook = await _webhook(request, known_id(webhook_id))
    question = _("Remove the webhook to “%(address)s”?", address=webhook.url)
    consequence = _("Its messages go too, and nothing more is sent there.")
    return ask(request, SECTION, question, consequence, yes=message("Remove"))


@router.post("/{webhook_id}/remove")
async def remove_webhook_from_form(request: Request, webhook_id: str) -> Response:
    """Forgets a webhook and its messages."""
    await runtime_of(request).webhooks.remove(known_id(webhook_id), principal_of(request))
    return done_at(request, SECTION, "removed")


async def _webhook(request: Request, webhook_id: str) -> Webhook:
    """Raises NotFound."""
    found = await runtime_of(request).webhooks.all(principal_of(request))
    webhook = next((each for each in found if each.id == webhook_id), None)
    if webhook is None:
        raise NotFound(_("There is no webhook with this id. Look at the list of yours."))
    return webhook


async def _page(
    request: Request,
    *,
    url: str = "",
    ticked: Collection[str] | None = None,
    secret: str = "",
    error: UsageError | None = None,
) -> Response:
    shell, frame = framed(request, SECTION, DONE, error=error, form=SECTION)
    principal = principal_of(request)
    found = await runtime_of(request).webhooks.all(principal)
    view = WebhooksPage(
        shell=shell,
        frame=frame,
        webhooks=tuple(_row(each) for each in found),
        events=tuple(
            Choice(value=event.value, name=_(words), chosen=ticked is None or event.value in ticked)
            for event, words in EVENTS.items()
            if event is not WebhookEvent.ALERT or principal.administrator
        ),
        url=url[:2000],
        secret=secret,
    )
    return answered(request, view, error)


async def _one(
    request: Request, webhook_id: str, *, cursor: str | None = None, tested: Answered | None = None
) -> Response:
    shell, frame = framed(request, SECTION, DONE)
    links, webhook = renderer_of(request).links, await _webhook(request, webhook_id)
    page = await runtime_of(request).webhooks.deliveries(webhook.id, principal_of(request), limit=A_PAGE, cursor=cursor)
    here = links.settings(SECTION, webhook.id)
    view = WebhookPage(
        shell=shell,
        frame=frame,
        webhook=_row(webhook),
        deliveries=tuple(_delivery(each, links) for each in page.items),
        older="" if page.next is None else f"{here}?{urlencode({'cursor': page.next})}",
        answered=None if tested is None else _came_of(tested),
    )
    return answered(request, view, None)


def _row(webhook: Webhook) -> WebhookRow:
    state = Badge(kind="ok", icon="ok", word=_("On"))
    if webhook.disabled is not None:
        said = told_of(_("No more messages are sent there."), webhook.reason)
        state = Badge(kind="bad", icon="bad", word=_("Ended"), said=said)
    return WebhookRow(
        id=webhook.id,
        url=webhook.url,
        events=tuple(_(EVENTS[event]) for event in webhook.events),
        created=webhook.created,
        state=state,
    )


def _delivery(delivery: Delivery, links: Links) -> DeliveryRow:
    state = STATES[delivery.state]
    said = [ngettext("%(num)s try.", "%(num)s tries.", delivery.tries) if delivery.tries else _("Not tried yet.")]
    if delivery.status is not None:
        said.append(_("Answered %(status)s.", status=delivery.status))
    if delivery.problem:
        said.append(delivery.problem)
    if delivery.due is not None and delivery.tries:
        said.append(_("Sent again %(moment)s.", moment=wording.moment(delivery.due)))
    return DeliveryRow(
        id=delivery.id,
        event=_(EVENTS[delivery.event]),
        created=delivery.created,
        state=replace(state, word=_(state.word)),
        said=" ".join(said),
        job="" if delivery.event is WebhookEvent.ALERT else links.job(delivery.job_id),
    )


def _came_of(said: Answered) -> Badge:
    """What came of a test, in a sentence."""
    if said.status is not None and said.status in SUCCESSES:
        return Badge(
            kind="ok",
            icon="ok",
            word=_("Delivered"),
            said=_("The message came through: answered %(status)s.", status=said.status),
        )
    return Badge(
        kind="bad",
        icon="bad",
        word=_("Not delivered"),
        said=_("The message did not come through: %(problem)s", problem=said.problem),
    )
