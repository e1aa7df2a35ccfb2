"""Everything known about one picture or one job, for people."""

from __future__ import annotations

import json
from collections.abc import Sequence

from limner.cli.output import Output
from limner.cli.telling import money_words, receipt_words, short
from limner.cli.watching import cost_words
from limner.domain.events import Event, EventKind
from limner.domain.job import Job
from limner.domain.picture import Picture


def tell_recipe(output: Output, picture: Picture) -> None:
    """Prompt, parents and recipe of a picture."""
    if picture.revised_prompt:
        _fact(output, "painted as", picture.revised_prompt)
    for parent in picture.parents:
        _fact(output, "made from", parent)
    for name in ("call", "inputs", "notes", "versions"):
        value = picture.recipe.get(name)
        if value:
            _fact(output, name, json.dumps(value, ensure_ascii=False))


def tell_job(output: Output, job: Job, events: Sequence[Event]) -> None:
    """A job: what was asked, what became of it, what it bought and what happened."""
    output.show()
    output.show(f"Job {job.id}", style="bold")
    _fact(output, "state", job.state.value)
    _fact(output, "prompt", job.request.prompt)
    _fact(output, "model", job.model)
    _fact(output, "money", cost_words(job.cost, job.plan.ceiling(job.request.count)))
    if job.held:
        _fact(output, "set aside", str(job.held))
    if job.problem is not None:
        _fact(output, "problem", job.problem.message)
    for line in receipt_words(job.receipt):
        _fact(output, "option", line)
    for record in job.calls:
        words = [
            record.model,
            record.state.value,
            f"hold {money_words(record.hold)}",
            f"cost {money_words(record.cost)}",
        ]
        _fact(output, f"call {short(record.id)}", ", ".join(words))
    for event in events:
        at = event.at.astimezone().strftime("%H:%M:%S")
        _fact(output, f"{at} {event.kind.value}", _said(event))


def _said(event: Event) -> str:
    """What an event says, without the picture of a preview."""
    if event.kind is EventKind.PICTURE:
        return str(event.data.get("id"))
    shown = {name: value for name, value in event.data.items() if name != "image" and value is not None}
    return ", ".join(f"{name} {value}" for name, value in shown.items())


def _fact(output: Output, name: str, value: str) -> None:
    output.show(f"  {name:<19} {value}".rstrip())
