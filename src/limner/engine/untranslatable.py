"""Why a model cannot carry out a request."""

from __future__ import annotations


class Untranslatable(Exception):
    """A model cannot carry out the request; says which field and why."""

    def __init__(self, field: str, why: str, code: str = "unsupported") -> None:
        super().__init__(why)
        self.field = field
        self.why = why
        self.code = code

    def again(self) -> Untranslatable:
        """The same, to be raised or kept: one that was raised holds on to all that was there when it was."""
        return Untranslatable(self.field, self.why, self.code)
