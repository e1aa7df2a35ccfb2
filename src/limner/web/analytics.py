"""The page of figures: what was spent and made, how well and how fast, by whom; and services that rest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, BeforeValidator, Field

from limner.domain.analytics import Lens, Span
from limner.domain.budgets import Counted, Standing
from limner.domain.errors import InvalidRequest
from limner.domain.people import Principal
from limner.engine.figures import EVERYBODY, Findings
from limner.engine.text_places import text_places
from limner.runtime import Runtime
from limner.runtime.asking import principal_of, runtime_of
from limner.web import analytics_words as words
from limner.web import wording
from limner.web.analytics_views import AnalyticsPage, BreakerRow, FiguresPart, FiguresView, Gauge, Named, Way
from limner.web.asking import renderer_of
from limner.web.figures import Drawing
from limner.web.gallery_views import Choice
from limner.web.languages import gettext as _
from limner.web.rendering import shell
from limner.web.showing import colour

router = APIRouter(include_in_schema=False)

WARN = 90
"""Percent of a budget from which it is nearly used up."""


def _blank_is_none(value: object) -> object:
    return value or None


Day = Annotated[date | None, BeforeValidator(_blank_is_none)]
Word = Annotated[Annotated[str, Field(max_length=200)] | None, BeforeValidator(_blank_is_none)]


class FiguresQuery(BaseModel):
    """Which figures are wanted, as the address says it; what is empty is not asked for."""

    period: Span = Span.MONTH
    since: Day = None
    until: Day = None
    person: Word = None
    project: Word = None

    def address(self, path: str, **other: str) -> str:
        """A path with this query, some of it changed; what is empty is left out."""
        said = {**self.model_dump(mode="json", exclude_unset=True), **other}
        words = {name: str(value) for name, value in said.items() if value}
        return f"{path}?{urlencode(words)}" if words else path


@router.get("/analytics")
async def analytics_page(request: Request, query: Annotated[FiguresQuery, Query()]) -> Response:
    """All figures of a period, and the choice of others."""
    runtime, principal, renderer = runtime_of(request), principal_of(request), renderer_of(request)
    found = await _found(runtime, principal, query)
    names = await _people(runtime, principal)
    period = found.lens.period
    view = AnalyticsPage(
        shell=shell(request, _("Analytics"), current="analytics"),
        ways=_ways(query, renderer.links.analytics, runtime.clock.now().date()),
        since=period.first.isoformat(),
        until=period.last.isoformat(),
        people=_choices(found.lens, names, principal),
        projects=_projects(found),
        export=query.address(renderer.links.analytics_export),
        live=query.address(renderer.links.analytics_figures),
        part=await _part(request, found, names),
    )
    return renderer.page(view)


@router.get("/analytics/figures")
async def analytics_figures(request: Request, query: Annotated[FiguresQuery, Query()]) -> Response:
    """The figures alone, for the script that keeps them as they are."""
    runtime, principal = runtime_of(request), principal_of(request)
    found = await _found(runtime, principal, query)
    part = await _part(request, found, await _people(runtime, principal))
    return renderer_of(request).part(FiguresPart(part=part))


@router.post("/analytics/breakers/{service}/reset")
async def try_now(request: Request, service: str) -> Response:
    """An administrator lets a service be asked again at once, and comes back."""
    runtime = runtime_of(request)
    await runtime.health.reset(service, principal_of(request))
    return RedirectResponse(f"{renderer_of(request).links.analytics}#breakers", status_code=303)


async def _found(runtime: Runtime, principal: Principal, query: FiguresQuery) -> Findings:
    figures = runtime.figures
    try:
        period = figures.period(query.period, query.since, query.until)
    except InvalidRequest:
        period = figures.period(query.period)  # a half of two days is no stretch; the fields say what is shown
    return await figures.find(figures.lens(period, principal, person=query.person, project=query.project))


def _ways(query: FiguresQuery, path: str, today: date) -> tuple[Way, ...]:
    chosen = None if query.since and query.until else query.period
    return tuple(
        Way(
            name=words.span(span, today),
            href=query.address(path, period=span, since="", until=""),
            current=span is chosen,
        )
        for span in Span
    )


async def _people(runtime: Runtime, principal: Principal) -> Mapping[str, str]:
    """What people are called, by id, for administrators; nobody's where one person works here."""
    if not principal.administrator or not runtime.settings.accounts:
        return {}
    return {user.id: user.email for user in await runtime.admittance.accounts.all(principal)}


