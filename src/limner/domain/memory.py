"""What is said when there is not enough memory, whoever meets it."""

from __future__ import annotations

from limner.domain.errors import LimnerError

OUT_OF_MEMORY = "Out of memory"
"""The words of document 1."""


class OutOfMemory(LimnerError):
    """There was not enough memory for what was asked; what had been written down before is there."""

    code = "out_of_memory"
    retryable = True

    def __init__(self) -> None:
        super().__init__(
            f"{OUT_OF_MEMORY}: there was not enough for this. Ask for fewer or smaller pictures at once, or give "
            "Limner more memory."
        )
