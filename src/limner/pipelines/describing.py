"""A pipeline as a model: the catalog file that is written when it is named, free to be corrected by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from limner.domain.toml_text import written

GREATEST_SEED = 9_223_372_036_854_775_807
PIXELS = 4_194_304
"""Of a picture at most, where the pipeline's own size is not larger."""
SHORTEST = 256
LONGEST = 4096
STAND_INS = {"edit": {"variations": "edit", "style_transfer": "edit"}, "inpaint": {"outpaint": "canvas"}}
"""What each task can stand in for."""
PARAMETERS: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "negative_prompt": ("negative_prompt", {"kind": "text"}),
    "num_inference_steps": ("steps", {"kind": "integer", "minimum": 1, "maximum": 150}),
    "guidance_scale": ("guidance", {"kind": "number", "minimum": 0, "maximum": 100}),
    "strength": ("strength", {"kind": "number", "minimum": 0, "maximum": 1}),
}
"""Options of diffusers, and what each is with Limner."""

Lines = Iterator[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Description:
    """A pipeline, and what the process that loaded it says about it."""

    name: str
    title: str
    pipeline: str
    """A folder, or an id on Hugging Face."""
    load: Mapping[str, object]
    """Options of diffusers for loading it."""
    told: Mapping[str, object]

    @property
    def tasks(self) -> Mapping[str, Mapping[str, object]]:
        """What it can do, with the options that it takes for each."""
        return cast("Mapping[str, Mapping[str, object]]", self.told["tasks"])

    def text(self, service: str) -> str:
        """The catalog file."""
        return "\n".join([*self._head(service), *self._sizes(), *self._parameters(), *self._wire()]) + "\n"

    def _head(self, service: str) -> Lines:
        stand_ins = {wanted: how for task in self.tasks for wanted, how in STAND_INS.get(task, {}).items()}
        yield f"# {self.told['class']} of diffusers, as a model of this installation."
        yield "# Written when it was added, by what the pipeline said of itself; correct here what is not right."
        yield from ("", "[service]", f"id = {written(service)}", "", "[[model]]")
        yield f"name = {written(self.name)}"
        yield f"title = {written(self.title)}"
        yield f"description = {written(self._sentence())}"
        yield f"operations = {written(list(self.tasks))}"
        if stand_ins:
            yield f"stand_ins = {written(stand_ins)}"
        yield "max_count = 4"
        if "edit" in self.tasks or "inpaint" in self.tasks:
            yield from ("max_inputs = 1", 'roles = ["source"]')
        if "inpaint" in self.tasks:
            yield 'mask = "white"'
        yield from ("prompt_limit = 10_000", 'formats = ["png"]', "seconds = 30", "timeout = 3600", "streams = true")
        yield from ('source = "the pipeline itself"', "prices = { free = true }")

    def _sentence(self) -> str:
        return f"{self.told['class']} on this machine."

    def _sizes(self) -> Lines:
        width, height, step = (cast(int, self.told[name]) for name in ("width", "height", "multiple"))
        low = min(SHORTEST, width, height)
        yield from ("", "[model.sizes]", f'default = "{width}x{height}"')
        grid = {
            "multiple": step,
            "min_edge": low,
            "max_edge": max(LONGEST, width, height),
            "min_pixels": low * low,
            "max_pixels": max(PIXELS, width * height),
            "max_ratio": 4,
        }
        yield f"grid = {written(grid)}"

    def _parameters(self) -> Lines:
        yield from ("", "[model.parameters]")
        yield f"seed = {written({'kind': 'integer', 'minimum': 0, 'maximum': GREATEST_SEED})}"
        options = {name: value for taken in reversed(list(self.tasks.values())) for name, value in taken.items()}
        for theirs, (ours, rule) in PARAMETERS.items():
            if theirs in options:
                now = options[theirs]
                yield f"{ours} = {written({**rule, 'default': now} if isinstance(now, int | float) else rule)}"

    def _wire(self) -> Lines:
        yield from ("", "[model.wire]", f"pipeline = {written(self.pipeline)}")
        yield "# Options of diffusers for loading it, such as variant."
        yield f"load = {written(self.load) if self.load else '{}'}"


def name_of(pipeline: str) -> str:
    """A model's name from a folder or an id: the last part of it, in small letters, digits, dots and dashes."""
    last = pipeline.rstrip("/\\").replace("\\", "/").rpartition("/")[2].lower()
    signs = [sign if sign.isascii() and (sign.isalnum() or sign == ".") else "-" for sign in last]
    return "-".join(part for part in "".join(signs).split("-") if part).strip(".") or "pipeline"
