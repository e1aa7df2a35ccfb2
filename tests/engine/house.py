"""A small installation for engine tests: real rows, real pixels, services that follow a script."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from limner.catalog.layers import Source
from limner.catalog.loader import read_catalog
from limner.catalog.texts import load_texts
from limner.codec import JsonRequestCodec
from limner.db.alerts import SqlAlerts
from limner.db.audit import SqlAudit
from limner.db.breakers import SqlBreakers
from limner.db.budgets import SqlBudgets
from limner.db.database import Database
from limner.db.events import SqlEvents
from limner.db.jobs import SqlJobs
from limner.db.ledger import SqlLedger
from limner.db.presets import SqlPresets
from limner.db.profiles import SqlProfiles
from limner.db.queues import SqlQueues
from limner.db.reviews import SqlReports
from limner.db.steering import SqlServiceConfigs
from limner.db.templates import SqlTemplates
from limner.db.text_repeats import SqlTextRepeats
from limner.db.vault import SqlKeys
from limner.dispatch.bulletin import LocalBulletin
from limner.dispatch.dispatcher import Dispatcher
from limner.dispatch.doorbells import LocalDoorbells
from limner.dispatch.file_locks import FileWorkerLocks
from limner.domain.accounts import Asks
from limner.domain.alerts import AlertRules
from limner.domain.call import Landed
from limner.domain.errors import NotFound
from limner.domain.events import Event
from limner.domain.health import BreakerRules
from limner.domain.job import Job
from limner.domain.moderation import Judges, WordRule
from limner.domain.money import Money
from limner.domain.people import LOCAL, Principal
from limner.domain.picture import Picture, PictureFile
from limner.domain.ports import Provider
from limner.domain.preset import Preset
from limner.domain.request import ImageRequest
from limner.domain.rewriting import Shortens
from limner.domain.text_calls import Texts
from limner.domain.vault import StoredKey
from limner.engine.abandoning import Abandoner
from limner.engine.alerting import Alarm
from limner.engine.attempt import Attempt
from limner.engine.balancing import Balance
from limner.engine.budgeting import Budgeting
from limner.engine.doors import Doors
from limner.engine.engine import Engine
from limner.engine.finishing import Finisher
from limner.engine.following import Follower
from limner.engine.health import HealthWatch
from limner.engine.interpreting import Interpreter
from limner.engine.keyrings import Keyrings
from limner.engine.limits import Limits
from limner.engine.moderation import Moderator
from limner.engine.profiles import Profiles
from limner.engine.queueing import Queue
from limner.engine.quotes import HmacSealer
from limner.engine.retouching import Retoucher
from limner.engine.reusing import Reuser
from limner.engine.routing import Router
from limner.engine.runner import Runner
from limner.engine.steering import Steering
from limner.engine.vault import Vault
from limner.engine.wording import Wording
from limner.providers.inquiries import Inquiries
from limner.sealing import AesSeals
from limner.storage.imaging import PillowImaging
from limner.testing.fakes import CountingIds, FakeClock, FakeServices, FakeTextModel, MemoryBlobs
from limner.testing.text_fakes import ScriptedTexts, buyer_over
from limner.wire.guard import Guard
from limner.words.desk import Desk
from limner.words.helping import Helper
from limner.words.optimising import Optimiser
from limner.words.translating import Translator

FACTS = """
[service]
id = "{id}"
name = "{name}"
description = "Pictures for tests."
adapter = "openai"
local = {local}
{place}
key_variables = ["{upper}_API_KEY"]
concurrency = 8
default_model = "one"
colour = "#102030"
documentation = "https://{id}.test/docs"
as_of = 2026-11-20

[[model]]
name = "one"
title = "{name} One"
description = "Makes pictures."
operations = ["generate", "edit", "inpaint"]
stand_ins = {{ outpaint = "canvas", variations = "edit" }}
sizes.default = "64x64"
sizes.grid.multiple = 16
sizes.grid.min_edge = 16
sizes.grid.max_edge = 2048
sizes.grid.min_pixels = 256
sizes.grid.max_pixels = 4194304
sizes.grid.max_ratio = 4.0
max_count = {count}
max_inputs = 4
mask = "alpha"
prompt_limit = 1000
formats = ["png"]
seconds = {seconds}
timeout = 60
tiers = {{ {tiers} }}
{end}
source = "a price page"
prices = {{ {prices} }}
{parameters}
"""


def facts(
    id: str,
    *,
    usd: str | None,
    count: int = 4,
    rank: int = 1,
    local: bool = False,
    tiers: str = "",
    seconds: int = 5,
    parameters: str = "",
    priced: bool = True,
    end: str = "",
) -> Source:
    """One service with one model at so many dollars a picture; None is free. `end` says when it goes, and who is next.

    Without `priced` nobody knows what it costs.
    """
    prices = "free = true" if usd is None else f'rates = [{{ meter = "image", usd = "{usd}" }}]'
    prices = prices if priced else "unknown = true"
    place = "" if local else f'base_url = "https://{id}.test/v1"\nbase_url_variable = "{id.upper()}_BASE_URL"'
    given = {"id": id, "name": id.title(), "upper": id.upper(), "count": count, "prices": prices}
    given |= {"tiers": "" if end else tiers or f"high = {rank}", "seconds": seconds, "parameters": parameters}
    given |= {"end": end}
    text = FACTS.format(**given, local=str(local).lower(), place=place)
    return Source(label=f"{id}.toml", text=text, rank=0)


class RealWaits:
    """The fake clock's time, but sleeping really gives way: for loops that wait for other tasks."""

    def __init__(self, clock: FakeClock) -> None:
        self.now = clock.now

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Originals:
    """What lies in the memory store, probed."""

    def __init__(self, blobs: MemoryBlobs, imaging: PillowImaging) -> None:
        self._blobs = blobs
        self._imaging = imaging

    async def describe(self, landed: Landed) -> PictureFile:
        return await self._imaging.probe(await self._blobs.get(landed.digest), landed=landed)


