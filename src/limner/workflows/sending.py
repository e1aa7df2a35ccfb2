"""A call as a workflow: whether the one fits the other, and what is put where."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from limner.domain.call import Call
from limner.domain.request import Role, Size
from limner.workflows.binding import FIELDS, PICTURES, Binding, Place, filled
from limner.workflows.graph import Graph
from limner.workflows.progress import weights

EDGES = frozenset({"left", "top", "right", "bottom"})
PLAIN = ("negative_prompt", "steps", "guidance", "strength", "scale")
FORMAT = "png"
"""What SaveImage writes, and nothing else."""
SEEDS = 1 << 32
"""Seeds that are drawn; a server takes greater ones, but people have to be able to type them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """A workflow ready to be filled in."""

    graph: Graph
    binding: Binding

    @classmethod
    def of(cls, wire: Mapping[str, object]) -> Sheet:
        """From `[model.wire]`. Raises InvalidRequest where graph and binding do not fit."""
        graph = Graph.of(wire.get("graph"))
        return cls(graph=graph, binding=Binding.of(graph, wire.get("output"), wire.get("bind")))

    def objection(self, call: Call) -> str | None:
        """The first part of a call that the workflow has no place for, or a picture that it needs and does not get."""
        if call.margins is not None and not self.binding.places.keys() >= EDGES:
            return "margins"
        missing = [name for name, value in settings(call).items() if value is not None and not self._has(name)]
        missing += [f"extra.{name}" for name in call.extra if name in FIELDS or not self._has(name)]
        if call.size is not None and not self._fits(call, call.size):
            missing.append("size")
        if call.format not in {None, FORMAT}:
            missing.append("format")
        return next(iter([*missing, *self._picture_objections(call)]), None)

    def body(self, call: Call, names: Mapping[str, Sequence[str]], prefix: str) -> dict[str, dict[str, object]]:
        """The workflow with the call in it; `names` are the uploaded pictures by role, `prefix` that of its files."""
        size = {"width": call.size.width, "height": call.size.height} if call.size else {}
        given = {name: value for name, value in settings(call).items() if value is not None}
        # Without words of the call's own those of whoever drew the workflow must not be painted.
        always = {"prompt": call.prompt, "seed": seed_of(call), "count": call.count, "prefix": prefix}
        values = {**call.extra, **given, **size, **names, **always}
        return filled(self.graph, self.binding, values)

    def ticket(self, call: Call) -> dict[str, object]:
        """How a call is found again and followed: it is known beforehand, for its id is ours."""
        return {
            "prompt_id": call.id,
            "client_id": call.id,
            "output": self.binding.output,
            "seed": seed_of(call),
            "previews": call.partials,
            "weights": weights(self.graph, self.binding.output),
        }

    @property
    def masks_source(self) -> bool:
        """Whether the mask goes as the transparency of the source's own file."""
        return "mask" in self.binding.places and self.binding.places["mask"] == self.binding.places.get("source")

    @property
    def given_later(self) -> list[Place]:
        """The inputs whose value no server can judge beforehand: it comes with each call."""
        return [place for name in (*PICTURES, "prefix") for place in self.binding.places.get(name, ())]

    def _has(self, name: str) -> bool:
        return name in self.binding.places

    def _fits(self, call: Call, size: Size) -> bool:
        """Whether the size can be set, or is the one that comes of the source by itself."""
        if self._has("width") and self._has("height"):
            return True
        source, grown = call.input(Role.SOURCE), call.margins
        if source is None:
            return False
        across, down = (grown.left + grown.right, grown.top + grown.bottom) if grown else (0, 0)
        return size == Size(source.width + across, source.height + down)

    def _picture_objections(self, call: Call) -> list[str]:
        given = {name: sum(image.role.value == name for image in call.inputs) for name in PICTURES}
        wanted = {name: len(self.binding.places.get(name, ())) for name in PICTURES}
        wanted = {name: count if name == "reference" else min(count, 1) for name, count in wanted.items()}
        wrong = [name for name in PICTURES if given[name] != wanted[name]]
        return [f"{name} picture" if given[name] > wanted[name] else "inputs" for name in wrong]


def settings(call: Call) -> dict[str, object]:
    """What a call sets beside its size and pictures, by the names that bindings use; None for what it does not set."""
    grown = call.margins
    edges = {name: getattr(grown, name) for name in sorted(EDGES)} if grown is not None else {}
    return {
        "prompt": call.prompt or None,
        "count": call.count if call.count > 1 else None,
        "seed": call.seed,
        **{name: getattr(call, name) for name in PLAIN},
        **edges,
    }


def seed_of(call: Call) -> int:
    """The call's own, else one that the same call always gets again: a fixed one would give the same picture twice."""
    if call.seed is not None:
        return call.seed
    return int.from_bytes(hashlib.sha256(call.id.encode()).digest()[:8], "big") % SEEDS
