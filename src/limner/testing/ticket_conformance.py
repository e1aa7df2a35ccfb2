"""What holds for services whose calls go on after the answer, and for those that leave pictures at an address."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from limner.domain.call import Finished, Pending
from limner.domain.errors import FailureCode, ProviderError, Spent
from limner.domain.ports import Cancels
from limner.testing.conformance import HttpProviderConformance, expect, settled
from limner.testing.examples import Bench
from limner.testing.faults import At, Drop, Fault
from limner.wire.answers import Limits

PRIVATE = "http://10.0.0.1/picture.png"


class DownloadConformance(HttpProviderConformance):
    """For services that answer with addresses of pictures: what can happen when these are fetched."""

    @pytest.mark.parametrize(
        "fault, code",
        [
            (Fault(at=At.DOWNLOAD, status=404), FailureCode.EXPIRED),
            (Fault(at=At.DOWNLOAD, status=403), FailureCode.EXPIRED),
            (Fault(at=At.DOWNLOAD, status=302, headers={"Location": PRIVATE}), FailureCode.BAD_ANSWER),
            (Fault(at=At.DOWNLOAD, status=200, body="<html>Sign in</html>"), FailureCode.BAD_ANSWER),
        ],
        ids=["gone", "forbidden", "private", "no picture"],
    )
    async def test_a_picture_that_cannot_be_fetched_is_paid_for(self, fault: Fault, code: FailureCode) -> None:
        """What was bought and cannot be had is said to be paid, and is never bought again."""
        async with self.open_stand_in() as stand_in, self.at(stand_in) as bench:
            stand_in.faults.add(*[fault] * self.case.call.count)
            with pytest.raises(ProviderError) as caught:
                await self.buy(bench, self.case.call)
            problem = caught.value.problem()
            expect((problem.code, problem.retryable, problem.spent), (code, False, self.owed(Spent.YES)))
            expect(stand_in.purchases, 1)

    async def test_the_pictures_that_can_be_had_are_delivered(self) -> None:
        """Of several pictures one is gone: the others come, it is told why, and what is lost counts as bought."""
        count = self.case.call.count
        if count == 1:
            return
        async with self.open_stand_in() as stand_in, self.at(stand_in) as bench:
            stand_in.faults.add(Fault(at=At.DOWNLOAD, status=404))
            finished = await self.buy(bench, self.case.call)
            expect((len(finished.pictures), finished.lost), (count - 1, 1))
            expect(any("cut_short" in picture.notes for picture in finished.pictures), True)
            expect(stand_in.purchases, 1)

    async def test_a_download_that_breaks_off_is_tried_again(self) -> None:
        """It costs nothing, and what it fetches is paid for."""
        async with self.open_stand_in() as stand_in, self.at(stand_in) as bench:
            stand_in.faults.add(Fault(at=At.DOWNLOAD, drop=Drop.IN_ANSWER))
            expect(len((await self.buy(bench, self.case.call)).pictures), self.case.call.count)
            expect(stand_in.purchases, 1)

    async def test_a_picture_beyond_all_bounds_is_not_taken(self) -> None:
        """A service cannot fill the disk."""
        async with self.open_stand_in() as stand_in, self.at(stand_in) as bench:
            bench.wire.limits = Limits(picture=16)
            with pytest.raises(ProviderError) as caught:
                await self.buy(bench, self.case.call)
            expect(caught.value.problem().code, FailureCode.BAD_ANSWER)
            expect(caught.value.problem().spent, self.owed(Spent.YES))


class TicketConformance(HttpProviderConformance):
    """For services that hand back a ticket. Every purchase of the suite passes its ticket on as after a restart."""

    async def ticket(self, bench: Bench) -> Pending:
        """One call that goes on at the service."""
        outcome = await bench.provider.submit(self.case.call)
        if isinstance(outcome, Finished):
            raise AssertionError("The call of the case was finished at once; it should hand back a ticket.")
        return outcome

    async def test_a_ticket_is_handed_back_at_once(self) -> None:
        """It is small, it can be written down as JSON, and the key is not in it."""
        async with self.open_stand_in() as stand_in, self.at(stand_in) as bench:
            pending = await self.ticket(bench)
            text = json.dumps(dict(pending.ticket))
            expect(len(text) < 4000, True)
            expect("conformance" in text, False)
            expect(pending.poll_after > 0, True)

    @pytest.mark.parametrize(
        "fault",
        [
            Fault(at=At.POLL, drop=Drop.BEFORE_READING),
            Fault(at=At.POLL, status=500, body={}),
            Fault(at=At.POLL, status=503, body="busy"),
            Fault(at=At.POLL, status=429, body={}, headers={"Retry-After": "1"}),
        ],
        ids=["dropped", "failed", "overloaded", "too many"],
    )
    async def test_a_question_that_gets_lost_is_asked_again(self, fault: Fault) -> None:
        """A poll buys nothing: its failure says nothing about the call, which is found again."""
        async with self.open_stand_in() as stand_in, self.at(stand_in) as bench:
            pending = await self.ticket(bench)
            stand_in.faults.add(fault)
            outcome: Finished | Pending = pending
            try:
                outcome = await bench.provider.poll(pending)
            except ProviderError as error:
                expect((error.retryable, error.spent), (True, Spent.NO))
            else:
                # Where a line that was kept open turns out to be dead, the client itself asks again (aiohttp 3.14).
                expect(fault.drop, Drop.BEFORE_READING)
            finished = await settled(bench.provider, outcome, bench.provider)
            expect(len(finished.pictures), self.case.call.count)
            expect(stand_in.purchases, 1)

    async def test_progress_never_runs_backwards(self) -> None:
        """Shares lie between 0 and 1 and only grow."""
        async with self.open_stand_in() as stand_in, self.at(stand_in) as bench:
            outcome: Finished | Pending = await self.ticket(bench)
            shares: list[float] = []
            while isinstance(outcome, Pending):
                shares += [outcome.progress] if outcome.progress is not None else []
                outcome = await bench.provider.poll(outcome)
            expect(shares, sorted(shares))
            expect(all(0 <= share <= 1 for share in shares), True)

    async def test_a_call_can_be_cancelled_where_the_service_lets_it(self) -> None:
        """After a yes the call brings no picture; after a no it goes on."""
        async with self.open_stand_in() as stand_in, self.at(stand_in) as bench:
            if not isinstance(bench.provider, Cancels):
                return
            pending = await self.ticket(bench)
            if await bench.provider.cancel(pending):
                with pytest.raises(ProviderError) as caught:
                    await settled(bench.provider, pending, bench.provider)
                expect(caught.value.problem().code, FailureCode.CANCELLED)
            else:
                finished = await settled(bench.provider, pending, bench.provider)
                expect(len(finished.pictures), self.case.call.count)

    async def test_a_cancellation_that_gets_lost_is_no_error(self) -> None:
        """Whoever asks for it only hears that it was not confirmed."""
        async with self.open_stand_in() as stand_in, self.at(stand_in) as bench:
            if not isinstance(bench.provider, Cancels):
                return
            pending = await self.ticket(bench)
            stand_in.faults.add(Fault(at=At.CANCEL, status=500, body={}))
            expect(await bench.provider.cancel(replace(pending)), False)
