"""A call under the names that a service gives its fields, as the catalog has them.

    [model.wire]
    names = { prompt = "prompt", count = "num_outputs", size = ["width", "height"], source = "image" }
    words = { format = { jpeg = "jpg" } }
    fixed = { go_fast = true }

A name with dots stands for an object in an object: `input.image`. A name that ends in `[]` is a list. `size` takes one
name for a text like 1024x1024 or two for its edges, `margins` four: left, top, right, bottom; or two: left, top.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import cast

from limner.domain.call import Call, CallInput
from limner.domain.request import Role, Size
from limner.wire.outgoing import FormFile, data_uri
from limner.wire.takes import OPTIONAL

Body = dict[str, object]
"""A JSON object."""
PAID_BY = ("count", "size", "aspect", "resolution", "quality", "steps", "scale")
"""Fields that a price may depend on. They are set by their own names only: whatever `extra` says has no price."""
LOOKED_AT = ("prompt", "negative_prompt", *(role.value for role in Role))
"""What is looked at before it is sent, by its own names only as well."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Naming:
    """How one model wants its calls written."""

    names: Mapping[str, str | Sequence[str]]
    """From our names of fields and roles to the service's."""
    words: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """For each field, our words and the service's."""
    fixed: Mapping[str, object] = field(default_factory=dict)
    """What goes along with every call, by the service's names."""
    pictures: Mapping[str, str] | None = None
    """Where pictures go as files of a form: from our roles to its fields; `names` then has none of the roles."""

    @classmethod
    def of(cls, wire: Mapping[str, object]) -> Naming:
        """What `[model.wire]` says about names; what it leaves out is empty."""
        return cls(
            names=cast(Mapping[str, str | Sequence[str]], wire.get("names", {})),
            words=cast(Mapping[str, Mapping[str, object]], wire.get("words", {})),
            fixed=cast(Mapping[str, object], wire.get("fixed", {})),
            pictures=cast(Mapping[str, str] | None, wire.get("pictures")),
        )

    def objection(self, call: Call) -> str | None:
        """The first part of a call that has no name here; None where all is well."""
        set_fields = [name for name in OPTIONAL if getattr(call, name) is not None]
        wanted = ["prompt"] * bool(call.prompt) + ["count"] * (call.count > 1) + set_fields
        missing = [name for name in wanted if name not in self.names]
        places = self.names if self.pictures is None else self.pictures
        missing += [f"{image.role} picture" for image in call.inputs if image.role.value not in places]
        missing += [f"extra.{name}" for name in call.extra if self._is_its_own(name)]
        return missing[0] if missing else None

    def ours(self, theirs: str) -> str:
        """Our name for a field of the service's: a complaint about it is one about that part of the request."""
        if self.pictures is not None and theirs in self.pictures.values():
            return "inputs"
        for name in self.names:
            if theirs in {path.removesuffix("[]") for path in self._paths(name)}:
                return "inputs" if self.pictures is None and name in set(Role) else name
        return f"extra.{theirs}"

    def named_in(self, said: str) -> str | None:
        """Our name for the first field that a sentence names by the service's own name; None where it names none."""
        words = [word.strip("`'\"().,:;") for word in said.split()]
        return next((ours for word in words if not (ours := self.ours(word)).startswith("extra.")), None)

    def _is_its_own(self, theirs: str) -> bool:
        """Whether a name, one above it or one below it is that of a field which only its own name may set."""
        ours = [path for name in (*PAID_BY, *LOOKED_AT) for path in self._paths(name)]
        paths = [path.removesuffix("[]") for path in (*ours, *(self.pictures or {}).values())]
        theirs = theirs.removesuffix("[]")
        return any(f"{path}.".startswith(f"{theirs}.") or f"{theirs}.".startswith(f"{path}.") for path in paths)

    def _paths(self, name: str) -> Sequence[str]:
        """Where a field of ours goes; nowhere where it has no name."""
        paths = self.names.get(name, ())
        return (paths,) if isinstance(paths, str) else paths

    def body(self, call: Call, *, picture: Callable[[CallInput], object] = data_uri) -> Body:
        """The call as the service's JSON object; `picture` says how an input picture is written there.

        Pictures that go as files are not in it.
        """
        body: Body = {}
        for name, value in self.fixed.items():
            put(body, name, deepcopy(value))
        for ours, theirs in self.names.items():
            value = self._worded(ours, getattr(call, ours, None))
            if value is not None and value != "":
                place_value(body, theirs, value)
        for image in call.inputs if self.pictures is None else ():
            theirs = self.names[image.role.value]
            put(body, theirs if isinstance(theirs, str) else theirs[0], picture(image))
        for name, value in call.extra.items():
            put(body, name, value)
        return body

    def files(self, call: Call) -> list[FormFile]:
        """The pictures of a call as files of a form, in order."""
        fields = self.pictures or {}
        return [
            FormFile.of(image, name=fields[image.role.value], stem=f"{image.role}-{n}")
            for n, image in enumerate(call.inputs if fields else ())
        ]

    def _worded(self, name: str, value: object) -> object:
        return self.words.get(name, {}).get(str(value), value)


def set_apart(call: Call, names: Collection[str]) -> tuple[Call, Body]:
    """A call without some of its own options, and those options: they stand beside a picture and not in the body."""
    apart = {name: value for name, value in call.extra.items() if name in names}
    rest = {name: value for name, value in call.extra.items() if name not in names}
    return replace(call, extra=rest), apart


def place_value(body: Body, names: str | Sequence[str], value: object) -> None:
    """Puts one field of a call under its name, or its parts under several."""
    if isinstance(names, str):
        put(body, names, value if isinstance(value, str | int | float | bool | list | dict) else str(value))
        return
    edges = ("width", "height") if isinstance(value, Size) else ("left", "top", "right", "bottom")
    for name, edge in zip(names, edges, strict=False):
        put(body, name, getattr(value, edge))


def put(body: Body, path: str, value: object) -> None:
    """Puts a value at a path of names with dots; a name that ends in `[]` gets one more member."""
    *above, last = path.split(".")
    for step in above:
        below = body.setdefault(step, {})
        if not isinstance(below, dict):
            raise ValueError(f"{path} leads through {step}, which is no object.")
        body = below
    if last.endswith("[]"):
        members = body.setdefault(last.removesuffix("[]"), [])
        if not isinstance(members, list):
            raise ValueError(f"{path} is no list.")
        members.append(value)
    else:
        body[last] = value
