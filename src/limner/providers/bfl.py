"""Black Forest Labs' FLUX models, always by ticket (facts of 2026-11-20: docs.bfl.ai, black-forest-labs/skills).

`[model.wire]` has `names` as in `limner.wire.named`, and `numbered`: the field whose pictures go as field, field_2, ...
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from limner.domain.accounts import Account
from limner.domain.call import Call, Finished, Painted, Pending
from limner.domain.errors import FailureCode, ProviderError, Spent
from limner.domain.money import Money
from limner.domain.request import Operation, Role
from limner.wire.line import Line
from limner.wire.named import Body, Naming
from limner.wire.outgoing import Outgoing, base64_text
from limner.wire.refusals import Refusal, by_status, meant
from limner.wire.reply import Answer, Reply
from limner.wire.takes import Takes

TAKES = Takes(
    operations=frozenset({Operation.GENERATE, Operation.EDIT, Operation.INPAINT, Operation.OUTPAINT}),
    fields=frozenset({"size", "aspect", "resolution", "margins", "steps", "guidance", "seed", "format"}),
    roles=frozenset({Role.SOURCE, Role.MASK, Role.REFERENCE, Role.STYLE}),
    reserved=frozenset({"width", "height", "resolution", "webhook_url", "webhook_secret"}),
)
"""With a webhook the answer has no address to ask at (unverified, 2026-11-20); sizes decide the price."""
CENT = Decimal("0.01")
"""What a credit is worth in dollars."""
QUESTION = 30.0
DOWNLOAD = 120.0
"""Seconds that one of these may take."""

READY = "Ready"
MODERATED = {"Request Moderated": "the prompt or a picture", "Content Moderated": "the picture that was painted"}
"""Ends of a call that are not charged, and what was refused."""
ENDED = {
    "Error": (FailureCode.FAILED, "it ended with an error"),
    "Task not found": (FailureCode.EXPIRED, "the task is not known there, or no longer"),
}
"""Other ends. Whether an error is charged is unverified (2026-11-20), and a task that is gone may have been painted."""
WORDS = {
    "width": "size",
    "height": "size",
    "resolution": "size",
    "aspect_ratio": "aspect",
    "output_format": "format",
    "image": "inputs",
    "images": "inputs",
    "mask": "mask",
    "image_prompt": "inputs",
    "top": "margins",
    "bottom": "margins",
    "left": "margins",
    "right": "margins",
}
"""Our names for the service's fields where they differ."""
SAME = frozenset({"prompt", "seed", "steps", "guidance"})


