"""Why a model cannot carry out a request."""

from __future__ import annotations


class Untranslatable(Exception):
    """A model cannot carry out the request; says which field and why."""

    def __init__(self, field: str, why: str, code: str = "unsupported") -> None:
        super().__init__(why)
        self.field = field
        self.why = why
        self.code = code
