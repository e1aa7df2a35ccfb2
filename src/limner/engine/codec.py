"""How a request is written down in plain JSON values and read again, as a protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from limner.domain.request import ImageRequest


class RequestCodec(Protocol):
    """Turns a request into plain JSON values and back, for quotes and recipes that carry one."""

    def dump(self, request: ImageRequest) -> Mapping[str, object]:
        """Plain JSON values; what is at its default is left out."""
        ...

    def load(self, values: Mapping[str, object]) -> ImageRequest:
        """The request again. Raises InvalidRequest for values that are no request."""
        ...

    def fingerprint(self, request: ImageRequest) -> str:
        """The same for equal requests, another for others."""
        ...
