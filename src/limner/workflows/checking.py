"""Whether a workflow fits a server, by what the server says of its nodes (`/object_info`)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import cast

from limner.workflows.binding import Place
from limner.workflows.graph import Graph, Node
from limner.workflows.reading import knowledge

SHOWN = 6
"""Choices that a sentence names."""

Definitions = Mapping[str, Mapping[str, object]]
"""For each class its definition; an empty one where the server has no such class."""


def faults(graph: Graph, definitions: Definitions, filled_later: Collection[Place] = ()) -> list[str]:
    """What stands in the way, in sentences: missing nodes, missing files, values that are not taken.

    `filled_later` are the inputs whose value comes with each call.
    """
    missing = sorted({node.kind for node in graph.nodes.values() if not definitions.get(node.kind)})
    found = [f"The node {kind} is not installed there." for kind in missing]
    later = {(place.node, place.input) for place in filled_later}
    for node in graph.nodes.values():
        for name, told in inputs_of(definitions.get(node.kind) or {}):
            if (node.id, name) not in later:
                found += _input_faults(graph, node, name, told)
    return found


def inputs_of(definition: Mapping[str, object]) -> Iterator[tuple[str, tuple[bool, Sequence[object]]]]:
    """The inputs that a class has: whether each is required, and what it takes."""
    table = definition.get("input")
    for group in ("required", "optional"):
        rows = table.get(group) if isinstance(table, Mapping) else None
        for name, told in rows.items() if isinstance(rows, Mapping) else ():
            if isinstance(told, list) and told:
                yield str(name), (group == "required", cast("Sequence[object]", told))


def choices_of(told: Sequence[object]) -> list[str] | None:
    """The words that an input chooses from; None where it is no choice. Newer nodes write them as options."""
    if isinstance(told[0], list):
        return [str(word) for word in told[0]]
    options = told[1].get("options") if told[0] == "COMBO" and len(told) > 1 and isinstance(told[1], Mapping) else None
    return [str(word) for word in options] if isinstance(options, list) else None


def _input_faults(graph: Graph, node: Node, name: str, told: tuple[bool, Sequence[object]]) -> Iterator[str]:
    required, takes = told
    where = f"{name} of node {node.id} ({node.kind})"
    if name not in node.inputs:
        if required:
            yield f"The input {where} is missing."
        return
    link = node.link(name)
    if link is None:
        yield from _value_faults(where, node.inputs[name], takes)
    elif graph.target(link) is None:
        yield f"The input {where} is linked to node {link.node}, which is not in the workflow."


def _value_faults(where: str, value: object, takes: Sequence[object]) -> Iterator[str]:
    choices = choices_of(takes)
    if choices is not None:
        if str(value) not in choices:
            yield not_among(where, str(value), choices)
    elif len(takes) > 1 and isinstance(takes[1], Mapping) and isinstance(value, int | float):
        low, high = takes[1].get("min"), takes[1].get("max")
        if (isinstance(low, int | float) and value < low) or (isinstance(high, int | float) and value > high):
            yield f"The input {where} is {value}; it takes {low} to {high}."


def not_among(where: str, value: str, choices: Sequence[str]) -> str:
    """The sentence about a word that is not taken; of a file it says which ones are there."""
    if is_file(value):
        has = f"It has {_listed(choices)}." if choices else "It has none of this kind."
        return f"The file {value} is not there, for {where}. {has}"
    return f"The input {where} does not take {value}, only {_listed(choices)}."


def is_file(value: str) -> bool:
    """Whether a value names the file of a model."""
    return value.lower().endswith(tuple(knowledge().files["endings"]))


def _listed(words: Sequence[str]) -> str:
    more = len(words) - SHOWN
    return ", ".join(words[:SHOWN]) + (f" and {more} more" if more > 0 else "")
