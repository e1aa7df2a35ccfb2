"""The settings' API keys: stored, checked, replaced, deleted; never shown."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from fastapi import APIRouter, Request, Response
from starlette.datastructures import FormData

from limner.domain.accounts import Inspection
from limner.domain.errors import FailureCode, InvalidRequest, UsageError
from limner.domain.model_card import Status
from limner.domain.vault import KeyChange, KeyState, StoredKey
from limner.engine.vault import NewKey
from limner.runtime import Runtime
from limner.runtime.asking import principal_of, runtime_of
from limner.runtime.forms import read_form
from limner.web import showing
from limner.web.asking import known_id
from limner.web.failures import headline, told_of
from limner.web.gallery_views import Choice
from limner.web.languages import gettext as _
from limner.web.languages import message, ngettext
from limner.web.services import called
from limner.web.settings_frame import ask, done_at, framed
from limner.web.settings_views import Badge, KeyDraft, KeyRow, KeysPage
from limner.web.signing_in import answered, text_of

SECTION = "keys"
DONE = {
    "added": message("The key is stored. Validate it to see whether its provider takes it."),
    "replaced": message("The key is changed. Whatever names it uses it as it is now."),
    "deleted": message("The key is deleted."),
}
NOT_TAKEN = {FailureCode.AUTHENTICATION: 401, FailureCode.FORBIDDEN: 403}
"""What a refused key is answered with."""
DOTS = "••••••••"
LONGEST = 200

router = APIRouter(include_in_schema=False, prefix="/settings/keys")


@router.get("")
async def keys_page(request: Request) -> Response:
    """One's own keys and the shared ones, and the form that adds one."""
    service = request.query_params.get("service", "")[:LONGEST]
    return await _page(request, KeyDraft(service=service))


@router.post("")
async def add_key_from_form(request: Request) -> Response:
    """Stores a key; nothing of it is ever in a page."""
    async with read_form(request, files=0, fields=8) as form:
        draft, secret = _draft(form), text_of(form, "api_key")
    try:
        if not secret:
            raise InvalidRequest(_("Paste the key, as its provider shows it."), field="api_key")
        new = NewKey(
            service=draft.service,
            secret=secret,
            label=draft.label,
            shared=draft.shared,
            weight=_weight(draft.weight),
        )
        await runtime_of(request).vault.add(new, principal_of(request))
    except UsageError as error:
        return await _page(request, draft, error=error)
    return done_at(request, SECTION, "added")


@router.get("/{key_id}")
async def key_page(request: Request, key_id: str) -> Response:
    """The same page with the form that replaces one key."""
    key = await runtime_of(request).vault.get(known_id(key_id), principal_of(request))
    return await _page(request, _as_it_is(key), editing=key)


@router.post("/{key_id}")
async def replace_key_from_form(request: Request, key_id: str) -> Response:
    """Changes the label and the rest; an empty key leaves the one that there is."""
    runtime, principal = runtime_of(request), principal_of(request)
    key = await runtime.vault.get(known_id(key_id), principal)
    async with read_form(request, files=0, fields=8) as form:
        draft, secret = _draft(form), text_of(form, "api_key")
    try:
        shared = draft.shared if principal.administrator else None
        weight = _weight(draft.weight)
        change = KeyChange(label=draft.label, secret=secret or None, shared=shared, weight=weight)
        await runtime.vault.replace(key.id, change, principal)
    except UsageError as error:
        return await _page(request, draft, editing=key, error=error)
    return done_at(request, SECTION, "replaced")


@router.post("/{key_id}/validate")
async def validate_key_from_form(request: Request, key_id: str) -> Response:
    """Asks the key's provider whether it takes it, and says so in its row. Costs nothing."""
    runtime, principal = runtime_of(request), principal_of(request)
    key = await runtime.vault.get(known_id(key_id), principal)
    said = await runtime.vault.check(key.id, principal)
    return await _page(request, KeyDraft(), checked={key.id: verdict(runtime, said)})


@router.get("/{key_id}/delete")
async def ask_to_delete_key(request: Request, key_id: str) -> Response:
    """Asks before a key is deleted."""
    key = await runtime_of(request).vault.get(known_id(key_id), principal_of(request))
    provider = service_name(runtime_of(request), key.service)
    question = _("Delete the key “%(name)s” of %(provider)s?", name=key.label, provider=provider)
    consequence = _("What was bought with it and is still being painted can then no longer be fetched.")
    return ask(request, SECTION, question, consequence)


@router.post("/{key_id}/delete")
async def delete_key_from_form(request: Request, key_id: str) -> Response:
    """Forgets a key."""
    await runtime_of(request).vault.remove(known_id(key_id), principal_of(request))
    return done_at(request, SECTION, "deleted")


