"""xAI's Grok Imagine (facts of 2026-11-20: xai-sdk-ts with the service's OpenAPI document, docs.x.ai).

Every call is deferred: the request that buys is over in a moment and brings an id, so that neither a line that breaks
while it paints nor a process that ends can lose what was bought. That is worth the poll and the download it costs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from limner.domain.accounts import Account
from limner.domain.call import Call, Finished, Painted, Pending
from limner.domain.errors import FailureCode, ProviderError, Spent
from limner.domain.money import Money
from limner.domain.request import Operation, Role
from limner.wire.line import Line
from limner.wire.named import Naming
from limner.wire.outgoing import Outgoing, data_uri
from limner.wire.refusals import Refusal, by_status, meant
from limner.wire.reply import Answer, Reply
from limner.wire.takes import Takes

TAKES = Takes(
    operations=frozenset({Operation.GENERATE, Operation.EDIT}),
    fields=frozenset({"aspect", "resolution", "quality"}),
    roles=frozenset({Role.SOURCE, Role.REFERENCE, Role.STYLE}),
    reserved=frozenset({"model", "n", "quality", "resolution", "deferred", "response_format"})
    | frozenset({"image", "images", "output", "prompt"}),
)
"""A size is refused there; seeds and negative prompts are refused or without effect."""
TICKS = Decimal(10) ** 10
"""In a dollar."""
QUESTION = 30.0
"""Seconds for a question that buys nothing."""

WRONG_KEY = re.compile(r"(incorrect|invalid) api key", re.IGNORECASE)
NO_MONEY = re.compile(r"credit|spending limit|billing", re.IGNORECASE)
UNSAFE = re.compile(r"moderat|content polic|safety|usage guidelines", re.IGNORECASE)
NAMED = re.compile(r"not supported: (\w+)|target type: (\w+)|(?:unknown|missing) field `(\w+)`")
FIELDS = {"n": "count", "aspect_ratio": "aspect", "resolution": "size", "image": "inputs", "images": "inputs"} | {
    name: name for name in ("prompt", "quality", "size")
}
"""Our names for xAI's."""
ENDED = {
    "invalid_argument": FailureCode.BAD_PARAMETER,
    "permission_denied": FailureCode.FORBIDDEN,
    "failed_precondition": FailureCode.BAD_PARAMETER,
    "service_unavailable": FailureCode.OVERLOADED,
}
"""Codes with which a deferred call may end."""


class XAI:
    """One key. A call is bought with one request, painted there, asked after and fetched."""

    def __init__(self, line: Line) -> None:
        key = line.connection.api_key
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._line = line.adapted(headers=headers, refusal=refusal)
        self._asking = line.adapted(headers=headers, refusal=forgotten)

    async def submit(self, call: Call) -> Finished | Pending:
        """Buys one call; a server that knows nothing of deferred calls may finish it at once."""
        self._line.require(call, TAKES)
        body = Naming.of(call.wire).body(replace(call, inputs=()))
        body |= {"model": call.model, "response_format": "url", "deferred": True}
        pictures = sorted(call.inputs, key=lambda image: image.role is not Role.SOURCE)
        addresses = [{"url": data_uri(image)} for image in pictures]
        if addresses:
            # With one picture xAI follows its shape, whatever aspect_ratio says (docs.x.ai, 2026-11).
            body |= {"image": addresses[0]} if len(addresses) == 1 else {"images": addresses}
        path = "images/edits" if addresses else "images/generations"
        outgoing = Outgoing(path=path, json=body, deadline=call.timeout, purchase=True, pictures=("b64_json",))
        said = (await self._line.send(outgoing)).body
        id = said.text("request_id")
        if id is None or said.items("data"):
            return await self._finished(said, bought_now=True)
        return Pending(ticket={"id": id}, poll_after=self._line.card.poll_seconds)

    async def poll(self, pending: Pending) -> Finished | Pending:
        """202, or a state that is no end, while it is painted; 404 once it is forgotten there."""
        question = Outgoing(
            method="GET",
            path=f"images/{pending.ticket['id']}",
            deadline=QUESTION,
            purchase=False,
            after_purchase=True,
            pictures=("b64_json",),
        )
        answer = await self._asking.send(question)
        state = answer.body.text("status")
        if answer.status == 202 or state not in {"done", "failed", None}:
            return replace(pending, poll_after=self._line.card.poll_seconds, stage="painting")
        if state == "failed":
            raise self._line.failure(_ended(answer.body), bill=_bill(answer.body))
        return await self._finished(answer.body, bought_now=False)

    async def list_models(self) -> Sequence[str]:
        """The picture models of this key."""
        said = await self._ask("image-generation-models")
        return [name for item in said.items("models") if (name := item.text("id"))]

    async def check_key(self) -> Account:
        """A key that is known but blocked is refused as well."""
        said = await self._ask("me")
        flags = (said.at("team_blocked"), said.at("api_key", "blocked"), said.at("api_key", "disabled"))
        if any(flag is True for flag in flags):
            blocked = Refusal(code=FailureCode.FORBIDDEN, said="the key or its team is blocked")
            raise self._line.failure(blocked)
        return Account(name=said.text("team_id"))

    async def _ask(self, path: str) -> Reply:
        return (await self._line.send(Outgoing(method="GET", path=path, deadline=QUESTION, purchase=False))).body

    async def _finished(self, said: Reply, *, bought_now: bool) -> Finished:
        """All pictures that came; what moderation held back, or is gone already, is told with them."""
        painted, missing = list[Painted](), list[ProviderError]()
        for item in said.items("data"):
            try:
                painted.append(await self._painted(item, _spent(said), bought_now=bought_now))
            except ProviderError as error:
                if error.retryable:
                    raise  # the ticket finds all of them again
                missing.append(error)
        bill = _bill(said)
        if not painted:
            nothing = missing[0] if missing else self._line.failure(_empty(said))
            nothing.bill = bill
            raise nothing
        if missing:
            painted[-1] = replace(painted[-1], notes={"cut_short": missing[0].message})
        cost, model = bill.cost if bill else None, said.text("model")
        return Finished(pictures=tuple(painted), lost=len(missing), cost=cost, served_by=model)

    async def _painted(self, item: Reply, spent: Spent, *, bought_now: bool) -> Painted:
        reason = item.text("block_reason") or ("" if item.at("respect_moderation") is False else None)
        content, address = item.landed("b64_json"), item.text("url")
        if reason is None and content is None and address is not None:
            content = await self._line.download(address, deadline=2 * QUESTION, bought_now=bought_now)
        if reason is not None or content is None:
            raise self._line.failure(Refusal(code=FailureCode.REFUSED, said=reason or "moderation", spent=spent))
        return Painted(content=content, revised_prompt=item.text("revised_prompt"))


