"""What Prometheus reads: counters from the database, the same whichever process is asked and after every restart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from fastapi import APIRouter, Request, Response

from limner.api.documents import ALWAYS, Responses, problems
from limner.domain.analytics import ServiceTotals
from limner.domain.health import BreakerState
from limner.runtime import Runtime
from limner.runtime.asking import principal_of, runtime_of

router = APIRouter(tags=["operations"])

TEXT = "text/plain; version=0.0.4; charset=utf-8"
"""Prometheus's text format; https://prometheus.io/docs/instrumenting/exposition_formats/ (read 2026-11-28)."""
STATES = {BreakerState.CLOSED: 0, BreakerState.HALF_OPEN: 1, BreakerState.OPEN: 2}
METRICS: Responses = {
    200: {
        "description": "The metrics, in Prometheus's text format.",
        "content": {"text/plain": {"schema": {"type": "string"}}},
    },
    **problems(*ALWAYS, 403),
}


@router.get("/metrics", summary="Show metrics", response_class=Response, responses=METRICS)
async def metrics(request: Request) -> Response:
    """For administrators: an API token needs the scope `manage`. Counters are of everybody's calls, since the first."""
    principal_of(request).check_administrator("reads metrics")
    runtime = runtime_of(request)
    await runtime.renew()
    analytics = runtime.figures.analytics
    totals = await analytics.totals()
    calls, pictures = await analytics.since(runtime.clock.now() - timedelta(hours=1))
    lines = [
        *_counted(totals),
        *_family("limner_generations_last_hour", "gauge", "Calls that ended in the last hour.", [((), str(calls))]),
        *_family("limner_pictures_last_hour", "gauge", "Pictures made in the last hour.", [((), str(pictures))]),
        *_breakers(runtime),
        *_family("limner_build_info", "gauge", "The version that runs.", [((("version", request.app.version),), "1")]),
    ]
    return Response("\n".join(lines) + "\n", media_type=TEXT, headers={"Cache-Control": "no-store"})


Label = tuple[str, str]
Samples = Iterable[tuple[Sequence[Label], str]]


def _counted(totals: Sequence[ServiceTotals]) -> Iterator[str]:
    """What document 3 names RequestCount, SuccessCount, FailureCount, FallbackCount, Cost, SuccessRate, DurationMs."""
    values = {(("provider", each.service),): each for each in totals}
    requests = {place: str(each.succeeded + each.failed) for place, each in values.items()}
    yield from _family("limner_requests_total", "counter", "Calls for pictures that have ended.", requests.items())
    went_well = {place: str(each.succeeded) for place, each in values.items()}
    yield from _family("limner_successes_total", "counter", "Calls that brought pictures.", went_well.items())
    failed = {place: str(each.failed) for place, each in values.items()}
    yield from _family("limner_failures_total", "counter", "Calls that brought none.", failed.items())
    fallbacks = {place: str(each.fallbacks) for place, each in values.items()}
    taken_over = "Calls that brought pictures after another model had failed."
    yield from _family("limner_fallbacks_total", "counter", taken_over, fallbacks.items())
    cost = {place: each.cost.text for place, each in values.items()}
    yield from _family("limner_cost_dollars_total", "counter", "What is known to have been charged.", cost.items())
    rates = {place: _rate(each) for place, each in values.items()}
    yield from _family(
        "limner_success_rate", "gauge", "The share of calls that brought pictures, 0 to 1.", rates.items()
    )
    yield "# HELP limner_duration_milliseconds From sending a call to its end."
    yield "# TYPE limner_duration_milliseconds summary"
    for place, each in values.items():
        yield f"limner_duration_milliseconds_sum{_labels(place)} {each.milliseconds}"
        yield f"limner_duration_milliseconds_count{_labels(place)} {each.timed}"


def _rate(totals: ServiceTotals) -> str:
    calls = totals.succeeded + totals.failed
    return f"{totals.succeeded / calls:.6g}" if calls else "NaN"


def _breakers(runtime: Runtime) -> Iterator[str]:
    """Of services outside this machine that paint or write, under the usual key."""
    painting = {card.id: runtime.health.standing(card.id) for card in runtime.catalog.services if not card.local}
    health, writing = runtime.texts.buyer.health, runtime.texts.catalog.services
    texts = {card.id: health.standing(card.id, None) for card in writing if not card.local}
    states = {
        (("provider", name),): str(STATES[standing.own.state]) for name, standing in {**texts, **painting}.items()
    }
    return _family("limner_breaker_state", "gauge", "Circuit breakers: 0 closed, 1 half open, 2 open.", states.items())


def _family(name: str, kind: str, meaning: str, samples: Samples) -> Iterator[str]:
    yield f"# HELP {name} {meaning}"
    yield f"# TYPE {name} {kind}"
    for labels, value in samples:
        yield f"{name}{_labels(labels)} {value}"


def _labels(labels: Sequence[Label]) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}" if labels else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
