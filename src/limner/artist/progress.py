"""Telling the caller how far the picture is, and stopping when asked to."""

from dataclasses import dataclass

from limner.artist.codec import thumbnail
from limner.artist.commission import Preview, Report, Stopped
from limner.artist.noise import Field


@dataclass(slots=True)
class Progress:
    """The way from nothing to a finished picture."""

    report: Report | None = None
    on_preview: Preview | None = None
    shown: int = 0
    reached: float = 0.0

    def at(self, share: float, stage: str) -> None:
        """Say how far it is; raises Stopped when the caller wants no more."""
        self.reached = min(1.0, max(self.reached, share))
        if self.report is not None and not self.report(self.reached, stage):
            raise Stopped(f"The picture was stopped at {stage}.")

    def show(self, planes: Field) -> None:
        """Send a small picture of the state, three times at most."""
        if self.on_preview is not None and self.shown < 3:
            self.shown += 1
            self.on_preview(thumbnail(planes))
