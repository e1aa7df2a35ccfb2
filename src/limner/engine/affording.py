"""Keeping a plan inside what somebody has agreed to pay, and with the model that they were told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from limner.domain.errors import ConfirmationRequired
from limner.domain.money import Money
from limner.domain.plan import Candidate, Fallback, Plan, Rejection
from limner.domain.request import ImageRequest

TOO_DEAR = "too_dear"


def within(plan: Plan, limit: Money, count: int) -> Plan | None:
    """The candidates that cost no more than the limit, whichever of them paints; None where none is left."""
    kept = tuple(one for one in plan.candidates if _fits(plan, one, limit, count))
    if len(kept) == len(plan.candidates):
        return plan
    if not kept:
        return None
    dropped = [one for one in plan.candidates if one not in kept]
    rejections = (*plan.rejections, *(_too_dear(one, limit) for one in dropped))
    first = plan.candidates[0]
    fallback = plan.fallback
    if first is not kept[0] and fallback is None:
        fallback = Fallback(original=first.model, why=_too_dear(first, limit).why)
    return replace(plan, candidates=kept, rejections=rejections, fallback=fallback)


def as_quoted(plan: Plan, model: str) -> Plan:
    """The plan with the model that was quoted in first place; where it cannot paint now, says why another one does."""
    if plan.candidates[0].model == model:
        return plan
    quoted = next((one for one in plan.candidates if one.model == model), None)
    if quoted is None:
        return replace(plan, fallback=Fallback(original=model, why=_why_not(plan.rejections, model)))
    others = tuple(one for one in plan.candidates if one is not quoted)
    return replace(plan, candidates=(quoted, *others), fallback=None)


def because(plan: Plan) -> str:
    """What the first choice's absence has to do with a price, as the end of a sentence."""
    return "" if plan.fallback is None else f", because {plan.fallback.original} cannot paint now"


def as_confirmed(request: ImageRequest, plan: Plan, payload: Mapping[str, object]) -> Plan:
    """What of a plan is inside what was quoted, with the quoted model in front where it can still paint.

    Raises ConfirmationRequired where only something dearer is left.
    """
    ceiling, quoted = payload["ceiling"], payload.get("model")
    if isinstance(ceiling, int):
        inside = within(plan, Money(ceiling), request.count)
        if inside is None:
            raise ConfirmationRequired(
                f"This now costs up to {plan.ceiling(request.count)}, more than the {Money(ceiling)} that was "
                f"quoted{because(plan)}. Ask for a new quote.",
                field="quote",
            )
        plan = inside
    return as_quoted(plan, quoted) if isinstance(quoted, str) else plan


def allowed(request: ImageRequest, plan: Plan) -> Plan:
    """What of a plan costs no more than the request allows. Raises ConfirmationRequired where nothing does."""
    if request.max_cost is None:
        return plan
    inside = within(plan, request.max_cost, request.count)
    if inside is None:
        raise ConfirmationRequired(
            f"This may cost up to {plan.ceiling(request.count)}, more than the {request.max_cost} that you allow. "
            "Raise max_cost, lower the quality or the count, or choose a cheaper model.",
            field="max_cost",
        )
    return inside


def _fits(plan: Plan, candidate: Candidate, limit: Money, count: int) -> bool:
    alone = Plan(candidates=(candidate,), translation=plan.translation).ceiling(count)
    return alone is not None and alone <= limit


def _too_dear(candidate: Candidate, limit: Money) -> Rejection:
    most = "an unknown amount" if candidate.estimate is None else f"up to {candidate.estimate.ceiling}"
    return Rejection(
        model=candidate.model, code=TOO_DEAR, why=f"{candidate.model} may cost {most}, more than the {limit} allowed."
    )


def _why_not(rejections: Sequence[Rejection], model: str) -> str:
    service = model.partition("/")[0]
    own = next((one.why for one in rejections if one.model == model), None)
    same = (one.why for one in rejections if one.model.partition("/")[0] == service and one.short)
    return own or next(same, f"{model} is no longer in the plan.")