class Anywhere:
    """Every address may be reached."""

    async def check(self, url: str) -> None:
        return


class NoShelf:
    """No place for a file manager."""

    async def put(self, picture: Picture) -> Path | None:
        return None


class FakeKeys:
    """Stored keys by their ids; nobody but their owners may use them."""

    def __init__(self, services: FakeServices) -> None:
        self.kept: dict[str, StoredKey] = {}
        self._services = services

    async def get(self, key_id: str, principal: Principal) -> StoredKey:
        found = self.kept.get(key_id)
        if found is None or (found.owner != principal.id and not found.shared):
            raise NotFound("There is no such key.")
        return found

    async def asks(self, key_id: str, principal: Principal) -> Asks:
        return self.asks_with((await self.get(key_id, principal)).service, "")

    def asks_with(self, service: str, api_key: str) -> Asks:
        return Inquiries(services=self._services)


@dataclass(frozen=True, kw_only=True, slots=True)
class House:
    """What a test looks at."""

    engine: Engine
    queue: Queue
    jobs: SqlJobs
    events: SqlEvents
    ledger: SqlLedger
    reports: SqlReports
    budgeting: Budgeting
    profiles: Profiles
    keys: FakeKeys
    blobs: MemoryBlobs
    imaging: PillowImaging
    clock: FakeClock
    dispatcher: Dispatcher
    runner: Runner
    services: FakeServices
    health: HealthWatch
    doors: Doors
    vault: Vault
    alarm: Alarm
    alerts: SqlAlerts

    async def paint(self, prompt: str = "a fox", **options: object) -> Job:
        """Submits and waits for the end."""
        request = ImageRequest(prompt=prompt, **options)  # type: ignore[arg-type]  # tests name fields as they are
        return await self.engine.generate(request, LOCAL, timeout=20)

    async def story(self, job: Job) -> list[Event]:
        """Every event of a job."""
        return list(await self.events.after(job.id, 0))

    async def books_are_right(self) -> None:
        """The running sums equal the rows."""
        assert list(await self.ledger.check()) == []


