"""The only place that joins the parts: one context opens and closes everything an installation needs."""

from __future__ import annotations

import asyncio
import errno
import os
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from random import SystemRandom

from limner.catalog.installed import load_installed
from limner.catalog.presets import load_presets
from limner.catalog.unlisted import CurrentCatalog
from limner.codec import JsonRequestCodec
from limner.db.advisory_locks import AdvisoryWorkerLocks
from limner.db.budgets import SqlBudgets
from limner.db.database import Database
from limner.db.events import SqlEvents
from limner.db.jobs import SqlJobs
from limner.db.ledger import SqlLedger
from limner.db.pictures import SqlPictures
from limner.dispatch.bulletin import LocalBulletin
from limner.dispatch.dispatcher import Dispatcher
from limner.dispatch.doorbells import LocalDoorbells
from limner.dispatch.file_locks import FileWorkerLocks
from limner.domain.accounts import Asks
from limner.domain.errors import StorageError
from limner.domain.picture import Picture
from limner.domain.ports import Catalog, Clock, Ids, Imaging, Services
from limner.domain.preset import Preset
from limner.domain.stores import Events, Jobs, Ledger, Pictures
from limner.domain.telling import Dispatch, Sealer, WorkerLocks
from limner.domain.version import VERSION
from limner.engine.abandoning import Abandoner
from limner.engine.attempt import Attempt
from limner.engine.budgeting import Budgeting
from limner.engine.engine import Engine
from limner.engine.finishing import Finisher
from limner.engine.following import Follower
from limner.engine.limits import Limits
from limner.engine.listing import Listings
from limner.engine.quotes import HmacSealer
from limner.engine.retouching import Retoucher
from limner.engine.routing import Router
from limner.engine.runner import Runner
from limner.providers.connecting import connections, paced
from limner.providers.inquiries import Inquiries
from limner.providers.services import ConfiguredServices
from limner.settings import Settings
from limner.storage.blobs import BlobStore, S3Access, open_blobs
from limner.storage.imaging import PillowImaging
from limner.storage.library import Delivery, Library
from limner.storage.listings import ListingFile
from limner.storage.probe import PAINTED, UPLOADED
from limner.storage.provenance import Provenance
from limner.storage.shelf import Shelf
from limner.storage.uploads import Uploads
from limner.system import SystemClock, TimeOrderedIds
from limner.wire.client import Wire
from limner.wire.guard import Guard


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
    engine: Engine
    jobs: Jobs
    pictures: Pictures
    events: Events
    ledger: Ledger
    budgeting: Budgeting
    library: Library
    uploads: Uploads
    shelf: Shelf
    provenance: Provenance
    blobs: BlobStore
    imaging: Imaging
    clock: Clock
    ids: Ids
    codec: JsonRequestCodec

    async def thumbnail(self, picture: Picture, edge: int) -> Delivery:
        """A small WebP, made when it is first asked for; the dominant tone found on the way is noted, if it can be."""
        delivery = await self.library.thumbnail(picture, edge)
        if delivery.tone is not None:
            with suppress(StorageError):  # a full disk is no reason to show no picture
                await self.pictures.note_tone(picture.id, delivery.tone)
        return delivery


@dataclass(frozen=True, kw_only=True, slots=True)
class _Ground:
    """What everything else stands on."""

    settings: Settings
    clock: Clock
    ids: Ids
    bulletin: LocalBulletin
    catalog: CurrentCatalog
    listing_file: ListingFile
    database: Database
    blobs: BlobStore
    imaging: PillowImaging
    provenance: Provenance
    library: Library
    services: Services


@asynccontextmanager
async def open_runtime(
    settings: Settings, *, work: bool = True, watch: bool = False, at_once: int | None = None
) -> AsyncIterator[Runtime]:
    """Opens the installation that the settings describe, and closes it in reverse order.

    With `work` this process carries out the jobs it submits and first takes up what dead processes left; with
    `watch` it keeps looking for such jobs. No service has more than `at_once` purchases of this process at a time,
    where that is given. Raises NotConfigured and StorageError.
    """
    async with AsyncExitStack() as stack:
        ground = await _open_ground(settings, stack, at_once)
        secret = await asyncio.to_thread(installation_secret, settings)
        jobs = SqlJobs(ground.database, ground.bulletin.publish, now=ground.clock.now)
        dispatcher = Dispatcher(
            worker=ground.ids.new(),
            jobs=jobs,
            locks=_locks(settings),
            clock=ground.clock,
            concurrency=settings.concurrency,
        )
        runtime = _joined(ground, jobs, dispatcher, HmacSealer(secret))
        if work:
            await dispatcher.start(_runner(runtime).run, watch=watch)
            stack.push_async_callback(dispatcher.stop, settings.grace_seconds)
        yield runtime


async def _open_ground(settings: Settings, stack: AsyncExitStack, at_once: int | None) -> _Ground:
    await asyncio.to_thread(_make_folder, settings.data_dir)
    clock, listing_file = SystemClock(), ListingFile(settings.data_dir)
    facts = await asyncio.to_thread(load_installed, settings.data_dir)
    catalog = CurrentCatalog(facts, await asyncio.to_thread(listing_file.read))
    database = await Database.open(_database_url(settings))
    stack.push_async_callback(database.close)
    blobs = await stack.enter_async_context(
        open_blobs(settings.storage_url, settings.data_dir, access=_s3_access(settings.variables))
    )
    imaging = PillowImaging(limits=replace(PAINTED, max_pixels=settings.max_pixels))
    stack.callback(imaging.close)
    provenance = await stack.enter_async_context(
        Provenance(settings.data_dir / "provenance", version=VERSION, now=clock.now)
    )
    library = await stack.enter_async_context(
        Library(
            blobs=blobs,
            imaging=imaging,
            provenance=provenance,
            algorithmic=frozenset(card.id for card in catalog.services if card.algorithmic),
            embed_recipe=settings.embed_recipe,
            uploads=replace(UPLOADED, max_bytes=settings.max_upload_mb * 1_000_000),
        )
    )
    wire = await stack.enter_async_context(Wire(blobs, guard=Guard(settings.fetch_allowlist.split(","))))
    return _Ground(
        settings=settings,
        clock=clock,
        ids=TimeOrderedIds(),
        bulletin=LocalBulletin(),
        catalog=catalog,
        listing_file=listing_file,
        database=database,
        blobs=blobs,
        imaging=imaging,
        provenance=provenance,
        library=library,
        services=ConfiguredServices(
            paced(catalog.services, settings.variables, at_once),
            connections(catalog.services, settings.variables, settings.public_url),
            wire,
        ),
    )