class BlackForestLabs:
    """One account. Every call is a ticket; nothing can be cancelled."""

    def __init__(self, line: Line) -> None:
        key = line.connection.api_key
        self._line = line.adapted(headers={"x-key": key} if key else {}, refusal=refusal)

    async def submit(self, call: Call) -> Pending:
        """Buys one picture; the answer says what it costs and where to ask for it."""
        body = self._body(call)
        answer = await self._line.send(
            Outgoing(path=f"v1/{call.model}", json=body, deadline=call.timeout, purchase=True)
        )
        id, address = answer.body.text("id"), answer.body.text("polling_url")
        if address is None and id is None:
            raise self._line.failure(Refusal(code=FailureCode.BAD_ANSWER, said="it names no task", spent=Spent.UNKNOWN))
        # The regions do not know each other's tasks: only where there is no address is the base URL asked (2026-11-20).
        ticket = {"id": id, "polling_url": address, "cost": answer.body.number("cost")}
        return Pending(ticket=ticket, poll_after=self._line.card.poll_seconds)

    async def poll(self, pending: Pending) -> Finished | Pending:
        """Asks once at the address that the service has named; the key goes there only if it is one of its own."""
        address = str(pending.ticket.get("polling_url") or "")
        where = Outgoing(method="GET", address=address, deadline=QUESTION, purchase=False, after_purchase=True)
        if not address:
            where = replace(where, path="v1/get_result", query={"id": str(pending.ticket["id"])})
        try:
            reply = (await self._line.send(where)).body
        except ProviderError as error:
            if error.code != FailureCode.MODEL_GONE:
                raise
            raise self._line.failure(_ended("Task not found", "")) from error
        status = reply.text("status") or ""
        if status == READY:
            return await self._finished(reply, pending)
        if status in MODERATED or status in ENDED:
            raise self._line.failure(_ended(status, _reasons(reply)), request_id=reply.text("id"))
        share = reply.number("progress")
        progress = None if share is None else max(pending.progress or 0.0, min(max(share, 0.0), 1.0))
        rest = self._line.card.poll_seconds
        return replace(pending, progress=progress, stage=status.lower() or None, poll_after=rest)

    async def check_key(self) -> Account:
        """How many credits of one cent the account has."""
        answer = await self._line.send(Outgoing(method="GET", path="v1/credits", deadline=QUESTION, purchase=False))
        left = answer.body.number("credits")
        return Account(balance=None if left is None else Decimal(str(left)), unit="credits")

    async def _finished(self, reply: Reply, pending: Pending) -> Finished:
        """The picture at its address, which is signed and takes no key."""
        id, sample = reply.text("id"), reply.text("result", "sample")
        if sample is None:
            said = "it is ready and has no picture"
            raise self._line.failure(Refusal(code=FailureCode.BAD_ANSWER, said=said, spent=Spent.YES), request_id=id)
        content = await self._line.download(sample, deadline=DOWNLOAD)
        stated = reply.number("cost")
        paid = pending.ticket.get("cost") if stated is None else stated
        return Finished(
            pictures=(Painted(content=content, seed=reply.whole("result", "seed")),),
            cost=None if paid is None else Money.usd(Decimal(str(paid)) * CENT),
            request_id=id,
        )

    def _body(self, call: Call) -> Body:
        """The call in the service's words. Raises ProviderError for what it has no words for."""
        naming = Naming.of(call.wire)
        field = TAKES.objection(call) or naming.objection(call)
        source, edge = call.input(Role.SOURCE), call.margins
        if edge and call.size and source:
            wide, high = source.width + edge.left + edge.right, source.height + edge.top + edge.bottom
            field = field or (None if (wide, high) == (call.size.width, call.size.height) else "margins")
        if field is not None:
            raise self._line.failure(Refusal(code=FailureCode.BAD_PARAMETER, field=field))
        inputs = sorted(call.inputs, key=lambda image: image.role is not Role.SOURCE)
        body = naming.body(replace(call, inputs=tuple(inputs)), picture=base64_text)
        numbered = str(call.wire.get("numbered", ""))
        pictures = body.pop(numbered, None)
        for place, picture in enumerate(pictures if isinstance(pictures, list) else (), 1):
            body[numbered if place == 1 else f"{numbered}_{place}"] = picture
        return body


def refusal(answer: Answer) -> Refusal:
    """Three shapes are in use (2026-11-20): `detail` as a text or as FastAPI's list, and `error` with `message`.

    The words about wrong keys and empty accounts are unverified, so the status decides about both.
    """
    fault = answer.body.part("detail", 0)
    words = (answer.body.text("detail"), fault.text("msg"), answer.body.text("message"), answer.body.text("error"))
    said = next((text for text in words if text), None)
    code, field = by_status(answer).code, None
    if answer.status == 403 or (answer.status == 422 and "api key" in (said or "").lower()):
        code = FailureCode.AUTHENTICATION
    elif code is FailureCode.BAD_PARAMETER and (place := fault.text("loc", 1)):
        field = _field(place)
    return meant(answer, code, said=said, field=field)


def _field(name: str) -> str:
    """Our name for a field such as `input_image_2`."""
    if name.startswith("input_image"):
        return "inputs"
    return WORDS.get(name, name if name in SAME else f"extra.{name}")


def _ended(status: str, said: str) -> Refusal:
    """What an end without a picture means."""
    if status in MODERATED:
        return Refusal(code=FailureCode.REFUSED, said=f"{status}: {said or MODERATED[status]}")
    code, usual = ENDED[status]
    return Refusal(code=code, said=said or usual, spent=Spent.UNKNOWN)


def _reasons(reply: Reply) -> str:
    """What `details` says, whose shape is not documented."""
    details = reply.at("details")
    if isinstance(details, str):
        return details
    found = reply.at("details", "Moderation Reasons") or details
    return ", ".join(str(reason) for reason in found) if isinstance(found, list) else str(found or "")