@asynccontextmanager
async def house(
    folder: Path,
    providers: Mapping[str, Provider],
    *sources: Source,
    daily: Money | None = None,
    words: Sequence[WordRule] = (),
    judge: Judges | None = None,
    looks: bool = False,
    limits: Limits | None = None,
    presets: Mapping[str, Preset] | None = None,
    work: bool = True,
    url: str | None = None,
    ids_from: int = 0,
    grace: float = 2.0,
    rules: BreakerRules | None = None,
    weights: Mapping[str, float] | None = None,
    secret: bytes = b"a secret of the tests, long enough",
    shortens: Shortens | None = None,
    texts: Texts | None = None,
    alerts: AlertRules | None = None,
    unpriced: Money | None = None,
) -> AsyncIterator[House]:
    """Opens a house whose catalog is `sources` and whose services are `providers`; on SQLite if there is no `url`."""
    clock, ids, bulletin, codec = FakeClock(), CountingIds(ids_from), LocalBulletin(), JsonRequestCodec()
    catalog = read_catalog(list(sources), [])
    services, blobs, imaging = FakeServices(providers), MemoryBlobs(), PillowImaging()
    database = await Database.open(url or f"sqlite:///{folder / 'limner.db'}")
    alarm = Alarm(
        rules=alerts or AlertRules(), alerts=SqlAlerts(database), audit=SqlAudit(database, clock, ids), clock=clock
    )

    def publish(events: Sequence[Event], ended: Job | None = None) -> None:
        bulletin.publish(events, ended)
        alarm.hear(events, ended)

    jobs, events = SqlJobs(database, publish, now=clock.now), SqlEvents(database)
    dispatcher = Dispatcher(
        worker=ids.new(), jobs=jobs, locks=FileWorkerLocks(folder / "workers"), clock=RealWaits(clock), concurrency=8
    )
    moderator = Moderator(
        rules=words,
        judge=None if judge is None else lambda: judge,
        blobs=blobs,
        imaging=imaging,
        clock=clock,
        finished=looks,
    )
    finisher = Finisher(
        catalog=catalog,
        jobs=jobs,
        blobs=blobs,
        imaging=imaging,
        originals=Originals(blobs, imaging),
        retoucher=Retoucher(blobs=blobs, imaging=imaging),
        shelf=NoShelf(),
        moderator=moderator,
        codec=codec,
        clock=clock,
        ids=ids,
        versions={"limner": "test"},
    )
    health = HealthWatch(
        catalog=catalog,
        texts=load_texts(),
        services=services,
        store=SqlBreakers(database),
        clock=clock,
        rules=rules or BreakerRules(),
    )
    stored = SqlKeys(database, AesSeals(lambda: (secret,)))
    keyrings = Keyrings(keys=stored, clock=clock)
    balance, audit = Balance(services, weights), SqlAudit(database, clock, ids)
    steering = Steering(
        catalog=catalog,
        texts=load_texts(),
        store=SqlServiceConfigs(database),
        steered=(services, balance),
        audit=audit,
        clock=clock,
    )
    doors = Doors(
        catalog=catalog,
        services=services,
        keyrings=keyrings,
        health=health,
        steering=steering,
        addresses=Anywhere(),
    )
    attempt = Attempt(
        catalog=catalog,
        health=health,
        doors=doors,
        jobs=jobs,
        blobs=blobs,
        imaging=imaging,
        finisher=finisher,
        doorbells=LocalDoorbells(),
        clock=clock,
        chance=Random(7),
    )
    abandoner = Abandoner(catalog=catalog, jobs=jobs, clock=clock)
    runner = Runner(attempt=attempt, abandoner=abandoner, jobs=jobs, blobs=blobs, imaging=imaging, clock=clock, ids=ids)
    keys = FakeKeys(services)
    profiles = Profiles(store=SqlProfiles(database), keys=keys, places=Guard(), catalog=catalog, clock=clock, ids=ids)
    found_limits = limits or Limits(daily_cost=daily)
    desk = Desk(FakeTextModel(), clock, deadline=60)
    engine = Engine(
        doors=doors,
        router=Router(
            catalog=catalog,
            services=services,
            health=health,
            balance=balance,
            clock=clock,
            unpriced_ceiling=unpriced,
        ),
        limits=found_limits,
        reuser=Reuser(jobs=jobs, shelf=NoShelf(), codec=codec, clock=clock, ids=ids),
        presets=presets or {},
        wording=Wording(
            templates=SqlTemplates(database),
            presets=SqlPresets(database, clock.now),
            built_in=presets or {},
            clock=clock,
            ids=ids,
        ),
        profiles=profiles,
        interpreter=Interpreter(
            catalog=catalog,
            translates=Translator(Helper(texts or buyer_over(ScriptedTexts(keys=())), desk)),
            repeats=SqlTextRepeats(database),
            codec=codec,
            clock=clock,
        ),
        shortens=shortens or Optimiser(desk, clock, longest=10_000),
        jobs=jobs,
        dispatch=dispatcher,
        follower=Follower(jobs=jobs, events=events, bulletin=bulletin, clock=RealWaits(clock)),
        moderator=moderator,
        alarm=alarm,
        sealer=HmacSealer(b"s" * 32),
        codec=codec,
        clock=clock,
        ids=ids,
        most_pixels=64_000_000,
    )
    if work:
        await dispatcher.start(runner.run, watch=False)
    try:
        yield House(
            engine=engine,
            queue=Queue(queues=SqlQueues(database), jobs=jobs, clock=clock),
            jobs=jobs,
            events=events,
            ledger=SqlLedger(database),
            reports=SqlReports(database),
            profiles=profiles,
            keys=keys,
            budgeting=Budgeting(
                limits=found_limits,
                budgets=SqlBudgets(database),
                audit=audit,
                clock=clock,
                ids=ids,
            ),
            blobs=blobs,
            imaging=imaging,
            clock=clock,
            dispatcher=dispatcher,
            runner=runner,
            services=services,
            health=health,
            doors=doors,
            alarm=alarm,
            alerts=SqlAlerts(database),
            vault=Vault(
                catalog=catalog,
                texts=load_texts(),
                keys=stored,
                keyrings=keyrings,
                asks=Inquiries(services=services),
                audit=audit,
                clock=clock,
                ids=ids,
            ),
        )
    finally:
        if work:
            await dispatcher.stop(grace)
        imaging.close()
        await database.close()
