"""The composer of one person: its fields as they stand, what they would cost, and the request with its pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import orjson
from fastapi import Request
from starlette.datastructures import FormData

from limner.domain.budgets import Counted, Kind, Standing, Window
from limner.domain.errors import InvalidRequest, LimnerError, UnknownModel
from limner.domain.model_card import ModelCard
from limner.domain.money import Money
from limner.domain.people import Principal
from limner.domain.plan import Plan
from limner.domain.request import DEFAULT_PROJECT, ImageRequest, Role
from limner.runtime import Runtime
from limner.web import attaching, choosing, composing, showing, wording
from limner.web.asking import known_id
from limner.web.assets import FOLDER
from limner.web.create_views import Composer, Draft, Pattern, Price, RoleChoice, Style
from limner.web.failures import told
from limner.web.languages import gettext as _
from limner.web.languages import message
from limner.web.styles import shown_styles
from limner.web.views import Another, ModelGroup, ModelOption

ASKS = "confirm"
"""The cookie of people who want to agree to every price."""
OVER = {
    Window.HOUR: message(
        "This would take you %(price)s over this hour's limit. Choose a cheaper model or fewer images."
    ),
    Window.DAY: message("This would take you %(price)s over today's limit. Choose a cheaper model or fewer images."),
    Window.MONTH: message(
        "This would take you %(price)s over this month's limit. Choose a cheaper model or fewer images."
    ),
    Window.ALL: message("This would take you %(price)s over the limit. Choose a cheaper model or fewer images."),
}
ALTERNATIVES, ALIKE = 4, 2
"""Other models that are named, and how many of one service are thought of."""
PICTURED = frozenset(path.stem for path in FOLDER.glob("preset-*.webp"))
"""Styles that have a picture."""
PREVIEWS = 2
"""First looks at each picture, where they cost nothing or are wanted."""
USUAL_PROMPT = "a picture"
"""What is priced while there are no words."""


@dataclass(frozen=True, slots=True)
class Composing:
    """The composer of one person."""

    runtime: Runtime
    principal: Principal
    asks: bool = False
    """Whether they want to agree to every price."""

    @classmethod
    def of(cls, request: Request, runtime: Runtime, principal: Principal) -> Composing:
        """Of whoever asks."""
        return cls(runtime, principal, request.cookies.get(ASKS) == "on")

    async def with_files(self, form: FormData, draft: Draft) -> Draft:
        """A draft with the pictures that its form brings where there is no script; they are kept.

        Raises BadPicture, naming the file.
        """
        found = await attaching.with_files(self.runtime, self.principal, form, draft.references)
        return replace(draft, references=found)

    async def wanted(self, draft: Draft) -> ImageRequest:
        """The request that a draft makes with its pictures. Raises UsageError and NotFound.

        Pictures that the model cannot read stay behind: they are kept for the next one.
        """
        card = self._card(draft.model)
        ids = draft.references[: choosing.references_of(card)] if card is not None else draft.references
        pictures = [await self.runtime.pictures.get(known_id(each), self.principal.id) for each in ids]
        roles = _roles(draft, card, len(pictures))
        shown = card is not None and (choosing.shows_for_nothing(card) or (draft.previews and card.streams))
        kept = [await self.runtime.uploads.kept(each, role) for each, role in zip(pictures, roles, strict=True)]
        return composing.request_from(draft, tuple(kept), PREVIEWS if shown else 0)

    async def composer(self, draft: Draft, error: LimnerError | None = None) -> Composer:
        """The composer with these fields, priced."""
        runtime = self.runtime
        groups = composing.model_groups(runtime, await runtime.services_for(self.principal))
        group, chosen = _chosen(groups, self._card(draft.model))
        card = None if chosen is None else runtime.catalog.find(chosen.id)
        quality = None if card is None else card.parameter("quality")
        projects = (await runtime.keeping.browsing.choices(self.principal.id)).projects
        return Composer(
            draft=draft,
            groups=groups,
            chosen=chosen,
            colour="other" if group is None else group.colour,
            shapes=composing.with_own(composing.SHAPES, draft.shape),
            counts=composing.with_own(composing.COUNTS, draft.count),
            styles=await self._styles(),
            sliders=choosing.sliders(card, draft),
            qualities=() if quality is None else quality.choices,
            projects=tuple(
                dict.fromkeys(each for each in (*projects, draft.project) if each not in ("", DEFAULT_PROJECT))
            ),
            references=tuple(
                [
                    showing.tile(each, eager=True)
                    for each in await attaching.still_there(runtime, self.principal, draft.references)
                ]
            ),
            patterns=await self._patterns(),
            roles=_role_choices(card),
            lacks_roles=choosing.lacks_roles(card),
            takes_references=0 if card is None else choosing.references_of(card),
            limit=0 if card is None else card.prompt_limit,
            upload_megabytes=runtime.settings.max_upload_mb,
            asks=self.asks,
            person=self.principal.id,
            key=runtime.ids.new(),
            price=await self.price(draft, chosen),
            error=told(error),
            field="" if error is None else error.field or "",
        )

    async def price(self, draft: Draft, chosen: ModelOption | None = None) -> Price:
        """What a draft would cost; with words of usual length, where it has none yet."""
        model = draft.model or ("" if chosen is None else chosen.id)
        if not model:
            return _unpriced(_("No model is ready"))
        standing = _tightest(await self._covering(draft.project), Counted.USD)
        try:
            plan = await self._planned(replace(draft, model=model))
        except LimnerError as error:
            return replace(_unpriced(told(error)), alternatives=await self.others(draft, model))
        price = await self._priced(plan, draft, standing)
        if not price.over or standing is None:
            return price
        return replace(price, alternatives=await self.others(draft, model, within=standing.left))

    async def others(self, draft: Draft, chosen: str, *, within: int | None = None) -> tuple[Another, ...]:
        """Other models that would paint the same now, at most for so many micro-dollars, and what they would charge.

        Of each service those that are listed first are thought of, but none of an engine at an address: whether that
        runs nobody knows beforehand. Spends nothing.
        """
        groups = composing.model_groups(self.runtime, await self.runtime.services_for(self.principal))
        options = [(group, option) for group in groups for option in group.options[:ALIKE]]
        found: list[Another] = []
        for group, option in options:
            if len(found) == ALTERNATIVES:
                break
            service = showing.service_of(self.runtime.catalog, option.id)
            unsure = service is not None and service.local and not service.algorithmic
            if unsure or not option.ready or option.id == chosen:
                continue
            try:
                plan = await self._planned(replace(draft, model=option.id))
            except LimnerError:
                continue  # this one cannot paint it either
            ceiling = plan.ceiling(draft.count)
            if within is None or (ceiling is not None and ceiling.micro <= within):
                price = wording.price(ceiling)
                found.append(Another(model=option.id, name=f"{group.name} · {option.title}", price=price))
        return tuple(found)

    async def _planned(self, draft: Draft) -> Plan:
        """How a draft would be painted; with words of usual length, where it has none yet. Raises as planning does."""
        wanted = await self.wanted(replace(draft, prompt=draft.prompt.strip() or USUAL_PROMPT))
        return (await self.runtime.engine.plan_for(wanted, self.principal))[1]

    async def _priced(self, plan: Plan, draft: Draft, standing: Standing | None) -> Price:
        first, ceiling = plan.candidates[0], plan.ceiling(draft.count)
        likely = first.estimate.likely if first.estimate else None
        over = 0 if ceiling is None or standing is None else ceiling.micro - standing.left
        service = showing.service_of(self.runtime.catalog, first.model)
        size = first.calls[0].size if first.calls else None
        under = _("Drawn on this machine") if service and service.local else await self._left(draft.project)
        if over > 0 and standing is not None:
            under = _(OVER[standing.window], price=wording.price(Money(over)))
        return Price(
            line=wording.price_line(draft.count, likely, first.seconds),
            under=under,
            over=over > 0,
            shown="" if ceiling is None else str(ceiling.micro),
            pixels="" if size is None else wording.size(size.width, size.height),
        )

    async def _left(self, project: str) -> str:
        """What is left under the tightest budgets, in words; empty for none."""
        covering = await self._covering(project)
        found = (_tightest(covering, counted) for counted in (Counted.USD, Counted.PICTURES))
        return " \u00b7 ".join(wording.left(each) for each in found if each is not None)

    async def _covering(self, project: str) -> list[Standing]:
        name = project or DEFAULT_PROJECT
        covering = await self.runtime.budgeting.covering(self.principal)
        return [each for each in covering if each.kind is not Kind.PROJECT or each.name == name]

    async def _styles(self) -> tuple[Style, ...]:
        shown = await shown_styles(self.runtime.engine.wording, self.principal)
        return tuple(
            Style(
                id=preset.id,
                name=preset.name,
                picture=f"preset-{preset.id}.webp" if f"preset-{preset.id}" in PICTURED and not own else "",
                description=preset.description or preset.value,
            )
            for preset, own in shown
        )

    async def _patterns(self) -> tuple[Pattern, ...]:
        found = await self.runtime.engine.wording.templates.all(self.principal.id)
        return tuple(
            Pattern(
                id=each.id,
                name=each.name,
                text=each.text,
                blanks=orjson.dumps([[blank.name, blank.default or ""] for blank in each.blanks]).decode(),
            )
            for each in found
        )

    def _card(self, name: str) -> ModelCard | None:
        """The model that a name means; None for none."""
        try:
            return self.runtime.catalog.find(name) if name else None
        except UnknownModel:
            return None


def _roles(draft: Draft, card: ModelCard | None, count: int) -> list[Role]:
    """What each picture is for. Raises InvalidRequest for an unknown role, and for two pictures to start from."""
    try:
        roles = [Role(draft.role_of(place) or choosing.usual_role(card, place)) for place in range(count)]
    except ValueError:
        raise InvalidRequest(_("Choose what each picture is for from the list."), field="references") from None
    if roles.count(Role.SOURCE) > 1:
        raise InvalidRequest(_("A picture starts from one other picture alone. Choose what the others are for."))
    return roles


def _role_choices(card: ModelCard | None) -> tuple[RoleChoice, ...]:
    taken = () if card is None else choosing.roles_of(card)
    return tuple(RoleChoice(id=role, name=_(name), open=role in taken) for role, name in choosing.ROLES.items())


def _chosen(groups: Sequence[ModelGroup], card: ModelCard | None) -> tuple[ModelGroup | None, ModelOption | None]:
    """The model that is named, else the first that can paint, with its group."""
    options = [(group, option) for group in groups for option in group.options]
    named = ((group, option) for group, option in options if card is not None and option.id == card.id)
    ready = ((group, option) for group, option in options if option.ready)
    return next(named, None) or next(ready, (None, None))


def _tightest(standings: Sequence[Standing], counted: Counted) -> Standing | None:
    return min((each for each in standings if each.counted is counted), key=lambda each: each.left, default=None)


def _unpriced(why: str) -> Price:
    return Price(line=why, under="", over=False, shown="", pixels="")
