"""What a task of Runware's has beside a call's fields: an id that follows from the call's, and a size that fits."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import replace

from limner.domain.call import Call
from limner.domain.request import Margins, Role, Size


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
