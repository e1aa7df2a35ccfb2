"""Identical requests: what makes them so, and how the pictures of an earlier one are given again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from limner.domain.errors import NotFound
from limner.domain.events import EventKind, News
from limner.domain.job import Job, JobState
from limner.domain.money import FREE, Money
from limner.domain.people import Principal
from limner.domain.picture import Picture
from limner.domain.plan import Plan, ReceiptLine, Treatment
from limner.domain.ports import Clock, Ids, Shelf
from limner.domain.records import Ending, NewJob, Reused
from limner.domain.request import ImageRequest
from limner.domain.stores import Jobs
from limner.engine.codec import RequestCodec
from limner.engine.finishing import told
from limner.engine.interpreting import paid_before
from limner.engine.runner import finished_news

KEPT_FOR = timedelta(days=7)
"""How old pictures may be that are given again (document 1)."""
DEFAULTS = ImageRequest()


def as_asked(request: ImageRequest) -> ImageRequest:
    """A request with the words that it came with: one that was to be translated is known again before another
    translation is bought, whose words might differ.
    """
    done = request.translated
    if done is None:
        return request
    negative = done.negative or request.negative_prompt
    return replace(request, prompt=done.original, negative_prompt=negative, translated=None)


def essence(request: ImageRequest) -> ImageRequest:
    """A final request without what changes nothing about its pictures: where they are filed, what may be spent."""
    return replace(
        request,
        inputs=tuple(replace(image, image_id=None, brought=False) for image in request.inputs),
        access=DEFAULTS.access,
        presets=DEFAULTS.presets,  # they stand in the prompt already
        template=DEFAULTS.template,  # and so do the words of this
        optimise=DEFAULTS.optimise,
        rewritten=DEFAULTS.rewritten,
        translated=DEFAULTS.translated,
        previews=DEFAULTS.previews,
        profile=DEFAULTS.profile,  # what it says stands in the other fields
        project=DEFAULTS.project,
        tags=DEFAULTS.tags,
        max_cost=DEFAULTS.max_cost,
        reuse=DEFAULTS.reuse,
        extra=dict(sorted(request.extra.items())),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Reuser:
    """Finds the kept pictures of an identical request."""

    jobs: Jobs
    shelf: Shelf
    codec: RequestCodec
    clock: Clock
    ids: Ids

    def recipe(self, final: ImageRequest) -> str:
        """A fingerprint of what decides how the pictures look: the same for identical final requests."""
        return self.codec.fingerprint(essence(final))

    async def offer(self, request: ImageRequest, final: ImageRequest, principal: Principal) -> NewJob | None:
        """A job that has its pictures already and costs nothing; None where nobody made them in the last seven days.

        Only the same person's pictures count, and only those of a job that made all of them and has them still, none of
        them in the trash or withheld.
        """
        at = self.clock.now()
        earlier = await self.jobs.made_before(
            principal.id, self.recipe(final), since=at - KEPT_FOR, count=request.count
        )
        if earlier is None:
            return None
        new = NewJob(
            id=self.ids.new(),
            owner=principal.id,
            request=translated_as(request, earlier.request),
            plan=plan_again(earlier),
            calls=(),
            scopes=(),
            worker=None,
            at=at,
        )
        given = (each for each in earlier.pictures if each.trashed is None and each.withheld is None)
        pictures = tuple(self._again(picture, new) for picture in given)
        try:
            for picture in pictures:
                await self.shelf.put(picture)
        except NotFound:  # a file has been taken out of the object store by hand
            return None
        ending = Ending(state=JobState.SUCCEEDED, at=at)
        first = News(kind=EventKind.REUSED, data={"job": earlier.id, "pictures": len(pictures)})
        news = (first, *told(pictures), finished_news(ending, len(pictures)))
        return replace(new, reused=Reused(earlier=earlier.id, pictures=pictures, news=news))

    def _again(self, picture: Picture, new: NewJob) -> Picture:
        """A kept picture once more, under a name of its own: its files are shared, and each may be deleted alone.

        When and from what it was made stays as it is, for its signed copies say that too.
        """
        recipe: Mapping[str, object] = {**picture.recipe, "reused": {"job": picture.job_id, "picture": picture.id}}
        return replace(
            picture,
            id=self.ids.new(),
            job_id=new.id,
            project=new.request.project,
            prompt=new.request.prompt,
            cost=Money(),
            tags=new.request.tags,
            favorite=False,
            recipe=recipe,
        )


def translated_as(request: ImageRequest, earlier: ImageRequest) -> ImageRequest:
    """A request that is to be translated, with the words that an earlier one of the same words has paid for."""
    if not request.translate or request.translated is not None:
        return request
    words = replace(request, prompt=earlier.prompt, negative_prompt=earlier.negative_prompt)
    return paid_before(replace(words, translated=earlier.translated))


def plan_again(earlier: Job) -> Plan:
    """The plan of a job that buys nothing: whoever painted the pictures, and a line that says so."""
    painter = earlier.plan.candidates[earlier.candidate]
    day = f"{earlier.created.day} {earlier.created:%B %Y}"
    line = ReceiptLine(
        field="reuse",
        treatment=Treatment.REUSED,
        wanted="true",
        sent=earlier.id,
        why=f"This very request was painted on {day}; nothing was bought.",
    )
    return Plan(
        candidates=(
            replace(
                painter,
                calls=(),
                receipt=(*painter.receipt, line),
                estimate=FREE,
                seconds=0.0,
                reason="It has painted this very request before.",
            ),
        )
    )
