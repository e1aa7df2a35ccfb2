"""Checks requests against the OpenAPI documents of services that are shipped beside this module."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from importlib import resources
from importlib.util import find_spec
from typing import TYPE_CHECKING

from limner.testing.stand_in import Wrong

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

KINDS = ("application/json", "multipart/form-data")


class Specification:
    """One service's document: `Specification("replicate").check("POST", "/predictions", body)`.

    Without jsonschema, which is installed with the tests only, nothing is checked.
    """

    def __init__(self, service: str) -> None:
        text = resources.files("limner.testing").joinpath(f"specs/{service}.openapi.json").read_text()
        self.document = json.loads(text)
        self._paths = [(_pattern(path), path) for path in self.document["paths"]]
        self._made: dict[tuple[str, str], Validator | None] = {}

    def check(self, method: str, path: str, body: Mapping[str, object] | Sequence[object]) -> None:
        """Raises Wrong, status 422, where the body breaks the document, and 404 where the document has no such path.

        Files of a form are given as text; numbers of a form have to be given as numbers.
        """
        fitting = [written for pattern, written in self._paths if pattern.fullmatch(path)]
        template = next((written for written in fitting if method.lower() in self.document["paths"][written]), None)
        if template is None:
            raise Wrong(f"There is no {method} {path}.", status=404)
        validator = self._validator(method.lower(), template)
        error = next(validator.iter_errors(json.loads(json.dumps(body))), None) if validator is not None else None
        if error is not None:
            param = ".".join(str(part) for part in error.path) or None
            raise Wrong(f"Invalid request: {error.message[:300]}", param, "invalid_value", 422)

    def _validator(self, method: str, template: str) -> Validator | None:
        key = (method, template)
        if key not in self._made:
            operation = self.document["paths"][template][method]
            content = operation.get("requestBody", {}).get("content", {})
            schema = next((content[kind]["schema"] for kind in KINDS if kind in content), None)
            self._made[key] = None if schema is None else self._made_of(schema)
        return self._made[key]

    def _made_of(self, schema: Mapping[str, object]) -> Validator | None:
        if find_spec("jsonschema") is None:
            return None
        # Installed with the tests only: without it the stand-in checks no more than the rules written in it.
        from jsonschema import Draft202012Validator

        return Draft202012Validator({**schema, "components": self.document.get("components", {})})


def _pattern(path: str) -> re.Pattern[str]:
    """A path of the document, with any text without a slash for each parameter."""
    parts = re.split(r"\{[^}]+\}", path)
    return re.compile("[^/]+".join(re.escape(part) for part in parts))
