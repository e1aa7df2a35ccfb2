"""Errors as problem documents (RFC 9457): one shape, whatever went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from math import ceil

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException

from limner.api.answers import NO_STORE, dumped, request_id
from limner.api.surfaces import NO_SHAPES, Shapes
from limner.domain.errors import (
    BadPicture,
    BudgetExceeded,
    ConfirmationRequired,
    FailureCode,
    IdempotencyConflict,
    Interrupted,
    LimnerError,
    NotConfigured,
    NotFound,
    PolicyError,
    Problem,
    ProviderError,
    QuoteRefused,
    Spent,
    StorageError,
    TooManyRequests,
    UnknownModel,
    UsageError,
)

MEDIA_TYPE = "application/problem+json"

STATUS_BY_CLASS: Mapping[type[LimnerError], int] = {
    UnknownModel: 404,
    BadPicture: 422,
    IdempotencyConflict: 422,
    UsageError: 422,
    NotFound: 404,
    BudgetExceeded: 402,
    TooManyRequests: 429,
    ConfirmationRequired: 409,
    QuoteRefused: 409,
    PolicyError: 403,
    NotConfigured: 503,
    ProviderError: 502,
    StorageError: 503,
    Interrupted: 503,
    LimnerError: 500,
}
"""The status of each kind of error; the nearest ancestor counts. PriceUnknown is a PolicyError."""

STATUS_BY_CODE: Mapping[str, int] = {
    "malformed_json": 400,
    "unsupported_media_type": 415,
    "body_too_large": 413,
    "disk_full": 507,
    "quote_expired": 410,
    "quote_foreign": 403,
    "image_limit_exceeded": 429,
    "budget_exists": 409,
    "profile_exists": 409,
    "profile_changed": 409,
    FailureCode.RATE_LIMITED: 429,
    FailureCode.OVERLOADED: 503,
    FailureCode.UNAVAILABLE: 503,
    FailureCode.TIMED_OUT: 504,
}
"""Codes that say more than their class."""

CODE_BY_STATUS: Mapping[int, str] = {400: "malformed", 404: "not_found", 405: "method_not_allowed"}
"""Codes of the refusals that come from the routes themselves."""


class BodyTooLarge(UsageError):
    """The request's body is larger than this installation takes."""

    code = "body_too_large"


class UnsupportedMediaType(UsageError):
    """The request's body is in a form that this route does not read."""

    code = "unsupported_media_type"


class MalformedJson(UsageError):
    """The request's body is not JSON."""

    code = "malformed_json"


def status_of(error: LimnerError) -> int:
    """The HTTP status of an error."""
    by_code = STATUS_BY_CODE.get(error.code)
    if by_code is not None:
        return by_code
    return next(STATUS_BY_CLASS[kind] for kind in type(error).__mro__ if kind in STATUS_BY_CLASS)


def document(problem: Problem, *, status: int, instance: str, request_name: str) -> dict[str, object]:
    """A problem document; what is empty is left out, except where its absence would leave a question."""
    body: dict[str, object] = {
        "type": f"urn:limner:problem:{problem.code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": problem.message,
        "instance": instance,
        "code": problem.code,
        "retryable": problem.retryable,
        "spent": problem.spent,
        "field": problem.field,
        "request_id": request_name,
    }
    if problem.provider:
        body["provider"] = problem.provider
    if problem.retry_after is not None:
        body["retry_after"] = problem.retry_after
    return body


def headers_for(problem: Problem) -> dict[str, str]:
    """What a client's own repeats should know."""
    headers = dict(NO_STORE)
    if problem.retry_after is not None:
        headers["Retry-After"] = str(max(1, ceil(problem.retry_after)))
    if problem.spent is not Spent.NO:
        headers["x-should-retry"] = "false"
    return headers


def written(problem: Problem, shapes: Shapes, *, status: int, instance: str, request_name: str) -> tuple[str, bytes]:
    """The media type and the body of an error, in the shape of the path where it happened."""
    shape = shapes.of(instance)
    if shape is not None:
        return "application/json", dumped(shape(status, problem))
    return MEDIA_TYPE, dumped(document(problem, status=status, instance=instance, request_name=request_name))


