"""Carries out one wish from the command line: price, question, job, progress, pictures."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from limner.cli.asking import agreed, must_ask
from limner.cli.copies import Target
from limner.cli.documents import Document, job_document, kept_document
from limner.cli.exits import AMBIGUOUS, FAILED, INTERRUPTED, OK, REFUSED, described
from limner.cli.finding import source, sources
from limner.cli.keeping import Kept, copied, looked_up
from limner.cli.opening import Session, with_studio
from limner.cli.options import Painter, Terms, Wish
from limner.cli.output import Output
from limner.cli.pictures import Protocol, protocol_of, show_picture
from limner.cli.telling import tell_kept, tell_receipt
from limner.cli.watching import watched
from limner.cli.wishes import amount, checked_text, options_from, prompt_from
from limner.domain.errors import ConfirmationRequired, LimnerError, Problem
from limner.domain.job import Job, JobState
from limner.domain.money import Money
from limner.domain.picture import Picture
from limner.domain.request import ImageRequest, Margins, Operation

if TYPE_CHECKING:
    from limner.runtime import Runtime
    from limner.studio import Inputs, Options


CODES = {JobState.SUCCEEDED: OK, JobState.REFUSED: REFUSED, JobState.AMBIGUOUS: AMBIGUOUS}
"""Exit codes by how a job ended; every other end is a failure."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """Everything one command line says about the pictures it wants."""

    prompt: str = ""
    operation: Operation = Operation.GENERATE
    image: str | None = None
    mask: str | None = None
    like: str | None = None
    margins: Margins | None = None
    scale: int | None = None
    protect: bool = False
    painter: Painter = field(default_factory=Painter)
    wish: Wish = field(default_factory=Wish)


def carried(asked: Asked, terms: Terms) -> int:
    """Paints what was asked for; gives the exit code."""
    prompt = prompt_from(asked.prompt)

    async def action(session: Session) -> int:
        request = await request_from(session, replace(asked, prompt=prompt), terms.max_cost)
        return await carry(session, request, terms)

    return with_studio(Output(json=terms.json), action, paints=True)


def confirmed(token: str, terms: Terms) -> int:
    """Paints what a quote has priced; gives the exit code."""

    async def action(session: Session) -> int:
        engine, quote = session.studio.runtime.engine, checked_text(token, "quote")
        ceiling = engine.sealer.open(quote).get("ceiling")
        target = target_of(terms)
        await session.check_going()
        await _ask(session, Money(ceiling) if isinstance(ceiling, int) else None, yes=terms.yes)
        job = await _sent(session, None, quote)
        return await ended(session, job, terms, target)

    return with_studio(Output(json=terms.json), action, paints=True)


async def request_from(session: Session, asked: Asked, max_cost: str | None) -> ImageRequest:
    """The request that a command line makes; its pictures are read and checked. Raises UsageError."""
    inputs: Inputs = {"references": await sources(session, asked.wish.references)}
    for role, text in (("image", asked.image), ("mask", asked.mask), ("style_image", asked.like)):
        if text is not None:
            inputs = cast("Inputs", {**inputs, role: await source(session, text)})
    options = cast(
        "Options",
        {
            **options_from(asked.painter, asked.wish, max_cost),
            "margins": asked.margins,
            "scale": asked.scale,
            "protect": asked.protect,
        },
    )
    return await session.studio.request(asked.prompt, asked.operation, inputs, **options)


async def carry(session: Session, request: ImageRequest, terms: Terms) -> int:
    """Asks about the price where that is due, submits, watches and shows; gives the exit code."""
    target = target_of(terms)
    await session.check_going()
    engine = session.studio.runtime.engine
    request, plan = await engine.plan_for(request, session.studio.principal)
    ceiling = plan.ceiling(request.count)
    quote = None
    if must_ask(session, ceiling, yes=terms.yes):
        priced = await engine.estimate(request, session.studio.principal)
        await _ask(session, priced.ceiling, yes=False)
        quote = priced.token
    job = await _sent(session, request, quote)
    return await ended(session, job, terms, target)


async def completed(session: Session, job_id: str, terms: Terms) -> int:
    """Asks about the price of what a job did not bring where that is due, buys and shows it; gives the exit code."""
    target, most = target_of(terms), amount(terms.max_cost)
    await session.check_going()
    engine, principal = session.studio.runtime.engine, session.studio.principal
    request = await engine.missing(job_id, principal)
    if request is not None:
        ceiling = engine.plan(request).ceiling(request.count)
        if must_ask(session, ceiling, yes=terms.yes):
            await _ask(session, ceiling, yes=False)
            most = min((one for one in (ceiling, most) if one is not None), default=None)
    job = await _written(session, engine.retry(job_id, principal, max_cost=most, counted=False))
    return await ended(session, job, terms, target)


def target_of(terms: Terms) -> Target | None:
    """Where copies go. Raises InvalidRequest before anything is spent on a picture that could not be written there."""
    if terms.out is None:
        return None
    target = Target(terms.out)
    target.check()
    return target


async def _ask(session: Session, ceiling: Money | None, *, yes: bool) -> None:
    """Raises ConfirmationRequired where a person is asked and says no."""
    if not must_ask(session, ceiling, yes=yes):
        return
    cost = "an amount that nobody knows beforehand" if ceiling is None else f"up to {ceiling}"
    if not await agreed(session, f"This may cost {cost}. Go on?"):
        raise ConfirmationRequired("Not confirmed. Nothing was spent.")


async def _sent(session: Session, request: ImageRequest | None, quote: str | None) -> Job:
    """The job of a request or of a quote."""
    engine, principal = session.studio.runtime.engine, session.studio.principal
    if quote is not None:
        return await _written(session, engine.confirm(quote, principal, counted=False))
    return await _written(session, engine.submit(cast(ImageRequest, request), principal, counted=False))


async def _written(session: Session, writing: Awaitable[Job]) -> Job:
    """The job, written down. Ctrl-C waits meanwhile: nobody could say whether it was in time."""
    with session.interruption.answered_by(lambda: None):
        job = await writing
    session.interruption.last_words = f"Stopped. What was painted is kept: limner show {job.id}"
    return job


async def ended(session: Session, job: Job, terms: Terms, target: Target | None) -> int:
    """Watches a job to its end and shows what it brought; gives the exit code."""
    output = session.output
    protocol = early = Protocol.NONE
    if terms.show and not output.json:
        protocol = await asyncio.to_thread(protocol_of, output.results, os.environ)
    if protocol is not Protocol.NONE:
        early = await asyncio.to_thread(protocol_of, output.remarks, os.environ)
    job = await watched(session, job, show=lambda data: asyncio.to_thread(show_picture, output.remarks, data, early))
    kept = [await _kept(session.studio.runtime, job, picture, target) for picture in job.pictures]
    complaints = [one.complaint for one in kept if one.complaint is not None]
    if output.json:
        output.document(_document(job, kept, complaints))
    else:
        for one in kept:
            await asyncio.to_thread(show_picture, output.results, one.preview, protocol)
            tell_kept(output, one, job)
        tell_receipt(output, job)
    for problem in problems(job, complaints):
        output.say(problem.message)
    code = CODES.get(job.state, FAILED) or (FAILED if complaints else OK)
    return INTERRUPTED if code == FAILED and session.interruption.heard.is_set() else code


async def _kept(runtime: Runtime, job: Job, picture: Picture, target: Target | None) -> Kept:
    """A picture with its files. What cannot be made of it is a complaint: the picture itself is safe."""
    kept = Kept(picture=picture, path=None)
    try:
        kept = await looked_up(runtime, picture)
        if target is not None:
            number = job.pictures.index(picture) + 1
            kept = replace(kept, copy=await copied(runtime, picture, target, number=number, count=job.request.count))
    except LimnerError as error:
        return replace(kept, complaint=error)
    return kept


def problems(job: Job, complaints: Sequence[LimnerError]) -> list[Problem]:
    """Everything that went wrong, the job's own problem first."""
    own = [job.problem] if job.problem is not None else []
    return [*own, *(complaint.problem() for complaint in complaints)]


def _document(job: Job, kept: Sequence[Kept], complaints: Sequence[LimnerError]) -> Document:
    first = next(iter(problems(job, complaints)), None)
    error = None if first is None else described(first)
    return {**job_document(job, [kept_document(one) for one in kept]), "error": error}
