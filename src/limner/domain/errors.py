"""Everything that can go wrong, in one tree.

    LimnerError
    ├── UsageError            the caller asked for something impossible
    │   ├── InvalidRequest    a field is missing, malformed or out of range
    │   ├── UnknownModel      no such model; carries the nearest names
    │   ├── BadPicture        the file is not a picture that can be used
    │   └── IdempotencyConflict
    ├── NotFound              it does not exist, or not for this caller
    ├── PolicyError           allowed by the software, refused by a rule
    │   ├── ContentRefused
    │   ├── Forbidden         seen, but not to be done by this caller
    │   ├── PictureWithheld   it is kept, but its file is not handed out
    │   ├── LimitReached      there was too much of it; later there may be room
    │   │   ├── BudgetExceeded
    │   │   └── TooManyRequests
    │   ├── ConfirmationRequired
    │   ├── PriceUnknown
    │   └── QuoteRefused
    ├── SignInRequired        nobody has signed in (domain/people.py)
    ├── NotConfigured         a key or a service is missing
    │   └── SealBroken    (domain/sealing.py)
    ├── ProviderError         the service said no, failed, or fell silent
    ├── StorageError          disk, folder or database
    └── Interrupted           this process is stopping

Each error answers three questions: which (`code`, stable), may the same thing be tried again
(`retryable`), and was money spent (`spent`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from limner.domain.call import Finished


class Spent(StrEnum):
    """Whether a failed purchase may have cost money."""

    NO = "no"
    YES = "yes"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """An error as a value: what a job, an event or an answer carries."""

    code: str
    message: str
    retryable: bool = False
    spent: Spent = Spent.NO
    field: str | None = None
    provider: str | None = None
    retry_after: float | None = None


class LimnerError(Exception):
    """The root of the tree. The message says what happened and what to do."""

    code = "error"
    retryable = False
    spent = Spent.NO

    def __init__(self, message: str, *, field: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        if code is not None:
            self.code = code

    def problem(self) -> Problem:
        """The error as a value."""
        return Problem(
            code=self.code, message=self.message, retryable=self.retryable, spent=self.spent, field=self.field
        )


class UsageError(LimnerError):
    """The caller asked for something that cannot be done; nothing was spent."""

    code = "usage"


class InvalidRequest(UsageError):
    """A field of the request is missing, malformed or out of range; `field` names it."""

    code = "invalid_request"


class UnknownModel(UsageError):
    """No model has this name; `suggestions` are the nearest ones."""

    code = "unknown_model"

    def __init__(self, message: str, *, suggestions: tuple[str, ...] = ()) -> None:
        super().__init__(message, field="model")
        self.suggestions = suggestions


class BadPicture(UsageError):
    """A file given as a picture is not one, is cut short, or is too large to decode safely."""

    code = "bad_picture"


class IdempotencyConflict(UsageError):
    """The same Idempotency-Key came with another body."""

    code = "idempotency_conflict"


class NotFound(LimnerError):
    """It does not exist, or it is somebody else's; the two are never told apart."""

    code = "not_found"


class PolicyError(LimnerError):
    """A rule of this installation refuses the request."""

    code = "refused"


class LimitReached(PolicyError):
    """There was too much; there is room again after `retry_after` seconds, or never where that is None."""

    code = "limit_reached"

    def __init__(self, message: str, *, code: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after
        self.retryable = retry_after is not None

    def problem(self) -> Problem:
        """The error as a value."""
        return replace(super().problem(), retry_after=self.retry_after)


class BudgetExceeded(LimitReached):
    """A budget that covers the request has too little left."""

    code = "budget_exceeded"


class TooManyRequests(LimitReached):
    """There were as many requests in the last minute as are allowed."""

    code = "too_many_requests"


class ContentRefused(PolicyError):
    """What is wanted may not be painted here; told before anything is sent to whoever paints."""

    code = "content_refused"


class Forbidden(PolicyError):
    """The caller may see it and not do this with it."""

    code = "forbidden"


class PictureWithheld(PolicyError):
    """A finished picture breaks a rule: it is kept, and its file is handed out to nobody but who reviews it."""

    code = "picture_withheld"


class ConfirmationRequired(PolicyError):
    """The price is above what the caller has agreed to."""

    code = "confirmation_required"


class PriceUnknown(PolicyError):
    """The model has no price and no administrator has set a ceiling for such models."""

    code = "price_unknown"


class QuoteRefused(PolicyError):
    """A quote is forged, expired, somebody else's or already used."""

    code = "quote_refused"


class NotConfigured(LimnerError):
    """A service has no key, or nothing that is configured can do what was asked."""

    code = "not_configured"


class StorageError(LimnerError):
    """The data directory, the object store or the database cannot be used."""

    code = "storage_failed"


class Interrupted(LimnerError):
    """The process is stopping; unfinished work is taken up at the next start."""

    code = "interrupted"
    retryable = True


class FailureCode(StrEnum):
    """What a service's refusal or failure means, the same words for every service."""

    AUTHENTICATION = "authentication_failed"
    NO_CREDIT = "no_credit"
    FORBIDDEN = "forbidden"
    RATE_LIMITED = "rate_limited"
    REFUSED = "content_refused"
    BAD_PARAMETER = "bad_parameter"
    MODEL_GONE = "model_gone"
    OVERLOADED = "overloaded"
    FAILED = "provider_failed"
    UNREACHABLE = "unreachable"
    UNAVAILABLE = "provider_unavailable"
    LINE_DROPPED = "line_dropped"
    TIMED_OUT = "timed_out"
    BAD_ANSWER = "bad_answer"
    EXPIRED = "result_expired"
    CANCELLED = "cancelled"


class ProviderError(LimnerError):
    """A service refused, failed or fell silent; `provider` names it and `problem()` carries everything."""

    code = "provider_failed"

    def __init__(self, problem: Problem, *, request_id: str | None = None, bill: Finished | None = None) -> None:
        super().__init__(problem.message, field=problem.field, code=problem.code)
        self._problem = problem
        self.retryable = problem.retryable
        self.spent = problem.spent
        self.provider = problem.provider
        self.retry_after = problem.retry_after
        self.request_id = request_id
        self.bill = bill
        """What a call without a picture cost all the same, where the service says it: usage or cost."""

    def problem(self) -> Problem:
        """What the service said, as a value."""
        return self._problem
