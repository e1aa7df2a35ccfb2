"""Jobs, calls and pictures for tests."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

from limner.domain.budgets import Budget, Counted, Kind, Scope, Window
from limner.domain.call import Call
from limner.domain.events import Event, EventKind, News
from limner.domain.job import CallState, Job
from limner.domain.money import Money
from limner.domain.picture import Picture, PictureFile
from limner.domain.plan import Candidate, Plan
from limner.domain.records import Closing, NewCall, NewJob
from limner.domain.request import ImageRequest, Operation, Size

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
_numbers = count(1)


def new_id(kind: str = "id") -> str:
    """A name that no other test in this process has; later ones sort after earlier ones."""
    return f"{kind}-{next(_numbers):08}"


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def a_call(*, prompt: str = "a lighthouse at dusk", count: int = 1, call_id: str | None = None) -> Call:
    return Call(
        id=call_id or new_id("call"),
        model="painter-1",
        operation=Operation.GENERATE,
        prompt=prompt,
        count=count,
        size=Size(64, 48),
        extra={"sampler": "euler", "layers": [1, 2.5, None, True]},
    )


def a_plan(*models: str) -> Plan:
    return Plan(
        candidates=tuple(
            Candidate(model=model, title=model.title(), calls=(), receipt=(), estimate=None, seconds=2.0)
            for model in models or ("openai/painter-1", "stability/painter-2")
        )
    )


def a_scope(
    limit: int, *, name: str | None = None, period: str = "2026-11-21", counted: Counted = Counted.USD
) -> Scope:
    """A budget with a limit in micro-dollars or pictures."""
    scope = name or new_id("user") + "/day"
    message = f"The budget {scope} is used up."
    return Scope(name=scope, period=period, limit=limit, message=message, counted=counted)


def a_budget(
    kind: Kind, name: str, limit: int, *, window: Window = Window.DAY, counted: Counted = Counted.USD
) -> Budget:
    """A budget that somebody has set up, with a limit in micro-dollars or pictures."""
    return Budget(
        id=new_id("budget"),
        kind=kind,
        name=name,
        window=window,
        counted=counted,
        limit=limit,
        created=NOON,
        created_by="boss",
    )


def a_job(
    *scopes: Scope,
    holds: tuple[int, ...] = (1000,),
    counts: tuple[int, ...] | None = None,
    owner: str = "ann",
    request: ImageRequest | None = None,
    worker: str | None = None,
    at: datetime = NOON,
) -> NewJob:
    """A job with one call for each hold, in micro-dollars, of one picture where `counts` does not say how many."""
    each = counts or (1,) * len(holds)
    wanted = request or ImageRequest(prompt="a lighthouse at dusk", count=sum(each))
    return NewJob(
        id=new_id("job"),
        owner=owner,
        request=wanted,
        plan=a_plan(),
        calls=tuple(
            NewCall(call=a_call(prompt=wanted.prompt, count=count), number=number, hold=Money(hold))
            for number, (hold, count) in enumerate(zip(holds, each, strict=True))
        ),
        scopes=scopes,
        worker=worker,
        at=at,
    )


def a_file(digest: str = "a" * 64, size: int = 900) -> PictureFile:
    return PictureFile(digest=digest, media_type="image/png", width=64, height=48, size=size)


def a_picture(
    new: NewJob,
    call_id: str,
    *,
    number: int = 0,
    prompt: str | None = None,
    model: str = "openai/painter-1",
    cost: int | None = 600,
    created: datetime = NOON,
) -> Picture:
    return Picture(
        id=new_id("picture"),
        owner=new.owner,
        job_id=new.id,
        call_id=call_id,
        number=number,
        project=new.request.project,
        operation=Operation.GENERATE,
        prompt=new.request.prompt if prompt is None else prompt,
        model=model,
        created=created,
        original=a_file(),
        file=a_file(),
        cost=None if cost is None else Money(cost),
        seed=2**63 + 5,
        tags=("sea", "dusk"),
        recipe={"seed": 7, "request": {"prompt": "a lighthouse at dusk"}},
    )


def settled(new: NewJob, number: int = 0, *, charge: int | None = 600, at: datetime = NOON) -> Closing:
    """A call that brought one picture."""
    call_id = new.calls[number].call.id
    return Closing(
        call_id=call_id,
        state=CallState.SETTLED,
        at=at,
        pictures=(a_picture(new, call_id, number=number, cost=charge, created=at),),
        charge=None if charge is None else Money(charge),
    )


def closed(new: NewJob, number: int, state: CallState, *, charge: int = 0) -> Closing:
    """A call that brought nothing."""
    return Closing(
        call_id=new.calls[number].call.id,
        state=state,
        at=NOON,
        charge=Money(charge),
        basis="none",
        keep_hold=state is CallState.AMBIGUOUS,
    )


def news(kind: EventKind = EventKind.PROGRESS, **data: object) -> News:
    return News(kind=kind, data=data)


class Listener:
    """Keeps what was published."""

    def __init__(self) -> None:
        self.heard: list[Event] = []
        self.ended: list[Job] = []

    def __call__(self, events: Sequence[Event], ended: Job | None = None) -> None:
        self.heard.extend(events)
        if ended is not None:
            self.ended.append(ended)
