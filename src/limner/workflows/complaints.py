"""What a ComfyUI server says when it refuses a workflow or fails at it, in words that help; never a traceback.

Shapes as recorded from ComfyUI 0.3.64, 2026-11-20. A traceback holds the server's paths and is for nobody else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from limner.domain.errors import FailureCode
from limner.workflows.binding import FIELDS, PICTURES, Binding
from limner.workflows.checking import choices_of, is_file, not_among

SIZES = {"width": "size", "height": "size"}
MARGINS = {"left", "top", "right", "bottom"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """Why a workflow does not run or did not end well."""

    code: FailureCode
    said: str
    field: str | None = None
    """The field of our request that it is about."""


def refusal_of(body: Mapping[str, object], binding: Binding) -> Trouble | None:
    """What the body of a refusal says; None where it says nothing of a workflow."""
    found = _node_troubles(body.get("node_errors"), binding)
    if found:
        return _together(found)
    error = body.get("error")
    if not isinstance(error, Mapping):
        return None
    words = " ".join(str(error.get(key) or "") for key in ("message", "details")).strip()
    gone = error.get("type") == "invalid_prompt"
    return Trouble(code=FailureCode.MODEL_GONE if gone else FailureCode.BAD_PARAMETER, said=words, field="model")


def partial_refusal(body: Mapping[str, object], binding: Binding) -> Trouble | None:
    """What stands against the pictures that are wanted in an answer that accepts the rest of the workflow."""
    errors = body.get("node_errors")
    if not isinstance(errors, Mapping):
        return None
    ours = {
        node: told
        for node, told in errors.items()
        if isinstance(told, Mapping) and binding.output in _texts(told.get("dependent_outputs"))
    }
    found = _node_troubles(ours, binding)
    return _together(found) if found else None


def failure_of(entry: Mapping[str, object]) -> Trouble | None:
    """Why a call in the history brought nothing; None where it went well."""
    status = entry.get("status")
    messages = status.get("messages") if isinstance(status, Mapping) else None
    for message in messages if isinstance(messages, list) else []:
        name, told = message if isinstance(message, list) and len(message) == 2 else ("", {})
        if name == "execution_interrupted":
            return Trouble(code=FailureCode.CANCELLED, said="it was interrupted there")
        if name == "execution_error" and isinstance(told, Mapping):
            return _failed(told)
    wrong = isinstance(status, Mapping) and status.get("status_str") not in {None, "success"}
    return Trouble(code=FailureCode.FAILED, said="it says no more than that") if wrong else None


def _failed(told: Mapping[str, object]) -> Trouble:
    """An error in the middle of a workflow. The name of the memory's is PyTorch's, not seen here (2026-11-20)."""
    where = f"{told.get('node_type')} (node {told.get('node_id')})"
    if str(told.get("exception_type")).endswith("OutOfMemoryError"):
        advice = "ask for a smaller picture, or for fewer at once"
        return Trouble(code=FailureCode.FAILED, said=f"{where} ran out of memory: {advice}")
    words = str(told.get("exception_message") or "").strip().partition("\n")[0]
    return Trouble(code=FailureCode.FAILED, said=f"{where}: {words}" if words else where)


def _node_troubles(errors: object, binding: Binding) -> list[Trouble]:
    """One trouble for each thing that the server says of each node."""
    found: list[Trouble] = []
    for node, told in errors.items() if isinstance(errors, Mapping) else ():
        kind = str(told.get("class_type")) if isinstance(told, Mapping) else ""
        listed = told.get("errors") if isinstance(told, Mapping) else None
        errors_here = listed if isinstance(listed, list) else []
        found += [_node_trouble(str(node), kind, error, binding) for error in errors_here if isinstance(error, Mapping)]
    return found


def _node_trouble(node: str, kind: str, error: Mapping[str, object], binding: Binding) -> Trouble:
    extra = error.get("extra_info")
    more = extra if isinstance(extra, Mapping) else {}
    input, value = str(more.get("input_name") or ""), str(more.get("received_value") or "")
    field = _field(binding.name_of(node, input))
    told, config = error.get("type"), more.get("input_config")
    if told == "value_not_in_list" and isinstance(config, list) and config:
        said = not_among(f"{input} of node {node} ({kind})", value, choices_of(config) or [])
        gone = is_file(value) and field == "model"
        return Trouble(code=FailureCode.MODEL_GONE if gone else FailureCode.BAD_PARAMETER, said=said, field=field)
    if told == "exception_during_inner_validation":
        words = "is linked to a node that is not in the workflow"
        return Trouble(code=FailureCode.BAD_PARAMETER, said=f"{input} of node {node} ({kind}) {words}", field="model")
    words = ": ".join(str(error.get(key)) for key in ("message", "details") if error.get(key))
    return Trouble(code=FailureCode.BAD_PARAMETER, said=f"node {node} ({kind}): {words}", field=field)


def _field(name: str | None) -> str:
    """Our name for a bound input; a workflow's own fault is the model's."""
    if name is None or name == "prefix":
        return "model"
    if name in PICTURES:
        return "inputs"
    if name in MARGINS:
        return "margins"
    return SIZES.get(name, name if name in FIELDS else f"extra.{name}")


def _together(found: Sequence[Trouble]) -> Trouble:
    """All that is wrong in one; what is missing on the server goes before what is wrong in the request."""
    first = next((trouble for trouble in found if trouble.code is FailureCode.MODEL_GONE), found[0])
    return Trouble(code=first.code, said=" ".join(_sentences(found)), field=first.field)


def _sentences(found: Sequence[Trouble]) -> Iterator[str]:
    for trouble in found:
        yield trouble.said if trouble.said.endswith(".") else f"{trouble.said}."


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
