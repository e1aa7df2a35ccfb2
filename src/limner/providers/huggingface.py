"""Hugging Face's router to inference of others (facts of 2026-11-20: huggingface_hub 2.4.0, read in its source)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from limner.domain.accounts import Account
from limner.domain.call import Call, Finished, Painted, Pending
from limner.domain.errors import FailureCode, Spent
from limner.domain.request import Operation, Role
from limner.wire.line import Line
from limner.wire.named import Naming
from limner.wire.outgoing import Outgoing, base64_text, data_uri
from limner.wire.refusals import Refusal, by_status, meant
from limner.wire.reply import Answer, Reply
from limner.wire.takes import Takes

TAKES = Takes(
    operations=frozenset({Operation.GENERATE, Operation.EDIT}),
    fields=frozenset({"size", "steps", "guidance", "seed", "negative_prompt"}),
    roles=frozenset({Role.SOURCE}),
    reserved=frozenset({"n", "num_images", "model", "inputs", "response_format", "sync_mode"}),
)
"""No task of the router takes masks, enlarges, or makes several pictures."""
TASKS = {Operation.GENERATE: "text-to-image", Operation.EDIT: "image-to-image"}
QUESTION = 30.0
"""Seconds for a question that buys nothing."""
UNSAFE = re.compile(r"nsfw|safety|moderat|content polic", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """One provider of a model, and how a call is written for it."""

    id: str
    """The provider's own name of the model."""
    wire: Mapping[str, object]

    @property
    def naming(self) -> Naming:
        """Its names of our fields."""
        return Naming.of(self.wire)

    def body(self, call: Call) -> dict[str, object]:
        """The call in the provider's own words; a `bare` one takes pictures without the head of a data address."""
        body = self.naming.body(call, picture=base64_text if self.wire.get("bare") else data_uri)
        return {**body, str(self.wire["model"]): self.id} if "model" in self.wire else body


class HuggingFace:
    """One token. A call is one request through the router; nothing goes on there afterwards."""

    def __init__(self, line: Line) -> None:
        key = line.connection.api_key
        self._line = line.adapted(headers={"Authorization": f"Bearer {key}"} if key else {}, refusal=refusal)

    async def submit(self, call: Call) -> Finished:
        """Asks which providers have the model, which is free, and buys from the first that can carry out the call."""
        self._line.require(call, TAKES)
        routes = await self._routes(call)
        objections = [route.naming.objection(call) for route in routes]
        fitting = [route for route, objection in zip(routes, objections, strict=True) if objection is None]
        if not routes:
            said = f"no provider that can be spoken to has it for {TASKS[call.operation]}"
            raise self._line.failure(Refusal(code=FailureCode.MODEL_GONE, said=said, field="model"))
        if not fitting:
            raise self._line.failure(Refusal(code=FailureCode.BAD_PARAMETER, field=objections[0]))
        route = fitting[0]
        outgoing = Outgoing(
            path=str(route.wire["path"]).format(id=route.id),
            json=route.body(call),
            deadline=call.timeout,
            purchase=True,
            pictures=("b64_json",),
        )
        return await self._finished(await self._line.send(outgoing), call)

    async def poll(self, pending: Pending) -> Finished:
        """Never finds anything: what is painted comes with the answer."""
        raise self._line.failure(Refusal(code=FailureCode.EXPIRED, said=f"no call under {dict(pending.ticket)}"))

    async def list_models(self) -> Sequence[str]:
        """Models of the Hub that some provider has; that the list can be asked for so is not certain (2026-11)."""
        query = {"inference_provider": "all", "pipeline_tag": TASKS[Operation.GENERATE], "limit": "100"}
        return [name for item in (await self._ask("api/models", query)).items() if (name := item.text("id"))]

    async def check_key(self) -> Account:
        """Whose token it is."""
        return Account(name=(await self._ask("api/whoami-v2", {})).text("name"))

    async def _ask(self, path: str, query: Mapping[str, str]) -> Reply:
        """A question to the Hub, which is not the router but has the same owner."""
        hub = self._line.connection.base_url.rstrip("/").replace("://router.", "://")
        question = Outgoing(method="GET", address=f"{hub}/{path}", query=query, deadline=QUESTION, purchase=False)
        return (await self._line.send(question)).body

    async def _routes(self, call: Call) -> list[Route]:
        """The providers that have the model for this task, in the order that the account prefers."""
        said = await self._ask(f"api/models/{call.model}", {"expand": "inferenceProviderMapping"})
        listed = [(item.text("provider"), item) for item in said.items("inferenceProviderMapping")]
        # An older shape names the providers as keys (both are read in huggingface_hub 2.4.0).
        listed += [
            (name, said.part("inferenceProviderMapping", name)) for name in said.mapping("inferenceProviderMapping")
        ]
        found: list[Route] = []
        for provider, item in listed:
            wire, id = call.wire.get(provider or ""), item.text("providerId")
            able = item.text("task") == TASKS[call.operation] and item.text("status") != "error"
            if able and id is not None and isinstance(wire, Mapping):
                found.append(Route(id=id, wire=cast(Mapping[str, object], wire)))
        return found

    async def _finished(self, answer: Answer, call: Call) -> Finished:
        """The picture: the body itself, base64 within it, or at an address."""
        said, request_id = answer.body, answer.headers.get("x-request-id")
        if said.at("has_nsfw_concepts", 0) is True:  # how fal-ai says that it blackened the picture, which it charges
            refused = Refusal(code=FailureCode.REFUSED, said="nsfw", spent=Spent.YES)
            raise self._line.failure(refused, request_id=request_id)
        content = answer.file or said.landed("data", 0, "b64_json")
        if content is None and (address := said.text("images", 0, "url")):
            content = await self._line.download(address, deadline=call.timeout, bought_now=True)
        if content is None:
            nothing = Refusal(code=FailureCode.BAD_ANSWER, said="there is no picture in it", spent=Spent.YES)
            raise self._line.failure(nothing, request_id=request_id)
        return Finished(pictures=(Painted(content=content, seed=said.whole("seed")),), request_id=request_id)


def refusal(answer: Answer) -> Refusal:
    """An error of the router's or of the provider behind it: mostly `{"error": "text"}`; that of 402 is unverified."""
    body = answer.body
    said = body.text("error", "message") or body.text("error") or body.text("detail") or answer.said
    code = by_status(answer).code
    if answer.status in {400, 422} and UNSAFE.search(said):
        code = FailureCode.REFUSED
    elif answer.status == 504:
        code = FailureCode.TIMED_OUT
    if answer.status == 503 and (wait := body.number("estimated_time")) is not None:
        # hf-inference loads the model first: nothing is painted before that.
        return Refusal(code=FailureCode.OVERLOADED, said=said, retryable=True, retry_after=min(wait, 60.0))
    return meant(answer, code, said=said, field="model" if code is FailureCode.MODEL_GONE else None)
