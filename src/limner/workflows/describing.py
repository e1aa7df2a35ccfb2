"""An installation's own workflow as a model: the catalog file that goes beside it, free to be corrected by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath

from limner.domain.toml_text import key, written
from limner.workflows.binding import FIELDS, PICTURES, Binding, Place
from limner.workflows.graph import Graph
from limner.workflows.reading import removes_background

GREATEST_SEED = 9_223_372_036_854_775_807
PIXELS = 4_194_304
"""Of a picture at most, where the workflow's own size is not larger."""
RANGES: Mapping[str, Mapping[str, object]] = {
    "seed": {"kind": "integer", "minimum": 0, "maximum": GREATEST_SEED},
    "steps": {"kind": "integer", "minimum": 1, "maximum": 150},
    "guidance": {"kind": "number", "minimum": 0, "maximum": 100},
    "strength": {"kind": "number", "minimum": 0, "maximum": 1},
    "scale": {"choices": ["2", "4"], "default": "2"},
    "negative_prompt": {"kind": "text"},
}
KINDS: Mapping[type, str] = {bool: "flag", int: "integer", float: "number", str: "text"}

Lines = Iterator[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Description:
    """A workflow with its binding, and what people call it."""

    name: str
    title: str
    graph: Graph
    binding: Binding

    def text(self, service: str) -> str:
        """The catalog file of the workflow `name`.json beside it."""
        return "\n".join([*self._head(service), *self._sizes(), *self._parameters(), *self._wire()]) + "\n"

    @property
    def operations(self) -> tuple[list[str], dict[str, str]]:
        """What it does itself, and what it can stand in for, by what is bound."""
        if self._has("left", "top", "right", "bottom"):
            return ["outpaint"], {}
        if self._has("mask"):
            return ["inpaint"], {"outpaint": "canvas"}
        if not self._has("source"):
            return ["generate"], {}
        if self._has("prompt"):
            return (["edit", "variations"], {}) if self._has("strength") else (["edit"], {"variations": "edit"})
        return ["remove_background" if removes_background(self.graph) else "upscale"], {}

    def _head(self, service: str) -> Lines:
        operations, stand_ins = self.operations
        roles = [role for role in PICTURES if role != "mask" and self._has(role)]
        yield f"# A workflow of this installation, {self.name}.json beside this file, as a model."
        yield "# Written when it was added, by what was found in it; correct here what is not right."
        yield from ("", "[service]", f"id = {written(service)}", "", "[[model]]")
        yield f"name = {written(self.name)}"
        yield f"title = {written(self.title)}"
        yield 'description = "A workflow of this installation."'
        yield f"operations = {written(operations)}"
        if stand_ins:
            yield f"stand_ins = {written(stand_ins)}"
        yield f"max_count = {4 if self._has('count') else 1}"
        if roles:
            yield f"max_inputs = {sum(len(self.binding.places[role]) for role in roles)}"
            yield f"roles = {written(roles)}"
        needs = [role for role in roles if role != "source"]
        if needs:
            yield f"needs = {written(needs)}"
        if self._has("mask"):
            yield f"mask = {written(self._mask())}"
        yield f"prompt_limit = {10_000 if self._has('prompt') else 0}"
        yield from ('formats = ["png"]', "seconds = 30", "timeout = 1800")
        yield f"streams = {written(self._has('steps'))}"
        yield from ('source = "the workflow itself"', "prices = { free = true }")

    def _mask(self) -> str:
        """White where a channel of the mask's file is read, transparent where its alpha is."""
        (place, *_) = self.binding.places["mask"]
        channel = self.graph.nodes[place.node].inputs.get("channel", "alpha")
        return "alpha" if channel == "alpha" else "white"

    def _sizes(self) -> Lines:
        """The steps that the workflow's own size allows, around it."""
        if not self._has("width", "height") or self._has("left"):
            return
        width, height = (self._now(self.binding.places[edge][0]) for edge in ("width", "height"))
        if not isinstance(width, int) or not isinstance(height, int) or min(width, height) < 1:
            return
        step = next(step for step in (16, 8, 1) if width % step == height % step == 0)
        low, high = min(256, width, height), max(4096, width, height)
        ratio = max(4, -(-max(width, height) // min(width, height)))
        yield from ("", "[model.sizes]", f'default = "{width}x{height}"')
        grid = {
            "multiple": step,
            "min_edge": low,
            "max_edge": high,
            "min_pixels": low * low,
            "max_pixels": max(PIXELS, width * height),
            "max_ratio": ratio,
        }
        yield f"grid = {written(grid)}"

    def _parameters(self) -> Lines:
        yield from ("", "[model.parameters]")
        for name, places in self.binding.places.items():
            now = self._now(places[0])
            if name in RANGES:
                told = dict(RANGES[name])
                if name in {"steps", "guidance", "strength"} and isinstance(now, int | float):
                    told["default"] = now
                yield f"{key(name)} = {written(told)}"
            elif name not in FIELDS and type(now) in KINDS:
                yield f"{key(name)} = {written({'kind': KINDS[type(now)], 'default': now})}"

    def _wire(self) -> Lines:
        yield from ("", "[model.wire]", f"graph = {written({'file': f'{self.name}.json'})}")
        yield from (f"output = {written(self.binding.output)}", "", "[model.wire.bind]")
        for name, places in self.binding.places.items():
            told = [_told(place) for place in places]
            yield f"{key(name)} = {written(told[0] if len(told) == 1 else told)}"

    def _has(self, *names: str) -> bool:
        return all(name in self.binding.places for name in names)

    def _now(self, place: Place) -> object:
        return self.graph.nodes[place.node].inputs[place.input]


def _told(place: Place) -> object:
    return str(place) if place.times == 1.0 else {"at": str(place), "times": place.times}


def name_from(path: PurePath) -> str:
    """A model's name from that of a file: small letters, digits and dashes."""
    signs = [sign if sign.isascii() and sign.isalnum() else "-" for sign in path.stem.lower()]
    return "-".join(part for part in "".join(signs).split("-") if part) or "workflow"
