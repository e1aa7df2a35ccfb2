"""The settings' image profiles: a provider, key, model and options under one name."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request, Response

from limner.domain.errors import NotFound, UnknownModel, UsageError
from limner.domain.model_card import ModelCard, Status
from limner.domain.ports import Services
from limner.domain.profile import Profile, ProfileDraft
from limner.domain.request import Operation
from limner.domain.vault import StoredKey
from limner.runtime import Runtime
from limner.runtime.asking import principal_of, runtime_of
from limner.runtime.forms import read_form
from limner.web import composing, showing
from limner.web.asking import known_id
from limner.web.failures import told
from limner.web.gallery_views import Choice
from limner.web.languages import gettext as _
from limner.web.languages import message, ngettext
from limner.web.services import called
from limner.web.settings_frame import ask, done_at, framed
from limner.web.settings_keys import service_name, verdict
from limner.web.settings_profile_form import (
    ProfileFields,
    controls_of,
    fields_from,
    options_of,
    parameters_from,
)
from limner.web.settings_views import Badge, ProfileForm, ProfileRow, ProfilesPage
from limner.web.signing_in import answered, text_of

SECTION = "profiles"
DONE = {
    "added": message("The profile is made. Requests and chats can name it."),
    "changed": message("The profile is changed. What was made with it stays as it was."),
    "deleted": message("The profile is deleted. Chats that had it paint with your default one, where there is one."),
}
FIELDS = 60
WITHOUT_A_KEY = message("Needs no key.")

router = APIRouter(include_in_schema=False, prefix="/settings/profiles")


@router.get("")
async def profiles_page(request: Request) -> Response:
    """One's profiles, and the form that makes one."""
    return await _page(request, ProfileFields())


@router.post("")
async def add_profile_from_form(request: Request) -> Response:
    """Makes a profile; or shows the form with another provider's models, or with what a provider says about a key."""
    runtime, principal = runtime_of(request), principal_of(request)
    async with read_form(request, files=0, fields=FIELDS) as form:
        fields, do = fields_from(form), text_of(form, "do")
    if do != "save":
        return await _page(request, fields, verdict_for=do == "validate")
    try:
        card = runtime.catalog.find(fields.model)
        draft = ProfileDraft(
            name=fields.name,
            service=card.service,
            model=card.name,
            key=fields.key or None,
            base_url=fields.base_url or None,
            parameters=parameters_from(card, fields, {}),
            is_default=fields.is_default,
        )
        await runtime.profiles.add(draft, principal)
    except UsageError as error:
        return await _page(request, fields, error=error)
    return done_at(request, SECTION, "added")


@router.get("/{profile_id}")
async def profile_page(request: Request, profile_id: str) -> Response:
    """The same page with the form that changes one profile."""
    profile = await _profile(request, profile_id)
    return await _page(request, _as_it_is(profile), editing=profile)


@router.get("/{profile_id}/copy")
async def copy_profile_page(request: Request, profile_id: str) -> Response:
    """The form that makes another profile, filled in like one that there is."""
    profile = await _profile(request, profile_id)
    return await _page(
        request, replace(_as_it_is(profile), name=_("%(name)s copy", name=profile.name[:180]), is_default=False)
    )


@router.post("/{profile_id}")
async def change_profile_from_form(request: Request, profile_id: str) -> Response:
    """Changes a profile; or shows its form as above."""
    runtime, profile = runtime_of(request), await _profile(request, profile_id)
    async with read_form(request, files=0, fields=FIELDS) as form:
        fields, do = fields_from(form), text_of(form, "do")
    if do != "save":
        return await _page(request, fields, editing=profile, verdict_for=do == "validate")
    try:
        card = runtime.catalog.find(fields.model)
        await runtime.profiles.change(
            profile.id,
            principal_of(request),
            name=fields.name,
            service=card.service,
            model=card.name,
            key=fields.key or None,
            base_url=fields.base_url or None,
            parameters=parameters_from(card, fields, profile.parameters),
            is_default=fields.is_default,
        )
    except UsageError as error:
        return await _page(request, fields, editing=profile, error=error)
    return done_at(request, SECTION, "changed")


@router.get("/{profile_id}/delete")
async def ask_to_delete_profile(request: Request, profile_id: str) -> Response:
    """Asks before a profile is deleted."""
    profile = await _profile(request, profile_id)
    question = _("Delete the profile “%(name)s”?", name=profile.name)
    consequence = _("Chats that have it then paint with your default one, where there is one.")
    return ask(request, SECTION, question, consequence)


@router.post("/{profile_id}/delete")
async def delete_profile_from_form(request: Request, profile_id: str) -> Response:
    """Forgets a profile; the key that it names stays."""
    await runtime_of(request).profiles.remove(known_id(profile_id), principal_of(request))
    return done_at(request, SECTION, "deleted")


async def _profile(request: Request, profile_id: str) -> Profile:
    return await runtime_of(request).profiles.get(known_id(profile_id), principal_of(request))


