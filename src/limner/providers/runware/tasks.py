"""A call as a task of Runware's: an id that follows from the call's, a size that fits, and pictures that control."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from limner.domain.call import Call, CallInput
from limner.domain.request import Margins, Role, Size
from limner.wire.named import Body, Naming, set_apart
from limner.wire.outgoing import data_uri

CONTROL_OPTIONS = frozenset(
    {"weight", "controlMode", "startStep", "endStep", "startStepPercentage", "endStepPercentage"}
)
"""Options that stand beside a control picture and not in the task itself."""


def task_id(call_id: str) -> str:
    """The UUID of version 4 under which a call goes: its own id where that is one, else always the same for an id."""
    digest = hashlib.sha256(call_id.encode()).digest()[:16]
    try:
        own = uuid.UUID(call_id)
    except ValueError:
        return str(uuid.UUID(bytes=digest, version=4))
    return str(own if own.version == 4 else uuid.UUID(bytes=digest, version=4))


def with_fitting_margins(call: Call) -> Call | None:
    """The size must be that of the source with its margins (2026-11-20): they take up what rounding the size changed.

    That it has to be in steps of 64 is unverified.

    None where they would have to be less than nothing.
    """
    source, edge, size = call.input(Role.SOURCE), call.margins, call.size
    if source is None or edge is None or size is None:
        return call
    across = size.width - source.width - edge.left - edge.right
    down = size.height - source.height - edge.top - edge.bottom
    left, top = min(edge.left, edge.left + edge.right + across), min(edge.top, edge.top + edge.bottom + down)
    if left < 0 or top < 0:
        return None
    room = Size(size.width - source.width - left, size.height - source.height - top)
    return replace(call, margins=Margins(left=left, top=top, right=room.width, bottom=room.height))


def written(call: Call, naming: Naming) -> Body:
    """The fields of a call as the task has them.

    A picture that controls stands in an object, beside the model that reads it (`control` in `[model.wire]`) and what
    the call's own options say about it.
    """
    reader = cast(Mapping[str, object] | None, call.wire.get("control"))
    rest, beside = set_apart(call, () if reader is None else CONTROL_OPTIONS)

    def picture(image: CallInput) -> object:
        if reader is None or image.role is not Role.CONTROL:
            return data_uri(image)
        return {**reader, "guideImage": data_uri(image), **beside}

    return naming.body(rest, picture=picture)
