"""OpenAI's image API: generations, edits, streams (facts of 2026-11-20: SDK 3.52 types, openai-openapi@f85dbe2)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from decimal import Decimal
from itertools import product

from limner.domain.call import Call, Finished, Painted, Partial, Pending
from limner.domain.errors import FailureCode, ProviderError, Spent, StorageError
from limner.domain.prices import Meter
from limner.domain.request import Operation, Role
from limner.wire.line import Line
from limner.wire.outgoing import Form, FormFile, Outgoing
from limner.wire.refusals import Refusal, by_status, meant
from limner.wire.reply import Answer, Reply, ServerEvent
from limner.wire.takes import Takes

TAKES = Takes(
    operations=frozenset(Operation) - {Operation.UPSCALE},
    fields=frozenset({"size", "quality", "format", "background"}),
    roles=frozenset({Role.SOURCE, Role.MASK, Role.REFERENCE, Role.STYLE}),
    reserved=frozenset({"model", "n", "stream", "partial_images", "prompt", "image", "image[]", "mask"}),
)
"""OpenAI has no seed, steps, guidance, strength, negative prompt or style for these models, and no upscaling."""
FAMILIES = ("gpt-image-", "chatgpt-image-")

MEANINGS = {
    "invalid_api_key": FailureCode.AUTHENTICATION,
    "insufficient_quota": FailureCode.NO_CREDIT,
    "credit_balance_exhausted": FailureCode.NO_CREDIT,
    "unsupported_country_region_territory": FailureCode.FORBIDDEN,
    "model_not_found": FailureCode.MODEL_GONE,
    "moderation_blocked": FailureCode.REFUSED,
    "rate_limit_exceeded": FailureCode.RATE_LIMITED,
    "server_is_overloaded": FailureCode.OVERLOADED,
    "slow_down": FailureCode.OVERLOADED,
}
"""Values of an error's `code` or `type`."""
WORDS = {"n": "count", "output_format": "format", "image": "inputs", "images": "inputs", "mask": "inputs"}
"""Our names for OpenAI's parameters where they differ."""
SAME = frozenset({"prompt", "model", "size", "quality", "background"})


class OpenAI:
    """One account. A call is one request; nothing goes on there afterwards and nothing can be cancelled."""

    def __init__(self, line: Line) -> None:
        connection = line.connection
        headers = {"Authorization": f"Bearer {connection.api_key}"} if connection.api_key else {}
        if connection.organization:
            headers["OpenAI-Organization"] = connection.organization
        self._line = line.adapted(headers=headers, refusal=refusal)

    async def submit(self, call: Call) -> Finished:
        """Buys one call and waits for its pictures."""
        answer = await self._line.send(self._outgoing(call, stream=False))
        return await self._finished(answer.body, answer.headers, call)

    async def poll(self, pending: Pending) -> Finished:
        """Never finds anything: OpenAI paints while the line is open, and only then."""
        raise self._line.failure(Refusal(code=FailureCode.EXPIRED, said=f"no call under {dict(pending.ticket)}"))

    async def stream(self, call: Call) -> AsyncIterator[Partial | Finished]:
        """Buys one call and shows its partial pictures; what was whole before a break is delivered."""
        done, lost = list[Finished](), 0
        try:
            async with aclosing(self._line.stream(self._outgoing(call, stream=True))) as events:
                async for event in events:
                    news = await self._news(event, call, len(done))
                    if isinstance(news, Finished):
                        done.append(news)
                    elif news is not None:
                        yield news
        except (ProviderError, StorageError) as error:
            if not done:
                raise
            done[-1] = _cut_short(done[-1], error.message)
            lost = 0 if error.spent is Spent.NO else call.count - len(done)
        if not done:
            raise self._line.failure(_empty("the stream ended without a picture"))
        yield _together(done, lost)

    async def list_models(self) -> Sequence[str]:
        """The image models of this key; all models where the base URL is not OpenAI's own."""
        answer = await self._line.send(Outgoing(method="GET", path="models", deadline=30.0, purchase=False))
        names = [name for item in answer.body.items("data") if (name := item.text("id"))]
        return names if self._line.connection.base_url_overridden else [n for n in names if n.startswith(FAMILIES)]

    def _outgoing(self, call: Call, *, stream: bool) -> Outgoing:
        self._line.require(call, TAKES)
        body = _body(call, stream=stream)
        outgoing = Outgoing(path="images/generations", deadline=call.timeout, purchase=True, pictures=("b64_json",))
        if call.inputs:
            return replace(outgoing, path="images/edits", form=Form.of(body, _files(call)))
        return replace(outgoing, json=body)

    async def _finished(self, body: Reply, headers: Mapping[str, str], call: Call) -> Finished:
        """All that came, though they be fewer than asked for; services like OpenAI leave pictures at addresses."""
        items = [item for item in body.items("data") if item.landed("b64_json") or item.text("url")]
        addresses = [item.text("url") or "" for item in items if not item.landed("b64_json")]
        fetched, why = await self._line.downloads(addresses, deadline=call.timeout, bought_now=True)
        rest = iter(fetched)
        found = [(item, item.landed("b64_json") or next(rest)) for item in items]
        painted = (Painted(content=file, revised_prompt=item.text("revised_prompt")) for item, file in found if file)
        usage, model, id = _usage(body.part("usage")), body.text("model"), headers.get("x-request-id")
        if not (pictures := tuple(painted)):
            raise self._line.failure(_empty("there is no picture in it"), request_id=id)
        finished = Finished(pictures=pictures, lost=fetched.count(None), usage=usage, request_id=id, served_by=model)
        return _cut_short(finished, why) if (why := why or body.unkept) else finished

    async def _news(self, event: ServerEvent, call: Call, index: int) -> Partial | Finished | None:
        """What an event says; None for kinds that are not known."""
        kind = event.body.text("type") or event.name
        if event.body.at("error") is not None:
            answer = Answer(status=200, headers=event.headers, body=event.body)
            raise self._line.failure(refusal(answer), request_id=event.headers.get("x-request-id"))
        if kind.endswith(".completed"):
            whole = Reply({**event.body.mapping(), "data": [event.body.value]}, event.body.landings)
            return await self._finished(whole, event.headers, call)
        if kind.endswith(".partial_image"):
            share = ((event.body.whole("partial_image_index") or 0) + 1) / (call.partials + 1)
            progress, preview = (index + share) / call.count, event.body.landed("b64_json")
            return Partial(progress=progress, stage="painting", preview=preview, index=index)
        return await self._finished(event.body, event.headers, call) if event.body.items("data") else None


