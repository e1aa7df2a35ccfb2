"""The only place that joins the parts: one context opens and closes everything an installation needs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from random import SystemRandom

from limner.catalog.presets import load_presets
from limner.codec import JsonRequestCodec
from limner.db.alerts import SqlAlerts
from limner.db.analytics import SqlAnalytics
from limner.db.batches import SqlBatches
from limner.db.breakers import SqlBreakers
from limner.db.budgets import SqlBudgets
from limner.db.database import Database
from limner.db.events import SqlEvents
from limner.db.jobs import SqlJobs
from limner.db.ledger import SqlLedger
from limner.db.pictures import SqlPictures
from limner.db.statistics import SqlStatistics
from limner.dispatch.courier import Courier
from limner.dispatch.dispatcher import Dispatcher
from limner.dispatch.doorbells import LocalDoorbells
from limner.dispatch.porter import Porter
from limner.domain.accounts import Asks
from limner.domain.alerts import Alerts
from limner.domain.books import Ledger
from limner.domain.errors import StorageError
from limner.domain.people import Principal
from limner.domain.picture import Picture
from limner.domain.ports import Catalog, Clock, Ids, Imaging, Services
from limner.domain.preset import Preset
from limner.domain.request import ImageRequest
from limner.domain.statistics import Statistics
from limner.domain.stores import Events, Jobs, Pictures
from limner.domain.telling import Dispatch, Publish
from limner.domain.version import VERSION
from limner.engine.abandoning import Abandoner
from limner.engine.alerting import Alarm
from limner.engine.attempt import Attempt
from limner.engine.batching import Batching
from limner.engine.budgeting import Budgeting
from limner.engine.chatting import Chatting
from limner.engine.comparing import Comparing
from limner.engine.describing import Analyst
from limner.engine.doors import Doors
from limner.engine.engine import Engine
from limner.engine.figures import Figures
from limner.engine.finishing import Finisher
from limner.engine.following import Follower
from limner.engine.health import HealthWatch
from limner.engine.interpreting import Interpreter
from limner.engine.limits import Limits
from limner.engine.listing import Listings
from limner.engine.profiles import Profiles
from limner.engine.queueing import Queue
from limner.engine.quotes import HmacSealer
from limner.engine.repeats import Repeats
from limner.engine.retouching import Retoucher
from limner.engine.reusing import Reuser
from limner.engine.reviewing import Reviews
from limner.engine.runner import Runner
from limner.engine.vault import Vault
from limner.engine.webhooks import Subscriptions
from limner.providers.inquiries import Inquiries
from limner.providers.own import OwnService
from limner.runtime.admittance import Admittance, admittance
from limner.runtime.alerting import alarm_of, keep_watch
from limner.runtime.chats import chatting_of
from limner.runtime.comparing import comparing_of
from limner.runtime.describing import analyst_of
from limner.runtime.ground import Ground, open_ground, uploads_of
from limner.runtime.installation import SHELF_FOLDERS, known_secrets, shelf_root, worker_locks
from limner.runtime.keeping import Keeping, join_keeping, keep_tidy
from limner.runtime.limits import limits_of
from limner.runtime.messages import courier_of, publisher, subscriptions_of
from limner.runtime.profiles import profiles_of
from limner.runtime.queueing import batching_of, queue_of
from limner.runtime.reviewing import reviews_of
from limner.runtime.texts import Help, TextDesk, help_of
from limner.runtime.vault import Rotation, vault_of
from limner.runtime.ways import Helm, Ways, helm_of, ways_of
from limner.runtime.wording import wording_of
from limner.runtime.words import Words
from limner.settings import Settings
from limner.storage.blobs import BlobStore
from limner.storage.generated import GeneratedFolder
from limner.storage.library import Delivery, Library
from limner.storage.provenance import Provenance
from limner.storage.shelf import Shelf
from limner.storage.uploads import Uploads

LAST_WORDS = 3.0
"""Seconds for messages to webhooks when a command ends; the next process sends those that do not get away."""
LAST_WORDS_OF_A_SERVER = 0.5
"""The same for a server, whose jobs need the time that it has to end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Runtime:
    """An open installation."""

    settings: Settings
    catalog: Catalog
    services: Services
    doorbells: LocalDoorbells
    asks: Asks
    listings: Listings
    presets: Mapping[str, Preset]
    profiles: Profiles
    engine: Engine
    words: Words
    texts: TextDesk
    analyst: Analyst
    chatting: Chatting
    repeats: Repeats
    health: HealthWatch
    jobs: Jobs
    queue: Queue
    pictures: Pictures
    events: Events
    ledger: Ledger
    webhooks: Subscriptions
    vault: Vault
    doors: Doors
    rotation: Rotation
    budgeting: Budgeting
    admittance: Admittance
    reviews: Reviews
    statistics: Statistics
    figures: Figures
    alerts: Alerts
    batching: Batching
    comparing: Comparing
    library: Library
    keeping: Keeping
    uploads: Uploads
    shelf: Shelf
    generated: GeneratedFolder
    provenance: Provenance
    blobs: BlobStore
    database: Database
    imaging: Imaging
    clock: Clock
    ids: Ids
    codec: JsonRequestCodec

    async def renew(self) -> None:
        """What this process knows of the services as it is now, whichever process has found it out or said it."""
        await self.health.renew()
        await self.doors.steering.renew()
        await self.services.knock()

    async def services_for(self, principal: Principal) -> Services:
        """The services as this person can use them, with the stored keys that are theirs, for a list."""
        await self.services.knock()
        return await self.doors.reach(ImageRequest(), principal)

    async def thumbnail(self, picture: Picture, edge: int) -> Delivery:
        """A small WebP, made when it is first asked for; the dominant tone found on the way is noted, if it can be."""
        delivery = await self.library.thumbnail(picture, edge)
        if delivery.tone is not None:
            with suppress(StorageError):  # a full disk is no reason to show no picture
                await self.pictures.note_tone(picture.id, delivery.tone)
        return delivery


