"""Who may report a picture, who may decide about it, and what follows."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace

from limner.domain.cleaning import Copies
from limner.domain.errors import InvalidRequest, NotFound, PolicyError
from limner.domain.people import Principal
from limner.domain.picture import Picture
from limner.domain.ports import Clock, Ids
from limner.domain.records import Page
from limner.domain.reviews import Decision, Display, Report, Reports, ReportState, Ruling
from limner.domain.stores import Pictures

LONGEST_REASON = 200
LONGEST_TEXT = 4000
"""Characters of details and notes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reviews:
    """Takes reports of pictures, and carries out what administrators decide about them."""

    reports: Reports
    pictures: Pictures
    copies: Copies
    shelf: Display
    clock: Clock
    ids: Ids

    async def report(self, image_id: str, reason: str, details: str, principal: Principal) -> tuple[Report, bool]:
        """Reports a picture that this person may see; the earlier report and False where they have done so before.

        Raises NotFound and InvalidRequest.
        """
        said = _checked(reason, "reason", LONGEST_REASON)
        if not said:
            raise InvalidRequest("Say in a word or two what is wrong with the picture.", field="reason")
        more = _checked(details, "details", LONGEST_TEXT)
        picture = await self.pictures.get(image_id, principal.id)
        report = Report(
            id=self.ids.new(),
            image_id=picture.id,
            owner=picture.owner,
            prompt=picture.prompt,
            model=picture.model,
            reporter=principal.id,
            reason=said,
            details=more,
            created=self.clock.now(),
        )
        return await self.reports.add(report)

    async def listed(
        self, states: Collection[ReportState], principal: Principal, *, limit: int, cursor: str | None
    ) -> Page[Report]:
        """The review list, newest first. Raises PolicyError for whoever is no administrator."""
        _check_administrator(principal)
        return await self.reports.page(states, limit=limit, cursor=cursor)

    async def get(self, report_id: str, principal: Principal) -> Report:
        """One report. Raises PolicyError and NotFound."""
        _check_administrator(principal)
        return await self.reports.get(report_id)

    async def picture(self, report_id: str, principal: Principal) -> Picture:
        """The picture of a report, whoever's it is, for looking at it. Raises PolicyError and NotFound."""
        report = await self.get(report_id, principal)
        try:
            return await self.pictures.get(report.image_id)
        except NotFound:
            raise NotFound("The picture of this report has been deleted.") from None

    async def decide(self, report_id: str, decision: Decision, note: str, principal: Principal) -> Report:
        """Carries out a decision for all open reports of the same picture.

        What is withheld leaves the shelf, what is dismissed comes back to it. What is deleted is gone for everybody,
        with its copies; what it cost stays booked. Raises PolicyError, NotFound, InvalidRequest and StorageError.
        """
        _check_administrator(principal)
        ruling = Ruling(
            report_id=report_id,
            decision=decision,
            note=_checked(note, "note", LONGEST_TEXT),
            by=principal.id,
            at=self.clock.now(),
        )
        ruled = await self.reports.rule(ruling)
        if ruled.picture is not None:
            await self._follow(decision, ruled.picture)
        return ruled.report

    async def _follow(self, decision: Decision, picture: Picture) -> None:
        """Does with the files what has been decided; doing it once more, after a crash, does no harm."""
        if decision is Decision.DISMISS:
            with suppress(NotFound):  # somebody has taken the file away by hand
                await self.shelf.put(replace(picture, withheld=None))
            return
        await self.shelf.remove(picture)
        if decision is Decision.DELETE:
            await self.copies.forget(picture)


def _checked(text: str, field: str, longest: int) -> str:
    """The text without blanks around it. Raises InvalidRequest."""
    kept = text.strip()
    if len(kept) > longest:
        raise InvalidRequest(f"{field} has at most {longest} characters; this has {len(kept)}.", field=field)
    if "\x00" in kept:
        raise InvalidRequest(f"{field} has a sign in it that is no text. Remove it.", field=field)
    return kept


def _check_administrator(principal: Principal) -> None:
    if not principal.administrator:
        raise PolicyError("Only an administrator reviews reports. Ask one.", code="administrators_only")
