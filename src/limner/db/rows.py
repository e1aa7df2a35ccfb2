"""Rows as domain values, and domain values as rows."""

from __future__ import annotations

from collections.abc import Sequence

from limner.db import codec
from limner.db.statements import Columns
from limner.domain.call import Finished, Landed
from limner.domain.events import Event, EventKind
from limner.domain.job import CallRecord, CallState, Job, JobState
from limner.domain.money import Money
from limner.domain.picture import Picture, PictureFile
from limner.domain.plan import Plan
from limner.domain.records import NewCall, NewJob
from limner.domain.request import Operation

# --- jobs -------------------------------------------------------------------------------


def job_row(new: NewJob) -> Columns:
    """A job about to be queued, or begun; its first events have the numbers from 1 on."""
    return {
        "id": new.id,
        "user_id": new.owner,
        "project": new.request.project,
        "state": (JobState.RUNNING if new.begin else JobState.QUEUED).value,
        "attempt": int(new.begin),
        "candidate": 0,
        "worker": new.worker,
        "created_at": codec.stamp(new.at),
        "started_at": codec.stamp(new.at) if new.begin else None,
        "finished_at": None,
        "held_micro": new.hold.micro,
        "cost_micro": 0,
        "problem": None,
        "cancel_requested": False,
        "last_event": 1 + new.begin + len(new.news),
        "retry_of": new.retry_of,
        "front": 0,
    }


def plan_row(new: NewJob) -> Columns:
    """What a new job is to do."""
    return {
        "job_id": new.id,
        "request": codec.requests().write(new.request),
        "plan": codec.plans().write(new.plan),
    }


def job(row: Columns, calls: Sequence[CallRecord] = (), pictures: Sequence[Picture] = ()) -> Job:
    """A job from its row and that of its plan, in one."""
    return Job(
        id=row["id"],
        owner=row["user_id"],
        request=codec.requests().read(row["request"]),
        plan=codec.plans().read(row["plan"]),
        state=JobState(row["state"]),
        attempt=row["attempt"],
        candidate=row["candidate"],
        created=codec.moment(row["created_at"]),
        started=codec.optional_moment(row["started_at"]),
        finished=codec.optional_moment(row["finished_at"]),
        held=Money(row["held_micro"]),
        cost=money(row["cost_micro"]),
        problem=codec.problems().read_optional(row["problem"]),
        cancel_requested=bool(row["cancel_requested"]),
        worker=row["worker"],
        retry_of=row["retry_of"],
        front=row["front"],
        calls=tuple(calls),
        pictures=tuple(pictures),
    )


def new_job(new: NewJob) -> Job:
    """A job as it stands right after its submission."""
    return Job(
        id=new.id,
        owner=new.owner,
        request=new.request,
        plan=new.plan,
        state=JobState.RUNNING if new.begin else JobState.QUEUED,
        attempt=int(new.begin),
        candidate=0,
        created=new.at,
        started=new.at if new.begin else None,
        held=new.hold,
        worker=new.worker,
        retry_of=new.retry_of,
        calls=tuple(_queued_call(new, call) for call in new.calls),
    )


def _queued_call(new: NewJob, added: NewCall) -> CallRecord:
    return CallRecord(
        id=added.call.id,
        job_id=new.id,
        candidate=0,
        number=added.number,
        model=new.plan.candidates[0].model,
        state=CallState.QUEUED,
        call=added.call,
        hold=added.hold,
    )


# --- calls ------------------------------------------------------------------------------


def call_rows(job_id: str, plan: Plan, candidate: int, added: Sequence[NewCall]) -> list[Columns]:
    """Calls of one candidate, about to be queued."""
    return [
        {
            "id": new.call.id,
            "job_id": job_id,
            "candidate": candidate,
            "number": new.number,
            "model": plan.candidates[candidate].model,
            "state": CallState.QUEUED.value,
            "call": codec.calls().write(new.call),
            "hold_micro": new.hold.micro,
            "ticket": None,
            "fetched": None,
            "cost_micro": None,
            "problem": None,
            "submitted_at": None,
            "access": None,
        }
        for new in added
    ]