def refusal(answer: Answer) -> Refusal:
    """An error of xAI's: `error` is an object, or a text with or without a `code`. A Retry-After is unverified."""
    said = answer.body.text("error", "message") or answer.body.text("error") or answer.said
    code = by_status(answer).code
    if answer.status in {400, 401, 403} and WRONG_KEY.search(said):
        code = FailureCode.AUTHENTICATION
    elif answer.status == 403 and NO_MONEY.search(said):
        code = FailureCode.NO_CREDIT
    elif answer.status in {400, 403} and UNSAFE.search(said):
        code = FailureCode.REFUSED
    field = "model" if code is FailureCode.MODEL_GONE else None
    return meant(answer, code, said=said, field=_field(answer, said) if code is FailureCode.BAD_PARAMETER else field)


def forgotten(answer: Answer) -> Refusal:
    """The same where a call was asked after: what is not found then is the call and not the model."""
    found = refusal(answer)
    return replace(found, code=FailureCode.EXPIRED, field=None) if answer.status == 404 else found


def _field(answer: Answer, said: str) -> str | None:
    found = NAMED.search(said)
    name = answer.body.text("error", "param") or (next(filter(None, found.groups())) if found else None)
    return None if name is None else FIELDS.get(name, f"extra.{name}")


def _ended(said: Reply) -> Refusal:
    """A deferred call that failed. Where it says nothing of its cost, only what was refused beforehand was free."""
    words = said.text("error", "message") or ""
    code = ENDED.get(said.text("error", "code") or "", FailureCode.FAILED)
    if code in {FailureCode.BAD_PARAMETER, FailureCode.FORBIDDEN} and UNSAFE.search(words):
        return Refusal(code=FailureCode.REFUSED, said=words, spent=_spent(said))
    free = code in {FailureCode.BAD_PARAMETER, FailureCode.FORBIDDEN}
    unclear = Spent.NO if free else Spent.UNKNOWN
    return Refusal(code=code, said=words, spent=Spent.YES if _bill(said) else unclear)


def _empty(said: Reply) -> Refusal:
    """No item at all is how moderation answers (vercel/ai#19168, 2026); without a list nothing is known."""
    if isinstance(said.at("data"), list):
        return Refusal(code=FailureCode.REFUSED, said="there is no picture in the answer", spent=_spent(said))
    return Refusal(code=FailureCode.BAD_ANSWER, said="there is no picture in it", spent=Spent.YES)


def _spent(said: Reply) -> Spent:
    """What moderation holds back is likely charged as if it had been served (unverified, 2026-11), unless 0 is said."""
    return Spent.NO if said.whole("usage", "cost_in_usd_ticks") == 0 else Spent.YES


def _bill(said: Reply) -> Finished | None:
    """What xAI says that it charged."""
    ticks = said.whole("usage", "cost_in_usd_ticks")
    return Finished(pictures=(), cost=Money.usd(ticks / TICKS)) if ticks else None
