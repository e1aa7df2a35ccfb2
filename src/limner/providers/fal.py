"""fal: a queue whose answer names the addresses to ask (facts of 2026-11-20: fal-client 1.0.3 and fal.ai/docs).

`[model.wire]` has the names of the model's inputs, see `limner.wire.named`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial

from limner.domain.accounts import Account
from limner.domain.call import Call, Finished, Painted, Pending
from limner.domain.errors import FailureCode, ProviderError, Spent
from limner.domain.request import Operation, Role
from limner.wire.line import Line
from limner.wire.named import Naming
from limner.wire.outgoing import Outgoing
from limner.wire.progress_bars import share_done
from limner.wire.refusals import Refusal, by_status
from limner.wire.reply import Answer, Reply
from limner.wire.takes import OPTIONAL, Takes

RESERVED = frozenset({"num_images", "image_size", "resolution", "quality", "rendering_speed", "sync_mode"})
TAKES = Takes(operations=frozenset(Operation), fields=frozenset(OPTIONAL), roles=frozenset(Role), reserved=RESERVED)
"""What a model takes is said by its names in the catalog; `sync_mode` would bring pictures as text."""
PLATFORM = "https://api.fal.ai"
"""Prices, models and the account. Where the administrator has set another address, these are asked there too."""
QUESTION, DOWNLOAD = 30.0, 120.0
"""Seconds for one question and for one picture."""

MEANINGS = {
    "content_policy_violation": FailureCode.REFUSED,
    "generation_timeout": FailureCode.TIMED_OUT,
    "request_timeout": FailureCode.TIMED_OUT,
    "startup_timeout": FailureCode.TIMED_OUT,
    "downstream_service_unavailable": FailureCode.OVERLOADED,
    "runner_scheduling_failure": FailureCode.OVERLOADED,
    "client_cancelled": FailureCode.CANCELLED,
    "client_disconnected": FailureCode.LINE_DROPPED,
    "no_media_generated": FailureCode.FAILED,
    "downstream_service_error": FailureCode.FAILED,
    "internal_server_error": FailureCode.FAILED,
}
"""Of the types of model errors (`detail[].type`) and of the platform's (`error_type`) those that the status hides."""


class Fal:
    """One account. There is no failed state: a call is completed, and its result says what became of it."""

    def __init__(self, line: Line) -> None:
        key = line.connection.api_key
        self._line = line.adapted(headers={"Authorization": f"Key {key}"} if key else {}, refusal=refusal)
        self._platform = line.connection.base_url if line.connection.base_url_overridden else PLATFORM

    async def submit(self, call: Call) -> Pending:
        """Buys one call: it is queued, and the queue has no end."""
        naming = Naming.of(call.wire)
        self._line.require(call, TAKES, naming)
        line = replace(self._line, refusal=partial(refusal, naming=naming))
        outgoing = Outgoing(path=call.model, json=naming.body(call), deadline=call.timeout, purchase=True)
        got = await line.send(outgoing)
        # Paths under the model's own lack its last part (fal-ai/fal-js#21): only these addresses are right.
        ticket: dict[str, object] = {name: got.body.text(f"{name}_url") for name in ("status", "response", "cancel")}
        if None in ticket.values():
            said = "it does not say where to ask for the picture"
            raise line.failure(Refusal(code=FailureCode.BAD_ANSWER, said=said, spent=Spent.UNKNOWN))
        ticket |= {"id": got.body.text("request_id"), "names": dict(naming.names)}
        return Pending(ticket=ticket, poll_after=self._line.card.poll_seconds, stage="queued")

    async def poll(self, pending: Pending) -> Finished | Pending:
        """Asks once how far it is, and for the result where it is completed."""
        got = await self._line.send(
            Outgoing(
                method="GET",
                address=str(pending.ticket["status"]),
                query={"logs": "1"},
                deadline=QUESTION,
                purchase=False,
                after_purchase=True,
            )
        )
        status = got.body.text("status")
        if status == "COMPLETED":
            return await self._result(pending)
        logs = "\n".join(entry.text("message") or "" for entry in got.body.items("logs"))
        before, now = pending.progress, share_done(logs)
        return replace(
            pending,
            poll_after=self._line.card.poll_seconds,
            progress=before if now is None else max(before or 0.0, now),
            stage="painting" if status == "IN_PROGRESS" else "queued",
        )

    async def cancel(self, pending: Pending) -> bool:
        """Whether it was taken out of the queue; what has begun goes on and is charged.

        What the answer says is not verified (2026-11-20), so its state is asked for.
        """
        address = str(pending.ticket["cancel"])
        try:
            await self._line.send(Outgoing(method="PUT", address=address, deadline=QUESTION, purchase=False))
            await self.poll(pending)
        except ProviderError as error:
            return error.code == FailureCode.CANCELLED
        return False

    async def check_key(self) -> Account:
        """Asks for a price, which needs a key; only administrators' are told a balance (not verified, 2026-11-20)."""
        await self._asked("/v1/models/pricing", endpoint_id="fal-ai/flux/schnell")
        try:
            billing = await self._asked("/v1/account/billing", expand="credits")
        except ProviderError:
            return Account()
        balance, currency = billing.number("credits", "current_balance"), billing.text("credits", "currency")
        known = None if balance is None else Decimal(str(balance))
        return Account(name=billing.text("username"), balance=known, unit=currency or "USD")

    async def list_models(self) -> Sequence[str]:
        """Models that make pictures from words. The list is public, so the key is asked about first.

        What an entry calls its name is not verified (2026-11-20).
        """
        await self._asked("/v1/models/pricing", endpoint_id="fal-ai/flux/schnell")
        found = await self._asked("/v1/models", category="text-to-image", limit="100")
        named = [model.text("endpoint_id") or model.text("id") for model in found.items("models")]
        return [name for name in named if name]

    async def _asked(self, path: str, **query: str) -> Reply:
        address = f"{self._platform}{path}"
        outgoing = Outgoing(method="GET", address=address, query=query, deadline=QUESTION, purchase=False)
        return (await self._line.send(outgoing)).body

    async def _result(self, pending: Pending) -> Finished:
        """The pictures, or how the call failed; a line that breaks meanwhile says nothing about it."""
        address = str(pending.ticket["response"])
        got = await self._line.send(
            Outgoing(method="GET", address=address, deadline=QUESTION, purchase=False, any_status=True)
        )
        id = str(pending.ticket["id"])
        if not got.ok:
            raise self._line.failure(_ended(got, pending), request_id=id)
        found = [item.text("url") for item in got.body.items("images")] or [got.body.text("image", "url")]
        flags = [flag.value is True for flag in got.body.items("has_nsfw_concepts")]
        unsafe = {place for place, flag in enumerate(flags) if flag}
        addresses = [url for place, url in enumerate(found) if url and place not in unsafe]
        if not addresses:
            code = FailureCode.REFUSED if unsafe else FailureCode.BAD_ANSWER
            said = "the picture was found unsafe and blackened" if unsafe else "there is no picture in it"
            raise self._line.failure(Refusal(code=code, said=said, spent=Spent.YES), request_id=id)
        landed, why = await self._line.downloads(addresses, deadline=DOWNLOAD)
        if unsafe:
            why = f"{self._line.card.name} blackened {len(unsafe)} of {len(found)} as unsafe."
        notes, seed = {"cut_short": why} if why else {}, got.body.whole("seed")
        pictures = [Painted(content=content, seed=seed, notes=notes) for content in landed if content]
        return Finished(pictures=tuple(pictures), lost=landed.count(None) + len(unsafe), request_id=id)


