"""Together AI's image endpoint (facts of 2026-11-20: SDK 3.1.1, togethercomputer/openapi@090263a, docs.together.ai)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from limner.domain.accounts import Account
from limner.domain.call import Call, Finished, Painted, Pending
from limner.domain.errors import FailureCode, ProviderError, Spent
from limner.domain.request import Operation, Role
from limner.wire.line import Line
from limner.wire.named import Naming
from limner.wire.outgoing import Outgoing
from limner.wire.refusals import Refusal, by_status, meant
from limner.wire.reply import Answer, Reply
from limner.wire.takes import Takes

TAKES = Takes(
    operations=frozenset({Operation.GENERATE, Operation.EDIT}),
    fields=frozenset({"size", "steps", "guidance", "seed", "negative_prompt", "format"}),
    roles=frozenset({Role.SOURCE, Role.REFERENCE, Role.STYLE}),
    reserved=frozenset({"model", "n", "steps", "width", "height", "response_format", "image_url", "reference_images"}),
)
"""Masks and enlarging do not exist there. Which models take which of these is told by their wire names."""
QUESTION = 30.0
"""Seconds for a question that buys nothing."""

UNSAFE = re.compile(r"nsfw|safety|moderat|content polic", re.IGNORECASE)
TOO_LONG = re.compile(r"too long|length", re.IGNORECASE)
FIELDS = {"n": "count", "width": "size", "height": "size", "aspect_ratio": "aspect", "guidance_scale": "guidance"} | {
    "output_format": "format",
    "image_url": "inputs",
    "reference_images": "inputs",
    **{name: name for name in ("prompt", "model", "steps", "seed", "negative_prompt")},
}
"""Our names for Together's."""


class Together:
    """One project's key. A call is one request; nothing goes on there afterwards and nothing can be cancelled."""

    def __init__(self, line: Line) -> None:
        key = line.connection.api_key
        self._line = line.adapted(headers={"Authorization": f"Bearer {key}"} if key else {}, refusal=refusal)

    async def submit(self, call: Call) -> Finished:
        """Buys one call and waits for its pictures, which come within the answer."""
        naming = Naming.of(call.wire)
        self._line.require(call, TAKES)
        field = naming.objection(call)
        if field is not None:
            raise self._line.failure(Refusal(code=FailureCode.BAD_PARAMETER, field=field))
        pictures = tuple(sorted(call.inputs, key=lambda image: image.role is not Role.SOURCE))
        body = {**naming.body(replace(call, inputs=pictures)), "model": call.model}
        outgoing = Outgoing(
            path="images/generations", json=body, deadline=call.timeout, purchase=True, pictures=("b64_json",)
        )
        return await self._finished((await self._line.send(outgoing)).body, call)

    async def poll(self, pending: Pending) -> Finished:
        """Never finds anything: Together paints while the line is open, and only then."""
        raise self._line.failure(Refusal(code=FailureCode.EXPIRED, said=f"no call under {dict(pending.ticket)}"))

    async def list_models(self) -> Sequence[str]:
        """The picture models of the list; some of them may need an endpoint of one's own."""
        question = Outgoing(method="GET", path="models", deadline=QUESTION, purchase=False)
        said = (await self._line.send(question)).body
        return [name for item in said.items() if item.text("type") == "image" and (name := item.text("id"))]

    async def check_key(self) -> Account:
        """The organisation or project behind the key."""
        host = self._line.connection.base_url.rstrip("/").removesuffix("/v1")
        question = Outgoing(method="GET", address=f"{host}/v3/whoami", deadline=QUESTION, purchase=False)
        said = (await self._line.send(question)).body
        return Account(name=said.text("organization", "name") or said.text("project", "name"))

    async def _finished(self, said: Reply, call: Call) -> Finished:
        """All pictures that came, though they be fewer than asked for; neither cost nor seed is told."""
        painted: list[Painted] = []
        lost: list[ProviderError] = []
        for item in said.items("data"):
            content = item.landed("b64_json")
            address = item.text("url")  # given where a server does not know the word base64
            if content is None and address is not None:
                try:
                    content = await self._line.download(address, deadline=call.timeout, bought_now=True)
                except ProviderError as error:
                    lost.append(error)
            if content is not None:
                painted.append(Painted(content=content))
        if not painted:
            nothing = Refusal(code=FailureCode.BAD_ANSWER, said="there is no picture in it", spent=Spent.YES)
            raise lost[0] if lost else self._line.failure(nothing, request_id=said.text("id"))
        reason = lost[0].message if lost else said.unkept
        if reason is not None:
            painted[-1] = replace(painted[-1], notes={"cut_short": reason})
        id, model = said.text("id"), said.text("model")
        return Finished(pictures=tuple(painted), lost=len(lost), request_id=id, served_by=model)


def refusal(answer: Answer) -> Refusal:
    """An error of Together's. That it names what was unsafe with 422 is not certain (2026-11): the words decide.

    Refused calls appear not to be charged, which is not documented either.
    """
    said = answer.body.text("error", "message") or answer.body.text("error") or answer.said
    param = answer.body.text("error", "param")
    code = by_status(answer).code
    field = "model" if code is FailureCode.MODEL_GONE else None
    if answer.status in {400, 403, 422} and UNSAFE.search(said):
        code = FailureCode.REFUSED
    elif answer.status == 403 and TOO_LONG.search(said):
        code, field = FailureCode.BAD_PARAMETER, "prompt"
    elif answer.status == 504:
        code = FailureCode.TIMED_OUT
    elif code is FailureCode.BAD_PARAMETER and param is not None:
        field = FIELDS.get(param, f"extra.{param}")
    found = meant(answer, code, said=said, field=field)
    return replace(found, retry_after=found.retry_after or _reset(answer)) if found.retryable else found


def _reset(answer: Answer) -> float | None:
    """Seconds in `x-ratelimit-reset`, where it has a number of them (the name is not certain, 2026-11)."""
    text = answer.headers.get("x-ratelimit-reset", "")
    return float(text) if re.fullmatch(r"\d{1,4}(\.\d+)?", text) else None
