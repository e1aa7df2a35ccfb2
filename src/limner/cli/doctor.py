"""Looks an installation over: each part is ok, to be warned of, or failing, with what to do about it."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from limner import __version__
from limner.cli.condition import blocked_words
from limner.cli.exits import FAILED, OK
from limner.cli.options import App, Json
from limner.cli.output import Output
from limner.cli.pictures import Protocol, protocol_of
from limner.cli.surroundings import keep_log, settings_here
from limner.domain.errors import LimnerError, NotFound
from limner.domain.people import LOCAL

if TYPE_CHECKING:
    from limner.domain.health import Standing
    from limner.domain.model_card import ServiceCard
    from limner.domain.readiness import Readiness
    from limner.domain.text_models import TextServiceCard
    from limner.runtime import Runtime
    from limner.settings import Settings

app = App()

ROOMY, TIGHT = 2_000_000_000, 100_000_000
"""Bytes of free space that are plenty, and that are too few."""
PROBE = b"limner doctor"
DAY, RECENT = timedelta(days=1), 50


class State(StrEnum):
    """How a part is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One part, how it is, and what to do where that is not well."""

    part: str
    state: State
    text: str


@app.add()
def doctor(json: Json = False) -> int:
    """Check that everything Limner needs is there and whole."""
    output = Output(json=json)
    findings = [Finding("Limner", State.OK, f"{__version__} on Python {sys.version.split()[0]}")]
    try:
        settings = settings_here()
    except LimnerError as error:
        findings.append(Finding("settings", State.FAIL, error.message))
    else:
        keep_log(settings.variables)
        findings += disk(settings)
        findings += asyncio.run(_inside(settings))
    findings.append(terminal(output))
    failed = any(finding.state is State.FAIL for finding in findings)
    if json:
        output.document({"ok": not failed, "checks": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            output.show(f"{finding.state.value:<5} {finding.part}: {finding.text}")
    return FAILED if failed else OK


def disk(settings: Settings) -> Iterator[Finding]:
    """The data directory: whether there is room, and who may read the secret key."""
    folder = next(path for path in (settings.data_dir, *settings.data_dir.absolute().parents) if path.exists())
    with suppress(OSError):  # what prevents reading is found again, and told, when the installation is opened
        free = shutil.disk_usage(folder).free
        text = f"{settings.data_dir}, {free / 1_000_000_000:.1f} GB free"
        if free < TIGHT:
            yield Finding("data directory", State.FAIL, f"{text}. Free some space.")
        else:
            yield Finding("data directory", State.OK if free >= ROOMY else State.WARN, text)
        key = settings.data_dir / "secret.key"
        if key.exists() and os.name == "posix" and key.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            yield Finding("secret key", State.WARN, f"Others may read {key}. Run: chmod 600 {key}")


def terminal(output: Output) -> Finding:
    """How pictures are shown here."""
    protocol = protocol_of(output.results, os.environ)
    if protocol is Protocol.NONE:
        return Finding("terminal", State.OK, "Shows no pictures; their paths are printed.")
    words = "coloured blocks" if protocol is Protocol.BLOCKS else f"the {protocol.value} protocol"
    return Finding("terminal", State.OK, f"Shows pictures by {words}.")


async def _inside(settings: Settings) -> list[Finding]:
    """What can only be said of an open installation."""
    # Imported here because --help must not pay for the database.
    from limner.runtime import open_runtime

    try:
        async with open_runtime(settings, work=False) as runtime:
            found = [Finding("catalog", State.OK, f"{len(runtime.catalog.models)} models")]
            found += [finding async for finding in _parts(runtime)]
            return found
    except LimnerError as error:
        return [Finding("installation", State.FAIL, error.message)]


async def _parts(runtime: Runtime) -> AsyncIterator[Finding]:
    # Imported here because --help must not pay for the engine.
    from limner.engine.text_places import text_places

    yield await database(runtime)
    yield await ledger(runtime)
    yield await object_store(runtime)
    yield await files(runtime)
    yield await unfinished(runtime)
    yield await alerts(runtime)
    for card in runtime.catalog.services:
        yield service(card, runtime.services.readiness(card.id), runtime.health.standing(card.id))
    painting = {card.id for card in runtime.catalog.services}
    for place in await text_places(runtime.texts.buyer, LOCAL):
        if place.card.id not in painting:
            yield service(place.card, place.readiness, place.standing)


def service(card: ServiceCard | TextServiceCard, readiness: Readiness, standing: Standing) -> Finding:
    """Whether a service can be used, and whether it or one of its models is blocked after failures."""
    blocked = blocked_words(card.id, standing)
    if not readiness.ready or not blocked:
        return Finding(card.name, State.OK if readiness.ready else State.WARN, readiness.reason)
    return Finding(card.name, State.WARN, f"{'; '.join(blocked)}. To try now: limner providers reset {card.id}")


async def database(runtime: Runtime) -> Finding:
    """Whether PostgreSQL keeps people's rows apart itself, behind Limner's own queries."""
    text = "opens; its tables are up to date"
    walled = await runtime.database.is_walled()
    if walled is None:
        return Finding("database", State.OK, text)
    if walled:
        return Finding("database", State.OK, f"{text}, and row-level security holds")
    advice = "Name a role in LIMNER_DATABASE_URL that is no superuser and has no BYPASSRLS."
    return Finding("database", State.WARN, f"{text}, but its role passes row-level security. {advice}")


async def ledger(runtime: Runtime) -> Finding:
    """Whether the sums of money agree with their rows."""
    try:
        differences = await runtime.ledger.check()
    except LimnerError as error:
        return Finding("ledger", State.FAIL, error.message)
    if differences:
        return Finding("ledger", State.FAIL, f"{len(differences)} sums are wrong. {' '.join(differences)}")
    return Finding("ledger", State.OK, "all sums agree")


async def object_store(runtime: Runtime) -> Finding:
    """Whether a file can be kept, read and forgotten."""
    data = PROBE + os.urandom(16)
    try:
        landed = await runtime.blobs.put(data)
        read = await runtime.blobs.get(landed.digest)
        await runtime.blobs.delete(landed.digest)
    except (LimnerError, NotFound) as error:
        return Finding("object store", State.FAIL, error.message)
    if read != data:
        return Finding("object store", State.FAIL, "A file came back different. Check the disk.")
    return Finding("object store", State.OK, runtime.settings.storage_url or "a folder in the data directory")


async def files(runtime: Runtime) -> Finding:
    """Whether files lie there that nothing names."""
    try:
        orphans = await runtime.keeping.cleaner.orphans()
    except LimnerError as error:
        return Finding("files", State.FAIL, error.message)
    if orphans.pictures:
        size = f"{orphans.bytes / 1_000_000:.1f} MB"
        text = f"{orphans.pictures} that no picture and no job names, {size}. Clear them away: limner clean --orphans"
        return Finding("files", State.WARN, text)
    return Finding("files", State.OK, "every one belongs to a picture or a job")


async def alerts(runtime: Runtime) -> Finding:
    """What administrators were told within a day."""
    page = await runtime.alerts.page(limit=RECENT, cursor=None)
    found = [alert for alert in page.items if alert.raised > runtime.clock.now() - DAY]
    if not found:
        return Finding("alerts", State.OK, "none within a day")
    more = " or more" if len(found) == RECENT else ""
    return Finding("alerts", State.WARN, f"{len(found)}{more} within a day. To see them: limner alerts")


async def unfinished(runtime: Runtime) -> Finding:
    """Jobs that wait, and locks of processes that have ended without giving them back."""
    from limner.dispatch.file_locks import FileWorkerLocks

    jobs = await runtime.jobs.open_jobs()
    if runtime.settings.database_url and not runtime.settings.database_url.startswith("sqlite"):
        return Finding("jobs", State.OK, f"{len(jobs)} under way; the database itself keeps the locks")
    folder = runtime.settings.data_dir / "workers"
    locks = FileWorkerLocks(folder)
    names = {path.stem for path in folder.glob("*.lock")}
    gone = {name for name in names | {job.worker for job in jobs if job.worker} if await locks.is_free(name)}
    # What waits because its queue is paused is nobody's to take up.
    waiting = sum((job.worker is None or job.worker in gone) and not job.waits for job in jobs)
    if waiting:
        text = f"{waiting} unfinished jobs of processes that are gone. The next command that paints takes them up."
        return Finding("jobs", State.WARN, text)
    left = f"; {len(names & gone)} locks of processes that died were cleared away" if names & gone else ""
    return Finding("jobs", State.OK, f"{len(jobs)} under way{left}")
