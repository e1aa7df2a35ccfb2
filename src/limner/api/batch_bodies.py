"""What callers may send as a batch: requests in JSON, or a list of rows whose columns are named like options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from limner.api.bodies import StrictBody, Word, money_from
from limner.domain.batches import LONGEST_DELAY, MOST_AT_ONCE, MOST_ROWS
from limner.domain.money import Money
from limner.domain.request import Operation
from limner.engine.rows import Row, value_of

PICTURES = {"image": "source", "mask": "mask", "like": "style"}
"""Columns that name a kept picture by its id, and the role of each."""
SIDES = ("left", "top", "right", "bottom")
NAMES = {"negative": "negative_prompt", "translate_to": "translate"}
"""Columns whose option has another name in a request."""


class BatchOptions(StrictBody):
    """What holds for all rows together."""

    name: Word | None = Field(default=None, description="What people call it; the file's name where it has one.")
    concurrency: Annotated[int, Field(ge=1, le=MOST_AT_ONCE)] = Field(
        default=8, description="How many rows at one service at a time."
    )
    delay_ms: Annotated[int, Field(ge=0, le=LONGEST_DELAY)] = Field(
        default=0,
        description="Milliseconds between the beginnings of two rows, at least; for services that want it slow.",
    )
    max_cost: str | None = Field(
        default=None,
        max_length=20,
        description='Dollars, such as "5.00", for all rows together: refuse the batch rather than spend more.',
    )

    def limit(self) -> Money | None:
        """What all rows together may cost. Raises InvalidRequest."""
        return money_from("max_cost", self.max_cost)


class BatchBody(BatchOptions):
    """Many requests. Each is looked at by itself: one that is wrong never stops the others."""

    requests: Annotated[list[dict[str, object]], Field(min_length=1, max_length=MOST_ROWS)] = Field(
        description="Requests as `POST /jobs` takes them.",
        json_schema_extra={"items": {"$ref": "#/components/schemas/RequestBody"}},
    )


def request_of(row: Row) -> Mapping[str, object]:
    """A row of a list as a request's body; pictures are kept ones, by their ids: paths mean nothing here."""
    given = dict(row.given)
    operation = _operation(given)
    inputs = [{"role": role, "image_id": given.pop(column)} for column, role in PICTURES.items() if column in given]
    references = given.pop("references", [])
    if isinstance(references, list):
        inputs += [{"role": "reference", "image_id": each} for each in references]
    body: dict[str, object] = {"operation": operation, **({"inputs": inputs} if inputs else {})}
    margins = {side: given.pop(side) for side in SIDES if side in given}
    if margins:
        body["margins"] = margins
    if given.pop("strict", False):
        body["strictness"] = "strict"
    extra = given.pop("extra", [])
    if isinstance(extra, list) and extra:
        pairs = (str(pair).partition("=") for pair in extra)
        body["extra"] = {name.strip(): value_of(text) for name, _, text in pairs}
    return {**body, **{NAMES.get(name, name): value for name, value in given.items()}}


def _operation(given: dict[str, object]) -> object:
    """What is to be done: as the row says, else an edit of the picture that it names, else painted from words."""
    word = given.pop("operation", None)
    if word is not None:
        return str(word).strip().lower().replace("-", "_")
    if "image" not in given:
        return Operation.GENERATE.value
    return (Operation.INPAINT if "mask" in given else Operation.EDIT).value
