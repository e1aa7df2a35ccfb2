"""One service's line: sends to it at its pace and puts every failure into our words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace

import aiohttp
import orjson
from yarl import URL

from limner.domain.call import Call, Finished, Landed
from limner.domain.errors import FailureCode, InvalidRequest, Problem, ProviderError, Spent, StorageError
from limner.domain.model_card import ServiceCard
from limner.wire.answers import Assembly
from limner.wire.client import Parcel, Wire
from limner.wire.connection import Connection
from limner.wire.download import CHUNK, Missing, fetch, receive_picture
from limner.wire.events import EventReader
from limner.wire.failures import TROUBLE, Sending, refusal_for
from limner.wire.forms import form_data
from limner.wire.landing import Landing
from limner.wire.named import Naming
from limner.wire.outgoing import Outgoing
from limner.wire.redact import Redactor
from limner.wire.refusals import ReadsRefusals, Refusal, by_status, in_words, when_free
from limner.wire.reply import Answer, Reply, ServerEvent
from limner.wire.split import BadAnswer
from limner.wire.takes import Takes

PAUSES = (0.3, 1.5)
"""Seconds between the tries of a download: it costs nothing, and what it fetches is paid for."""
GONE = {403, 404, 410}


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """What an adapter speaks through. All methods raise ProviderError, with the key never in it."""

    wire: Wire
    card: ServiceCard
    connection: Connection
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    refusal: ReadsRefusals = by_status

    def adapted(self, *, headers: Mapping[str, str], refusal: ReadsRefusals = by_status) -> Line:
        """The same line with the headers that every request carries, and the adapter's reading of refusals.

        Headers that the administrator has set win over the adapter's own.
        """
        return replace(self, headers={**headers, **dict(self.connection.headers)}, refusal=refusal)

    def require(self, call: Call, takes: Takes, naming: Naming | None = None) -> None:
        """Refuses a call that holds more than the adapter knows how to send, or than the model has names for."""
        field = takes.objection(call) or (naming.objection(call) if naming else None)
        if field is not None:
            raise self.failure(Refusal(code=FailureCode.BAD_PARAMETER, field=field))

    async def send(self, outgoing: Outgoing) -> Answer:
        """Sends a request, once, and gives the whole answer to a success."""
        sending = Sending()
        try:
            async with asyncio.timeout(outgoing.deadline):
                parcel = await self._parcel(outgoing)
                async with self.wire.open(parcel, sending) as got:
                    answer = await self._whole(got, outgoing, sending)
        except TROUBLE as error:
            raise self.failure(refusal_for(error, sending, purchase=outgoing.purchase)) from error
        except StorageError as error:
            error.spent = self._owed(Spent.YES) if outgoing.purchase else error.spent
            raise
        return self._accepted(answer, outgoing)

    async def stream(self, outgoing: Outgoing) -> AsyncGenerator[ServerEvent]:
        """Sends a request, once, and gives the events of the answer as they come.

        A service that answers with plain JSON instead gives one event without a name. Close it when leaving early.
        """
        sending = Sending()
        until = asyncio.get_running_loop().time() + outgoing.deadline
        try:
            async with asyncio.timeout_at(until):
                got = await self.wire.open(await self._parcel(outgoing), sending).__aenter__()
            async with aclosing(self._events(got, outgoing, sending, until)) as events:
                async for event in events:
                    yield event
        except TROUBLE as error:
            raise self.failure(refusal_for(error, sending, purchase=outgoing.purchase)) from error
        except StorageError as error:
            error.spent = self._owed(Spent.YES) if outgoing.purchase else error.spent
            raise

    async def listen(self, outgoing: Outgoing) -> AsyncGenerator[str | bytes]:
        """Opens a socket, says `outgoing.json` first, and gives every message until the service closes it.

        The deadline holds for all of it. Close it when leaving early.
        """
        until = asyncio.get_running_loop().time() + outgoing.deadline
        try:
            async with asyncio.timeout_at(until):
                socket = await self.wire.connect(await self._parcel(replace(outgoing, json=None))).__aenter__()
            try:
                await socket.send_str(orjson.dumps(outgoing.json).decode())
                while True:
                    async with asyncio.timeout_at(until):
                        message = await socket.receive()
                    if not isinstance(message.data, str | bytes):
                        return
                    yield message.data
            finally:
                await socket.close()
        except TROUBLE as error:
            raise self.failure(refusal_for(error, Sending(sent=True), purchase=False)) from error

    async def download(self, address: str, *, deadline: float, bought_now: bool = False, own: bool = False) -> Landed:
        """Fetches a result from where the service says it lies, at most three times; sends no key there.

        `own` says that it lies at the service itself, behind the same door: then the line's headers go along.

        `deadline` is in seconds for each try. `bought_now` says that the purchase itself is part of what fails with
        this: then the error forbids trying the whole again.
        """
        for pause in PAUSES:
            try:
                return await self._fetched(address, deadline, own=own)
            except ProviderError as error:
                if not error.retryable:
                    raise
            await asyncio.sleep(pause)
        try:
            return await self._fetched(address, deadline, own=own)
        except ProviderError as error:
            if not bought_now:
                raise
            problem = replace(error.problem(), retryable=False, spent=self._owed(Spent.YES))
            raise ProviderError(problem) from error

    async def downloads(
        self,
        addresses: Iterable[str],
        *,
        deadline: float,
        bill: Finished | None = None,
        bought_now: bool = False,
        own: bool = False,
    ) -> tuple[list[Landed | None], str | None]:
        """Several results of one purchase, in order: None for each that cannot be had, and why that is.

        Raises where none can be had, with the `bill`; and where trouble may pass, for then all of them can be fetched
        again, unless they were `bought_now`.
        """
        landed: list[Landed | None] = []
        lost: ProviderError | None = None
        for address in addresses:
            try:
                landed.append(await self.download(address, deadline=deadline, bought_now=bought_now, own=own))
            except ProviderError as error:
                if error.retryable:
                    raise
                landed.append(None)
                lost = error
        if lost is not None and not any(landed):
            lost.bill = bill
            raise lost
        return landed, lost.message if lost is not None else None

    async def _fetched(self, address: str, deadline: float, *, own: bool) -> Landed:
        """One try of a download."""
        try:
            headers = self.headers if own and URL(address).origin() == URL(self.connection.base_url).origin() else None
            limit = self.wire.limits.picture
            return (
                await fetch(self.wire, address, deadline=deadline, limit=limit, from_service=True, headers=headers)
            ).landed
        except (InvalidRequest, BadAnswer) as error:
            refusal = Refusal(code=FailureCode.BAD_ANSWER, said=str(error), spent=Spent.YES)
            raise self.failure(refusal) from error
        except Missing as error:
            if error.status in GONE:
                gone = Refusal(code=FailureCode.EXPIRED, said=str(error), spent=Spent.YES)
                raise self.failure(gone) from error
            raise self.failure(Refusal(code=FailureCode.FAILED, said=str(error), retryable=True)) from error
        except TROUBLE as error:
            raise self.failure(refusal_for(error, Sending(sent=True), purchase=False)) from error

    def failure(
        self, refusal: Refusal, *, request_id: str | None = None, bill: Finished | None = None
    ) -> ProviderError:
        """A refusal as the error to raise; `bill` is what the service says that it charged all the same.

        What paints on this machine or network has cost nothing.
        """
        refusal = replace(refusal, spent=self._owed(refusal.spent))
        secrets = [self.connection.api_key, *(part for _, value in self.connection.headers for part in value.split())]
        said = Redactor(secrets)(refusal.said)
        named = next(iter(self.card.key_variables), "its key")
        key = "the stored key" if self.connection.key_is_stored else named
        problem = Problem(
            code=refusal.code,
            message=in_words(refusal, name=self.card.name, key=key, said=said),
            retryable=refusal.retryable,
            spent=refusal.spent,
            field=refusal.field,
            provider=self.card.id,
            retry_after=refusal.retry_after,
        )
        return ProviderError(problem, request_id=request_id, bill=bill)

    def unfit(self, field: str, why: str) -> ProviderError:
        """A call that is not sent because the service would refuse it; `why` goes on after the service's name."""
        message = f"{self.card.name} {why}"
        return ProviderError(
            Problem(code=FailureCode.BAD_PARAMETER, message=message, field=field, provider=self.card.id)
        )

    def _owed(self, spent: Spent) -> Spent:
        return Spent.NO if self.card.local else spent

    async def _parcel(self, outgoing: Outgoing) -> Parcel:
        url, trusted = await self._place(outgoing)
        headers = {**(self.headers if trusted else {}), **outgoing.headers}
        body: bytes | aiohttp.FormData | None = None
        if outgoing.form is not None:
            body = form_data(outgoing.form)
        elif outgoing.json is not None:
            body = orjson.dumps(outgoing.json)
            headers["Content-Type"] = "application/json"
        return Parcel(
            method=outgoing.method,
            url=url.update_query(outgoing.query) if outgoing.query else url,
            headers=headers,
            body=body,
        )

    async def _place(self, outgoing: Outgoing) -> tuple[URL, bool]:
        """Where a request goes, and whether the key may go with it: only to the service's own hosts."""
        base = URL(self.connection.base_url)
        if not outgoing.address:
            parts = (self.connection.base_url.rstrip("/"), outgoing.path.lstrip("/"))
            return URL("/".join(part for part in parts if part)), True
        try:
            url = await self.wire.guard.check(outgoing.address, from_service=True)
        except InvalidRequest as error:
            spent = Spent.UNKNOWN if outgoing.purchase or outgoing.after_purchase else Spent.NO
            raise self.failure(Refusal(code=FailureCode.BAD_ANSWER, said=error.message, spent=spent)) from error
        known = any(fits(url.host or "", pattern) for pattern in self.card.trusted_hosts)
        return url, url.origin() == base.origin() or (known and url.scheme == "https")

    async def _whole(self, got: aiohttp.ClientResponse, outgoing: Outgoing, sending: Sending) -> Answer:
        """Reads an answer of any status to its end."""
        headers = {name.lower(): value for name, value in got.headers.items()}
        if not 200 <= got.status < 300:
            return await self._refused_answer(got, headers)
        sending.answered = True
        if any(headers.get(name) == value for name, value in outgoing.spoilt.items()):
            return Answer(status=got.status, headers=headers, body=Reply(None))
        # 202 says that there is nothing yet, whatever type its body has. Where no type is told, aiohttp 3.14 takes any
        # body for a file, an empty one too.
        told = "Content-Type" in got.headers and got.status != 202
        if told and (got.content_type.startswith("image/") or got.content_type == "application/octet-stream"):
            landing = Landing(await self.wire.intake.receive(), self.wire.limits.picture)
            try:
                media_type = await receive_picture(got.content, landing)
                file = await landing.finish()
            except BaseException:
                await landing.discard()
                raise
            return Answer(status=got.status, headers=headers, body=Reply(None), file=file, media_type=media_type)
        assembly = self._assembly(outgoing)
        try:
            async for chunk in got.content.iter_any():
                await assembly.feed(chunk)
            return Answer(status=got.status, headers=headers, body=await assembly.reply())
        except BaseException:
            await assembly.discard()
            raise

    async def _refused_answer(self, got: aiohttp.ClientResponse, headers: Mapping[str, str]) -> Answer:
        """A refusal is clear by its status, whatever becomes of its body."""
        text = bytearray()
        try:
            async for chunk in got.content.iter_chunked(CHUNK):
                text += chunk[: self.wire.limits.error - len(text)]
                if len(text) >= self.wire.limits.error:
                    break
            body = Reply(orjson.loads(text))
            return Answer(status=got.status, headers=headers, body=body)
        except TROUBLE:
            return Answer(status=got.status, headers=headers, body=Reply(None))
        except orjson.JSONDecodeError:
            return Answer(status=got.status, headers=headers, body=Reply(None), said=text.decode("utf-8", "replace"))

    def _accepted(self, answer: Answer, outgoing: Outgoing) -> Answer:
        if answer.ok or outgoing.any_status:
            return answer
        refusal = self.refusal(answer)
        request_id = answer.headers.get("x-request-id") or answer.headers.get("request-id")
        raise self.failure(_as_asked(refusal, outgoing), request_id=request_id)

    def _assembly(self, outgoing: Outgoing) -> Assembly:
        return Assembly(self.wire.intake, outgoing.pictures, self.wire.limits)

    async def _events(
        self, got: aiohttp.ClientResponse, outgoing: Outgoing, sending: Sending, until: float
    ) -> AsyncGenerator[ServerEvent]:
        headers = {name.lower(): value for name, value in got.headers.items()}
        reader = EventReader(lambda: self._assembly(outgoing))
        try:
            if got.status != 200 or got.content_type != "text/event-stream":
                async with asyncio.timeout_at(until):
                    answer = self._accepted(await self._whole(got, outgoing, sending), outgoing)
                yield ServerEvent(name="", body=answer.body, headers=headers)
                return
            sending.answered = True
            more = True
            while more:
                # The time that the listener takes between two events is its own.
                async with asyncio.timeout_at(until):
                    chunk = await got.content.readany()
                    events, trouble = await reader.feed(chunk) if chunk else await reader.finish()
                for name, body in events:
                    yield ServerEvent(name=name, body=body, headers=headers)
                if trouble is not None:
                    raise trouble
                more = bool(chunk)
        finally:
            got.close()
            await reader.discard()


def fits(host: str, pattern: str) -> bool:
    """Whether a host is the one of a pattern, or any below it where the pattern begins with `*.`."""
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern


def _as_asked(refusal: Refusal, outgoing: Outgoing) -> Refusal:
    """A refusal in the light of what was asked: a purchase, something free, or news of an earlier purchase."""
    if outgoing.purchase:
        return refusal
    free = when_free(refusal)
    return replace(free, spent=Spent.UNKNOWN) if outgoing.after_purchase and not free.retryable else free
