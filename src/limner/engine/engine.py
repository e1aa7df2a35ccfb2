"""The verbs: estimate, submit, confirm, generate, wait, cancel, and what puts right what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import cast

from limner.domain.errors import QuoteRefused
from limner.domain.job import Job
from limner.domain.money import Money
from limner.domain.people import Principal
from limner.domain.plan import Constraints, Plan, Quote
from limner.domain.ports import Clock, Ids
from limner.domain.preset import Preset
from limner.domain.records import NewCall, NewJob, PicturesGone
from limner.domain.request import ImageRequest
from limner.domain.rewriting import Shortens
from limner.domain.stores import Jobs
from limner.domain.telling import Dispatch, Sealer
from limner.engine.admission import admit, admit_result
from limner.engine.affording import allowed, as_confirmed, within
from limner.engine.alerting import Alarm
from limner.engine.codec import RequestCodec
from limner.engine.doors import Doors
from limner.engine.fallbacks import fallback_news, log_fallback
from limner.engine.following import Follower
from limner.engine.interpreting import Interpreter, paid_before, with_translation
from limner.engine.limits import Limits
from limner.engine.moderation import Moderator
from limner.engine.profiles import Profiles
from limner.engine.prompting import optimised, shaped
from limner.engine.quotes import LIFETIME, check_in_time
from limner.engine.retrying import missing_request
from limner.engine.reusing import Reuser, as_asked
from limner.engine.routing import Router
from limner.engine.wording import Wording


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """What may be carried out once: an Idempotency-Key with the fingerprint of its body, and a quote."""

    key: str | None
    fingerprint: str
    quote_id: str | None = None
    counted: bool = False
    """Whether it counts against the requests of the minute."""
    retry_of: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Engine:
    """Carries requests from a wish to a queued job, and answers for them afterwards."""

    router: Router
    doors: Doors
    limits: Limits
    reuser: Reuser
    presets: Mapping[str, Preset]
    wording: Wording
    profiles: Profiles
    shortens: Shortens
    interpreter: Interpreter
    jobs: Jobs
    dispatch: Dispatch
    follower: Follower
    moderator: Moderator
    alarm: Alarm
    sealer: Sealer
    codec: RequestCodec
    clock: Clock
    ids: Ids
    most_pixels: int
    """What a picture that is extended or enlarged may measure."""

    def plan(self, request: ImageRequest) -> Plan:
        """Who could paint it with the installation's own keys, at what price. Sends nothing, writes nothing.

        It takes what `applied` gives.
        """
        return self.router.plan(self._final(request), request.prompt)

    async def applied(self, request: ImageRequest, principal: Principal) -> ImageRequest:
        """The request with everything that this person has saved and it names written into it, and its prompt
        shortened where it asks for that; twice changes nothing.

        Raises InvalidRequest, and NotFound, for a stored key that is not theirs as well.
        """
        request = await self.wording.applied(await self.profiles.applied(request, principal), principal)
        return await self.doors.admit(paid_before(await optimised(request, self.shortens)), principal)

    async def plan_for(self, request: ImageRequest, principal: Principal) -> tuple[ImageRequest, Plan]:
        """The request as it is carried out, and who could paint it with the keys that this principal may use.

        Sends nothing, writes nothing. Raises what `applied` raises.
        """
        request = await self.applied(request, principal)
        return await self.interpreter.foreseen(request, await self._plan(request, principal), principal)

    async def affordable(self, request: ImageRequest, principal: Principal) -> tuple[ImageRequest, Plan]:
        """The same, and of the plan what costs no more than the request allows.

        Raises ConfirmationRequired where nothing does.
        """
        request, plan = await self.plan_for(request, principal)
        return request, allowed(request, plan)

    async def estimate(self, request: ImageRequest, principal: Principal) -> Quote:
        """A priced, signed plan. Spends nothing and sends nothing to whoever would paint."""
        request, plan = await self.plan_for(request, principal)
        if request.max_cost is not None:
            plan = within(plan, request.max_cost, request.count) or plan
        quote_id, expires = self.ids.new(), self.clock.now() + LIFETIME
        ceiling = plan.ceiling(request.count)
        token = self.sealer.seal(
            {
                "id": quote_id,
                "owner": principal.id,
                "expires": expires.isoformat(),
                "model": plan.candidates[0].model,
                "ceiling": None if ceiling is None else ceiling.micro,
                "request": self.codec.dump(request),
            }
        )
        return Quote(
            id=quote_id,
            request=request,
            plan=plan,
            estimate=plan.estimate,
            ceiling=ceiling,
            constraints=Constraints.of(self.router.catalog.find(plan.candidates[0].model)),
            expires=expires,
            token=token,
        )

    async def submit(
        self,
        request: ImageRequest,
        principal: Principal,
        *,
        key: str | None = None,
        most: Money | None = None,
        counted: bool = True,
    ) -> Job:
        """Writes the job down, with its money set aside; it is sent only after that.

        The same `key` with the same request gives the same job again. `most` is what somebody has confirmed that it
        may cost, and no part of what makes it the same. It counts against the requests of the minute unless it came
        from this machine's own hands: not `counted`. Raises UsageError, PolicyError or NotConfigured before anything
        is written.
        """
        principal.check_may_change()
        known = await self.known(request, principal, key)
        if known is not None:
            return known
        claim = Claim(key=key, fingerprint=self.codec.fingerprint(request) if key else "", counted=counted)
        if most is not None and (request.max_cost is None or most < request.max_cost):
            request = replace(request, max_cost=most)
        asked = await self.applied(request, principal)
        kept = await self._reused(asked, principal, claim)
        if kept is not None:
            return kept
        request = await self._interpreted(asked, principal, claim, key, allowed)
        return await self._begun(request, principal, claim)

    async def prepared(
        self, request: ImageRequest, principal: Principal, *, quote_id: str | None = None, counted: bool = True
    ) -> NewJob:
        """The same for a job that is written down together with others, by somebody else, who has `deliver` called.

        Nothing is written and nothing set aside yet.
        """
        principal.check_may_change()
        request = await self.applied(request, principal)
        plan = allowed(request, await self._plan(request, principal))
        await self._moderate(request, plan, principal)
        new = replace(self._new_job(request, plan, principal), begin=False)
        return self._claimed(new, Claim(key=None, fingerprint="", quote_id=quote_id, counted=counted), principal)

    def deliver(self, job: Job) -> None:
        """Has a job carried out that has just been written down and waits."""
        self.router.chose(job.plan)
        self.dispatch.deliver(job)
        if job.plan.fallback is not None:
            log_fallback(job.id, job.plan.fallback, job.model)

    async def known(self, request: ImageRequest, principal: Principal, key: str | None) -> Job | None:
        """The job that a request with this key already has. Raises IdempotencyConflict where it had another request."""
        if not key:
            return None
        return await self.jobs.remembered(principal.id, key, self.codec.fingerprint(request))

    async def confirm(self, token: str, principal: Principal, *, key: str | None = None, counted: bool = True) -> Job:
        """Carries out a quote; the same `key` with the same quote gives the same job again.

        Who can paint is looked up anew: where the quoted model cannot, the next one does that costs no more than was
        quoted, and the job says so. Raises QuoteRefused if the quote is forged, expired or used, and
        ConfirmationRequired if only something dearer is left.
        """
        principal.check_may_change()
        payload = self.sealer.open(token)
        fingerprint = f"quote {payload['id']}" if key else ""
        if key:
            known = await self.jobs.remembered(principal.id, key, fingerprint)
            if known is not None:
                return known
        if payload["owner"] != principal.id:
            raise QuoteRefused(
                "This quote was made for somebody else. Ask for a new one.", field="quote", code="quote_foreign"
            )
        check_in_time(datetime.fromisoformat(str(payload["expires"])), self.clock.now())
        asked = await self.doors.admit(self.codec.load(cast(Mapping[str, object], payload["request"])), principal)
        claim = Claim(key=key, fingerprint=fingerprint, quote_id=str(payload["id"]), counted=counted)

        def agreed(request: ImageRequest, plan: Plan) -> Plan:
            return allowed(request, as_confirmed(request, plan, payload))

        kept = await self._reused(asked, principal, claim)
        if kept is not None:
            return kept
        request = await self._interpreted(asked, principal, claim, f"quote {payload['id']}", agreed)
        plan = agreed(request, await self._plan(request, principal))
        await self._moderate(request, plan, principal)
        return await self._write(self._new_job(request, plan, principal), claim, principal)

    async def generate(
        self,
        request: ImageRequest,
        principal: Principal,
        *,
        key: str | None = None,
        timeout: float | None = None,
        counted: bool = True,
    ) -> Job:
        """Submits and waits; after `timeout` seconds the job is returned as it is, and goes on."""
        return await self.follower.wait(await self.submit(request, principal, key=key, counted=counted), timeout)

    async def wait(self, job_id: str, principal: Principal, *, timeout: float | None = None) -> Job:
        """The job when it has ended, or as it is after `timeout` seconds."""
        return await self.follower.wait(await self.jobs.get(job_id, principal.id), timeout)

    async def cancel(self, job_id: str, principal: Principal) -> Job:
        """Stops a job as soon as it can be stopped; what was already bought is kept and booked."""
        job = await self.jobs.request_cancel(job_id, principal.id, self.clock.now())
        if not job.ended:
            self.dispatch.cancel(job.id)
        return job

    async def resolve(self, call_id: str, principal: Principal, *, charged: bool) -> Job:
        """A person says whether an ambiguous purchase went through."""
        return await self.jobs.resolve(call_id, principal.id, charged=charged, at=self.clock.now())

    async def retry(
        self,
        job_id: str,
        principal: Principal,
        *,
        key: str | None = None,
        max_cost: Money | None = None,
        counted: bool = True,
    ) -> Job:
        """Buys what an ended job did not bring, and nothing else, as a job of its own; asked again it is the same job.

        It is planned and priced anew, for `max_cost` at most, under the limits of today. Raises NothingToRetry where
        the job goes on, waits for a person's word or has all its pictures, NotFound, and what `submit` raises.
        """
        fingerprint = f"retry {job_id}" if key else ""
        if key:
            known = await self.jobs.remembered(principal.id, key, fingerprint)
            if known is not None:
                return known
        left = await self.jobs.leftover(job_id, principal.id)
        if left.retry is not None:
            return left.retry
        request = missing_request(left)
        if max_cost is not None and (request.max_cost is None or max_cost < request.max_cost):
            request = replace(request, max_cost=max_cost)
        claim = Claim(key=key, fingerprint=fingerprint, counted=counted, retry_of=job_id)
        return await self._begun(await self.doors.admit(paid_before(request), principal), principal, claim)

    async def missing(self, job_id: str, principal: Principal) -> ImageRequest | None:
        """What a retry of a job would ask for, to be priced; None where one has begun. Raises as `retry` does."""
        left = await self.jobs.leftover(job_id, principal.id)
        return None if left.retry is not None else missing_request(left)

    async def _begun(self, request: ImageRequest, principal: Principal, claim: Claim) -> Job:
        """A job for a request that is admitted and that nobody has priced yet."""
        plan = allowed(request, await self._plan(request, principal))
        await self._moderate(request, plan, principal)
        return await self._write(self._new_job(request, plan, principal), claim, principal)

    async def _interpreted(
        self,
        request: ImageRequest,
        principal: Principal,
        claim: Claim,
        key: str | None,
        agreed: Callable[[ImageRequest, Plan], Plan],
    ) -> ImageRequest:
        """The request with its prompt in the language that it is wanted in; with the same `key` bought once.

        Nothing is bought unless what `agreed` leaves of the plan has room for the translation and for the pictures, and
        the job that they are for would be taken as things are.
        """
        if not request.translate or request.translated is not None:
            return request
        plan = await self._plan(request, principal)
        request, plan = await self.interpreter.foreseen(request, plan, principal)
        translation = plan.translation
        if translation is None or request.translated is not None:
            return request
        plan = agreed(request, plan)
        await self._moderate(request, plan, principal)
        new = self._claimed(self._new_job(request, plan, principal), claim, principal)
        async with self.alarm.watching(principal):
            return await self.interpreter.translated(
                request, translation, principal, key, partial(self.jobs.rehearse, new, translation.estimate.ceiling)
            )

    async def _plan(self, request: ImageRequest, principal: Principal) -> Plan:
        """Who could paint what is admitted, with the keys that this principal may use."""
        await self.router.renew(request)
        services = await self.doors.reach(request, principal)
        return with_translation(request, self.router.over(services).plan(self._final(request), request.prompt))

    def _final(self, request: ImageRequest) -> ImageRequest:
        """The request as models are to see it. Raises InvalidRequest."""
        admit(request)
        admit_result(request, self.most_pixels)
        return shaped(request, self.presets)

    async def _reused(self, request: ImageRequest, principal: Principal, claim: Claim) -> Job | None:
        """The job of a request that wants kept pictures, where there are any: it ends as it begins."""
        if not request.reuse:
            return None
        offer = await self.reuser.offer(request, self._final(as_asked(request)), principal)
        if offer is None:
            return None
        await self._moderate(request, offer.plan, principal)
        with suppress(PicturesGone):
            return await self._write(offer, claim, principal)
        return None

    async def _write(self, new: NewJob, claim: Claim, principal: Principal) -> Job:
        async with self.alarm.watching(principal):
            job, _ = await self.jobs.submit(self._claimed(new, claim, principal), deliver=self.deliver)
        return job

    def _claimed(self, new: NewJob, claim: Claim, principal: Principal) -> NewJob:
        service = None if new.reused is not None else new.plan.candidates[0].model.partition("/")[0]
        return replace(
            new,
            key=claim.key,
            fingerprint=claim.fingerprint,
            quote_id=claim.quote_id,
            rates=self.limits.rates(principal, service) if claim.counted else (),
            retry_of=claim.retry_of,
        )

    async def _moderate(self, request: ImageRequest, plan: Plan, principal: Principal) -> None:
        async with self.alarm.watching(principal):
            await self.moderator.check(request, plan)

    def _new_job(self, request: ImageRequest, plan: Plan, principal: Principal) -> NewJob:
        at = self.clock.now()
        unit = plan.unit_ceiling(request.count) or Money()
        calls = tuple(
            NewCall(call=replace(call, id=self.ids.new()), number=number, hold=unit * call.count)
            for number, call in enumerate(plan.candidates[0].calls)
        )
        return NewJob(
            id=self.ids.new(),
            owner=principal.id,
            request=request,
            plan=replace(plan, translation=None),  # it is paid for, and no part of what the job may cost
            calls=calls,
            scopes=self.limits.scopes(principal, at) if unit else (),
            worker=self.dispatch.worker,
            begin=self.dispatch.has_room(),
            at=at,
            news=()
            if plan.fallback is None
            else (fallback_news(plan.fallback, plan.candidates[0].model, request.count),),
            recipe=self.reuser.recipe(shaped(as_asked(request), self.presets)),
            token=principal.token,
        )
