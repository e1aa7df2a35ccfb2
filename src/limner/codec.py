"""Requests as plain JSON values: what quotes and recipes carry."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property

from pydantic import TypeAdapter, ValidationError

from limner.domain.errors import InvalidRequest
from limner.domain.request import ImageRequest


class JsonRequestCodec:
    """Writes requests as JSON values and reads them again, equal."""

    @cached_property
    def _adapter(self) -> TypeAdapter[ImageRequest]:
        return TypeAdapter(ImageRequest)

    def dump(self, request: ImageRequest) -> Mapping[str, object]:
        """Plain JSON values; what is at its default is left out."""
        values: Mapping[str, object] = self._adapter.dump_python(request, mode="json", exclude_defaults=True)
        return values

    def load(self, values: Mapping[str, object]) -> ImageRequest:
        """The request again. Raises InvalidRequest for values that are no request."""
        try:
            return self._adapter.validate_python(values)
        except ValidationError as error:
            fault = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(str(part) for part in fault["loc"])
            raise InvalidRequest(f"The stored request cannot be read: {where}: {fault['msg']}.", field=where) from None

    def fingerprint(self, request: ImageRequest) -> str:
        """The same for equal requests, another for others."""
        return hashlib.sha256(self._adapter.dump_json(request, exclude_defaults=True)).hexdigest()
