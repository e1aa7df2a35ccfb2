"""The settings' budgets: how each stands; administrators add and remove them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from fastapi import APIRouter, Request, Response
from starlette.datastructures import FormData

from limner.domain.budgets import Counted, Kind, Standing, Window
from limner.domain.errors import InvalidRequest, UsageError
from limner.domain.money import Money
from limner.engine.budgeting import CHANGES, Wanted
from limner.runtime.asking import principal_of, runtime_of
from limner.runtime.forms import read_form
from limner.web import dates, wording
from limner.web.asking import known_id
from limner.web.gallery_views import Choice
from limner.web.languages import gettext as _
from limner.web.languages import message
from limner.web.settings_budget_views import BudgetDraft, BudgetRow, BudgetsPage
from limner.web.settings_frame import ask, done_at, framed
from limner.web.settings_views import Badge
from limner.web.signing_in import answered, text_of

SECTION = "budgets"
DONE = {
    "added": message("The budget holds from now on."),
    "changed": message("The budget has its new limit. What it has counted is kept."),
    "removed": message("The budget is removed. What jobs have set aside in it is settled all the same."),
}
WINDOWS = (
    Choice(value="hour", name=message("Hour")),
    Choice(value="day", name=message("Day")),
    Choice(value="month", name=message("Month")),
    Choice(value="all", name=message("In all")),
)
COUNTED = (Choice(value="usd", name=message("US dollars")), Choice(value="pictures", name=message("Pictures")))
WHOSE = {
    Kind.PROJECT: message("Project %(name)s"),
    Kind.PROFILE: message("Profile %(name)s"),
    Kind.TOKEN: message("Token %(name)s"),
}
SPANS = {Window.HOUR: message("this hour"), Window.DAY: message("today"), Window.ALL: message("in all")}
NEARLY = 90
"""Percent from which a budget is nearly used up."""
MOST_DIGITS = 15

router = APIRouter(include_in_schema=False, prefix="/settings/budgets")


@router.get("")
async def budgets_page(request: Request) -> Response:
    """The budgets that cover whoever looks; for administrators all, and the form that adds one."""
    return await _page(request, BudgetDraft())


@router.post("")
async def add_budget_from_form(request: Request) -> Response:
    """Sets a budget up. For administrators."""
    principal = principal_of(request)
    principal.check_administrator(CHANGES)
    async with read_form(request, files=0, fields=8) as form:
        draft = _draft(form)
    try:
        await runtime_of(request).budgeting.add(_wanted(draft), principal)
    except UsageError as error:
        return await _page(request, draft, error)
    return done_at(request, SECTION, "added")


@router.get("/{budget_id}")
async def budget_page(request: Request, budget_id: str) -> Response:
    """The same page with the form that changes one budget's limit. For administrators."""
    standing = await _known(request, budget_id)
    return await _page(request, BudgetDraft(amount=_typed(standing)), changing=standing)


@router.post("/{budget_id}")
async def change_budget_from_form(request: Request, budget_id: str) -> Response:
    """Gives a budget another limit; sent twice it is the same change. For administrators."""
    standing = await _known(request, budget_id)
    async with read_form(request, files=0, fields=2) as form:
        draft = BudgetDraft(amount=_amount_in(form), counted=standing.counted)
    try:
        limit = _limit(draft)
        if limit != standing.limit:
            await runtime_of(request).budgeting.change(budget_id, standing.counted, limit, principal_of(request))
    except UsageError as error:
        return await _page(request, draft, error, changing=standing)
    return done_at(request, SECTION, "changed")


@router.get("/{budget_id}/remove")
async def ask_to_remove_budget(request: Request, budget_id: str) -> Response:
    """Asks before a budget is removed. For administrators."""
    standing = await _known(request, budget_id)
    row = _row(standing, await _names(request), runtime_of(request).clock.now())
    amount = _amount(standing, standing.limit)
    question = _("Remove the budget of %(amount)s for “%(whose)s”?", amount=amount, whose=row.title)
    return ask(request, SECTION, question, _("What it has counted is kept."), yes=message("Remove"))


@router.post("/{budget_id}/remove")
async def remove_budget_from_form(request: Request, budget_id: str) -> Response:
    """Removes a budget. For administrators."""
    principal = principal_of(request)
    principal.check_administrator(CHANGES)
    await runtime_of(request).budgeting.remove(known_id(budget_id), principal)
    return done_at(request, SECTION, "removed")


async def _known(request: Request, budget_id: str) -> Standing:
    """A budget that an administrator may change. Raises PolicyError and NotFound."""
    principal = principal_of(request)
    principal.check_administrator(CHANGES)
    return await runtime_of(request).budgeting.get(known_id(budget_id), principal)


async def _page(
    request: Request, draft: BudgetDraft, error: UsageError | None = None, *, changing: Standing | None = None
) -> Response:
    shell, frame = framed(request, SECTION, DONE, error=error, form=SECTION)
    runtime, principal = runtime_of(request), principal_of(request)
    names, now = await _names(request), runtime.clock.now()
    standings = await runtime.budgeting.visible(principal)
    choices = await runtime.keeping.browsing.choices(principal.id)
    profiles = await runtime.profiles.all(principal)
    view = BudgetsPage(
        shell=shell,
        frame=frame,
        budgets=tuple(_row(standing, names, now) for standing in standings),
        changing=None if changing is None else _row(changing, names, now),
        draft=draft,
        people=_choices(names, Kind.USER),
        tokens=_choices(names, Kind.TOKEN),
        names=tuple(dict.fromkeys([*choices.projects, *(profile.name for profile in profiles)])),
        windows=_said(WINDOWS),
        counted=_said(COUNTED),
    )
    return answered(request, view, error)