def verdict(runtime: Runtime, said: Inspection) -> Badge:
    """What a provider says about a key, in the words of these pages."""
    name = service_name(runtime, said.service)
    code, account = said.code, said.account
    if code == FailureCode.NO_CREDIT or (account is not None and account.balance is not None and account.balance <= 0):
        sentence = _("%(provider)s accepts this key, but the account is out of credit.", provider=name)
        return Badge(kind="bad", icon="bad", word=_("Out of credit"), said=sentence)
    if said.state is KeyState.ACCEPTED:
        sentence = _valid(runtime, said.service)
        if account is not None and account.balance is not None:
            left = _("%(amount)s %(unit)s left.", amount=_plain(account.balance), unit=account.unit)
            sentence = f"{sentence} {left}"
        return Badge(kind="ok", icon="ok", word=_("Valid"), said=sentence)
    if said.state is KeyState.REFUSED:
        status = NOT_TAKEN.get(FailureCode(code)) if code in set(FailureCode) else None
        sentence = _("%(provider)s does not accept this key.", provider=name)
        if status:
            sentence = _("%(provider)s does not accept this key (%(status)s).", provider=name, status=status)
        return Badge(kind="bad", icon="bad", word=_("Not valid"), said=sentence)
    return Badge(kind="warn", icon="part", word=_("Not known"), said=told_of(headline(said.code), said.message))


def kept_verdict(key: StoredKey) -> Badge | None:
    """What its provider said when it was last asked; None where it was not asked since the key is what it is."""
    check = key.checked
    if check is None:
        return None
    if check.code == FailureCode.NO_CREDIT:
        return Badge(kind="bad", icon="bad", word=_("Out of credit"))
    if check.state is KeyState.ACCEPTED:
        return Badge(kind="ok", icon="ok", word=_("Valid"))
    if check.state is KeyState.REFUSED:
        return Badge(kind="bad", icon="bad", word=_("Not valid"))
    return Badge(kind="warn", icon="part", word=_("Not known"))


def service_name(runtime: Runtime, service: str) -> str:
    """What a service is called, one that paints or one that only writes."""
    painter = showing.service_of(runtime.catalog, service)
    writer = runtime.vault.texts.service(service)
    if painter is not None:
        return called(painter)
    return service if writer is None else writer.name


def key_words(key: StoredKey, beginnings: Mapping[str, str]) -> str:
    """A key as it is shown: how it begins, where that is nobody's secret, and its last signs."""
    return f"{beginnings.get(key.id, '')}{DOTS}{key.last_four}"


async def _page(
    request: Request,
    draft: KeyDraft,
    *,
    editing: StoredKey | None = None,
    checked: Mapping[str, Badge] | None = None,
    error: UsageError | None = None,
) -> Response:
    shell, frame = framed(request, SECTION, DONE, error=error, form=SECTION)
    runtime, principal = runtime_of(request), principal_of(request)
    keys, beginnings = await runtime.vault.list(principal), await runtime.vault.beginnings(principal)
    said = checked or {}
    rows = {
        key.id: KeyRow(
            id=key.id,
            service=service_name(runtime, key.service),
            colour=showing.colour(key.service),
            label=key.label,
            masked=key_words(key, beginnings),
            changed=key.changed,
            mine=key.owner == principal.id,
            shared=key.shared,
            weight=f"{key.weight:g}",
            may_change=principal.may_change and (key.owner == principal.id or principal.administrator),
            state=said.get(key.id) or kept_verdict(key),
            checked=None if key.checked is None else key.checked.at,
        )
        for key in keys
    }
    view = KeysPage(
        shell=shell,
        frame=frame,
        keys=tuple(rows.values()),
        services=services_with_keys(runtime),
        draft=draft,
        editing=None if editing is None else rows.get(editing.id),
    )
    return answered(request, view, error)


def services_with_keys(runtime: Runtime) -> tuple[Choice, ...]:
    """Every service that takes a key, by name."""
    known = {card.id: card.name for card in runtime.vault.texts.services if card.key_variables}
    known |= {card.id: card.name for card in runtime.catalog.services if card.key_variables}
    return tuple(Choice(value=service, name=known[service]) for service in sorted(known, key=known.__getitem__))


def _draft(form: FormData) -> KeyDraft:
    return KeyDraft(
        service=text_of(form, "service")[:LONGEST],
        label=text_of(form, "label"),
        shared=text_of(form, "shared") == "on",
        weight=text_of(form, "weight").strip() or "1",
    )


def _as_it_is(key: StoredKey) -> KeyDraft:
    return KeyDraft(service=key.service, label=key.label, shared=key.shared, weight=f"{key.weight:g}")


def _weight(text: str) -> float:
    """Raises InvalidRequest for what is no number."""
    try:
        return float(text)
    except ValueError:
        raise InvalidRequest(_("A weight is a number, such as 1 or 2.5."), field="weight") from None


def _valid(runtime: Runtime, service: str) -> str:
    """That a key is taken, and how many models it opens as far as the catalog knows."""
    painted = sum(card.service == service and card.status is not Status.RETIRED for card in runtime.catalog.models)
    many = painted or sum(card.service == service for card in runtime.vault.texts.models)
    return ngettext("Valid. %(num)s model available.", "Valid. %(num)s models available.", many)


def _plain(amount: Decimal) -> str:
    return f"{amount.quantize(Decimal('0.01')):f}"
