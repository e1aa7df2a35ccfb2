"""What the pages reach for: what writes them, and ids as they stand in addresses."""

from __future__ import annotations

from uuid import UUID

from fastapi import Request

from limner.domain.errors import NotFound
from limner.web.languages import gettext
from limner.web.rendering import Renderer


def renderer_of(request: Request) -> Renderer:
    """What writes the pages."""
    renderer: Renderer = request.app.state.renderer
    return renderer


def known_id(text: str) -> str:
    """An id in the form that ours have. Raises NotFound."""
    try:
        return str(UUID(text))
    except ValueError:
        raise NotFound(gettext("There is nothing with this id.")) from None