def refusal(answer: Answer) -> Refusal:
    """An error of OpenAI's, in an answer or a stream. That refusals are not charged is unverified (2026-11-20)."""
    error = answer.body.part("error")
    named = [MEANINGS[word] for word in (error.text("code"), error.text("type")) if word in MEANINGS]
    code = named[0] if named else by_status(answer).code
    param = error.text("param")
    field = _field(param) if param else ("model" if code is FailureCode.MODEL_GONE else None)
    return meant(answer, code, said=error.text("message"), field=field)


def _field(param: str) -> str:
    """Our name for a parameter such as `images[0].image_url`."""
    name = param.partition("[")[0].partition(".")[0]
    return WORDS.get(name, name if name in SAME else f"extra.{name}")


def _empty(reason: str) -> Refusal:
    return Refusal(code=FailureCode.BAD_ANSWER, said=reason, spent=Spent.YES)


def _body(call: Call, *, stream: bool) -> dict[str, object]:
    """OpenAI refuses nulls. Quality always goes along: left out it may cost thirty times as much (2026-11)."""
    body: dict[str, object] = {
        "model": call.model,
        "prompt": call.prompt,
        "n": call.count,
        "quality": call.quality or "auto",
        "size": str(call.size) if call.size else None,
        "output_format": call.format,
        "background": call.background,
        "stream": True if stream else None,
        "partial_images": call.partials if stream else None,
        **call.extra,
    }
    return {name: value for name, value in body.items() if value is not None}


def _files(call: Call) -> list[FormFile]:
    """The source first, because the mask applies to the first picture; `image[]` where there are several."""
    masks = [FormFile.of(image, name="mask", stem="mask") for image in call.inputs if image.role is Role.MASK]
    pictures = [image for image in call.inputs if image.role is not Role.MASK]
    pictures.sort(key=lambda image: image.role is not Role.SOURCE)
    name = "image" if len(pictures) == 1 else "image[]"
    return [FormFile.of(image, name=name, stem=f"{image.role}-{n}") for n, image in enumerate(pictures)] + masks


def _usage(usage: Reply) -> dict[Meter, Decimal]:
    """What was counted; output without details is all picture."""
    counts = {
        Meter(f"{side}_{kind}_token"): Decimal(count)
        for side, kind in product(("input", "output"), ("text", "image"))
        if (count := usage.whole(f"{side}_tokens_details", f"{kind}_tokens")) is not None
    }
    if (output := usage.whole("output_tokens")) is not None and usage.at("output_tokens_details") is None:
        counts[Meter.OUTPUT_IMAGE_TOKEN] = Decimal(output)
    return counts


def _together(parts: Sequence[Finished], lost: int) -> Finished:
    """A stream brings each picture with its own count; what was lost has none, so all are counted at list prices."""
    usage: dict[Meter, Decimal] = {}
    for meter, units in (entry for part in parts for entry in part.usage.items()):
        usage[meter] = usage.get(meter, Decimal(0)) + units
    pictures = tuple(picture for part in parts for picture in part.pictures)
    return replace(parts[0], pictures=pictures, lost=lost, usage={} if lost else usage)


def _cut_short(last: Finished, why: str) -> Finished:
    """The pictures that came before a break say so."""
    noted = replace(last.pictures[-1], notes={"cut_short": why})
    return replace(last, pictures=(*last.pictures[:-1], noted))
