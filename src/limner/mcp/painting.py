"""From a tool call to pictures: the price is agreed to, the job is written down once, and followed for a while."""

from __future__ import annotations

import logging
from contextlib import aclosing
from dataclasses import dataclass

import anyio
from mcp_types import CallToolRequestParams, CallToolResult, InputRequiredResult

from limner.domain.events import Event, EventKind
from limner.domain.job import Job, JobState
from limner.domain.money import Money
from limner.domain.plan import Quote
from limner.domain.queue import QueuePaused
from limner.domain.request import ImageRequest
from limner.engine.queueing import HOW_TO_GO_ON
from limner.mcp.answering import answered
from limner.mcp.arguments import Look, Purchase, wanted
from limner.mcp.callers import Caller, Context
from limner.mcp.confirming import Word, asked, can_ask, word_in
from limner.mcp.shapes import EstimateBody, GetBody, PaintBody, failed, job_body, quote_body
from limner.runtime import Runtime

NEEDS_CONFIRMATION = "needs_confirmation"
STEP = 0.001
"""What each piece of news adds to the share at least: the protocol wants it to grow every time."""
STAGES = {
    EventKind.QUEUED: "waiting",
    EventKind.RUNNING: "painting",
    EventKind.PICTURE: "a picture is kept",
    EventKind.FINISHED: "finished",
}
PAUSED = "waiting: the person's queue is paused"

logger = logging.getLogger("limner.mcp")


@dataclass(frozen=True, kw_only=True, slots=True)
class Painting:
    """Carries out painting tools over one installation."""

    runtime: Runtime

    async def estimate(self, caller: Caller, given: Look) -> CallToolResult:
        """What a request would cost. Buys nothing."""
        request = await wanted(self.runtime, caller.principal, given)
        quote = await self.runtime.engine.estimate(request, caller.principal)
        return await answered(self.runtime, EstimateBody(quote=quote_body(quote), next=_how_to_confirm(quote.ceiling)))

    async def paint(
        self, context: Context, params: CallToolRequestParams, caller: Caller, given: Purchase
    ) -> CallToolResult | InputRequiredResult:
        """Carries out a request under a price that is agreed to, and waits for it as long as was asked."""
        caller.principal.check_may_change()
        request = await wanted(self.runtime, caller.principal, given)
        word = word_in(params)
        key = self._key(context, caller, given, word)
        job = await self.runtime.engine.known(request, caller.principal, key)
        if job is None:
            agreed = await self._agreed(context, caller, request, word, key)
            if isinstance(agreed, InputRequiredResult | CallToolResult):
                return agreed
            job = await self._begun(caller, request, agreed, key)
        if await self.runtime.queue.holds(job):
            return await self.told(caller, job)  # so that whoever asked hears at once why nothing happens
        seconds = self.runtime.settings.mcp_wait_seconds if given.wait_seconds is None else given.wait_seconds
        return await self.told(caller, await self.followed(context, job, seconds))

    async def _begun(self, caller: Caller, request: ImageRequest, most: Money | None, key: str | None) -> Job:
        """The job, written down and handed to whoever carries it out, even where nobody waits for the call any more."""
        with anyio.CancelScope(shield=True):
            job = await self.runtime.engine.submit(
                request, caller.principal, key=key, most=most, counted=caller.counted
            )
        logger.info("job_submitted", extra={"job": job.id, "by": caller.principal.id, "state": job.state})
        return job

    async def told(self, caller: Caller, job: Job, *, as_found: bool = False) -> CallToolResult:
        """A job as it stands, with its pictures; `as_found` for who wanted to know just that, whatever became of it."""
        held = await self.runtime.queue.holds(job)
        body = job_body(job, caller.base, _how_to_go_on(job) if held else _what_now(job))
        if as_found:
            return await answered(self.runtime, GetBody(job=body), job.pictures)
        return await answered(self.runtime, body, job.pictures, is_error=failed(job))

    async def followed(self, context: Context, job: Job, seconds: float) -> Job:
        """A job when it has ended, or as it is after so many seconds; whoever asked hears how far it is meanwhile."""
        course = Course()
        with anyio.move_on_after(seconds):
            async with aclosing(self.runtime.engine.follower.follow(job.id, job.owner)) as events:
                async for event in events:
                    if event is not None and course.hear(event):
                        await context.session.report_progress(course.share, 1.0, course.stage)
        return await self.runtime.jobs.visible(job.id, job.owner)

    async def _agreed(
        self, context: Context, caller: Caller, request: ImageRequest, word: Word | None, key: str | None
    ) -> Money | InputRequiredResult | CallToolResult | None:
        """What the request may cost, or what the call is answered with in its place.

        An amount in the arguments is somebody's word already: the engine keeps inside it, or refuses.
        """
        if word is not None or request.max_cost is not None:
            return None if word is None else word.most
        quote = await self.runtime.engine.estimate(request, caller.principal)
        ceiling, free_hand = quote.ceiling, self.runtime.settings.mcp_free_hand_usd or Money()
        if ceiling is not None and ceiling <= free_hand:
            return ceiling
        if ceiling is None or not can_ask(context):
            return await answered(self.runtime, _unconfirmed(quote))
        return await asked(context, quote, ceiling, key or f"mcp:{quote.id}")

    def _key(self, context: Context, caller: Caller, given: Purchase, word: Word | None) -> str | None:
        """Under which key a call is carried out once: its own, that of the question it answers, or its request's id."""
        if given.idempotency_key is not None:
            return f"mcp:key:{given.idempotency_key}"
        if word is not None:
            return word.key
        return None if caller.line is None else f"mcp:{caller.line}:{context.request_id}"


