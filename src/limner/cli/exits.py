"""What went wrong, as an exit code and as a document."""

from __future__ import annotations

from collections.abc import Mapping

from limner.domain.errors import FailureCode, LimnerError, PolicyError, Problem, Spent, UsageError

OK, FAILED, USAGE, REFUSED, AMBIGUOUS, INTERRUPTED = 0, 1, 2, 3, 4, 130

_BRANCHES: tuple[tuple[type[LimnerError], int], ...] = ((UsageError, USAGE), (PolicyError, REFUSED))


def code_of(error: LimnerError) -> int:
    """The exit code for an error: by what may have been spent, then by its branch of the tree."""
    if error.spent is Spent.UNKNOWN:
        return AMBIGUOUS
    if error.code == FailureCode.REFUSED:
        return REFUSED
    return next((code for branch, code in _BRANCHES if isinstance(error, branch)), FAILED)


def described(problem: Problem) -> Mapping[str, object]:
    """A problem as every `--json` answer carries it."""
    return {
        "code": str(problem.code),
        "message": problem.message,
        "retryable": problem.retryable,
        "spent": problem.spent.value,
        "field": problem.field,
    }
