"""Faults of bodies and errors of ours, in document 2's words."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from limner.api.answers import Body, answer
from limner.api.deps import check_is_json, check_numbers
from limner.api.errors import MalformedJson, headers_for, status_of
from limner.api.surfaces import plain_status
from limner.domain.errors import InvalidRequest, LimnerError, NotFound, Problem
from limner.domain.profile import ProfileExists
from limner.engine.profile_options import kind_of

UNAUTHORIZED = 401
PATHS: Mapping[str, tuple[str, ...]] = {
    "model": ("modelName",),
    "key": ("apiKeyId",),
    "base_url": ("baseUrl",),
    "tag": ("tagId",),
    "size": ("options", "size"),
    "aspect": ("options", "aspectRatio"),
    "count": ("options", "n"),
    "quality": ("options", "quality"),
    "style": ("options", "style"),
}
"""Where the document has what our fields are about."""
_KINDS = {"string": "string", "int": "number", "float": "number", "bool": "boolean", "list": "array"}
_PLAIN: Mapping[str, tuple[str, str]] = {
    "missing": ("invalid_type", "Required"),
    "string_too_short": ("too_small", "String must contain at least {min_length} character(s)"),
    "string_too_long": ("too_big", "String must contain at most {max_length} character(s)"),
    "greater_than_equal": ("too_small", "Number must be greater than or equal to {ge}"),
    "less_than_equal": ("too_big", "Number must be less than or equal to {le}"),
    "too_long": ("too_big", "Array must contain at most {max_length} element(s)"),
    "string_pattern_mismatch": ("invalid_string", "Invalid uuid"),
}
"""By pydantic's names of faults: the document's codes and messages, which are zod's (3.x)."""

Said = TypeVar("Said", bound=BaseModel)
Handle: TypeAlias = "Callable[[Request], Coroutine[Any, Any, Response]]"


class Refusal(Exception):
    """An answer that ends a request."""

    def __init__(self, status: int, body: Body, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.response = answer(body, status, headers)


def invalid(details: Sequence[Body]) -> Refusal:
    """400 for a body that is not as the document says."""
    return Refusal(400, {"error": "Validation error", "details": list(details)})


def detail(code: str, message: str, *path: str | int) -> Body:
    """One fault."""
    return {"code": code, "message": message, "path": list(path)}


def failed(what: str, error: LimnerError | Problem, said: str) -> Refusal:
    """500, with the reason; a client learns where a repeat might buy twice."""
    problem = error.problem() if isinstance(error, LimnerError) else error
    return Refusal(500, {"error": what, "details": said}, headers_for(problem, 500))


async def read(request: Request, model: type[Said]) -> Said:
    """The body, checked. Raises Refusal and UnsupportedMediaType."""
    check_is_json(request)
    try:
        text = await request.body()
        check_numbers(text)
        return model.model_validate_json(text)
    except MalformedJson as error:
        raise invalid([detail("custom", error.message.removesuffix("."))]) from None
    except ValidationError as error:
        faults = error.errors(include_url=False)
        raise invalid([_in_its_words(fault) for fault in faults]) from None


def _in_its_words(fault: ErrorDetails) -> Body:
    kind, given = fault["type"], fault.get("ctx", {})
    if kind in _PLAIN:
        code, message = _PLAIN[kind]
        return detail(code, message.format(**given), *fault["loc"])
    if kind == "literal_error":
        return _of_enum(fault, str(given["expected"]).replace(" or ", ", ").replace(", ", " | "))
    family = kind.partition("_")[0]
    if family in _KINDS:
        if isinstance(fault["input"], float) and family == "int":
            return detail("invalid_type", "Expected integer, received float", *fault["loc"])
        return _of_type(fault, _KINDS[family])
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return _of_type(fault, "object")
    return detail("custom", str(fault["msg"]).removeprefix("Value error, "), *fault["loc"])


def _of_type(fault: ErrorDetails, expected: str) -> Body:
    return detail("invalid_type", f"Expected {expected}, received {kind_of(fault['input'])}", *fault["loc"])


def _of_enum(fault: ErrorDetails, expected: str) -> Body:
    if not isinstance(fault["input"], str):
        return _of_type(fault, expected)
    message = f"Invalid enum value. Expected {expected}, received '{fault['input']}'"
    return detail("invalid_enum_value", message, *fault["loc"])


def refused(error: LimnerError) -> Response:
    """The answer to a request that ended in an error of ours, where the route itself says nothing about it."""
    if isinstance(error, InvalidRequest):
        return invalid([fault_of(error)]).response
    if isinstance(error, ProfileExists):
        return answer({"error": "An image profile with this name already exists"}, 409)
    problem = error.problem()
    status = plain_status(status_of(error), problem)
    return answer(shape(status, problem), status, headers_for(problem, status))


def fault_of(error: InvalidRequest) -> Body:
    """A field that makes no sense, as a fault."""
    field = error.field or ""
    code = error.code if error.code in _CODES else "custom"
    return detail(code, error.message.removesuffix("."), *PATHS.get(field, tuple(field.split(".")) if field else ()))


_CODES = frozenset({"invalid_type", "too_small", "too_big", "invalid_enum_value"})


def shape(status: int, problem: Problem) -> Body:
    """An error that no route of the document answers for."""
    return {"error": "Unauthorized" if status == UNAUTHORIZED else problem.message}


def not_found(error: NotFound, otherwise: str) -> Refusal:
    """404: a key that is not there, or what the route is about."""
    return Refusal(404, {"error": "API key not found" if error.field == "key" else otherwise})


async def answered(handle: Handle, request: Request) -> Response:
    """What a route gives, or the answer for what it raises."""
    try:
        return await handle(request)
    except Refusal as refusal:
        return refusal.response
    except LimnerError as error:
        return refused(error)


class Document2Route(APIRoute):
    """A route whose errors have the document's shape."""

    def get_route_handler(self) -> Handle:
        """Answers for what the route raises."""
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            return await answered(handle, request)

        return handled
