"""The description of the interface as a page: written on the server, so that it needs no network and no script."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from limner.web.rendering import Renderer, shell
from limner.web.views import DocsPage, Operation

router = APIRouter(include_in_schema=False)

Document = Mapping[str, Any]


@router.get("/docs")
async def docs_page(request: Request) -> Response:
    """Every route with its parameters, its body and what it may answer."""
    document = request.app.openapi()
    renderer: Renderer = request.app.state.renderer
    view = DocsPage(
        shell=shell(request, "API", current="docs"), version=document["info"]["version"], groups=_groups(document)
    )
    return renderer.page(view)


def _groups(document: Document) -> dict[str, tuple[Operation, ...]]:
    """The routes by subject, in the order in which they are declared."""
    groups: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            subject = operation.get("tags", ["other"])[0].capitalize()
            groups.setdefault(subject, []).append(_operation(document, path, method, operation))
    return {subject: tuple(operations) for subject, operations in groups.items()}


def _operation(document: Document, path: str, method: str, operation: Document) -> Operation:
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        description=operation.get("description", ""),
        parameters=tuple(
            (each["name"], each["in"], _meaning(each["schema"], each.get("description", "")))
            for each in operation.get("parameters", ())
        ),
        body=_body(document, operation),
        answers=tuple((status, answer["description"]) for status, answer in operation["responses"].items()),
    )


def _meaning(schema: Document, description: str) -> str:
    choices = schema.get("enum") or schema.get("items", {}).get("enum") or ()
    kinds = [schema.get("type") or each.get("type") for each in schema.get("anyOf", [schema])]
    kind = ", ".join(map(str, choices)) or " or ".join(str(each) for each in kinds if each and each != "null")
    return f"{description} ({kind})" if description and kind else description or kind


def _body(document: Document, operation: Document) -> str:
    """An example of the body, where the route reads one."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if not content:
        return ""
    schemas = content["schema"].get("oneOf") or [content["schema"]]
    return "\n\nor\n\n".join(_example(document, schema) for schema in schemas)


def _example(document: Document, reference: Document) -> str:
    """One of a schema's own examples, or its fields that have to be there."""
    schema = document["components"]["schemas"][reference["$ref"].rpartition("/")[2]]
    examples = schema.get("examples") or [dict.fromkeys(schema.get("required", ()), True)]
    return json.dumps(examples[0], indent=2)
