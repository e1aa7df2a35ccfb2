"""From the rows of a batch to priced requests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, cast

from limner.cli.carrying import Asked, request_from
from limner.cli.opening import Session
from limner.cli.options import Painter, Wish
from limner.cli.wishes import checked_text
from limner.domain.errors import InvalidRequest, Problem
from limner.domain.money import Money
from limner.domain.request import ImageRequest, Margins, Operation
from limner.domain.template import check_template
from limner.engine.rows import Row

EXCLUDES = {"size": "aspect", "aspect": "size"}
"""What a row says in place of what holds for all rows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """A row that can be painted."""

    row: Row
    request: ImageRequest
    ceiling: Money | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Clerk:
    """Makes orders of rows. What rows say besides their prompts is read once for all that say the same."""

    session: Session
    everywhere: Asked
    """What holds for rows that say nothing."""
    _alike: dict[str, ImageRequest] = field(default_factory=dict, init=False)
    """Requests that want nothing but their prompts."""

    async def order(self, row: Row) -> Order:
        """The request of a row and what it may cost. Raises LimnerError for a row that cannot be painted."""
        if row.fault is not None:
            raise InvalidRequest(f"line {row.line}: {row.fault}.")
        rest = {name: value for name, value in row.given.items() if name != "prompt"}
        prompt = checked_text(str(row.given.get("prompt", "")), "prompt")
        request, studio = replace(await self._request(rest), prompt=prompt), self.session.studio
        check_template(prompt, request.template, request.values)
        request, plan = await studio.runtime.engine.plan_for(request, studio.principal)
        return Order(row=row, request=request, ceiling=plan.ceiling(request.count))

    async def _request(self, rest: Mapping[str, object]) -> ImageRequest:
        words = json.dumps(rest, sort_keys=True)
        if words not in self._alike:
            max_cost = cast("str | None", rest.get("max_cost"))
            request = await request_from(self.session, asked_by(rest, self.everywhere), max_cost)
            studio = self.session.studio
            self._alike[words] = await studio.runtime.profiles.applied(request, studio.principal)
        return self._alike[words]


def asked_by(given: Mapping[str, object], everywhere: Asked) -> Asked:
    """What a row wants besides its prompt: what it says itself, then what holds for all rows."""
    own = _part(given, Painter)
    painter = replace(Painter(), **own) if own else everywhere.painter
    instead = {EXCLUDES[name]: None for name in given if name in EXCLUDES}
    wish = replace(everywhere.wish, **{**instead, **_part(given, Wish)})
    margins = replace(Margins(), **_part(given, Margins))
    image = cast("str | None", given.get("image"))
    return replace(
        everywhere,
        operation=_operation(given, image),
        image=image,
        mask=cast("str | None", given.get("mask")),
        like=cast("str | None", given.get("like")),
        margins=margins or None,
        scale=cast("int | None", given.get("scale")),
        protect=bool(given.get("protect")),
        painter=painter,
        wish=wish,
    )


def located(problem: Problem, row: Row) -> Problem:
    """A problem that says which line of the file it is about."""
    place = f"line {row.line}: "
    return problem if problem.message.startswith(place) else replace(problem, message=f"{place}{problem.message}")


def _operation(given: Mapping[str, object], image: str | None) -> Operation:
    """What is to be done: as the row says, else painted from words, or an edit of the picture it names."""
    word = given.get("operation")
    if word is None:
        if image is None:
            return Operation.GENERATE
        return Operation.EDIT if given.get("mask") is None else Operation.INPAINT
    try:
        return Operation(str(word).strip().lower().replace("-", "_"))
    except ValueError as error:
        names = ", ".join(operation.value for operation in Operation)
        raise InvalidRequest(f"There is no operation '{word}'; there are {names}.", field="operation") from error


def _part(given: Mapping[str, object], group: type) -> dict[str, Any]:
    """What of a row belongs to one group of options."""
    return {each.name: given[each.name] for each in fields(group) if each.name in given}
