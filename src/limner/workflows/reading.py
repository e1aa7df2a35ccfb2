"""Reads a workflow from its saved picture backwards and proposes what each of Limner's fields sets in it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from limner.workflows.binding import Binding, Place
from limner.workflows.graph import Graph, Link, Node, refused

ENLARGES = re.compile(r"(?i)(?<![0-9])([248])x|x([248])(?![0-9])")
"""How many times larger a model for enlarging makes a picture, as the names of its files tell it: RealESRGAN_x4plus."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Knowledge:
    """What `nodes.toml` says."""

    fields: dict[str, list[str]]
    links: dict[str, list[str]]
    texts: dict[str, list[str]]
    roles: dict[str, list[str]]
    work: dict[str, list[str]]
    options: dict[str, list[str]]
    files: dict[str, list[str]]


@cache
def knowledge() -> Knowledge:
    """What is known of ComfyUI's nodes."""
    return Knowledge(**tomllib.loads(Path(__file__).with_name("nodes.toml").read_text(encoding="utf-8")))


def propose(graph: Graph) -> Binding:
    """A binding for a workflow that nobody has described. Raises InvalidRequest where nothing is saved."""
    output, warnings = _output(graph)
    reader = _Reader(graph=graph, nodes=graph.upstream(output), output=output)
    reader.read()
    return Binding(
        output=output.id,
        places={name: tuple(places) for name, places in reader.places.items()},
        warnings=(*warnings, *reader.warnings),
    )


def files_of(graph: Graph) -> tuple[str, ...]:
    """The files that a workflow loads: checkpoints, encoders and the like."""
    endings = tuple(knowledge().files["endings"])
    values = [value for node in graph.nodes.values() for value in node.inputs.values() if isinstance(value, str)]
    return tuple(dict.fromkeys(value for value in values if value.lower().endswith(endings)))


def _output(graph: Graph) -> tuple[Node, list[str]]:
    """The node that saves: of several the one that most depends on; previews only where nothing is saved."""
    takers = [node for node in graph.nodes.values() if node.link("images") and not graph.consumers[node.id]]
    saving = [node for node in takers if "filename_prefix" in node.inputs] or takers
    if not saving:
        raise refused("The workflow saves no picture: it has no SaveImage.")
    chosen = max(saving, key=lambda node: len(graph.upstream(node)))
    others = ", ".join(node.id for node in saving if node is not chosen)
    return chosen, [f"Node {chosen.id} saves the pictures that are kept; {others} also saves some."] if others else []


