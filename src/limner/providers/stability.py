"""Stability AI's Stable Image services, v2beta, as of 2026-11-20: always a form, and the picture itself comes back.

`[model.wire]` has the `path`, the `names` of the fields, the `pictures` by role, what is `fixed`, what goes along
`with_source` only, the one `scale` that the path has, and the widest margin, `max_margin`, in pixels.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import cast

from limner.domain.accounts import Account
from limner.domain.call import Call, Finished, Painted, Pending
from limner.domain.errors import FailureCode, Spent
from limner.domain.request import Operation, Role
from limner.wire.line import Line
from limner.wire.named import Body, Naming
from limner.wire.outgoing import Form, Outgoing
from limner.wire.refusals import Refusal, by_status, meant
from limner.wire.reply import Answer
from limner.wire.takes import OPTIONAL, Takes

TAKES = Takes(
    operations=frozenset(Operation),
    fields=frozenset(OPTIONAL) - {"size", "resolution", "quality", "steps", "background"},
    roles=frozenset(Role),
    reserved=frozenset({"model", "mode"}),
)
"""All that any path takes; each has names for its own share."""
LARGEST = 10 * 1024 * 1024
"""Bytes of a whole request."""
LOCKED_OUT = 60.0
"""Seconds that an account is shut out after 150 requests in ten. Retry-After is unverified (2026-11-20)."""
FILTERED = {"finish-reason": "CONTENT_FILTERED"}
"""The picture came blurred. Whether it is charged is unverified (2026-11-20)."""

NAMELESS = Naming(names={})
MEANINGS = {
    "unauthorized": FailureCode.AUTHENTICATION,
    "payment_required": FailureCode.NO_CREDIT,
    "content_moderation": FailureCode.REFUSED,
    "public_figure": FailureCode.REFUSED,
    "permission_denied": FailureCode.FORBIDDEN,
    "generation_not_found": FailureCode.EXPIRED,
    "rate_limit_exceeded": FailureCode.RATE_LIMITED,
}
"""Values of an error's `name`; the others mean what their status says."""


class Stability:
    """One account. Most calls are one request; two paths hand back an id to ask after, at most every ten seconds."""

    def __init__(self, line: Line) -> None:
        key = line.connection.api_key
        headers = {"Accept": "image/*", **({"Authorization": f"Bearer {key}"} if key else {})}
        self._line = line.adapted(headers=headers, refusal=refusal)

    async def submit(self, call: Call) -> Finished | Pending:
        """Buys one picture."""
        naming = Naming.of(call.wire)
        line = self._line.adapted(headers=self._line.headers, refusal=partial(refusal, naming=naming))
        answer = await line.send(self._outgoing(call, naming))
        started = answer.body.text("id")
        return self._pending(started) if started else self._finished(answer)

    async def poll(self, pending: Pending) -> Finished | Pending:
        """Asks once; pictures are kept there for a day."""
        started = str(pending.ticket["id"])
        path = f"v2beta/results/{started}"
        asking = Outgoing(method="GET", path=path, deadline=120.0, purchase=False, after_purchase=True, spoilt=FILTERED)
        answer = await self._line.send(asking)
        going_on = answer.status == 202 or answer.body.text("status") == "in-progress"
        return self._pending(started) if going_on else self._finished(answer)

    async def check_key(self) -> Account:
        """The credits left, at a cent each."""
        accept = {"Accept": "application/json"}
        path = "v1/user/balance"
        asking = Outgoing(method="GET", path=path, headers=accept, deadline=30.0, purchase=False)
        left = (await self._line.send(asking)).body.number("credits")
        return Account(balance=None if left is None else Decimal(str(left)), unit="credits")

    def _outgoing(self, call: Call, naming: Naming) -> Outgoing:
        self._line.require(call, TAKES)
        if call.scale is not None and call.scale == call.wire.get("scale"):
            call = replace(call, scale=None)
        objection = naming.objection(call)
        if objection:
            raise self._line.failure(Refusal(code=FailureCode.BAD_PARAMETER, field=objection))
        self._check_margins(call)
        body = naming.body(call)
        if call.input(Role.SOURCE):
            body |= cast(Body, call.wire.get("with_source", {}))
        form = Form.of(body, naming.files(call))
        if form.length > LARGEST:
            raise self._line.unfit("inputs", "takes at most 10 MiB a call, all pictures together. Make them smaller.")
        path = f"v2beta/stable-image/{call.wire['path']}"
        return Outgoing(path=path, form=form, deadline=call.timeout, purchase=True, spoilt=FILTERED)

    def _check_margins(self, call: Call) -> None:
        widest, margins = cast(int, call.wire.get("max_margin", 0)), call.margins
        if margins and max(margins.left, margins.top, margins.right, margins.bottom) > widest:
            raise self._line.unfit("margins", f"extends a picture by at most {widest} pixels on each side.")

    def _pending(self, started: str) -> Pending:
        return Pending(ticket={"id": started}, poll_after=self._line.card.poll_seconds)

    def _finished(self, answer: Answer) -> Finished:
        sent = answer.headers.get("x-request-id")
        if any(answer.headers.get(name) == value for name, value in FILTERED.items()):
            blurred = Refusal(code=FailureCode.REFUSED, said="CONTENT_FILTERED", spent=Spent.UNKNOWN)
            raise self._line.failure(blurred, request_id=sent)
        if answer.file is None:
            empty = Refusal(code=FailureCode.BAD_ANSWER, said="there is no picture in it", spent=Spent.YES)
            raise self._line.failure(empty, request_id=sent)
        seed = answer.headers.get("seed", "")
        picture = Painted(content=answer.file, seed=int(seed) if seed.isdecimal() else None)
        return Finished(pictures=(picture,), request_id=sent)


def refusal(answer: Answer, naming: Naming = NAMELESS) -> Refusal:
    """An error of Stability's: `{"id", "name", "errors": [...]}`, or with a `message` on the older paths.

    The words of an empty account are unverified (2026-11-20); its name and status are not.
    """
    said = [text for item in answer.body.items("errors") if (text := item.text())]
    code = MEANINGS.get(answer.body.text("name") or "", by_status(answer).code)
    # A sentence such as "aspect_ratio: must be one of ..." begins with the field.
    named = re.match(r"([a-z_]+):", said[0]) if said else None
    field = "inputs" if answer.status == 413 else naming.ours(named[1]) if named else None
    words = "; ".join(said) or answer.body.text("message")
    found = meant(answer, code, said=words, field=field if code is FailureCode.BAD_PARAMETER else None)
    if code is FailureCode.RATE_LIMITED and found.retry_after is None:
        found = replace(found, retry_after=LOCKED_OUT)
    return found
