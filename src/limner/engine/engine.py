"""The six verbs: estimate, submit, confirm, generate, wait, cancel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from limner.domain.errors import ConfirmationRequired, QuoteRefused
from limner.domain.job import Job
from limner.domain.money import Money
from limner.domain.people import Principal
from limner.domain.plan import Plan, Quote
from limner.domain.ports import Clock, Ids
from limner.domain.preset import Preset
from limner.domain.records import NewCall, NewJob
from limner.domain.request import ImageRequest
from limner.domain.stores import Jobs
from limner.domain.telling import Dispatch, Sealer
from limner.engine.admission import admit
from limner.engine.codec import RequestCodec
from limner.engine.following import Follower
from limner.engine.limits import Limits
from limner.engine.prompting import shaped
from limner.engine.quotes import LIFETIME, check_in_time
from limner.engine.routing import Router


@dataclass(frozen=True, kw_only=True, slots=True)
class Engine:
    """Carries requests from a wish to a queued job, and answers for them afterwards."""

    router: Router
    limits: Limits
    presets: Mapping[str, Preset]
    jobs: Jobs
    dispatch: Dispatch
    follower: Follower
    sealer: Sealer
    codec: RequestCodec
    clock: Clock
    ids: Ids

    def plan(self, request: ImageRequest) -> Plan:
        """Who could paint it, at what price. Sends nothing, writes nothing."""
        admit(request)
        final = shaped(request, self.presets)
        return self.router.plan(final)

    def estimate(self, request: ImageRequest, principal: Principal) -> Quote:
        """A priced, signed plan. Spends nothing and sends nothing."""
        plan = self.plan(request)
        quote_id, expires = self.ids.new(), self.clock.now() + LIFETIME
        ceiling = plan.ceiling(request.count)
        token = self.sealer.seal(
            {
                "id": quote_id,
                "owner": principal.id,
                "expires": expires.isoformat(),
                "ceiling": None if ceiling is None else ceiling.micro,
                "request": self.codec.dump(request),
            }
        )
        return Quote(
            id=quote_id,
            request=request,
            plan=plan,
            estimate=plan.candidates[0].estimate,
            ceiling=ceiling,
            expires=expires,
            token=token,
        )

    async def submit(
        self, request: ImageRequest, principal: Principal, *, key: str | None = None, counted: bool = True
    ) -> Job:
        """Writes the job down, with its money set aside; it is sent only after that.

        The same `key` with the same request gives the same job again. It counts against the requests of the minute
        unless it came from this machine's own hands: not `counted`. Raises UsageError, PolicyError or NotConfigured
        before anything is written.
        """
        fingerprint = self.codec.fingerprint(request) if key else ""
        if key:
            known = await self.jobs.remembered(principal.id, key, fingerprint)
            if known is not None:
                return known
        plan = self.plan(request)
        self._check_price(request, plan)
        new = self._new_job(request, plan, principal)
        rates = self.limits.rates(principal) if counted else ()
        return await self._write(replace(new, key=key, fingerprint=fingerprint, rates=rates))

    async def confirm(self, token: str, principal: Principal, *, key: str | None = None, counted: bool = True) -> Job:
        """Carries out a quote; the same `key` with the same quote gives the same job again.

        Raises QuoteRefused if it is forged, expired or used, and ConfirmationRequired if the price has risen above
        what was quoted.
        """
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
        request = self.codec.load(cast(Mapping[str, object], payload["request"]))
        plan = self.plan(request)
        ceiling, now = payload["ceiling"], plan.ceiling(request.count)
        if isinstance(ceiling, int) and now is not None and now.micro > ceiling:
            raise ConfirmationRequired(
                f"This now costs up to {now}, more than the {Money(ceiling)} that was quoted. Ask for a new quote.",
                field="quote",
            )
        self._check_price(request, plan)
        new = self._new_job(request, plan, principal)
        rates, quote_id = self.limits.rates(principal) if counted else (), str(payload["id"])
        return await self._write(replace(new, quote_id=quote_id, key=key, fingerprint=fingerprint, rates=rates))

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

    async def _write(self, new: NewJob) -> Job:
        job, fresh = await self.jobs.submit(new)
        if fresh:
            self.dispatch.deliver(job)
        return job

    def _check_price(self, request: ImageRequest, plan: Plan) -> None:
        ceiling = plan.ceiling(request.count)
        if request.max_cost is not None and (ceiling is None or ceiling > request.max_cost):
            raise ConfirmationRequired(
                f"This may cost up to {ceiling}, more than the {request.max_cost} that you allow. "
                "Raise max_cost, lower the quality or the count, or choose a cheaper model.",
                field="max_cost",
            )

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
            plan=plan,
            calls=calls,
            scopes=self.limits.scopes(principal, at) if unit else (),
            worker=self.dispatch.worker,
            begin=self.dispatch.has_room(),
            at=at,
            token=principal.token,
        )