def _choices(lens: Lens, names: Mapping[str, str], principal: Principal) -> tuple[Choice, ...]:
    """Whose figures an administrator may choose."""
    if not names:
        return ()
    others = {name: called for name, called in names.items() if name != principal.id}
    whole = {"": _("You"), EVERYBODY: _("Everybody"), **others}
    chosen = EVERYBODY if lens.owner is None else "" if lens.owner == principal.id else lens.owner
    whole.setdefault(chosen, _("Somebody who has left"))
    return tuple(Choice(value=value, name=name, chosen=value == chosen) for value, name in whole.items())


def _projects(found: Findings) -> tuple[Choice, ...]:
    """The projects that something was booked in, and the one that is chosen."""
    chosen = found.lens.project or ""
    names = sorted({row.project for row in found.measured.spending} | ({chosen} if chosen else set()))
    return tuple(
        Choice(value=name, name=wording.project(name) or _("All projects"), chosen=name == chosen)
        for name in ("", *names)
    )


async def _part(request: Request, found: Findings, names: Mapping[str, str]) -> FiguresView:
    runtime, principal = runtime_of(request), principal_of(request)
    standings = await runtime.budgeting.visible(principal)
    money = [each for each in standings if each.counted is Counted.USD]
    left = wording.left(min(money, key=lambda each: each.left)) if money and found.lens.owner == principal.id else ""
    writers = {card.id: card.name for card in runtime.texts.buyer.catalog.services}
    draw = Drawing(found=found, catalog=runtime.catalog, writers=writers, left=left)
    several = found.lens.owner is None

    def called(person: str) -> str:
        return _("You") if person == principal.id else names.get(person) or _("Somebody who has left")

    return FiguresView(
        period=words.period(found.lens.period),
        figures=draw.figures(),
        legend=draw.legend(),
        spend=draw.spend(),
        spend_sheet=draw.spend_sheet(),
        painters=draw.painters(),
        pictures=draw.pictures(),
        pictures_sheet=draw.pictures_sheet(),
        hourly=found.lens.period.hourly,
        gauges=tuple(_gauge(standing, called(standing.name)) for standing in standings),
        success=draw.success(),
        success_sheet=draw.success_sheet(),
        times=draw.times(),
        times_sheet=draw.times_sheet(),
        falls=draw.falls(),
        fallen=wording.pictures(found.fallbacks),
        breakers=await _breakers(request),
        services=draw.services(),
        people=draw.shares(found.spending_by(lambda row: row.person), called) if several else (),
        projects=draw.shares(found.spending_by(lambda row: row.project), wording.project),
    )


def _gauge(standing: Standing, person: str) -> Gauge:
    used = standing.use.held + standing.use.spent
    percent = 100 if not standing.limit else min(100, 100 * used // standing.limit)
    kind = "bad" if percent >= 100 else "warn" if percent >= WARN else ""
    return Gauge(name=words.budget(standing, person), text=words.taken(standing), percent=percent, kind=kind)


async def _breakers(request: Request) -> tuple[BreakerRow, ...]:
    """Services outside this machine that can be asked, or were, and those of their models that failed by themselves."""
    runtime, principal, links = runtime_of(request), principal_of(request), renderer_of(request).links
    await runtime.renew()
    services, rules = await runtime.services_for(principal), runtime.settings.breaker_rules
    named = {card.id: card.name for card in runtime.catalog.services if not card.local}
    fares = {
        name: (services.readiness(name), runtime.health.standing(name, services.credential(name))) for name in named
    }
    for place in await text_places(runtime.texts.buyer, principal):
        if not place.card.local and place.card.id not in fares:
            named[place.card.id], fares[place.card.id] = place.card.name, (place.readiness, place.standing)
    rows = []
    for service, (readiness, standing) in fares.items():
        if not (readiness.ready or standing.own.failures):
            continue
        models = ((name.partition("/")[2], each) for name, each in standing.models.items())
        for name, condition in [(named[service], standing.own), *models]:
            badge, icon, word = words.BREAKERS[condition.state]
            open_here = condition.state in words.RESTING and principal.administrator
            rows.append(
                BreakerRow(
                    name=Named(name=name, css=colour(service)),
                    badge=badge,
                    icon=icon,
                    word=_(word),
                    detail=words.condition(condition, rules, runtime.clock.now()),
                    reset=links.reset_breaker(service) if open_here else "",
                )
            )
    return tuple(rows)
