"""Which inputs of a workflow carry which of Limner's fields, and the workflow with them filled in.

[model.wire]
graph = { file = "painting.json" }
output = "9"

[model.wire.bind]
prompt = "6.text"
width = ["5.width", "12.width"]
scale = { at = "14.scale_by", times = 0.25 }
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from limner.domain.errors import InvalidRequest
from limner.workflows.graph import Graph, refused

PICTURES = ("source", "mask", "style", "control", "reference")
"""Fields whose value is the name of an uploaded picture."""
FIELDS = (
    *("prompt", "negative_prompt", "seed", "steps", "guidance", "strength", "width", "height", "count", "scale"),
    *("left", "top", "right", "bottom", *PICTURES, "prefix"),
)
"""All fields of Limner's that an input can carry; other names are options of ComfyUI's own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """One input of one node."""

    node: str
    input: str
    times: float = 1.0
    """What the field's value is multiplied by: enlarging 2 times after a model that enlarges 4 times is 0.5."""

    def __str__(self) -> str:
        return f"{self.node}.{self.input}"


Places = Mapping[str, tuple[Place, ...]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Binding:
    """Where the fields go, and which node saves the pictures."""

    output: str
    places: Places
    warnings: tuple[str, ...] = ()
    """What a person should look at, where the binding was proposed and not given."""

    @classmethod
    def of(cls, graph: Graph, output: object, bind: object) -> Binding:
        """What a catalog file says; an empty list binds nothing.

        Raises InvalidRequest, field `workflow`, for places that are not in the graph.
        """
        if not isinstance(bind, Mapping) or str(output) not in graph.nodes:
            raise refused(f"The binding names no node that saves the pictures (got {output!r}).")
        held = {str(name): places(graph, value) for name, value in bind.items()}
        return cls(output=str(output), places={name: at for name, at in held.items() if at})

    def with_places(self, graph: Graph, given: Mapping[str, str]) -> Binding:
        """The same with some fields bound otherwise; nothing unbinds one, and `output` is a node."""
        output = given.get("output", self.output)
        found = {name: tuple(held) for name, held in self.places.items()}
        for name, text in given.items():
            if name == "output":
                continue
            found.pop(name, None)
            if text:
                found[name] = places(graph, text.split("+"))
        if output not in graph.nodes:
            raise refused(f"The workflow has no node {output}.")
        return Binding(output=output, places=found, warnings=self.warnings)

    def name_of(self, node: str, input: str) -> str | None:
        """Which field an input carries; None where it carries none."""
        return next(
            (name for name, held in self.places.items() if any((at.node, at.input) == (node, input) for at in held)),
            None,
        )


def places(graph: Graph, value: object) -> tuple[Place, ...]:
    """The places that are written for one field. Raises InvalidRequest."""
    return tuple(_place(graph, item) for item in (value if isinstance(value, list) else [value]))


def _place(graph: Graph, item: object) -> Place:
    if isinstance(item, Mapping):
        found, times = _place(graph, item.get("at")), item.get("times", 1.0)
        if isinstance(times, bool) or not isinstance(times, int | float):
            raise refused(f"{found} of the binding is multiplied by {times!r}, which is no number.")
        return Place(node=found.node, input=found.input, times=float(times))
    text = item if isinstance(item, str) else ""
    for node, input in _splits(text):
        if node in graph.nodes and input in graph.nodes[node].inputs:
            return Place(node=node, input=input)
    near = ", ".join(f"{id}.{name}" for id, node in graph.nodes.items() for name in node.inputs if node.has_value(name))
    raise InvalidRequest(
        f"The workflow has no input {item!r}. Write node.input; there are {near}.",
        field="workflow",
        code="workflow_invalid",
    )


def _splits(text: str) -> Iterator[tuple[str, str]]:
    """A place at each of its dots: ids of nodes and names of inputs may have dots of their own."""
    for position, sign in enumerate(text):
        if sign == ".":
            yield text[:position], text[position + 1 :]


def filled(graph: Graph, binding: Binding, values: Mapping[str, object]) -> dict[str, dict[str, object]]:
    """The workflow as it is sent, with each value at all its places; fields without a place are left alone.

    Of a list each place gets its own item, the last one where there are too few.
    """
    body = graph.body()
    for name, value in values.items():
        for index, place in enumerate(binding.places.get(name, ())):
            each = value[min(index, len(value) - 1)] if isinstance(value, list | tuple) else value
            inputs = body[place.node]["inputs"]
            if isinstance(inputs, dict):
                inputs[place.input] = _scaled(each, place.times)
    return body


def _scaled(value: object, times: float) -> object:
    return value * times if times != 1.0 and isinstance(value, int | float) else value
