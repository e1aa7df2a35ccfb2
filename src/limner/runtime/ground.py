"""What everything in an open installation stands on: its files, its database, its services."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial

from limner.catalog.forbidden import load_word_rules
from limner.catalog.installed import load_installed
from limner.catalog.texts import TomlTexts, load_texts
from limner.catalog.unlisted import CurrentCatalog
from limner.db.database import Database
from limner.db.sealed import seal_plain
from limner.dispatch.bulletin import LocalBulletin
from limner.domain.call import Landed
from limner.domain.ports import Clock, Ids
from limner.domain.version import VERSION
from limner.engine.moderation import Moderator
from limner.providers import plugins_by_name
from limner.providers.connecting import connections, paced, timeouts
from limner.providers.own import OwnService
from limner.providers.services import ConfiguredServices
from limner.runtime.installation import database_url, known_secrets, make_folder, s3_access
from limner.sealing import AesSeals
from limner.settings import Settings
from limner.storage.blobs import BlobStore, open_blobs
from limner.storage.imaging import PillowImaging
from limner.storage.library import Library
from limner.storage.listings import ListingFile
from limner.storage.probe import PAINTED, UPLOADED
from limner.storage.provenance import Provenance
from limner.storage.uploads import Uploads
from limner.system import SystemClock, TimeOrderedIds
from limner.wire.client import Wire
from limner.wire.download import fetch_for_user
from limner.wire.guard import Guard
from limner.wire.identity import WireIssuer
from limner.wire.knocking import Knocks
from limner.wire.posting import WirePosts

FETCH_SECONDS = 30.0
"""How long fetching a picture from an address may take, all hops together."""
JUDGE = "openai"
"""The service that looks at requests, where the settings want one: its name there and in the catalog."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """What everything else stands on."""

    settings: Settings
    clock: Clock
    ids: Ids
    bulletin: LocalBulletin
    catalog: CurrentCatalog
    texts: TomlTexts
    listing_file: ListingFile
    database: Database
    blobs: BlobStore
    imaging: PillowImaging
    provenance: Provenance
    library: Library
    guard: Guard
    services: ConfiguredServices
    moderator: Moderator
    posts: WirePosts
    issuer: WireIssuer
    wire: Wire
    seals: AesSeals


async def fetched(ground: Ground, address: str) -> Landed:
    """What lies at an address, as large as an upload may be. Raises InvalidRequest and BadPicture."""
    limit = ground.settings.max_upload_mb * 1_000_000
    return (await fetch_for_user(ground.wire, address, deadline=FETCH_SECONDS, limit=limit)).landed


def uploads_of(ground: Ground) -> Uploads:
    """What takes in the pictures that requests start from."""
    return Uploads(library=ground.library, blobs=ground.blobs, imaging=ground.imaging, fetch=partial(fetched, ground))


async def open_ground(
    settings: Settings, stack: AsyncExitStack, at_once: int | None, own: Sequence[OwnService] = ()
) -> Ground:
    """Opens all of it, with a program's `own` services; `stack` closes it in reverse order.

    Raises NotConfigured and StorageError.
    """
    await asyncio.to_thread(make_folder, settings.data_dir)
    clock, listing_file = SystemClock(), ListingFile(settings.data_dir)
    catalog = await _catalog(settings, listing_file, own)
    database = await Database.open(database_url(settings))
    stack.push_async_callback(database.close)
    seals = AesSeals(partial(known_secrets, settings))
    await seal_plain(database, seals)
    blobs = await stack.enter_async_context(
        open_blobs(settings.storage_url, settings.data_dir, access=s3_access(settings.variables))
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
    guard = Guard(settings.fetch_allowlist.split(","))
    wire = await stack.enter_async_context(Wire(blobs, guard=guard))
    places = connections(catalog.services, settings.variables, settings.public_url)
    cards, plugins = paced(catalog.services, settings.variables, at_once), [*plugins_by_name().values(), *own]
    services = ConfiguredServices(cards, places, wire, plugins=plugins, knocks=Knocks(clock))
    stack.push_async_callback(services.close)
    return Ground(
        settings=settings,
        clock=clock,
        ids=TimeOrderedIds(),
        bulletin=LocalBulletin(),
        catalog=catalog,
        texts=await asyncio.to_thread(load_texts, settings.data_dir, settings.text_prices),
        listing_file=listing_file,
        database=database,
        blobs=blobs,
        imaging=imaging,
        provenance=provenance,
        library=library,
        guard=guard,
        services=services,
        moderator=_moderator(settings, services, blobs, imaging, clock),
        posts=WirePosts(wire),
        issuer=WireIssuer(wire, settings.variables, settings.oidc_issuer),
        wire=wire,
        seals=seals,
    )


async def _catalog(settings: Settings, listing_file: ListingFile, own: Sequence[OwnService]) -> CurrentCatalog:
    """Which models there are, from the files, a program's own and what was last listed."""
    facts = await asyncio.to_thread(load_installed, settings.data_dir, [service.facts for service in own])
    facts = facts.timed(timeouts(facts.services, settings.variables))
    return CurrentCatalog(facts, await asyncio.to_thread(listing_file.read))


def _moderator(
    settings: Settings, services: ConfiguredServices, blobs: BlobStore, imaging: PillowImaging, clock: Clock
) -> Moderator:
    """Who looks at requests and at finished pictures, as the settings have it."""
    return Moderator(
        rules=() if settings.moderation == "off" else load_word_rules(settings.blocked_words.split(",")),
        judge=partial(services.judge, JUDGE) if settings.moderation == JUDGE else None,
        blobs=blobs,
        imaging=imaging,
        clock=clock,
        finished=settings.looks_at_pictures,
    )
