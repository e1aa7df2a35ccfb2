"""What an adapter knows how to send. A call that holds more is refused: nothing is dropped in silence."""

from __future__ import annotations

from dataclasses import dataclass

from limner.domain.call import Call
from limner.domain.request import Operation, Role

OPTIONAL = (
    "negative_prompt",
    "size",
    "aspect",
    "resolution",
    "margins",
    "quality",
    "style",
    "steps",
    "guidance",
    "seed",
    "strength",
    "scale",
    "format",
    "background",
)
"""Fields of a call that not every service has; None means that they were not asked for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Takes:
    """The operations, optional fields and kinds of input picture that go to a service, as data."""

    operations: frozenset[Operation]
    fields: frozenset[str]
    roles: frozenset[Role]
    reserved: frozenset[str] = frozenset()
    """The service's options that `extra` may not set: they decide how the answer is read or how much is bought."""

    def objection(self, call: Call) -> str | None:
        """The first part of a call that cannot be sent, by its name; None where all is well."""
        if call.operation not in self.operations:
            return "operation"
        unknown = [name for name in OPTIONAL if name not in self.fields and getattr(call, name) is not None]
        unknown += [f"{image.role} picture" for image in call.inputs if image.role not in self.roles]
        unknown += [f"extra.{name}" for name in call.extra if name in self.reserved]
        return unknown[0] if unknown else None