def refusal(answer: Answer, naming: Naming | None = None) -> Refusal:
    """Three shapes: model errors as a list, queue errors with `error_type`, and the platform's `error` object."""
    fault, body = answer.body.part("detail", 0), answer.body
    kind = fault.text("type") or body.text("error_type") or answer.headers.get("x-fal-error-type", "")
    said = fault.text("msg") or body.text("detail") or body.text("error", "message") or answer.said
    found = replace(by_status(answer), said=said)
    code = MEANINGS.get(kind, found.code)
    if answer.status == 403 and "balance" in said.lower():
        code = FailureCode.NO_CREDIT  # {"detail":"User is locked. Reason: Exhausted balance..."}, not verified
    place = ".".join(str(step) for step in (item.value for item in fault.items("loc")) if step != "body")
    field = naming.ours(place) if naming and place and code is FailureCode.BAD_PARAMETER else None
    return replace(found, code=code, field="model" if code is FailureCode.MODEL_GONE else field)


def _ended(answer: Answer, pending: Pending) -> Refusal:
    """What a result that is no success means.

    A server error without a word of fal's own is trouble with the question and may pass, and so is a 429. What fal
    bills for calls that failed or were refused is not told (2026-11-20).
    """
    found = refusal(answer, Naming(names=pending.ticket["names"]))  # type: ignore[arg-type]  # as it was written down
    own = {"x-fal-retryable", "x-fal-error-type"} & answer.headers.keys() or answer.body.at("detail") is not None
    if answer.status == 429 or (answer.status >= 500 and not own):
        return replace(found, retryable=True, spent=Spent.NO)
    if found.code is FailureCode.MODEL_GONE:
        return replace(found, code=FailureCode.EXPIRED, field=None, spent=Spent.UNKNOWN)
    said = f"{found.said} Trying again may help." if answer.headers.get("x-fal-retryable") == "true" else found.said
    # Free is what ended before any work: an input was refused by its name, or the call was taken out of the queue.
    refused = found.code is FailureCode.BAD_PARAMETER and found.field is not None
    free = refused or found.code is FailureCode.CANCELLED
    return replace(found, said=said, retryable=False, spent=Spent.NO if free else Spent.UNKNOWN)