@dataclass(slots=True)
class Course:
    """How far a job is: a share that grows with all news, and what goes on."""

    share: float = 0.0
    stage: str = ""

    def hear(self, event: Event) -> bool:
        """Takes news in; whether there is something to tell."""
        share, stage = event.data.get("progress"), _stage(event) or self.stage
        known = float(share) if isinstance(share, int | float) else 0.0
        if stage == self.stage and known <= self.share:
            return False
        self.stage = stage
        if event.kind is EventKind.FINISHED:
            self.share = 1.0
            return True
        before, self.share = self.share, min(max(known, self.share + STEP), 1.0 - STEP)
        return self.share > before


def _stage(event: Event) -> str | None:
    """What an event says of what goes on, in a few words."""
    if event.kind is EventKind.PROGRESS:
        return str(event.data.get("stage") or "painting")[:200]
    if event.kind is EventKind.FALLBACK:
        return f"{event.data.get('to')} paints in place of {event.data.get('from')}"[:200]
    if event.data.get("waits") == QueuePaused.code:
        return PAUSED
    return STAGES.get(event.kind)


def _unconfirmed(quote: Quote) -> PaintBody:
    return PaintBody(
        state=NEEDS_CONFIRMATION,
        ended=False,
        next=f"Nothing was bought. {_how_to_confirm(quote.ceiling)}",
        quote=quote_body(quote),
    )


def _how_to_confirm(ceiling: Money | None) -> str:
    if ceiling is None:
        return "The price is unknown, so it is not bought here. Choose another model."
    if not ceiling:
        return "It is free: call the tool."
    return (
        f"Tell the person that it costs up to {ceiling}. If they agree, call the tool with max_cost_usd "
        f"set to {ceiling.text}."
    )


def _how_to_go_on(job: Job) -> str:
    """What to do about a job that a pause holds."""
    return (
        "It waits because the person's queue is paused; nothing more of it is bought before that goes on. "
        f"Tell the person, who lets it go on with {HOW_TO_GO_ON}. "
        f"It is not to be asked for again: call get with id {job.id} after that."
    )


def _what_now(job: Job) -> str:
    """What whoever asked can do about a job."""
    if not job.ended:
        return f"It goes on and is not to be asked for again. Call get with id {job.id} to wait for its pictures."
    if job.state is JobState.AMBIGUOUS:
        return "Nobody knows whether it was bought: do not ask for it again. The person settles it in Limner."
    if failed(job):
        return "Read the problem; nothing more happens by itself."
    if job.state is JobState.CANCELLED:
        return "It was cancelled; what was bought by then is kept."
    if job.state is JobState.PARTIAL:
        return "Some pictures are missing; those that were made are kept."
    return "Nothing: the pictures are kept. Show them to the person; read the uri for the whole file."