Names = Mapping[tuple[Kind, str], str]
"""What people and tokens are called whose ids budgets name."""


async def _names(request: Request) -> Names:
    """Whoever looks, for administrators everybody, and one's own tokens."""
    runtime, principal = runtime_of(request), principal_of(request)
    names = {(Kind.USER, principal.id): principal.name if runtime.settings.accounts else _("You")}
    if runtime.settings.accounts:
        people = await runtime.admittance.accounts.all(principal) if principal.administrator else ()
        names |= {(Kind.USER, user.id): user.email for user in people}
        tokens = await runtime.admittance.tokens.of(principal.id)
        names |= {(Kind.TOKEN, token.id): token.name for token in tokens}
    return names


def _choices(names: Names, wanted: Kind) -> tuple[Choice, ...]:
    return tuple(Choice(value=f"{kind}:{name}", name=title) for (kind, name), title in names.items() if kind is wanted)


def _said(choices: Sequence[Choice]) -> tuple[Choice, ...]:
    """Choices in the language of the page."""
    return tuple(Choice(value=each.value, name=_(each.name)) for each in choices)


def _row(standing: Standing, names: Names, now: datetime) -> BudgetRow:
    taken = standing.use.held + standing.use.spent
    percent = 100 if not standing.limit else max(min(1, taken), min(100, taken * 100 // standing.limit))
    full = taken >= standing.limit
    state = (
        Badge(kind="bad", icon="bad", word=_("Used up"))
        if full
        else Badge(kind="warn", icon="warn", word=_("Nearly used up"))
        if percent >= NEARLY
        else None
    )
    return BudgetRow(
        id="" if standing.budget is None else standing.budget.id,
        title=_("%(name)s, %(period)s", name=_whose(standing, names), period=_when(standing.window, now)),
        used=_(
            "%(used)s of %(limit)s",
            used=_amount(standing, taken, unit=False),
            limit=_amount(standing, standing.limit),
        ),
        unit="" if standing.counted is Counted.USD else _("Pictures"),
        note=_note(standing, now),
        percent=percent,
        kind="" if state is None else state.kind,
        state=state,
    )


def _whose(standing: Standing, names: Names) -> str:
    if standing.kind is Kind.EVERYONE:
        return _("Everyone")
    called = names.get((standing.kind, standing.name), standing.name)
    return called if standing.kind is Kind.USER else _(WHOSE[standing.kind], name=called)


def _when(window: Window, now: datetime) -> str:
    return dates.month(now) if window is Window.MONTH else _(SPANS[window])


def _amount(standing: Standing, number: int, *, unit: bool = True) -> str:
    if standing.counted is Counted.PICTURES:
        return wording.pictures(number) if unit else str(number)
    if unit or not number:
        return wording.amount(Money(number))
    return wording.price(Money(number))


def _held(standing: Standing) -> str:
    if standing.counted is Counted.PICTURES:
        return wording.pictures(standing.use.held)
    return wording.price(Money(standing.use.held))


def _begun(standing: Standing, now: datetime) -> datetime | None:
    """When a budget was set up that does not count its whole stretch of time; None for others."""
    if standing.budget is None or standing.window.period(standing.budget.created) != standing.window.period(now):
        return None
    return standing.budget.created


def _note(standing: Standing, now: datetime) -> str:
    said = []
    if standing.use.held:
        said.append(_("Includes %(amount)s set aside for what is still being made.", amount=_held(standing)))
    begun = _begun(standing, now)
    if begun is not None:
        said.append(_("Counts since it was set up, %(moment)s.", moment=wording.moment(begun)))
    if standing.resets is not None:
        said.append(_("Begins anew %(moment)s.", moment=wording.moment(standing.resets)))
    if standing.budget is None:
        said.append(_("Set by the settings of this installation."))
    return " ".join(said)


def _typed(standing: Standing) -> str:
    """A limit as it is written into the field."""
    return str(standing.limit) if standing.counted is Counted.PICTURES else Money(standing.limit).text


def _amount_in(form: FormData) -> str:
    return text_of(form, "amount").strip()[:40]


def _draft(form: FormData) -> BudgetDraft:
    return BudgetDraft(
        whom=text_of(form, "whom")[:100],
        name=text_of(form, "name"),
        amount=_amount_in(form),
        counted=text_of(form, "counted"),
        window=text_of(form, "window"),
    )


def _wanted(draft: BudgetDraft) -> Wanted:
    """The budget that is meant. Raises InvalidRequest, naming the field."""
    kind, name = draft.whom.partition(":")[::2]
    if kind not in set(Kind):
        raise InvalidRequest(_("Choose for whom the budget is."), field="whom")
    if draft.window not in set(Window):
        raise InvalidRequest(_("Choose for how long the budget is."), field="window")
    if draft.counted not in set(Counted):
        raise InvalidRequest(_("Choose whether the budget counts dollars or pictures."), field="counted")
    by_name = Kind(kind) in {Kind.PROJECT, Kind.PROFILE}
    return Wanted(
        kind=Kind(kind),
        name=draft.name.strip() if by_name else name,
        window=Window(draft.window),
        counted=Counted(draft.counted),
        limit=_limit(draft),
    )


def _limit(draft: BudgetDraft) -> int:
    if Counted(draft.counted) is Counted.PICTURES:
        if not (draft.amount.isascii() and draft.amount.isdigit() and len(draft.amount) <= MOST_DIGITS):
            raise InvalidRequest(_("Pictures are a whole number."), field="limit")
        return int(draft.amount)
    try:
        return Money.usd(draft.amount.removeprefix("$")).micro
    except ValueError:
        raise InvalidRequest(_("An amount is in dollars, such as 25 or 2.50."), field="limit") from None