@asynccontextmanager
async def open_runtime(
    settings: Settings,
    *,
    work: bool = True,
    watch: bool = False,
    at_once: int | None = None,
    services: Sequence[OwnService] = (),
) -> AsyncIterator[Runtime]:
    """Opens the installation that the settings describe, and closes it in reverse order.

    With `work` this process carries out the jobs it submits and first takes up what dead processes left; with
    `watch` it keeps looking for such jobs. No service has more than `at_once` purchases of this process at a time,
    where that is given. `services` are more services than the catalog has. Raises NotConfigured and StorageError.
    """
    async with AsyncExitStack() as stack:
        ground = await open_ground(settings, stack, at_once, services)
        secrets = await asyncio.to_thread(known_secrets, settings)
        worker, locks = ground.ids.new(), worker_locks(settings)
        courier = courier_of(ground, worker, locks)
        porter = Porter(worker=worker, batches=SqlBatches(ground.database), locks=locks, clock=ground.clock)
        alarm = alarm_of(ground, courier.nudge)
        publish = publisher(ground.bulletin, courier, alarm)
        jobs = SqlJobs(ground.database, publish, now=ground.clock.now)
        dispatcher = Dispatcher(
            worker=worker, jobs=jobs, locks=locks, clock=ground.clock, concurrency=settings.concurrency
        )
        helm, health = helm_of(ground), _health(ground)
        moving = _Moving(
            jobs=jobs,
            publish=publish,
            dispatch=dispatcher,
            courier=courier,
            porter=porter,
            alarm=alarm,
            helm=helm,
            health=health,
            help=help_of(ground, helm, health, alarm),
        )
        runtime = _joined(ground, moving, HmacSealer(secrets[0]))
        stack.push_async_callback(runtime.texts.presence.leave)
        await runtime.health.renew()
        await runtime.doors.steering.renew()
        if work:
            await dispatcher.start(_runner(runtime).run, watch=watch)
            stack.push_async_callback(dispatcher.stop, settings.grace_seconds)
            await runtime.chatting.recover()
            stack.push_async_callback(runtime.chatting.answers.close)
            courier.start()
            if watch:
                keep_tidy(runtime.keeping, stack)
                keep_watch(alarm, stack)
            stack.push_async_callback(courier.stop, LAST_WORDS_OF_A_SERVER if watch else LAST_WORDS)
        if work and watch:  # a command is over sooner than a batch
            porter.start(runtime.batching.carry)
            stack.push_async_callback(porter.stop)
        yield runtime


