"""Recraft, as of 2026-11-20: words as JSON, pictures as a form, pictures back as text in the same answer.

`[model.wire]` has the `paths` by operation, the `names` of the fields, the `pictures` by role, what is `fixed`, and
`max_edge`, the longest edge in pixels that a picture may grow to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import cast

from limner.domain.accounts import Account
from limner.domain.call import Call, Finished, Painted, Pending
from limner.domain.errors import FailureCode, ProviderError, Spent
from limner.domain.money import Money
from limner.domain.request import Operation, Role
from limner.wire.line import Line
from limner.wire.named import Naming
from limner.wire.outgoing import Form, Outgoing
from limner.wire.refusals import Refusal, by_status, meant
from limner.wire.reply import Answer, Reply
from limner.wire.takes import Takes

TAKES = Takes(
    operations=frozenset(Operation),
    fields=frozenset({"negative_prompt", "size", "margins", "style", "seed", "strength", "format"}),
    roles=frozenset({Role.SOURCE, Role.MASK}),
    reserved=frozenset({"model", "response_format", "upscale"}),
)
"""What `upscale` adds to a generation has no price in our sources."""
LARGEST = 10_000_000
"""Bytes of one picture."""
UNITS = 1000
"""What a dollar buys."""
UNSAFE = ("nsfw", "moderat", "safety", "prohibited", "inappropriate")
POOR = ("not enough", "insufficient", "balance")
"""Parts of sentences that tell what a 4xx means: refusals and empty accounts are not documented (2026-11-20)."""
NAMELESS = Naming(names={})


class Recraft:
    """One account. A call is one request; nothing goes on there afterwards and nothing can be cancelled."""

    def __init__(self, line: Line) -> None:
        key = line.connection.api_key
        self._line = line.adapted(headers={"Authorization": f"Bearer {key}"} if key else {}, refusal=refusal)

    async def submit(self, call: Call) -> Finished:
        """Buys one call and waits for its pictures."""
        naming = Naming.of(call.wire)
        line = self._line.adapted(headers=self._line.headers, refusal=partial(refusal, naming=naming))
        answer = await line.send(self._outgoing(call, naming))
        return await self._finished(answer, call)

    async def poll(self, pending: Pending) -> Finished:
        """Never finds anything: Recraft paints while the line is open, and only then."""
        raise self._line.failure(Refusal(code=FailureCode.EXPIRED, said=f"no call under {dict(pending.ticket)}"))

    async def check_key(self) -> Account:
        """The name of the account and the units that it has left, a thousand for a dollar."""
        asking = Outgoing(method="GET", path="users/me", deadline=30.0, purchase=False)
        body = (await self._line.send(asking)).body
        left = body.number("credits")
        return Account(name=body.text("name"), balance=None if left is None else Decimal(str(left)), unit="units")

    async def list_models(self) -> Sequence[str]:
        """All models of the service but those for vector drawings: of SVG files none is kept."""
        asking = Outgoing(method="GET", path="models", deadline=30.0, purchase=False)
        answer = await self._line.send(asking)
        names = [item.text("id") or "" for item in answer.body.items("data")]
        return [name for name in names if name and not name.endswith("_vector")]

    def _outgoing(self, call: Call, naming: Naming) -> Outgoing:
        self._line.require(call, TAKES)
        paths = cast(Mapping[str, str], call.wire.get("paths", {}))
        objection = naming.objection(call) if call.operation.value in paths else "operation"
        if objection:
            raise self._line.failure(Refusal(code=FailureCode.BAD_PARAMETER, field=objection))
        self._check_pictures(call)
        body = {**naming.body(call), "response_format": "b64_json"}
        path = f"images/{paths[call.operation.value]}"
        outgoing = Outgoing(path=path, deadline=call.timeout, purchase=True, pictures=("b64_json",))
        files = naming.files(call)
        return replace(outgoing, form=Form.of(body, files)) if files else replace(outgoing, json=body)

    def _check_pictures(self, call: Call) -> None:
        """Raises what Recraft would say about pictures that are too large, or would grow too large."""
        if any(len(image.data) >= LARGEST for image in call.inputs):
            raise self._line.unfit("inputs", "takes pictures of less than 10 MB. Make them smaller.")
        source, margins, longest = call.input(Role.SOURCE), call.margins, cast(int, call.wire.get("max_edge", 0))
        if source is None or margins is None:
            return
        edges = (source.width + margins.left + margins.right, source.height + margins.top + margins.bottom)
        if max(edges) > longest:
            raise self._line.unfit("margins", f"makes no picture with an edge of more than {longest} pixels.")

    async def _finished(self, answer: Answer, call: Call) -> Finished:
        """All pictures that came, though they be fewer than asked for; tools answer with one `image`, no list."""
        body, units = answer.body, answer.body.number("credits")
        pictures, missing = await self._pictures([*body.items("data"), body.part("image")], call.timeout)
        cost = None if units is None else Money.usd(Decimal(str(units)) / UNITS)
        finished = Finished(pictures=tuple(pictures), lost=len(missing), cost=cost)
        why = missing[0].message if missing else body.unkept
        if pictures and why:
            return replace(finished, pictures=(*pictures[:-1], replace(pictures[-1], notes={"cut_short": why})))
        if not pictures:
            empty = Refusal(code=FailureCode.BAD_ANSWER, said="there is no picture in it", spent=Spent.YES)
            cause = missing[0] if missing else self._line.failure(empty)
            raise ProviderError(cause.problem(), bill=finished)
        return finished

    async def _pictures(self, items: Sequence[Reply], timeout: float) -> tuple[list[Painted], list[ProviderError]]:
        pictures: list[Painted] = []
        missing: list[ProviderError] = []
        for item in items:
            content, address = item.landed("b64_json"), item.text("url")
            try:
                if content is None and address:
                    content = await self._line.download(address, deadline=timeout, bought_now=True)
            except ProviderError as error:
                missing.append(error)
            if content is not None:
                pictures.append(Painted(content=content))
        return pictures, missing


def refusal(answer: Answer, naming: Naming = NAMELESS) -> Refusal:
    """An error of Recraft's: a text, or `{"code", "message"}`."""
    said = answer.body.text("message") or answer.body.text("error") or answer.said
    code, clear = by_status(answer).code, 400 <= answer.status < 500
    if clear and any(part in said.lower() for part in UNSAFE):
        code = FailureCode.REFUSED
    elif clear and any(part in said.lower() for part in POOR):
        code = FailureCode.NO_CREDIT
    field = "inputs" if answer.status == 413 else naming.named_in(said)
    return meant(answer, code, said=said, field=field if code is FailureCode.BAD_PARAMETER else None)
