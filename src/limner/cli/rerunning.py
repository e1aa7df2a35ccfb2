"""Paints again what was painted before, from a kept picture or job or from the recipe inside a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Annotated, cast

import typer

from limner.cli.carrying import carry, completed
from limner.cli.finding import is_file, named
from limner.cli.opening import Session, with_studio
from limner.cli.options import App, Terms
from limner.cli.output import Output, shortened
from limner.cli.verifying import verdict_on
from limner.cli.wishes import amount
from limner.domain.errors import InvalidRequest, NotFound
from limner.domain.picture import Picture
from limner.domain.request import ImageRequest
from limner.domain.vault import Access

app = App()

What = Annotated[str, typer.Argument(metavar="ID|FILE", help="A kept picture or job, or a file with a recipe in it.")]
Missing = Annotated[bool, typer.Option("--missing", help="Buy what a job did not bring, and nothing else.")]
Model = Annotated[str | None, typer.Option("--model", "-m", help="Another model than before.")]


@app.add()
def rerun(what: What, terms: Terms, model: Model = None, missing: Missing = False) -> int:
    """Paint something again, with the same seed where there was one; says what is different.

    With --missing only the pictures that a job was to bring and did not; typed again it shows the same job.
    """
    output = Output(json=terms.json)
    if missing:
        return with_studio(output, lambda session: _missing(session, what, model, terms), paints=True)

    async def action(session: Session) -> int:
        recipe, access = await _recipe(session, what)
        request = again(session, recipe, model)
        request = replace(request, max_cost=amount(terms.max_cost), access=access if model is None else None)
        await _check_inputs(session, request)
        for line in await differences(session, recipe, request):
            output.say(line)
        return await carry(session, request, terms)

    return with_studio(output, action, paints=True)


async def _missing(session: Session, what: str, model: str | None, terms: Terms) -> int:
    """Buys the rest of a job, or of the job of a picture."""
    if model is not None:
        raise InvalidRequest("What is missing is bought as the job asked for it: leave out --model.", field="model")
    found = await named(session, what)
    return await completed(session, found.job_id if isinstance(found, Picture) else found.id, terms)


async def _recipe(session: Session, what: str) -> tuple[Mapping[str, object], Access | None]:
    """How it was made, and with which key at which address. Raises InvalidRequest where nothing says so."""
    if is_file(what):
        verdict = await verdict_on(session, Path(what))
        if verdict.recipe is None:
            raise InvalidRequest(f"{what} has no recipe that can be trusted in it. Name a kept picture.", field="what")
        return verdict.recipe, None
    found = await named(session, what)
    if isinstance(found, Picture):
        job = await session.studio.runtime.jobs.get(found.job_id, session.studio.principal.id)
        return found.recipe, job.request.access
    painted = next((picture.recipe for picture in found.pictures), None)
    dumped = session.studio.runtime.codec.dump(replace(found.request, reuse=False))
    return painted or {"request": dumped, "model": found.model}, found.request.access


def again(session: Session, recipe: Mapping[str, object], model: str | None) -> ImageRequest:
    """The request of a recipe, for the same model or another; the seed that the service chose is kept."""
    dumped, call = recipe.get("request"), recipe.get("call")
    if not isinstance(dumped, Mapping):
        raise InvalidRequest("The recipe holds no request. It cannot be painted again.", field="what")
    request = session.studio.runtime.codec.load(cast(Mapping[str, object], dumped))
    seed = call.get("seed") if isinstance(call, Mapping) else None
    if model is not None:
        return replace(request, model=model, provider=None, tier=None, profile=None)
    painter = recipe.get("model")
    return replace(
        request,
        model=painter if isinstance(painter, str) else request.model,
        provider=None,
        tier=None,
        profile=None,
        seed=seed if request.seed is None and isinstance(seed, int) else request.seed,
    )


async def _check_inputs(session: Session, request: ImageRequest) -> None:
    """Raises NotFound where a picture that the request starts from is not kept here."""
    for image in request.inputs:
        try:
            await session.studio.runtime.blobs.stat(image.digest)
        except NotFound as error:
            raise NotFound(
                f"The {image.role.value} picture that this was made from is not kept here. "
                "Use `limner edit` with a copy of it.",
                field="what",
            ) from error


async def differences(session: Session, recipe: Mapping[str, object], request: ImageRequest) -> list[str]:
    """What is not as it was: the model, and each option that the plan treats differently."""
    codec, studio = session.studio.runtime.codec, session.studio
    _, plan = await studio.runtime.engine.plan_for(request, studio.principal)
    before = codec.load(cast(Mapping[str, object], recipe["request"]))
    found = []
    if plan.candidates[0].model != recipe.get("model"):
        found.append(f"model: {recipe.get('model')} then, {plan.candidates[0].model} now.")
    for each in fields(ImageRequest):
        then, now = getattr(before, each.name), getattr(request, each.name)
        if then != now and each.name not in ("model", "provider", "tier", "profile", "access", "max_cost"):
            found.append(f"{each.name.replace('_', ' ')}: {_word(then)} then, {_word(now)} now.")
    lines = recipe.get("receipt")
    receipt = {(line.field, line.sent) for line in plan.candidates[0].receipt}
    for line in lines if isinstance(lines, list) else []:
        if isinstance(line, Mapping) and (line.get("field"), line.get("sent")) not in receipt:
            now = next((one.sent for one in plan.candidates[0].receipt if one.field == line.get("field")), None)
            found.append(f"{line.get('field')}: {_word(line.get('sent'))} sent then, {_word(now)} now.")
    return found


def _word(value: object) -> str:
    return "nothing" if value in (None, (), "") else shortened(str(value), 60)