def sentence(fault: ErrorDetails) -> str:
    """What is wrong with one field, as a sentence."""
    message = str(fault["msg"]).removeprefix("Value error, ")
    return message if message.endswith(".") else f"{message}."


def field_of(fault: ErrorDetails) -> str:
    """The path of the field, without the part of the request it came in."""
    parts = [str(part) for part in fault["loc"]]
    if len(parts) > 1 and parts[0] in {"body", "query", "path", "header"}:
        parts = parts[1:]
    return ".".join(parts)


def validation_problem(faults: list[ErrorDetails]) -> tuple[Problem, list[dict[str, str]]]:
    """The first fault as a problem, and all of them by field."""
    errors = [{"field": field_of(fault), "message": sentence(fault)} for fault in faults]
    first = errors[0]
    where = f"{first['field']}: " if first["field"] else ""
    return Problem(code="invalid_request", message=where + first["message"], field=first["field"] or None), errors


class WrongFields(UsageError):
    """Fields of a body that are wrong; `faults` are all of them."""

    code = "invalid_request"

    def __init__(self, faults: list[ErrorDetails]) -> None:
        problem, _ = validation_problem(faults)
        super().__init__(problem.message, field=problem.field)
        self.faults = faults


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """An error on its way out."""

    problem: Problem
    status: int
    headers: Mapping[str, str] = field(default_factory=lambda: dict(NO_STORE))
    more: Mapping[str, object] = field(default_factory=dict)
    """What a problem document says besides."""

    def answer(self, request: Request, shapes: Shapes) -> Response:
        """The answer to the request that ended so, in the shape of its path."""
        path, name = request.url.path, request_id(request)
        media_type, body = MEDIA_TYPE, b""
        if self.more and shapes.of(path) is None:
            body = dumped({**document(self.problem, status=self.status, instance=path, request_name=name), **self.more})
        else:
            media_type, body = written(self.problem, shapes, status=self.status, instance=path, request_name=name)
        return Response(body, status_code=self.status, media_type=media_type, headers=dict(self.headers))


def fault_of(error: LimnerError) -> Fault:
    """An error of ours on its way out."""
    problem, more = error.problem(), {}
    if isinstance(error, WrongFields):
        return _of_fields(error.faults)
    if isinstance(error, UnknownModel):
        more = {"suggestions": error.suggestions}
    return Fault(problem=problem, status=status_of(error), headers=headers_for(problem), more=more)


def _of_fields(faults: list[ErrorDetails]) -> Fault:
    """Fields that are wrong."""
    problem, errors = validation_problem(faults)
    return Fault(problem=problem, status=422, more={"errors": errors})


def install(app: FastAPI, shapes: Shapes = NO_SHAPES) -> None:
    """Makes every error of this application answer in the shape of its path; without one as a problem document."""

    async def limner_error(request: Request, error: Exception) -> Response:
        if not isinstance(error, LimnerError):
            raise error
        return fault_of(error).answer(request, shapes)

    async def wrong_parameters(request: Request, error: Exception) -> Response:
        if not isinstance(error, RequestValidationError):
            raise error
        return _of_fields(list(error.errors())).answer(request, shapes)

    async def refused_by_route(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        status = error.status_code
        code = CODE_BY_STATUS.get(status, "refused")
        problem = Problem(code=code, message=_explained(status, request) or f"{error.detail}.")
        headers = {**NO_STORE, **(error.headers or {})}
        return Fault(problem=problem, status=status, headers=headers).answer(request, shapes)

    app.add_exception_handler(LimnerError, limner_error)
    app.add_exception_handler(RequestValidationError, wrong_parameters)
    app.add_exception_handler(HTTPException, refused_by_route)


def _explained(status: int, request: Request) -> str | None:
    if status == HTTPStatus.NOT_FOUND:
        return "There is nothing at this address. /docs lists what there is."
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return f"This address does not take {request.method}. /docs lists what it takes."
    return None
