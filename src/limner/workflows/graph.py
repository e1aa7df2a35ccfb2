"""A workflow in ComfyUI's API format: nodes by id, each with a class and inputs that are values or links.

{"6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a fox", "clip": ["4", 1]}}}
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from limner.domain.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class Link:
    """An input that takes what another node gives."""

    node: str
    slot: int
    """Which of its outputs, from 0."""


@dataclass(frozen=True, slots=True)
class Node:
    """One node: what it is and what it is given."""

    id: str
    kind: str
    """ComfyUI's name of its class."""
    inputs: Mapping[str, object]

    def link(self, name: str) -> Link | None:
        """Where an input is linked to; None where it is a value or not there."""
        value = self.inputs.get(name)
        if isinstance(value, list) and len(value) == 2 and isinstance(value[1], int):
            return Link(str(value[0]), value[1])
        return None

    @property
    def links(self) -> Iterator[tuple[str, Link]]:
        """All inputs that are links."""
        for name in self.inputs:
            link = self.link(name)
            if link is not None:
                yield name, link

    def has_value(self, name: str) -> bool:
        """Whether an input is there and written out, not linked."""
        return name in self.inputs and self.link(name) is None


class Graph:
    """A whole workflow, in the order in which it was written."""

    def __init__(self, nodes: Mapping[str, Node]) -> None:
        self.nodes = nodes

    @classmethod
    def parse(cls, text: str | bytes) -> Graph:
        """Reads a file. Raises InvalidRequest, field `workflow`, saying what it is instead."""
        try:
            value = json.loads(text)
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise refused(f"The workflow is no JSON ({error}).") from error
        return cls.of(value)

    @classmethod
    def of(cls, value: object) -> Graph:
        """The same from what a JSON text says."""
        if isinstance(value, Mapping) and isinstance(value.get("nodes"), list):
            raise refused("This workflow was saved for ComfyUI's editor.")
        if not isinstance(value, Mapping) or not value:
            raise refused("The workflow is no object of nodes by their ids.")
        return cls({str(id): _node(str(id), table) for id, table in value.items()})

    def target(self, link: Link | None) -> Node | None:
        """The node at the other end of a link; None where there is none."""
        return None if link is None else self.nodes.get(link.node)

    @cached_property
    def consumers(self) -> Mapping[str, tuple[tuple[Node, str, int], ...]]:
        """For each node those that take something from it: the node, its input, and which output it takes."""
        found: dict[str, list[tuple[Node, str, int]]] = {id: [] for id in self.nodes}
        for node in self.nodes.values():
            for name, link in node.links:
                found.setdefault(link.node, []).append((node, name, link.slot))
        return {id: tuple(entries) for id, entries in found.items()}

    def upstream(self, node: Node) -> tuple[Node, ...]:
        """All that a node depends on and the node itself, what comes first first."""
        ordered: dict[str, Node] = {}
        waiting, opened = [node], set()
        while waiting:
            current = waiting[-1]
            if current.id in opened:
                waiting.pop()
                ordered.setdefault(current.id, current)
                continue
            opened.add(current.id)
            targets = (self.target(link) for _, link in current.links)
            waiting += [target for target in targets if target is not None and target.id not in opened]
        return tuple(ordered.values())

    def body(self) -> dict[str, dict[str, object]]:
        """The graph as it is sent, free to be changed."""
        return {node.id: {"class_type": node.kind, "inputs": dict(node.inputs)} for node in self.nodes.values()}


def _node(id: str, table: object) -> Node:
    if not isinstance(table, Mapping) or not isinstance(table.get("class_type"), str):
        raise refused(f"Node {id} of the workflow has no class_type.")
    inputs = table.get("inputs", {})
    if not isinstance(inputs, Mapping):
        raise refused(f"The inputs of node {id} are no object.")
    return Node(id, table["class_type"], dict(inputs))


def refused(reason: str) -> InvalidRequest:
    """A file that is no workflow that can be sent."""
    return InvalidRequest(
        f'{reason} Give one in API format: in ComfyUI choose "Export (API)".', field="workflow", code="workflow_invalid"
    )
