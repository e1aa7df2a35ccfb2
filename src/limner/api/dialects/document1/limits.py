"""How long document 1's prompts may be."""

from __future__ import annotations

from fastapi import Request

from limner.domain.errors import InvalidRequest
from limner.runtime.asking import runtime_of


def check_lengths(request: Request, *texts: str | None) -> None:
    """Raises InvalidRequest where one is longer than the settings allow."""
    limit = runtime_of(request).settings.images_prompt_limit
    if any(text is not None and len(text) > limit for text in texts):
        raise InvalidRequest(f"Prompt too long (max {limit} characters)", field="prompt")
