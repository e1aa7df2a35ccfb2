"""How calls end without pictures for reasons that no service names: time, stops, silence."""

from __future__ import annotations

from dataclasses import replace

from limner.domain.control import Control
from limner.domain.errors import FailureCode, Interrupted, LimnerError, Problem, ProviderError, Spent, StorageError
from limner.domain.model_card import ModelCard
from limner.domain.queue import QueuePaused


class NotSent(ProviderError):
    """A call that never left this machine: it says nothing about its service and is not sent again by itself."""


UNASKED = frozenset(
    {
        FailureCode.AUTHENTICATION,
        FailureCode.FORBIDDEN,
        FailureCode.MODEL_GONE,
        FailureCode.UNREACHABLE,
        FailureCode.EXPIRED,
    }
)
"""Once a call has been accepted, these say that it could not be asked after; they do not say that it was not bought."""


def unanswered(error: ProviderError, *, local: bool) -> ProviderError:
    """The same, but where the question itself failed, nobody knows what became of the call: it is not sent again.

    At home it has cost nothing, whatever became of it.
    """
    problem = error.problem()
    if local:
        return ProviderError(replace(problem, retryable=False), request_id=error.request_id)
    if problem.spent is not Spent.NO or not (problem.retryable or problem.code in UNASKED):
        return error
    message = f"{problem.message} The call had been accepted and may have been charged: look there."
    told = replace(problem, message=message, retryable=False, spent=Spent.UNKNOWN)
    return ProviderError(told, request_id=error.request_id)


def interrupted_problem(card: ModelCard) -> Problem:
    """A purchase that was on its way when its process died."""
    return Problem(
        code="interrupted_purchase",
        message=(
            f"Limner was stopped while this was being sent to {card.title}. It may have been charged and was not sent "
            "again. Look at the service's own list, then say whether it was charged."
        ),
        spent=Spent.UNKNOWN,
        provider=card.service,
    )


def unkept_problem(card: ModelCard, error: StorageError) -> Problem:
    """A purchase whose pictures came, or may have come, and could not be written down."""
    return Problem(
        code=error.code,
        message=(
            f"What {card.title} painted could not be kept. It may have been charged and was not sent again. "
            f"{error.message} Look at the service's own list, then say whether it was charged."
        ),
        spent=Spent.UNKNOWN,
        provider=card.service,
    )


def timeout_problem(card: ModelCard) -> Problem:
    """A call that took longer than its model is given."""
    return Problem(
        code=FailureCode.TIMED_OUT,
        message=(
            f"Image generation timeout: {card.title} did not answer within {card.timeout:g} s."
            + ("" if card.prices.free else " It may have been charged and was not sent again.")
        ),
        spent=Spent.NO if card.prices.free else Spent.UNKNOWN,
        provider=card.service,
    )


def crowded_problem(card: ModelCard) -> Problem:
    """A call whose turn did not come."""
    return Problem(
        code=FailureCode.RATE_LIMITED,
        message=f"Rate limit exceeded: too many calls wait for {card.title}. Nothing was sent; try again later.",
        provider=card.service,
    )


def not_entered(control: Control) -> LimnerError:
    """What keeps a call from its turn."""
    if control.held_back and not control.interrupted:
        return QueuePaused("The queue is paused: this waits until it goes on. Nothing was bought.")
    return Interrupted("The job was stopped before anything was sent.")


def cancelled_problem() -> Problem:
    """A call that was stopped on request."""
    return Problem(code=FailureCode.CANCELLED, message="Cancelled. Nothing was charged.")