def call(row: Columns) -> CallRecord:
    """A call from its row."""
    return CallRecord(
        id=row["id"],
        job_id=row["job_id"],
        candidate=row["candidate"],
        number=row["number"],
        model=row["model"],
        state=CallState(row["state"]),
        call=codec.calls().read(row["call"]),
        hold=Money(row["hold_micro"]),
        ticket=codec.mappings().read_optional(row["ticket"]),
        fetched=codec.answers().read_optional(row["fetched"]),
        cost=money(row["cost_micro"]),
        problem=codec.problems().read_optional(row["problem"]),
        submitted=codec.optional_moment(row["submitted_at"]),
        access=codec.accesses().read_optional(row["access"]),
    )


def answer_text(fetched: Finished) -> str:
    """What came back as text. Raises ValueError while a picture is not in the object store."""
    if not all(isinstance(picture.content, Landed) for picture in fetched.pictures):
        raise ValueError("Pictures go into the object store before the database hears of them.")
    return codec.answers().write(fetched)


# --- pictures ---------------------------------------------------------------------------


def picture_row(picture: Picture) -> Columns:
    """A picture about to be kept."""
    file = picture.file
    return {
        "id": picture.id,
        "user_id": picture.owner,
        "job_id": picture.job_id,
        "call_id": picture.call_id,
        "number": picture.number,
        "project": picture.project,
        "operation": picture.operation.value,
        "provider": picture.service,
        "model": picture.model,
        "prompt": picture.prompt,
        "revised_prompt": None if picture.revised_prompt is None else _storable(picture.revised_prompt),
        "created_at": codec.stamp(picture.created),
        "cost_micro": None if picture.cost is None else picture.cost.micro,
        "digest": file.digest,
        "media_type": file.media_type,
        "width": file.width,
        "height": file.height,
        "bytes": file.size,
        "original": None if picture.original == file else codec.files().write(picture.original),
        "changes": codec.words().write(picture.changes),
        "seed": None if picture.seed is None else str(picture.seed),
        "parents": codec.words().write(picture.parents),
        "tags": codec.words().write(picture.tags),
        "tone": picture.tone,
        "recipe": codec.mappings().write(picture.recipe),
    }


def _storable(text: str) -> str:
    """A service's own words without what a database cannot hold: no picture is lost for a stray character."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def picture(row: Columns) -> Picture:
    """A picture from its row."""
    file = file_of(row)
    return Picture(
        id=row["id"],
        owner=row["user_id"],
        job_id=row["job_id"],
        call_id=row["call_id"],
        number=row["number"],
        project=row["project"],
        operation=Operation(row["operation"]),
        prompt=row["prompt"],
        model=row["model"],
        created=codec.moment(row["created_at"]),
        original=codec.files().read_optional(row["original"]) or file,
        file=file,
        changes=codec.words().read(row["changes"]),
        cost=money(row["cost_micro"]),
        seed=None if row["seed"] is None else int(row["seed"]),
        revised_prompt=row["revised_prompt"],
        parents=codec.words().read(row["parents"]),
        tags=codec.words().read(row["tags"]),
        tone=row["tone"],
        withheld=row["withheld"],
        alt_text=row["alt_text"],
        favorite=bool(row["favorite"]),
        trashed=codec.optional_moment(row["trashed_at"]),
        recipe=codec.mappings().read(row["recipe"]),
    )


def file_of(row: Columns) -> PictureFile:
    """The file that a picture's row shows."""
    return PictureFile(
        digest=row["digest"],
        media_type=row["media_type"],
        width=row["width"],
        height=row["height"],
        size=row["bytes"],
    )


# --- the rest ---------------------------------------------------------------------------


def event_row(event: Event) -> Columns:
    """An event about to be written down."""
    return {
        "job_id": event.job_id,
        "number": event.number,
        "kind": event.kind.value,
        "created_at": codec.stamp(event.at),
        "data": codec.mappings().write(event.data),
    }


def event(row: Columns) -> Event:
    """An event from its row."""
    return Event(
        job_id=row["job_id"],
        number=row["number"],
        kind=EventKind(row["kind"]),
        at=codec.moment(row["created_at"]),
        data=codec.mappings().read(row["data"]),
    )


def money(micro: int | None) -> Money | None:
    """An amount; None where it is unknown."""
    return None if micro is None else Money(int(micro))
