"""What went wrong, as OpenAI's clients read it: `{"error": {"message", "type", "param", "code"}}`."""

from __future__ import annotations

from collections.abc import Mapping

from limner.api.surfaces import Surface
from limner.domain.errors import FailureCode, Problem, Spent

LATER = "20"
"""Seconds to wait where a service says "too many" and not until when."""
PARAMS = {"count": "n", "format": "output_format", "inputs": "image", "source": "image", "previews": "partial_images"}
CODES = {
    FailureCode.REFUSED: "moderation_blocked",
    "unknown_model": "model_not_found",
    FailureCode.RATE_LIMITED: "rate_limit_exceeded",
}


def error_body(status: int, problem: Problem) -> Mapping[str, object]:
    """A problem in OpenAI's shape."""
    return {
        "error": {
            "message": problem.message,
            "type": _type(status, problem),
            "param": _param(problem.field),
            "code": "invalid_api_key" if status == 401 else CODES.get(problem.code, problem.code),
        }
    }


def _type(status: int, problem: Problem) -> str:
    if problem.code == FailureCode.REFUSED:
        return "image_generation_user_error"
    if status >= 500:
        return "server_error"
    return {402: "insufficient_quota", 429: "rate_limit_error"}.get(status, "invalid_request_error")


def _param(field: str | None) -> str | None:
    if field is None:
        return None
    first, _, rest = field.partition(".")
    return rest if first == "extra" and rest else PARAMS.get(first, field)


def _status(status: int, problem: Problem) -> int:
    """Bad fields and refused content are 400 at OpenAI."""
    return 400 if status == 422 or problem.code == FailureCode.REFUSED else status


def _headers(status: int, problem: Problem) -> Mapping[str, str]:
    """OpenAI's clients repeat 408, 409, 429 and all 5xx by themselves, unless they are told not to."""
    headers = {}
    if status == 429 and problem.retry_after is None:
        headers["Retry-After"] = LATER
    if problem.spent is not Spent.NO or (status >= 409 and status != 429 and not problem.retryable):
        headers["x-should-retry"] = "false"
    return headers


SURFACE = Surface(name="openai", paths=("/v1",), shape=error_body, status=_status, headers=_headers)
