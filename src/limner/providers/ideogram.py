"""Ideogram's v2 API, as of 2026-11-20: every picture by ticket, words as JSON, pictures as a form.

`[model.wire]` has the `paths` by operation, the `names` of the fields, the `pictures` by role, `weight`, the field that
takes our strength the other way round, and `always_by_ticket` where nothing has to be said for that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import cast

from limner.domain.accounts import Account
from limner.domain.call import Call, Finished, Painted, Pending
from limner.domain.errors import FailureCode, ProviderError, Spent
from limner.domain.money import Money
from limner.domain.prices import Meter
from limner.domain.request import Operation, Role
from limner.wire.line import Line
from limner.wire.named import Naming
from limner.wire.outgoing import Form, Outgoing
from limner.wire.refusals import Refusal, by_status, meant
from limner.wire.reply import Answer, Reply
from limner.wire.takes import Takes

TAKES = Takes(
    operations=frozenset(Operation),
    fields=frozenset({"negative_prompt", "size", "aspect", "quality", "seed", "strength", "scale"}),
    roles=frozenset({Role.SOURCE, Role.MASK, Role.REFERENCE}),
    reserved=frozenset({"async", "webhook_url", "dry_run"}),
)
LARGEST = 25_000_000
"""Bytes of one picture."""
CROWDED = 5.0
"""Seconds to wait where too many pictures are being made at once; the answer has no hint."""

MEANINGS = {
    "insufficient_funds": FailureCode.NO_CREDIT,
    "priority_credit_required": FailureCode.NO_CREDIT,
    "daily_limit": FailureCode.NO_CREDIT,
    "subscription_required": FailureCode.FORBIDDEN,
    "feature_limit": FailureCode.FORBIDDEN,
    "inflight_limit": FailureCode.RATE_LIMITED,
}
"""Values of `reject_reason`."""
UNSAFE = ("polic", "safety", "moderat")
"""Parts of a `failure_reason` that tell a refusal from a breakdown; the reasons are not listed (2026-11-20)."""
NAMELESS = Naming(names={})


class Ideogram:
    """One account. Every call hands back a generation to ask after; none can be cancelled."""

    def __init__(self, line: Line) -> None:
        key = line.connection.api_key
        self._line = line.adapted(headers={"Api-Key": key} if key else {}, refusal=refusal)

    async def submit(self, call: Call) -> Finished | Pending:
        """Buys one call."""
        naming = Naming.of(call.wire)
        line = self._line.adapted(headers=self._line.headers, refusal=partial(refusal, naming=naming))
        answer = await line.send(self._outgoing(call, naming))
        generation = answer.body.text("generation_id")
        if answer.body.items("data"):
            return await self._finished(answer.body, call.timeout, bought_now=True)
        if generation is None:
            raise self._line.failure(_empty("there is neither a picture nor an id in it"))
        return self._pending({"generation": generation, "timeout": call.timeout})

    async def poll(self, pending: Pending) -> Finished | Pending:
        """Asks once; results are kept there for a day."""
        ticket = pending.ticket
        path = f"v2/generations/{ticket['generation']}"
        line = self._line.adapted(headers=self._line.headers, refusal=gone)
        asking = Outgoing(method="GET", path=path, deadline=60.0, purchase=False, after_purchase=True)
        body = (await line.send(asking)).body
        status = body.text("status")
        if status == "failed":
            raise self._line.failure(_failed(body.text("failure_reason") or "it failed"))
        if status == "completed" or body.items("data"):
            return await self._finished(body, cast(float, ticket["timeout"]), bought_now=False)
        return self._pending(ticket)

    async def check_key(self) -> Account:
        """Asks for the price of a picture: a wrong key gets none."""
        path = f"v2/image/generate/{self._line.card.default_model}"
        body = {"prompt": "a red cube", "num_images": 1}
        await self._line.send(Outgoing(path=path, json=body, query={"dry_run": "true"}, deadline=30.0, purchase=False))
        return Account()

    def _outgoing(self, call: Call, naming: Naming) -> Outgoing:
        self._line.require(call, TAKES)
        paths = cast(Mapping[str, str], call.wire.get("paths", {}))
        weight = cast(str | None, call.wire.get("weight"))
        plain = call if weight is None else replace(call, strength=None)
        objection = naming.objection(plain) if call.operation.value in paths else "operation"
        if objection:
            raise self._line.failure(Refusal(code=FailureCode.BAD_PARAMETER, field=objection))
        if any(len(image.data) > LARGEST for image in call.inputs):
            raise self._line.unfit("inputs", "takes pictures of at most 25 MB. Make them smaller.")
        body = naming.body(plain)
        if not call.wire.get("always_by_ticket"):
            body["async"] = True
        if weight is not None and call.strength is not None:
            body[weight] = min(100, max(1, round(100 * (1 - call.strength))))
        outgoing = Outgoing(path=f"v2/image/{paths[call.operation.value]}", deadline=call.timeout, purchase=True)
        files = naming.files(call)
        return replace(outgoing, form=Form.of(body, files)) if files else replace(outgoing, json=body)

    def _pending(self, ticket: Mapping[str, object]) -> Pending:
        return Pending(ticket=ticket, poll_after=self._line.card.poll_seconds)

    async def _finished(self, body: Reply, timeout: float, *, bought_now: bool) -> Finished:
        """All pictures that may be had. One that is withheld as unsafe is charged like the others."""
        pictures: list[Painted] = []
        missing: list[ProviderError] = []
        items, micros = body.items("data"), body.whole("usage_cost_usd_micros")
        for item in items:
            try:
                pictures.append(await self._fetched(item, timeout, bought_now=bought_now))
            except ProviderError as error:
                if error.retryable:
                    raise
                missing.append(error)
        finished = Finished(
            pictures=tuple(pictures),
            usage={Meter.IMAGE: Decimal(len(items))} if items else {},
            cost=None if micros is None else Money(micros),
            request_id=body.text("generation_id"),
        )
        if pictures and missing:
            noted = replace(pictures[-1], notes={"cut_short": missing[0].message})
            return replace(finished, pictures=(*pictures[:-1], noted))
        if not pictures:
            cause = missing[0] if missing else self._line.failure(_empty("there is no picture in it"))
            raise ProviderError(cause.problem(), request_id=finished.request_id, bill=finished)
        return finished

    async def _fetched(self, item: Reply, timeout: float, *, bought_now: bool) -> Painted:
        address = item.text("url")
        if item.at("is_image_safe") is False:
            raise self._line.failure(Refusal(code=FailureCode.REFUSED, said="is_image_safe: false", spent=Spent.YES))
        if address is None:
            raise self._line.failure(_empty("a picture has no address"))
        content = await self._line.download(address, deadline=timeout, bought_now=bought_now)
        return Painted(content=content, seed=item.whole("seed"), revised_prompt=item.text("prompt"))


def refusal(answer: Answer, naming: Naming = NAMELESS) -> Refusal:
    """An error of Ideogram's, in one of three shapes: `error`, `message`, or a problem with `title` and `detail`."""
    body = answer.body
    by = FailureCode.REFUSED if answer.status == 422 else by_status(answer).code
    code = MEANINGS.get(body.text("reject_reason") or "", by)
    said = body.text("error") or body.text("detail") or body.text("message") or body.text("title")
    field = "inputs" if answer.status == 413 else naming.named_in(said or "")
    found = meant(answer, code, said=said, field=field if code is FailureCode.BAD_PARAMETER else None)
    if code is FailureCode.RATE_LIMITED and found.retry_after is None:
        found = replace(found, retry_after=CROWDED)
    return found


def gone(answer: Answer) -> Refusal:
    """The same for a question: what is not found has been kept there too long."""
    found = refusal(answer)
    return replace(found, code=FailureCode.EXPIRED) if answer.status == 404 else found


def _failed(reason: str) -> Refusal:
    """A generation that fails is not charged."""
    unsafe = any(part in reason.lower() for part in UNSAFE)
    return Refusal(code=FailureCode.REFUSED if unsafe else FailureCode.FAILED, said=reason)


def _empty(reason: str) -> Refusal:
    return Refusal(code=FailureCode.BAD_ANSWER, said=reason, spent=Spent.YES)
