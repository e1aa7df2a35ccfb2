"""Errors as problem documents (RFC 9457): one shape, whatever went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from math import ceil

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException

from limner.api.answers import NO_STORE, dumped, request_id
from limner.api.surfaces import CHOSEN, NATIVE_ONLY, Surface, Surfaces, Target
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
    PictureWithheld,
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
from limner.domain.memory import OutOfMemory
from limner.domain.people import SignInRequired
from limner.domain.queue import QueuePaused

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
    SignInRequired: 401,
    NotConfigured: 503,
    ProviderError: 502,
    StorageError: 503,
    Interrupted: 503,
    OutOfMemory: 503,
    LimnerError: 500,
}
"""The status of each kind of error; the nearest ancestor counts. PriceUnknown is a PolicyError."""

STATUS_BY_CODE: Mapping[str, int] = {
    "malformed_json": 400,
    "malformed_form": 400,
    "body_late": 400,
    "unsupported_media_type": 415,
    "body_too_large": 413,
    "disk_full": 507,
    "quote_expired": 410,
    "quote_foreign": 403,
    "image_limit_exceeded": 429,
    "budget_exists": 409,
    "nothing_to_retry": 409,
    QueuePaused.code: 409,
    "round_painting": 409,
    "round_void": 409,
    "already_voted": 409,
    "job_ambiguous": 409,
    "answer_lost": 409,
    "user_exists": 409,
    "last_owner": 409,
    "project_exists": 409,
    "issuer_unavailable": 503,
    "name_taken": 409,
    PictureWithheld.code: 403,
    "picture_gone": 409,
    "job_running": 409,
    "profile_exists": 409,
    "profile_changed": 409,
    FailureCode.RATE_LIMITED: 429,
    FailureCode.OVERLOADED: 503,
    FailureCode.UNAVAILABLE: 503,
    FailureCode.TIMED_OUT: 504,
    FailureCode.REFUSED: 403,
}
"""Codes that say more than their class."""

CODE_BY_STATUS: Mapping[int, str] = {400: "malformed", 404: "not_found", 405: "method_not_allowed"}
"""Codes of the refusals that come from the routes themselves."""


class BodyTooLarge(UsageError):
    """The request's body is larger than this installation takes."""

    code = "body_too_large"


class BodyLate(UsageError):
    """The request's body stopped coming before its end."""

    code = "body_late"


class UnsupportedMediaType(UsageError):
    """The request's body is in a form that this route does not read."""

    code = "unsupported_media_type"


class MalformedJson(UsageError):
    """The request's body is not JSON."""

    code = "malformed_json"


UNREAD = frozenset({BodyLate.code, BodyTooLarge.code})
"""What is said of bodies that have not been read to their end: nothing after them on the line can be."""


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


def headers_for(problem: Problem, status: int) -> dict[str, str]:
    """What a client should know: when to repeat it, whether to, how to sign in."""
    headers = dict(NO_STORE)
    if problem.code in UNREAD:
        headers["Connection"] = "close"
    if problem.retry_after is not None:
        headers["Retry-After"] = str(max(1, ceil(problem.retry_after)))
    if problem.spent is not Spent.NO:
        headers["x-should-retry"] = "false"
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return headers


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """An error ready to be sent."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    media_type: str

    def answer(self) -> Response:
        """The answer."""
        return Response(self.body, status_code=self.status, media_type=self.media_type, headers=dict(self.headers))


@dataclass(frozen=True, slots=True)
class Teller:
    """Says what went wrong, to every request in the words of the surface that it is for."""

    surfaces: Surfaces = NATIVE_ONLY

    def told(
        self, target: Target, status: int, problem: Problem, request_name: str, more: Mapping[str, object] | None = None
    ) -> Told:
        """A problem as an answer; `more` is said by the native interface only."""
        surface = self.surfaces.of(target)
        if surface is None:
            body = document(problem, status=status, instance=target.path, request_name=request_name) | dict(more or {})
            return Told(status=status, body=dumped(body), headers=headers_for(problem, status), media_type=MEDIA_TYPE)
        status = surface.status(status, problem)
        return Told(
            status=status,
            body=dumped(surface.shape(status, problem)),
            headers={**headers_for(problem, status), **surface.headers(status, problem)},
            media_type="application/json",
        )

    def answer(
        self, request: Request, status: int, problem: Problem, more: Mapping[str, object] | None = None
    ) -> Response:
        """The same for a request; where several surfaces share its path, in the words of the one that it is for."""
        chosen: Surface | None = request.scope.get(CHOSEN)
        path = request.url.path if chosen is None else chosen.home
        return self.told(Target(path, request.method), status, problem, request_id(request), more).answer()

    def failure(self, request: Request, error: LimnerError) -> Response:
        """The answer to a request that ended in an error of ours."""
        more = {"suggestions": error.suggestions} if isinstance(error, UnknownModel) else None
        return self.answer(request, status_of(error), error.problem(), more)

    def faults(self, request: Request, faults: list[ErrorDetails]) -> Response:
        """The answer to a request with fields that are wrong."""
        problem, errors = validation_problem(faults)
        return self.answer(request, 422, problem, {"errors": errors})


class WrongFields(UsageError):
    """Fields of a body that are wrong; `faults` are all of them."""

    code = "invalid_request"

    def __init__(self, faults: list[ErrorDetails]) -> None:
        problem, _ = validation_problem(faults)
        super().__init__(problem.message, field=problem.field)
        self.faults = faults


def install(app: FastAPI, surfaces: Surfaces = NATIVE_ONLY) -> None:
    """Makes every error of this application answer as a problem document, or as the document of its path has it."""
    teller = Teller(surfaces)

    async def limner_error(request: Request, error: Exception) -> Response:
        if isinstance(error, WrongFields):
            return teller.faults(request, error.faults)
        if not isinstance(error, LimnerError):
            raise error
        return teller.failure(request, error)

    async def wrong_parameters(request: Request, error: Exception) -> Response:
        if not isinstance(error, RequestValidationError):
            raise error
        return teller.faults(request, list(error.errors()))

    async def refused_by_route(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        status = error.status_code
        code = CODE_BY_STATUS.get(status, "refused")
        problem = Problem(code=code, message=_explained(status, request) or f"{error.detail}.")
        answer = teller.answer(request, status, problem)
        answer.headers.update(error.headers or {})
        return answer

    app.add_exception_handler(LimnerError, limner_error)
    app.add_exception_handler(MemoryError, partial(_out_of_memory, teller))
    app.add_exception_handler(RequestValidationError, wrong_parameters)
    app.add_exception_handler(HTTPException, refused_by_route)


async def _out_of_memory(teller: Teller, request: Request, error: Exception) -> Response:
    del error  # there is nothing in it that the words do not say
    return teller.failure(request, OutOfMemory())


def _explained(status: int, request: Request) -> str | None:
    if status == HTTPStatus.NOT_FOUND:
        return "There is nothing at this address. /docs lists what there is."
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return f"This address does not take {request.method}. /docs lists what it takes."
    return None