def _health(ground: Ground) -> HealthWatch:
    """Who remembers which services keep failing."""
    return HealthWatch(
        catalog=ground.catalog,
        texts=ground.texts,
        services=ground.services,
        store=SqlBreakers(ground.database),
        clock=ground.clock,
        rules=ground.settings.breaker_rules,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Moving:
    """What carries jobs, messages and batches on in this process, and what helps with words."""

    jobs: SqlJobs
    publish: Publish
    dispatch: Dispatch
    courier: Courier
    porter: Porter
    alarm: Alarm
    helm: Helm
    health: HealthWatch
    help: Help


def _engine(
    ground: Ground, moving: _Moving, ways: Ways, profiles: Profiles, shelf: Shelf, sealer: HmacSealer
) -> Engine:
    """What carries requests from a wish to a queued job."""
    jobs, presets, codec, events = moving.jobs, load_presets(), JsonRequestCodec(), SqlEvents(ground.database)
    return Engine(
        doors=ways.doors,
        router=ways.router,
        limits=limits_of(ground.settings),
        reuser=Reuser(jobs=jobs, shelf=shelf, codec=codec, clock=ground.clock, ids=ground.ids),
        presets=presets,
        wording=wording_of(ground, presets),
        profiles=profiles,
        shortens=moving.help.words.optimiser,
        interpreter=Interpreter(
            catalog=ground.catalog,
            translates=moving.help.words.translator,
            repeats=moving.help.texts.repeats,
            codec=codec,
            clock=ground.clock,
        ),
        jobs=jobs,
        dispatch=moving.dispatch,
        follower=Follower(jobs=jobs, events=events, bulletin=ground.bulletin, clock=ground.clock),
        moderator=ground.moderator,
        alarm=moving.alarm,
        sealer=sealer,
        codec=codec,
        clock=ground.clock,
        ids=ground.ids,
        most_pixels=ground.settings.max_pixels,
    )


def _joined(ground: Ground, moving: _Moving, sealer: HmacSealer) -> Runtime:
    """All parts, each given what it needs and nothing more."""
    settings, jobs = ground.settings, moving.jobs
    shelf = Shelf(shelf_root(settings), ground.blobs, SHELF_FOLDERS)
    generated = GeneratedFolder(settings.data_dir / "public", ground.library)
    asks, pictures = Inquiries(services=ground.services), SqlPictures(ground.database)
    health, keyrings = moving.health, moving.help.keyrings
    ways, vault = ways_of(ground, keyrings, health, moving.helm), vault_of(ground, keyrings, asks)
    profiles, keeping = profiles_of(ground, vault), join_keeping(ground, shelf, generated)
    engine = _engine(ground, moving, ways, profiles, shelf, sealer)
    uploads = uploads_of(ground)
    people = admittance(ground.database, ground.issuer, settings, ground.clock, ground.ids, sealer)
    return Runtime(
        settings=settings,
        catalog=ground.catalog,
        services=ground.services,
        doorbells=LocalDoorbells(),
        asks=asks,
        listings=Listings(asks=asks, store=ground.listing_file, catalog=ground.catalog, clock=ground.clock),
        presets=engine.presets,
        profiles=profiles,
        engine=engine,
        words=moving.help.words,
        texts=moving.help.texts,
        chatting=chatting_of(ground, engine, moving.help.texts.buyer, uploads),
        analyst=analyst_of(ground, pictures, keeping.curator, moving.help.words.describer),
        repeats=Repeats(jobs=jobs, reuser=engine.reuser, presets=engine.presets, clock=ground.clock),
        health=health,
        jobs=jobs,
        queue=queue_of(ground, jobs),
        pictures=pictures,
        events=SqlEvents(ground.database),
        ledger=SqlLedger(ground.database),
        webhooks=subscriptions_of(ground, moving.courier),
        vault=vault,
        doors=ways.doors,
        rotation=Rotation(ground=ground),
        budgeting=_budgeting(ground, engine.limits, people),
        admittance=people,
        reviews=reviews_of(ground, pictures, shelf, generated),
        statistics=SqlStatistics(ground.database),
        figures=Figures(analytics=SqlAnalytics(ground.database), clock=ground.clock),
        alerts=SqlAlerts(ground.database),
        batching=batching_of(ground, engine, jobs, moving.porter),
        comparing=comparing_of(ground, engine, moving.publish, sealer),
        library=ground.library,
        keeping=keeping,
        uploads=uploads,
        shelf=shelf,
        generated=generated,
        provenance=ground.provenance,
        blobs=ground.blobs,
        database=ground.database,
        imaging=ground.imaging,
        clock=ground.clock,
        ids=ground.ids,
        codec=JsonRequestCodec(),
    )


def _budgeting(ground: Ground, limits: Limits, people: Admittance) -> Budgeting:
    """Who may spend how much."""
    return Budgeting(
        limits=limits,
        budgets=SqlBudgets(ground.database),
        audit=people.audit,
        clock=ground.clock,
        ids=ground.ids,
    )


def _runner(runtime: Runtime) -> Runner:
    """What carries out jobs in this process."""
    finisher = Finisher(
        catalog=runtime.catalog,
        jobs=runtime.jobs,
        blobs=runtime.blobs,
        imaging=runtime.imaging,
        originals=runtime.library,
        retoucher=Retoucher(blobs=runtime.blobs, imaging=runtime.imaging),
        shelf=runtime.shelf,
        moderator=runtime.engine.moderator,
        codec=runtime.codec,
        clock=runtime.clock,
        ids=runtime.ids,
        versions={"limner": VERSION},
    )
    attempt = Attempt(
        catalog=runtime.catalog,
        doors=runtime.doors,
        jobs=runtime.jobs,
        blobs=runtime.blobs,
        imaging=runtime.imaging,
        finisher=finisher,
        health=runtime.health,
        doorbells=runtime.doorbells,
        clock=runtime.clock,
        chance=SystemRandom(),
    )
    return Runner(
        attempt=attempt,
        abandoner=Abandoner(catalog=runtime.catalog, jobs=runtime.jobs, clock=runtime.clock),
        jobs=runtime.jobs,
        blobs=runtime.blobs,
        imaging=runtime.imaging,
        clock=runtime.clock,
        ids=runtime.ids,
    )
