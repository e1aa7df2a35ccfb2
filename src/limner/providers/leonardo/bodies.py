"""How a call is written for Leonardo, whose fields differ from operation to operation (facts of 2026-11-20)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from limner.domain.call import Call, CallInput
from limner.domain.request import Role
from limner.wire.named import Naming

CANVAS_STEP, CANVAS_EDGE = 8, 1536
"""Edges of a picture with a mask are multiples of the one and no longer than the other; else the job fails."""


def naming_for(call: Call) -> Naming:
    """How a call of this operation is written."""
    more = cast(Mapping[str, Mapping[str, object]], call.wire.get(call.operation.value, {}))
    parts = ("names", "words", "fixed")
    plain = {part: cast(Mapping[str, object], call.wire.get(part, {})) for part in parts}
    return Naming.of({part: {**plain[part], **more.get(part, {})} for part in parts})


def style_objection(call: Call) -> str | None:
    """Styles go by name at some models and as pictures that show one at others; both are the word style in `names`."""
    if "reference" in call.wire or Role.STYLE in guides_of(call):
        return "style" if call.style is not None else None
    return "style picture" if call.input(Role.STYLE) else None


def canvas_objection(call: Call) -> str | None:
    """What Leonardo would take money for and fail at: a canvas with edges that it does not take."""
    source, mask = call.input(Role.SOURCE), call.input(Role.MASK)
    if mask is None:
        return None
    edges = [] if source is None else [source.width, source.height]
    fits = bool(edges) and all(edge % CANVAS_STEP == 0 and edge <= CANVAS_EDGE for edge in edges)
    return None if fits and edges == [mask.width, mask.height] and len(call.inputs) == 2 else "inputs"


def guides_of(call: Call) -> Mapping[str, Mapping[str, object]]:
    """By role, what the first API is told about pictures that guide and are not painted over."""
    return cast(Mapping[str, Mapping[str, object]], call.wire.get("guides", {}))


def placed(image: CallInput, id: str, call: Call) -> object:
    """The id of a picture as it stands in a body."""
    guide, around = guides_of(call).get(image.role), call.wire.get("reference")
    if guide is not None:
        return {"initImageId": id, "initImageType": "UPLOADED", **guide}
    return {**around, "image": {"id": id, "type": "UPLOADED"}} if isinstance(around, Mapping) else id