async def _page(
    request: Request,
    fields: ProfileFields,
    *,
    editing: Profile | None = None,
    verdict_for: bool = False,
    error: UsageError | None = None,
) -> Response:
    shell, frame = framed(request, SECTION, DONE, error=error, form=SECTION)
    runtime, principal = runtime_of(request), principal_of(request)
    found, chats = await runtime.profiles.all(principal), await runtime.profiles.chats(principal)
    rows = {profile.id: _row(runtime, profile, chats.get(profile.id, 0)) for profile in found}
    draft = await _form(request, fields)
    if verdict_for:
        draft = replace(draft, verdict=await _verdict(request, draft))
    view = ProfilesPage(
        shell=shell,
        frame=frame,
        profiles=tuple(rows.values()),
        draft=draft,
        editing=None if editing is None else rows.get(editing.id),
    )
    return answered(request, view, error)


def _row(runtime: Runtime, profile: Profile, chats: int) -> ProfileRow:
    card = _card(runtime, profile.model_id)
    said = [showing.shown_value(value) for value in options_of(profile.parameters).values() if len(value) <= 24]
    uses = ngettext("%(num)s chat", "%(num)s chats", chats) if chats else _("not used yet")
    return ProfileRow(
        id=profile.id,
        name=profile.name,
        is_default=profile.is_default,
        service=service_name(runtime, profile.service),
        colour=showing.colour(profile.service),
        model=" · ".join([profile.model if card is None else card.title, *said[:4]]),
        uses=uses,
    )


async def _form(request: Request, fields: ProfileFields) -> ProfileForm:
    """The form for the provider that is chosen; for the first one that is ready where none is."""
    runtime, principal = runtime_of(request), principal_of(request)
    await runtime.health.renew()
    services = await runtime.services_for(principal)
    painters = _painters(runtime, services)
    service = fields.service if any(each.value == fields.service for each in painters) else painters[0].value
    models = _models(runtime, services, service, fields.model)
    chosen = fields.model if any(each.value == fields.model for each in models) else ""
    card = _card(runtime, chosen or (models[0].value if models else ""))
    keys = [key for key in await runtime.vault.list(principal) if key.service == service]
    return ProfileForm(
        name=fields.name[:200],
        service=service,
        key=fields.key if any(key.id == fields.key for key in keys) else "",
        model="" if card is None else card.id,
        base_url=fields.base_url[:2000],
        is_default=fields.is_default,
        services=painters,
        keys=(Choice(value="", name=_("Whichever there is")), *(_key(key) for key in keys)),
        models=models,
        controls=() if card is None else controls_of(card, fields.options),
    )


def _painters(runtime: Runtime, services: Services) -> tuple[Choice, ...]:
    """Providers with a model that paints; those that are ready come first."""
    with_models = {card.service for card in runtime.catalog.models if card.status is Status.LIVE}
    cards = [card for card in runtime.catalog.services if card.id in with_models]
    cards.sort(key=lambda card: not services.readiness(card.id).ready)
    return tuple(Choice(value=card.id, name=called(card)) for card in cards)


def _models(runtime: Runtime, services: Services, service: str, chosen: str) -> tuple[Choice, ...]:
    """The models of a provider with their prices; that of a profile is there even when it has been retired."""
    groups = composing.model_groups(runtime, services, Operation.GENERATE)
    found = [
        Choice(value=option.id, name=option.label)
        for group in groups
        for option in group.options
        if option.id.partition("/")[0] == service
    ]
    card = _card(runtime, chosen)
    if card is not None and card.service == service and all(each.value != card.id for each in found):
        found.append(Choice(value=card.id, name=card.title))
    return tuple(found)


def _key(key: StoredKey) -> Choice:
    return Choice(
        value=key.id,
        name=_("%(label)s, ends %(signs)s", label=key.label, signs=key.last_four) if key.last_four else key.label,
    )


def _card(runtime: Runtime, model: str) -> ModelCard | None:
    try:
        return runtime.catalog.find(model) if model else None
    except UnknownModel:
        return None


async def _verdict(request: Request, form: ProfileForm) -> Badge:
    """What the provider says about the key that is chosen, or about the one that would be used."""
    runtime, principal = runtime_of(request), principal_of(request)
    if not runtime.catalog.service(form.service).key_variables:
        return Badge(kind="ok", icon="ok", word=_("Valid"), said=_(WITHOUT_A_KEY))
    stored = form.key or next((each.value for each in form.keys if each.value), "")
    if not stored:
        return verdict(runtime, await runtime.asks.inspect(form.service))
    try:
        return verdict(runtime, await runtime.vault.check(stored, principal))
    except NotFound as error:
        return Badge(kind="bad", icon="bad", word=_("Not valid"), said=told(error))


def _as_it_is(profile: Profile) -> ProfileFields:
    return ProfileFields(
        name=profile.name,
        service=profile.service,
        key=profile.key or "",
        model=profile.model_id,
        base_url=profile.base_url or "",
        is_default=profile.is_default,
        options=options_of(profile.parameters),
    )