@dataclass(kw_only=True)
class _Reader:
    """One reading of one graph."""

    graph: Graph
    nodes: tuple[Node, ...]
    """All that the output depends on, what comes first first."""
    output: Node
    places: dict[str, list[Place]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def read(self) -> None:
        """Fills in the places."""
        samplers = [node for node in self.nodes if node.link("latent_image")]
        if samplers:
            self._sampling(samplers)
            self._latent(samplers[0])
            self._words(samplers)
        else:
            self._picture(self.output, "images")
            self._scale()
        self._pictures()
        self._options()
        if "filename_prefix" in self.output.inputs:
            self._bind("prefix", [Place(node=self.output.id, input="filename_prefix")])

    # --- values ---------------------------------------------------------------------------

    def _bind(self, name: str, places: Sequence[Place]) -> None:
        held = self.places.setdefault(name, [])
        held += [place for place in places if place not in held]
        if not held:
            del self.places[name]

    def _value(self, node: Node, name: str) -> Place | None:
        """Where the value of an input is written: there, or in a node that only holds it."""
        if node.has_value(name):
            return Place(node=node.id, input=name)
        holder = self.graph.target(node.link(name))
        if holder is None or any(True for _ in holder.links):
            return None
        held = next((held for held in (name, *knowledge().texts["held"]) if holder.has_value(held)), None)
        return None if held is None else Place(node=holder.id, input=held)

    def _first_value(self, nodes: Sequence[Node], names: Sequence[str]) -> Place | None:
        """The first of some inputs that one of some nodes has."""
        found = (self._value(node, name) for name in names for node in nodes)
        return next((place for place in found if place is not None), None)

    def _parts(self, sampler: Node) -> list[Node]:
        """A sampler and the nodes that it is put together from."""
        targets = (self.graph.target(sampler.link(name)) for name in knowledge().links["parts"])
        return [sampler, *(target for target in targets if target is not None)]

    # --- samplers -------------------------------------------------------------------------

    def _sampling(self, samplers: Sequence[Node]) -> None:
        """Seed and steps of all samplers; of later ones the steps only where they are the same as the first one's."""
        for name in ("seed", "steps"):
            found = [self._first_value(self._parts(node), knowledge().fields[name]) for node in samplers]
            places = [place for place in found if place is not None]
            alike = [place for place in places if name == "seed" or self._said(place) == self._said(places[0])]
            self._bind(name, alike)
        if len(samplers) > 1:
            self.warnings.append(f"There are {len(samplers)} samplers; look at what is bound to each.")

    def _said(self, place: Place) -> object:
        return self.graph.nodes[place.node].inputs[place.input]

    def _words(self, samplers: Sequence[Node]) -> None:
        """Prompt, negative prompt and guidance, along the conditionings of the samplers."""
        for sampler in samplers:
            parts = self._parts(sampler)
            positive = self._conditioning(parts, ("positive", "conditioning"))
            negative = self._conditioning(parts, ("negative",))
            prompts = [place for node in positive for place in self._texts(node)]
            self._bind("prompt", prompts)
            self._bind("negative_prompt", [at for node in negative for at in self._texts(node) if at not in prompts])
            guidance = self._first_value(positive, ["guidance"]) or self._first_value(parts, ["cfg"])
            self._bind("guidance", [guidance] if guidance is not None else [])

    def _conditioning(self, parts: Sequence[Node], names: Sequence[str]) -> list[Node]:
        links = (part.link(name) for part in parts for name in names)
        start = next((link for link in links if link is not None), None)
        return [] if start is None else list(self._along(start))

    def _along(self, link: Link) -> Iterator[Node]:
        """The nodes from a conditioning back to its words; nothing once they have been zeroed out."""
        node = self.graph.target(link)
        if node is None or node.kind == "ConditioningZeroOut":
            return
        yield node
        names = knowledge().links["conditioning"]
        if node.link("positive") and node.link("negative"):
            names = ["positive" if link.slot == 0 else "negative"]
        for name in names:
            further = node.link(name)
            if further is not None:
                yield from self._along(further)

    def _texts(self, node: Node) -> list[Place]:
        """Where an encoder's words are written; none for other nodes."""
        if not node.link("clip"):
            return []
        found = (self._value(node, name) for name in knowledge().texts["names"])
        return [place for place in found if place is not None]

    # --- what is painted over -------------------------------------------------------------

    def _latent(self, sampler: Node) -> None:
        """From the first sampler to an empty canvas or to the picture that is painted over."""
        node, name = sampler, "latent_image"
        whole = True
        while (target := self.graph.target(node.link(name))) is not None:
            node = target
            self._count(node)
            if node.link("pixels"):
                whole = whole and not node.link("mask")
                if whole and not any("ReferenceLatent" in other.kind for other in self.nodes):
                    found = self._first_value(self._parts(sampler), knowledge().fields["strength"])
                    self._bind("strength", [found] if found is not None else [])
                self._picture(node, "pixels")
                return
            name = next((name for name in knowledge().links["latent"] if node.link(name)), "")
            if not name:
                self._size(node)
                return

    def _count(self, node: Node) -> None:
        found = self._first_value([node], knowledge().fields["count"])
        self._bind("count", [found] if found is not None else [])

    def _size(self, node: Node) -> None:
        """The size of an empty canvas, and of models that want to be told of it."""
        for edge in ("width", "height"):
            tuned = [other for other in self.nodes if other.link("model") and other.has_value(edge)]
            found = [self._value(other, edge) for other in (node, *tuned)]
            self._bind(edge, [place for place in found if place is not None])

    def _picture(self, node: Node, name: str) -> None:
        """From where a picture is taken to the file it is loaded from; notes what is done to it on the way."""
        target = self.graph.target(node.link(name))
        while target is not None:
            if all(self._value(target, edge) for edge in ("left", "top", "right", "bottom")):
                for edge in ("left", "top", "right", "bottom"):
                    self._bind(edge, [place for place in [self._value(target, edge)] if place])
            elif self._value(target, "width") and self._value(target, "height"):
                self._size(target)
            if self._file(target) is not None:
                self._bind("source", [Place(node=target.id, input="image")])
            links = (target.link(further) for further in knowledge().links["picture"])
            target = self.graph.target(next((link for link in links if link is not None), None))

    def _scale(self) -> None:
        """How many times larger, where no sampler paints; known only if a model's own enlargement is."""
        place = self._first_value(self.nodes, knowledge().fields["scale"])
        models = [node for node in self.nodes if "UpscaleModelLoader" in node.kind]
        if place is None:
            return
        for model in models:
            told = ENLARGES.search(str(model.inputs.get("model_name", "")))
            if told is None:
                self.warnings.append(f"How many times larger {model.id} makes a picture is not known; bind scale.")
                return
            place = Place(node=place.node, input=place.input, times=place.times / int(told[1] or told[2]))
        self._bind("scale", [place])

    # --- pictures -------------------------------------------------------------------------

    def _file(self, node: Node) -> object:
        """The file that a node loads; None for nodes that load none."""
        return node.inputs.get("image") if isinstance(node.inputs.get("image"), str) else None

    def _pictures(self) -> None:
        """What every loaded picture is for, by where it goes."""
        for node in self.nodes:
            if self._file(node) is None:
                continue
            place = Place(node=node.id, input="image")
            if "channel" in node.inputs or any(slot == 1 for _, _, slot in self._takers(node)):
                self._bind("mask", [place])
            if "channel" in node.inputs or place in self.places.get("source", []):
                continue
            if any(slot == 0 for _, _, slot in self._takers(node)):
                self._bind(self._role(node), [place])

    def _takers(self, node: Node) -> list[tuple[Node, str, int]]:
        ids = {other.id for other in self.nodes}
        return [taker for taker in self.graph.consumers[node.id] if taker[0].id in ids]

    def _role(self, node: Node) -> str:
        """Control or style by the nodes that the picture comes to first; else the source, and after it references."""
        waiting, seen = [node], {node.id}
        while waiting:
            for taker, _, _ in self._takers(waiting.pop(0)):
                told = _told(taker.kind, knowledge().roles)
                if told is not None:
                    return told
                if taker.id not in seen and not taker.link("latent_image"):
                    seen.add(taker.id)
                    waiting.append(taker)
        return "reference" if "source" in self.places else "source"

    def _options(self) -> None:
        """ComfyUI's own options that one node alone has and that carry nothing yet."""
        for name in knowledge().options["names"]:
            found = [Place(node=node.id, input=name) for node in self.nodes if node.has_value(name)]
            if len(found) == 1:
                self._bind(name, found)


def _told(kind: str, words: dict[str, list[str]]) -> str | None:
    """The entry one of whose words a class holds."""
    return next((name for name, held in words.items() if any(word in kind for word in held)), None)


def removes_background(graph: Graph) -> bool:
    """Whether a workflow without a sampler cuts out what stands in front."""
    kinds = [node.kind.lower().replace("_", "") for node in graph.nodes.values()]
    return any(word in kind for kind in kinds for word in knowledge().work["remove_background"])
