"""Budgets: who may spend how much, and how much of it is left."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from limner.api.answers import answer
from limner.api.bodies import BudgetBody, BudgetLimitBody
from limner.api.budget_schemas import BudgetAnswer, BudgetList
from limner.api.deps import checked_id, read_json
from limner.api.documents import ALWAYS, answers, body_of, problems
from limner.api.shapes import API, Body, amount
from limner.domain.budgets import Counted, Standing
from limner.domain.money import Money
from limner.runtime.asking import principal_of, runtime_of

router = APIRouter(prefix="/budgets", tags=["budgets"])

BudgetId = Annotated[str, Path(description="The budget's id.")]


@router.get("", summary="List budgets", responses=answers(BudgetList, "The budgets."))
async def list_budgets(request: Request) -> Response:
    """The limits that the settings set for you, and the budgets that cover you; for administrators all of them."""
    standings = await runtime_of(request).budgeting.visible(principal_of(request))
    return answer({"items": [budget_body(standing) for standing in standings]})


@router.post(
    "",
    summary="Set up a budget",
    status_code=201,
    responses=answers(BudgetAnswer, "The budget, at the address in Location.", 409, 415, status=201),
    openapi_extra=body_of(BudgetBody),
)
async def create_budget(request: Request) -> Response:
    """For administrators. What was counted for the same before, today say, counts on; what was not counted does not."""
    wanted = (await read_json(request, BudgetBody)).wanted()
    standing = await runtime_of(request).budgeting.add(wanted, principal_of(request))
    body = budget_body(standing)
    return answer(body, 201, {"Location": f"{API}/budgets/{body['id']}"})


@router.get("/{budget_id}", summary="Show a budget", responses=answers(BudgetAnswer, "The budget.", 404))
async def get_budget(request: Request, budget_id: BudgetId) -> Response:
    """One budget and how it stands."""
    name = checked_id(budget_id, "budget")
    return answer(budget_body(await runtime_of(request).budgeting.get(name, principal_of(request))))


@router.patch(
    "/{budget_id}",
    summary="Change the limit of a budget",
    responses=answers(BudgetAnswer, "The budget with its new limit.", 404, 415),
    openapi_extra=body_of(BudgetLimitBody),
)
async def change_budget(request: Request, budget_id: BudgetId) -> Response:
    """For administrators. In one step: nothing that is set aside after the answer goes over the new limit."""
    counted, limit = (await read_json(request, BudgetLimitBody)).measured()
    name = checked_id(budget_id, "budget")
    return answer(budget_body(await runtime_of(request).budgeting.change(name, counted, limit, principal_of(request))))


@router.delete(
    "/{budget_id}",
    summary="Remove a budget",
    status_code=204,
    responses=problems(*ALWAYS, 404),
    response_class=Response,
)
async def delete_budget(request: Request, budget_id: BudgetId) -> Response:
    """For administrators. What jobs have set aside in it is settled all the same."""
    await runtime_of(request).budgeting.remove(checked_id(budget_id, "budget"), principal_of(request))
    return Response(status_code=204)


def budget_body(standing: Standing) -> Body:
    """A budget and how it stands, as plain values."""
    budget, use = standing.budget, standing.use
    numbers = {"limit": standing.limit, "held": use.held, "spent": use.spent, "left": standing.left}
    money = standing.counted is Counted.USD
    return {
        "id": None if budget is None else budget.id,
        "kind": standing.kind,
        "name": standing.name,
        "window": standing.window,
        "usd": {name: amount(Money(micro)) for name, micro in numbers.items()} if money else None,
        "pictures": None if money else numbers,
        "resets": standing.resets,
        "created": None if budget is None else budget.created,
        "created_by": None if budget is None else budget.created_by,
    }
