"""Replicate: predictions by ticket, pictures by address (facts of 2026-11-20: its OpenAPI document, replicate 1.0.7).

`[model.wire]` has the names of the model's inputs (`limner.wire.named`) and, for community models, which are billed by
the second, the `version`: "stability-ai/sdxl:39ed52f2..."; official models go by their name alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import partial

from limner.domain.accounts import Account
from limner.domain.call import Call, CallInput, Finished, Painted, Pending
from limner.domain.errors import FailureCode, ProviderError, Spent
from limner.domain.prices import Meter
from limner.domain.request import Operation, Role
from limner.wire.line import Line
from limner.wire.named import Naming
from limner.wire.outgoing import Form, FormFile, Outgoing, data_uri
from limner.wire.progress_bars import share_done
from limner.wire.refusals import Refusal, by_status
from limner.wire.reply import Answer, Reply
from limner.wire.takes import OPTIONAL, Takes
from limner.wire.webhooks import genuine, unreadable

RESERVED = frozenset({"num_outputs"})
TAKES = Takes(operations=frozenset(Operation), fields=frozenset(OPTIONAL), roles=frozenset(Role), reserved=RESERVED)
"""Every model has inputs of its own: which of these it takes is said by its names in the catalog."""
INLINE = 256_000
"""Characters of a data URI at most; larger files go through the Files API, as Replicate advises."""
QUESTION, DOWNLOAD = 30.0, 120.0
"""Seconds for one question and for one picture."""
UNSAFE = re.compile(r"nsfw|flagged as sensitive|\bE005\b", re.IGNORECASE)
"""Words of a failed prediction. Those of the pro models are not verified (2026-11-20)."""


class Replicate:
    """One account. Nothing waits for a picture: each call hands back a ticket at once."""

    def __init__(self, line: Line) -> None:
        key = line.connection.api_key
        self._line = line.adapted(headers={"Authorization": f"Bearer {key}"} if key else {}, refusal=refusal)
        self._secret: str | None = None

    async def submit(self, call: Call) -> Pending:
        """Buys one prediction; large input pictures are uploaded first. Whatever its answer says, polling reads it."""
        naming = Naming.of(call.wire)
        self._line.require(call, TAKES, naming)
        written = iter([await self._written(image, call.timeout) for image in call.inputs])
        version = str(call.wire.get("version", call.model))
        body: dict[str, object] = {"version": version, "input": naming.body(call, picture=lambda _: next(written))}
        if self._line.connection.webhook:
            body |= {"webhook": self._line.connection.webhook, "webhook_events_filter": ["completed"]}
        line = replace(self._line, refusal=partial(refusal, naming=naming))
        got = await line.send(Outgoing(path="predictions", json=body, deadline=call.timeout, purchase=True))
        if (id := got.body.text("id")) is None:
            raise line.failure(Refusal(code=FailureCode.BAD_ANSWER, said="it names no prediction", spent=Spent.UNKNOWN))
        ticket = {"id": id, "count": call.count, "by_second": ":" in version}
        return Pending(ticket=ticket, poll_after=self._line.card.poll_seconds, stage="queued")

    async def poll(self, pending: Pending) -> Finished | Pending:
        """Asks once. A prediction that is not found may be too new (replicate/replicate-javascript#68): ask again."""
        path = f"predictions/{pending.ticket['id']}"
        try:
            body = await self._asked(path, after_purchase=True)
        except ProviderError as error:
            if error.code != FailureCode.MODEL_GONE:
                raise
            raise self._line.failure(Refusal(code=FailureCode.EXPIRED, said=path, retryable=True)) from error
        return await self._read(body, pending)

    async def cancel(self, pending: Pending) -> bool:
        """Whether it stopped before it had begun. Raises ProviderError, CANCELLED, where it ran and is charged."""
        try:
            body = await self._asked(f"predictions/{pending.ticket['id']}/cancel", method="POST")
        except ProviderError:
            return False
        if body.text("status") not in {"canceled", "aborted"}:
            return False
        if (ended := _ended(body, pending.ticket)).spent is not Spent.NO:
            raise self._failure(ended, body, pending.ticket)
        return True

    async def check_key(self) -> Account:
        """Whose key it is; Replicate tells no balance."""
        return Account(name=(await self._asked("account")).text("username"))

    async def list_models(self) -> Sequence[str]:
        """Replicate's own choice of picture models. The list is public, so the key is asked about first."""
        await self.check_key()
        found = await self._asked("collections/text-to-image")
        return [f"{model.text('owner')}/{model.text('name')}" for model in found.items("models")]

    async def heard(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str | None:
        """The prediction that a message is about; None for one that Replicate has not signed. Costs nothing."""
        if self._secret is None and unreadable(headers, now=now) is None:  # else nobody makes us ask for anything
            self._secret = (await self._asked("webhooks/default/secret")).text("key") or ""
        return genuine(headers, body, secret=self._secret or "", now=now).text("id")

    async def _asked(self, path: str, *, method: str = "GET", after_purchase: bool = False) -> Reply:
        """The answer to something that costs nothing."""
        outgoing = Outgoing(method=method, path=path, deadline=QUESTION, purchase=False, after_purchase=after_purchase)
        return (await self._line.send(outgoing)).body

    async def _written(self, image: CallInput, deadline: float) -> str:
        """An input picture as a data URI, or the address of its upload, which is free."""
        if len(image.data) < INLINE and len(text := data_uri(image)) <= INLINE:
            return text
        form = Form(files=(FormFile.of(image, name="content", stem=image.role),))
        got = await self._line.send(Outgoing(path="files", form=form, deadline=deadline, purchase=False))
        if (address := got.body.text("urls", "get")) is not None:
            return address
        raise self._line.failure(Refusal(code=FailureCode.BAD_ANSWER, said="it names no uploaded file"))

    async def _read(self, body: Reply, pending: Pending) -> Finished | Pending:
        """A prediction in any of its six states; keys may be missing while it has not started."""
        status = body.text("status")
        if status == "succeeded":
            return await self._delivered(body, pending.ticket)
        if status in {"failed", "canceled", "aborted"}:
            raise self._failure(_ended(body, pending.ticket), body, pending.ticket)
        before, now = pending.progress, share_done(body.text("logs") or "")
        return replace(
            pending,
            poll_after=self._line.card.poll_seconds,
            progress=before if now is None else max(before or 0.0, now),
            stage="painting" if status == "processing" else "queued",
        )

    async def _delivered(self, body: Reply, ticket: Mapping[str, object]) -> Finished:
        """What came, though it be less than was asked for: models drop pictures that they think unsafe."""
        logs = body.text("logs") or ""
        withheld = len(re.findall(r"^NSFW content detected in image \d+", logs, re.MULTILINE))
        seed = int(told[1]) if (told := re.search(r"^Using seed: (\d+)", logs, re.MULTILINE)) else None
        if not (addresses := body.part("output").addresses()):
            raise self._failure(_nothing(body), body, ticket)
        bill, id, model = _bill(body, ticket), body.text("id"), body.text("model")
        landed, why = await self._line.downloads(addresses, deadline=DOWNLOAD, bill=bill)
        if withheld:
            why = f"{self._line.card.name} held back {withheld} of {ticket['count']} as unsafe."
        notes = {"cut_short": why} if why else {}
        pictures = [Painted(content=content, seed=seed, notes=notes) for content in landed if content]
        usage, lost = bill.usage if bill else {}, landed.count(None)
        return Finished(pictures=tuple(pictures), lost=lost, usage=usage, request_id=id, served_by=model)

    def _failure(self, refusal: Refusal, body: Reply, ticket: Mapping[str, object]) -> ProviderError:
        """A prediction that brought nothing, with what was charged for it all the same."""
        return self._line.failure(refusal, request_id=body.text("id"), bill=_bill(body, ticket))


def refusal(answer: Answer, naming: Naming | None = None) -> Refusal:
    """A problem document (RFC 7807). The words of 402 and 422, and a Retry-After, are not verified (2026-11-20)."""
    title, said = answer.body.text("title") or "", answer.body.text("detail") or answer.said
    found = replace(by_status(answer), said=said or title)
    if found.code is FailureCode.MODEL_GONE or (answer.status == 422 and "version" in title.lower()):
        return replace(found, code=FailureCode.MODEL_GONE, field="model")
    if found.code is FailureCode.RATE_LIMITED and found.retry_after is None:
        return replace(found, retry_after=float(wait[1]) if (wait := re.search(r"in ~?(\d+)s", said)) else None)
    theirs = re.search(r"\binput\.(\w+)", said)
    field = naming.ours(theirs[1]) if naming and theirs else None
    return replace(found, field="inputs" if answer.status == 413 else field)


def _ended(body: Reply, ticket: Mapping[str, object]) -> Refusal:
    """A prediction that brought nothing, and what that cost.

    What never ran is free. What was cancelled while it ran is charged, and so are the seconds of community models. An
    official model that fails is said to be free, which is not verified (2026-11-20): a refusal is taken at that word,
    because nothing is bought in its place; a failure is not.
    """
    said, status = body.text("error") or "", body.text("status")
    if status != "failed":
        ran = status == "canceled" and (body.at("started_at") or body.at("metrics", "predict_time"))
        return Refusal(code=FailureCode.CANCELLED, said=said, spent=Spent.YES if ran else Spent.NO)
    unsafe = UNSAFE.search(said) is not None
    spent = Spent.NO if unsafe else Spent.UNKNOWN
    return Refusal(
        code=FailureCode.REFUSED if unsafe else FailureCode.FAILED,
        said=said,
        spent=Spent.YES if ticket["by_second"] else spent,
    )


def _bill(body: Reply, ticket: Mapping[str, object]) -> Finished | None:
    """The seconds that a community model was at work; official models are priced by what they deliver."""
    seconds = body.number("metrics", "predict_time") if ticket["by_second"] else None
    return None if seconds is None else Finished(pictures=(), usage={Meter.SECOND: Decimal(str(seconds))})


def _nothing(body: Reply) -> Refusal:
    """A success without pictures: wiped an hour after its end, or all of them held back (replicate-python#397)."""
    if body.at("output") is None and body.at("data_removed") is not False:
        return Refusal(code=FailureCode.EXPIRED, said="results are kept for an hour", spent=Spent.YES)
    if body.at("output") == []:
        return Refusal(code=FailureCode.REFUSED, said="all pictures were held back", spent=Spent.YES)
    return Refusal(code=FailureCode.BAD_ANSWER, said="there is no picture in it", spent=Spent.YES)
