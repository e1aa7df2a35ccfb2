"""Runware: many models behind arrays of tasks (facts of 2026-11-20: runware-sdk 1.8.0, runware.ai/docs/platform).

Every call is one task, delivered later and found by a UUID that follows from the call's own id: so a call whose answer
was lost is found again. `[model.wire]` is as in `limner.wire.named`; `fixed` says the kind of task, and which model
paints where its name here is another; `control` is the model that reads a control picture.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from limner.domain.accounts import Account
from limner.domain.call import Call, Finished, Painted, Pending
from limner.domain.errors import FailureCode, ProviderError, Spent
from limner.domain.money import Money
from limner.domain.request import Operation, Role
from limner.providers.runware.errors import SUBJECT, errors_of, meaning, refusal, unknown_there
from limner.providers.runware.tasks import task_id, with_fitting_margins, written
from limner.wire.line import Line
from limner.wire.named import Body, Naming
from limner.wire.outgoing import Outgoing
from limner.wire.refusals import Refusal
from limner.wire.reply import Reply
from limner.wire.takes import Takes

TAKES = Takes(
    operations=frozenset(Operation) - {Operation.STYLE_TRANSFER},
    fields=frozenset(
        {"negative_prompt", "size", "margins", "quality", "style", "steps", "guidance", "seed", "strength", "scale"}
        | {"format", "background"}
    ),
    roles=frozenset(Role),
    reserved=frozenset(
        {"taskType", "taskUUID", "model", "numberResults", "includeCost", "outputType", "deliveryMethod", "webhookURL"}
        | {"uploadEndpoint"}
    ),
)
QUESTION = 30.0
DOWNLOAD = 120.0
"""Seconds that one of these may take."""
QUIET = 20
"""Polls without news after which some pictures of a task are taken for all: fewer may come than were asked for."""
THERE_ALREADY = ("conflict", "duplicate")


class Runware:
    """One account. Nothing can be cancelled: a task that was sent is billed (2026-11-20)."""

    def __init__(self, line: Line) -> None:
        key = line.connection.api_key
        self._line = line.adapted(headers={"Authorization": f"Bearer {key}"} if key else {}, refusal=refusal)

    async def submit(self, call: Call) -> Finished | Pending:
        """Buys one task. One that is there already under this call's id is not bought again."""
        task, pending = self._task(call), self._pending(call)
        try:
            answer = await self._line.send(Outgoing(json=[task], deadline=call.timeout, purchase=True))
            return await self._read(answer.body, pending, bought_now=True)
        except ProviderError as error:
            if error.field == SUBJECT and any(word in error.message.lower() for word in THERE_ALREADY):
                return pending
            raise

    async def poll(self, pending: Pending) -> Finished | Pending:
        """Asks once for what has become of a task."""
        answer = await self._ask("getResponse", taskUUID=str(pending.ticket["taskUUID"]))
        return await self._read(answer, pending)

    async def find(self, call: Call) -> Finished | Pending | None:
        """The task of this call, if it arrived there."""
        pending = self._pending(call)
        try:
            answer = await self._ask("getResponse", taskUUID=str(pending.ticket["taskUUID"]))
        except ProviderError as error:
            if error.code == FailureCode.EXPIRED or error.field == SUBJECT:
                return None
            raise
        known = answer.items("data") or [error for error in errors_of(answer) if not unknown_there(error)]
        return await self._read(answer, pending) if known else None

    async def check_key(self) -> Account:
        """The organization and its balance."""
        details = (await self._ask("accountManagement", operation="getDetails")).part("data", 0)
        amount = details.number("balance", "amount")
        return Account(
            name=details.text("organizationName"),
            balance=None if amount is None else Decimal(str(amount)),
            unit=details.text("balance", "currency") or "USD",
        )

    async def list_models(self) -> Sequence[str]:
        """The first hundred official models; that items name themselves by `air` is not documented (2026-11-20)."""
        found = await self._ask("modelSearch", source="official", category="checkpoint", limit=100, offset=0)
        return [air for item in found.items("data", 0, "results") if (air := item.text("air"))]

    async def _ask(self, kind: str, **fields: object) -> Reply:
        """One task that costs nothing."""
        task = {"taskType": kind, "taskUUID": str(uuid.uuid4()), **fields}
        after = kind == "getResponse"
        return (
            await self._line.send(Outgoing(json=[task], deadline=QUESTION, purchase=False, after_purchase=after))
        ).body

    def _pending(self, call: Call) -> Pending:
        ticket = {"taskUUID": task_id(call.id), "count": call.count}
        return Pending(ticket=ticket, poll_after=self._line.card.poll_seconds)

    def _task(self, call: Call) -> Body:
        naming = Naming.of(call.wire)
        field = TAKES.objection(call) or naming.objection(call)
        fitted = None if field else with_fitting_margins(call)
        if fitted is None:
            raise self._line.failure(Refusal(code=FailureCode.BAD_PARAMETER, field=field or "margins"))
        return {
            "taskUUID": task_id(call.id),
            "model": call.model,
            "deliveryMethod": "async",
            "includeCost": True,
            "outputType": "URL",
            **written(fitted, naming),
        }

    async def _read(self, reply: Reply, pending: Pending, *, bought_now: bool = False) -> Finished | Pending:
        """What an answer says about a task: pictures, errors, or that it goes on; pictures and errors may be mixed."""
        found = Found.of(reply)
        wanted = int(str(pending.ticket["count"]))
        quiet = int(str(pending.ticket.get("quiet", 0))) + bool(found.done)
        ended = len(found.done) + len(found.errors) >= wanted or bool(found.errors) or quiet > QUIET
        if not ended or found.going_on:
            ticket = {**pending.ticket, "quiet": quiet} if quiet else pending.ticket
            progress = max(pending.progress or 0.0, found.progress)
            return replace(pending, ticket=ticket, progress=progress, stage="painting")
        if not found.done:
            raise self._failure(found.errors[0], bought_now=bought_now)
        pictures, why = await self._painted(found, bought_now=bought_now)
        if found.errors and len(pictures) < wanted:
            why = self._failure(found.errors[0], bought_now=bought_now).message
        if why:
            pictures[-1] = replace(pictures[-1], notes={**pictures[-1].notes, "cut_short": why})
        return Finished(
            pictures=tuple(pictures),
            lost=len(found.done) - len(pictures),
            cost=found.cost,
            request_id=str(pending.ticket["taskUUID"]),
        )

    async def _painted(self, found: Found, *, bought_now: bool) -> tuple[list[Painted], str | None]:
        """Those that can still be had; whether a flagged one always comes is not documented (2026-11-20)."""
        addresses = [item.text("imageURL") or "" for item in found.done]
        bill = Finished(pictures=(), cost=found.cost) if found.cost else None
        landed, why = await self._line.downloads(addresses, deadline=DOWNLOAD, bill=bill, bought_now=bought_now)
        flags = [{"nsfw": True} if item.at("NSFWContent") is True else {} for item in found.done]
        rows = zip(found.done, landed, flags, strict=True)
        return [Painted(content=file, seed=item.whole("seed"), notes=flag) for item, file, flag in rows if file], why

    def _failure(self, error: Reply, *, bought_now: bool) -> ProviderError:
        """An error inside a success. After acceptance it is the end of the call: asking again gives it again."""
        told = meaning(error, status=200)
        if not bought_now and unknown_there(error):
            told = Refusal(code=FailureCode.EXPIRED, said=told.said, spent=Spent.UNKNOWN)
        return self._line.failure(told if bought_now else replace(told, retryable=False))


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """One answer about one task, sorted."""

    done: tuple[Reply, ...]
    errors: tuple[Reply, ...]
    going_on: bool
    progress: float
    cost: Money | None

    @classmethod
    def of(cls, reply: Reply) -> Found:
        """Items with an address are pictures; those flagged without one, and those with an error, have failed."""
        items = reply.items("data")
        done = tuple(item for item in items if item.text("imageURL"))
        flagged = [item for item in items if item.at("NSFWContent") is True and not item.text("imageURL")]
        costs = [cost for item in items if (cost := item.number("cost")) is not None]
        shares = [share for item in items if (share := item.number("progress")) is not None]
        return cls(
            done=done,
            errors=(*errors_of(reply), *flagged),
            going_on=any(item.text("status") == "processing" for item in items),
            progress=min(max(shares, default=0.0) / 100, 1.0),
            cost=Money.usd(sum(map(Decimal, map(str, costs)), Decimal(0))) if costs else None,
        )