def _joined(ground: _Ground, jobs: SqlJobs, dispatch: Dispatch, sealer: Sealer) -> Runtime:
    """All parts, each given what it needs and nothing more."""
    settings, presets, codec, events = ground.settings, load_presets(), JsonRequestCodec(), SqlEvents(ground.database)
    limits = _limits(settings)
    engine = Engine(
        router=Router(
            catalog=ground.catalog,
            services=ground.services,
            clock=ground.clock,
            unpriced_ceiling=settings.unpriced_ceiling_usd,
        ),
        limits=limits,
        presets=presets,
        jobs=jobs,
        dispatch=dispatch,
        follower=Follower(jobs=jobs, events=events, bulletin=ground.bulletin, clock=ground.clock),
        sealer=sealer,
        codec=codec,
        clock=ground.clock,
        ids=ground.ids,
    )
    asks = Inquiries(services=ground.services)
    return Runtime(
        settings=settings,
        catalog=ground.catalog,
        services=ground.services,
        doorbells=LocalDoorbells(),
        asks=asks,
        listings=Listings(asks=asks, store=ground.listing_file, catalog=ground.catalog, clock=ground.clock),
        presets=presets,
        engine=engine,
        jobs=jobs,
        pictures=SqlPictures(ground.database),
        events=events,
        ledger=SqlLedger(ground.database),
        budgeting=Budgeting(limits=limits, budgets=SqlBudgets(ground.database), clock=ground.clock, ids=ground.ids),
        library=ground.library,
        uploads=Uploads(library=ground.library, blobs=ground.blobs, imaging=ground.imaging),
        shelf=Shelf(settings.data_dir / "storage" / "images", ground.blobs),
        provenance=ground.provenance,
        blobs=ground.blobs,
        imaging=ground.imaging,
        clock=ground.clock,
        ids=ground.ids,
        codec=codec,
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
        codec=runtime.codec,
        clock=runtime.clock,
        ids=runtime.ids,
        versions={"limner": VERSION},
    )
    attempt = Attempt(
        catalog=runtime.catalog,
        services=runtime.services,
        jobs=runtime.jobs,
        blobs=runtime.blobs,
        imaging=runtime.imaging,
        finisher=finisher,
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


def _limits(settings: Settings) -> Limits:
    return Limits(
        daily_cost=settings.daily_cost_limit_usd,
        daily_budget=settings.daily_budget_usd,
        images_per_hour=settings.images_per_hour,
        images_per_day=settings.images_per_day,
        requests_per_minute=settings.requests_per_minute,
        global_requests_per_minute=settings.global_requests_per_minute,
    )


def installation_secret(settings: Settings) -> bytes:
    """The master secret: the one that is set, else one made on first use and kept in the data directory. Blocks."""
    if settings.secret_key:
        return settings.secret_key.encode()
    path = settings.data_dir / "secret.key"
    try:
        _write_once(path, secrets.token_urlsafe(48).encode())
        return path.read_bytes().strip()
    except OSError as error:
        raise StorageError(
            f"The secret key {path} cannot be read or made: {error.strerror}. Make it readable for this user.",
            code="read_only",
        ) from error


def _write_once(path: Path, data: bytes) -> None:
    """Writes a file that only this user may read, whole or not at all, unless it is already there."""
    if path.exists():
        return
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # fails where another process was quicker; its key is the one that counts
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{secrets.token_hex(8)}"
        probe.touch()
        probe.unlink()
    except (FileExistsError, NotADirectoryError) as error:
        raise StorageError(
            f"The data directory {folder} cannot be made: a file is in its place. Move that file away, "
            "or set LIMNER_DATA_DIR to another folder."
        ) from error
    except OSError as error:
        full = error.errno == errno.ENOSPC
        raise StorageError(
            f"The data directory {folder} cannot be written to: {error.strerror}. "
            f"{'Free some space' if full else 'Make it writable'}, or set LIMNER_DATA_DIR to another folder.",
            code="disk_full" if full else "read_only",
        ) from error


def _database_url(settings: Settings) -> str:
    return settings.database_url or f"sqlite:///{settings.data_dir / 'limner.db'}"


def _locks(settings: Settings) -> WorkerLocks:
    if settings.database_url and not settings.database_url.startswith("sqlite"):
        return AdvisoryWorkerLocks(settings.database_url)
    return FileWorkerLocks(settings.data_dir / "workers")


def _s3_access(variables: Mapping[str, str]) -> S3Access:
    return S3Access(
        access_key_id=variables.get("AWS_ACCESS_KEY_ID"),
        secret_access_key=variables.get("AWS_SECRET_ACCESS_KEY"),
        session_token=variables.get("AWS_SESSION_TOKEN"),
        region=variables.get("AWS_REGION") or "us-east-1",
        endpoint=variables.get("AWS_ENDPOINT_URL"),
    )
