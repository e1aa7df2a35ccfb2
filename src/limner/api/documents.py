"""The OpenAPI document: what every route may answer, and the bodies that are read by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from limner.api.batch_bodies import BatchBody, BatchOptions
from limner.api.bodies import (
    BudgetBody,
    BudgetLimitBody,
    DecisionBody,
    FillBody,
    JobBody,
    PresetBody,
    QueueBody,
    ReportBody,
    RequestBody,
    ResolveBody,
    RetryBody,
    SteeringBody,
    TemplateBody,
    TemplateChanges,
    WebhookBody,
)
from limner.api.chat_bodies import (
    BranchBody,
    BuyBody,
    ChatBody,
    ChatChangeBody,
    ChatTagBody,
    EditBody,
    MessageBody,
    RepriceBody,
)
from limner.api.comparison_bodies import ComparisonBody, RoundBody, VoteBody
from limner.api.curating_bodies import (
    ChangeBody,
    CleanupBody,
    CollectionBody,
    CollectionEditBody,
    ExportBody,
    IdsBody,
    ShareBody,
    TagBody,
)
from limner.api.description_schemas import DescribeAllBody, DescribeBody
from limner.api.errors import MEDIA_TYPE
from limner.api.gate import is_open
from limner.api.key_schemas import KeyChangeBody, NewKeyBody
from limner.api.people_bodies import (
    GoogleBody,
    InvitationBody,
    LoginBody,
    MemberBody,
    OwnPasswordBody,
    ProjectBody,
    TokenBody,
    UserBody,
    UserChangeBody,
)
from limner.api.profile_bodies import ProfileBody, ProfileChangesBody
from limner.api.prompt_schemas import EnhanceBody, HelpedBody, PromptBody, TranslateBody
from limner.api.schemas import EventPage, ProblemDocument
from limner.api.surfaces import NATIVE_ONLY, Surfaces, Target
from limner.api.taking_in import ROLES
from limner.api.text_schemas import TextResolveBody

TEMPLATE = "#/components/schemas/{model}"

Responses = dict[int | str, dict[str, Any]]
"""What a route declares, in the form FastAPI takes."""

MEANINGS: Mapping[int, str] = {
    400: "The body cannot be read.",
    401: "Nobody has signed in, or not rightly; only where people sign in.",
    402: "A budget has too little left.",
    403: "A rule of this installation refuses it.",
    404: "It does not exist, or not for you.",
    409: "It meets something that is there already, costs more than was agreed to, or the quote cannot be used.",
    413: "The body is too large.",
    415: "The body is in a form that this route does not read.",
    421: "The address in Host is not one of this server.",
    422: "A field is missing, malformed or out of range.",
    429: "Too many requests or pictures, here or at the service; Retry-After says when there is room again.",
    500: "Limner failed; the request id finds the reason in its log.",
    502: "The service failed.",
    503: "A service, the database or the object store cannot be used now.",
    504: "The service did not answer in time.",
    507: "The disk is full.",
}

BODIES: tuple[type[BaseModel], ...] = (
    RequestBody,
    JobBody,
    RetryBody,
    ResolveBody,
    QueueBody,
    SteeringBody,
    WebhookBody,
    BudgetBody,
    BudgetLimitBody,
    GoogleBody,
    LoginBody,
    OwnPasswordBody,
    InvitationBody,
    UserBody,
    UserChangeBody,
    TokenBody,
    ProjectBody,
    MemberBody,
    ProfileBody,
    ProfileChangesBody,
    ReportBody,
    DecisionBody,
    TemplateBody,
    TemplateChanges,
    FillBody,
    PresetBody,
    PromptBody,
    EnhanceBody,
    HelpedBody,
    TranslateBody,
    DescribeBody,
    DescribeAllBody,
    TextResolveBody,
    ChangeBody,
    IdsBody,
    TagBody,
    CollectionBody,
    CollectionEditBody,
    BatchBody,
    BatchOptions,
    CleanupBody,
    ExportBody,
    ShareBody,
    NewKeyBody,
    KeyChangeBody,
    ChatBody,
    ChatChangeBody,
    ChatTagBody,
    MessageBody,
    EditBody,
    BranchBody,
    BuyBody,
    RepriceBody,
    RoundBody,
    ComparisonBody,
    VoteBody,
)
"""Read by hand, by the native routes."""
ALWAYS = (421, 422, 500, 503)
"""What any route may answer: a foreign Host, a malformed parameter, a failure, a database that is away."""
UNSAFE = (400, 403, 413)
"""What any route that changes something may answer as well: a cut body, a foreign Origin, too much."""
PAINTING = (402, 404, 409, 415, 429, 502, 504, 507)
"""What planning and buying may come to."""


def _ref(name: str) -> dict[str, str]:
    return {"$ref": TEMPLATE.format(model=name)}


def problems(*statuses: int) -> Responses:
    """The problems that a route may answer with."""
    content = {MEDIA_TYPE: {"schema": _ref(ProblemDocument.__name__)}}
    return {status: {"description": MEANINGS[status], "content": content} for status in statuses}


def answers(model: type[BaseModel], description: str, *statuses: int, status: int = 200) -> Responses:
    """What a reading route may answer: its model, or one of these problems."""
    return {status: {"model": model, "description": description}, **problems(*ALWAYS, *statuses)}


def body_of(model: type[BaseModel], *, files: bool = False, required: bool = True) -> dict[str, Any]:
    """The body that a route reads, for its `openapi_extra`; with `files` it comes as a form as well."""
    content: dict[str, Any] = {"application/json": {"schema": _ref(model.__name__)}}
    if files:
        file = {"type": "string", "format": "binary"}
        parts: dict[str, Any] = {name: file for name in ROLES if name != "reference[]"}
        parts["reference"] = {"type": "array", "items": file}
        content["multipart/form-data"] = {
            "schema": {"type": "object", "properties": {"request": _ref(model.__name__), **parts}},
            "encoding": {"request": {"contentType": "application/json"}},
        }
    return {"requestBody": {"required": required, "content": content}}


def refusals(model: type[BaseModel], *statuses: int) -> Responses:
    """The same for a route of another document, whose errors have a shape of their own."""
    return {status: {"description": MEANINGS[status], "model": model} for status in statuses}


def taking(model: type[BaseModel] | None, *, form: dict[str, Any] | None = None) -> dict[str, Any]:
    """The body that a route of another document reads: JSON, a form, or either."""
    content: dict[str, Any] = {} if model is None else {"application/json": {"schema": _ref(model.__name__)}}
    if form is not None:
        content["multipart/form-data"] = {"schema": form}
    return {"requestBody": {"required": True, "content": content}}


def form_of(model: type[BaseModel], *, mask: bool = False) -> dict[str, Any]:
    """A form with the fields of a model, a picture, and perhaps a mask."""
    file = {"type": "string", "format": "binary"}
    files = {"image": file, "mask": file} if mask else {"image": file}
    return {"allOf": [_ref(model.__name__), {"type": "object", "properties": files, "required": ["image"]}]}


def install(app: FastAPI, surfaces: Surfaces = NATIVE_ONLY, bodies: Sequence[type[BaseModel]] = ()) -> None:
    """Makes the application describe itself with the shared problems and bodies; built once, on first use."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app, surfaces, bodies)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI documents this as the way to extend the document


def _document(app: FastAPI, surfaces: Surfaces, bodies: Sequence[type[BaseModel]]) -> dict[str, Any]:
    document = get_openapi(
        title=app.title, version=app.version, summary=app.summary, description=app.description, routes=app.routes
    )
    _, taken = models_json_schema(
        [(model, "validation") for model in (*BODIES, *bodies)],
        ref_template=TEMPLATE,
    )
    _, given = models_json_schema(
        [(ProblemDocument, "validation"), (EventPage, "serialization")], ref_template=TEMPLATE
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for definitions in (taken, given):
        schemas.update(definitions.get("$defs", {}))
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            of_the_gate = () if is_open(method.upper(), path) else (401,)
            if surfaces.of(Target(path, method.upper())) is not None:
                responses = operation["responses"]
                responses.pop("422", None)  # FastAPI's own word for it; there it is 400
                for missing in of_the_gate:
                    in_its_shape = {"content": responses["500"]["content"]} if "500" in responses else {}
                    responses.setdefault(str(missing), {"description": MEANINGS[missing], **in_its_shape})
                continue
            of_the_door = () if method == "get" else UNSAFE
            for status, response in problems(*of_the_door, *of_the_gate).items():
                operation["responses"].setdefault(str(status), response)
    return document
