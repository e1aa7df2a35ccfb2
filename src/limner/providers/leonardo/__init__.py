"""Leonardo.Ai, its first API and its second (facts of 2026-11-20: docs.leonardo.ai, OpenAPI 1.0.0).

Both take pictures that were uploaded before, and both are asked after in the same way. `[model.wire]` is as in
`limner.wire.named`, with more of it under the name of an operation, and: `path` of the purchase; `answer`, which is
`generations` unless said, `variations`, or `sync` where the picture comes at once; `reference`, what stands around the
id of a picture where that is an object; `guides`, by role, what the first API is told about pictures that guide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from limner.domain.accounts import Account
from limner.domain.call import Call, Finished, Landed, Painted, Pending
from limner.domain.errors import FailureCode, Spent
from limner.domain.money import Money
from limner.domain.request import Operation, Role
from limner.providers.leonardo.bodies import canvas_objection, naming_for, placed, style_objection
from limner.providers.leonardo.errors import refusal, refused_in_success
from limner.providers.leonardo.uploads import Uploads
from limner.wire.line import Line
from limner.wire.named import Body
from limner.wire.outgoing import Outgoing
from limner.wire.refusals import Refusal
from limner.wire.reply import Reply
from limner.wire.takes import Takes

TAKES = Takes(
    operations=frozenset(Operation) - {Operation.VARIATIONS, Operation.STYLE_TRANSFER, Operation.OUTPAINT},
    fields=frozenset({"negative_prompt", "size", "quality", "style", "steps", "guidance", "seed", "strength", "scale"}),
    roles=frozenset(Role),
    reserved=frozenset({"model", "modelId", "parameters", "alchemy", "ultra", "photoReal", "upscaleRatio"}),
)
"""Alchemy, ultra and photoReal make a picture dearer, by how much is not published."""
QUESTION = 30.0
DOWNLOAD = 120.0
"""Seconds that one of these may take."""


class Leonardo:
    """One account. Nothing can be cancelled."""

    def __init__(self, line: Line) -> None:
        key = line.connection.api_key
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._line = line.adapted(headers={**headers, "Accept": "application/json"}, refusal=refusal)

    async def submit(self, call: Call) -> Finished | Pending:
        """Uploads the pictures, which costs nothing, and buys one job."""
        naming = naming_for(call)
        field = TAKES.objection(call) or naming.objection(call) or style_objection(call) or canvas_objection(call)
        if field is not None:
            raise self._line.failure(Refusal(code=FailureCode.BAD_PARAMETER, field=field))
        # What Leonardo calls strength is how much stays as it is (2026-11-20).
        kept = None if call.strength is None else round(1 - call.strength, 2)
        inputs = tuple(sorted(call.inputs, key=lambda image: image.role is not Role.SOURCE))
        ids = iter(await Uploads(line=self._line).send(inputs))
        written = replace(call, strength=kept, inputs=inputs)
        body = naming.body(written, picture=lambda image: placed(image, next(ids), call))
        path, sync = str(call.wire["path"]), call.wire.get("answer") == "sync"
        sent = Outgoing(path=path, json=body, deadline=call.timeout, purchase=True, pictures=("dataB64",))
        reply = (await self._line.send(sent)).body
        wrong = refused_in_success(reply)
        if wrong is not None:
            raise self._line.failure(wrong)
        return await self._painted_at_once(reply) if sync else self._accepted(reply, call)

    async def poll(self, pending: Pending) -> Finished | Pending:
        """Asks once what has become of a job."""
        kind, id = str(pending.ticket["answer"]), str(pending.ticket["id"])
        sent = Outgoing(method="GET", path=f"v1/{kind}/{id}", deadline=QUESTION, purchase=False, after_purchase=True)
        reply = (await self._line.send(sent)).body
        one = reply.part("generated_image_variation_generic", 0)
        job, images = (
            (one, [one])
            if kind == "variations"
            else (
                reply.part("generations_by_pk"),
                reply.items("generations_by_pk", "generated_images"),
            )
        )
        match job.text("status"):
            case "COMPLETE":
                return await self._finished(images, pending)
            case "FAILED":
                # Neither why nor whether it is charged is told (2026-11-20).
                raise self._line.failure(Refusal(code=FailureCode.FAILED, spent=Spent.UNKNOWN), request_id=id)
            case None:
                raise self._line.failure(
                    Refusal(code=FailureCode.EXPIRED, said="the job is not known there", spent=Spent.UNKNOWN)
                )
        return replace(pending, stage="painting", poll_after=self._line.card.poll_seconds)

    async def check_key(self) -> Account:
        """What the API has left: credits, or dollars on a plan that is paid by use, with cents perhaps (unverified)."""
        sent = Outgoing(method="GET", path="v1/me", deadline=QUESTION, purchase=False)
        me = (await self._line.send(sent)).body.part("user_details", 0)
        left = [
            number for name in ("apiPaidTokens", "apiSubscriptionTokens") if (number := me.number(name)) is not None
        ]
        balance = sum(map(Decimal, map(str, left)), Decimal(0)) if left else None
        return Account(name=me.text("user", "username"), balance=balance, unit="credits")

    async def list_models(self) -> Sequence[str]:
        """The ids of the models of the first API; the second has no list (2026-11-20)."""
        sent = Outgoing(method="GET", path="v1/platformModels", deadline=QUESTION, purchase=False)
        return [id for item in (await self._line.send(sent)).body.items("custom_models") if (id := item.text("id"))]

    def _accepted(self, reply: Reply, call: Call) -> Pending:
        """The ticket of a job; the reply has it under a name that differs from kind to kind."""
        job = next((reply.part(name) for name in reply.mapping() if reply.mapping(name)), Reply(None))
        id = job.text("generationId") or job.text("id")
        if id is None:
            raise self._line.failure(Refusal(code=FailureCode.BAD_ANSWER, said="it names no job", spent=Spent.UNKNOWN))
        answer = str(call.wire.get("answer", "generations"))
        ticket = {"id": id, "answer": answer, "amount": amount_of(job), "unit": job.text("cost", "unit")}
        return Pending(ticket=ticket, poll_after=self._line.card.poll_seconds)

    async def _painted_at_once(self, reply: Reply) -> Finished:
        """The pictures of an answer that has them; clients have seen them wrapped, and as links or as text."""
        whole = reply.part("generateSync") if reply.mapping("generateSync") else reply
        pictures: list[Painted] = []
        for item in whole.items("results"):
            content: Landed | None = item.landed("dataB64")
            if content is None and (url := item.text("url")):
                content = await self._line.download(url, deadline=DOWNLOAD, bought_now=True)
            if content is not None:
                pictures.append(
                    Painted(content=content, notes=credits_of(amount_of(whole), whole.text("cost", "unit")))
                )
        cost = dollars_of(amount_of(whole), whole.text("cost", "unit"))
        finished = Finished(pictures=tuple(pictures), cost=cost, request_id=whole.text("id"))
        if not pictures:
            said = Refusal(code=FailureCode.BAD_ANSWER, said="there is no picture in it", spent=Spent.YES)
            raise self._line.failure(said, bill=finished if cost else None)
        return finished

    async def _finished(self, images: Sequence[Reply], pending: Pending) -> Finished:
        """The pictures of a job; a flag is noted, and a flagged one that is kept back has been billed (unverified)."""
        amount, unit = pending.ticket.get("amount"), pending.ticket.get("unit")
        cost, noted = dollars_of(amount, unit), credits_of(amount, unit)
        bill = Finished(pictures=(), cost=cost, request_id=str(pending.ticket["id"]))
        shown = [image for image in images if image.text("url")]
        if not shown:
            flagged = any(image.at("nsfw") is True for image in images)
            code = FailureCode.REFUSED if flagged else FailureCode.BAD_ANSWER
            said = "it was flagged as unsafe and kept back" if flagged else "it is complete and has no picture"
            refused = Refusal(code=code, said=said, spent=Spent.YES)
            raise self._line.failure(refused, bill=bill if cost else None, request_id=bill.request_id)
        addresses = [image.text("url") or "" for image in shown]
        landed, why = await self._line.downloads(addresses, deadline=DOWNLOAD, bill=bill if cost else None)
        noted = {**noted, **({"cut_short": why} if why else {})}
        pictures = [
            Painted(content=file, notes={**noted, **({"nsfw": True} if image.at("nsfw") is True else {})})
            for image, file in zip(shown, landed, strict=True)
            if file
        ]
        return replace(bill, pictures=tuple(pictures), lost=landed.count(None))


def amount_of(job: Reply) -> str | None:
    """The stated cost, in whatever unit, as text."""
    value = job.at("cost", "amount")
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None


def dollars_of(amount: object, unit: object) -> Money | None:
    """A cost that is stated in dollars; what a credit is worth depends on the plan."""
    try:
        return Money.usd(Decimal(str(amount))) if unit == "DOLLARS" else None
    except (InvalidOperation, ValueError):
        return None


def credits_of(amount: object, unit: object) -> Body:
    """A cost that is stated in credits, as a note."""
    return {"credits": str(amount)} if unit == "CREDITS" and amount is not None else {}
