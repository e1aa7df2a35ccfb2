"""Profiles: saved choices of model, key and options, by names of one's own."""

from __future__ import annotations

import json as json_values
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from limner.cli.documents import Document, moment
from limner.cli.exits import OK
from limner.cli.opening import Session, with_studio
from limner.cli.options import App, Json
from limner.cli.output import Output, shortened
from limner.cli.wishes import checked_text, named_values
from limner.domain.errors import InvalidRequest
from limner.domain.profile import Profile, ProfileChanges, ProfileDraft

if TYPE_CHECKING:
    from limner.engine.profiles import Profiles

app = App(help="Save a model with its key and options under a name.", no_args_is_help=True)

Which = Annotated[str, typer.Argument(metavar="PROFILE", help="The name of a profile, or its id.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="What the profile is to be called.")]
Model = Annotated[str, typer.Option("--model", "-m", help="A model, such as openai/gpt-image-2 or sketch.")]


@dataclass(frozen=True, kw_only=True, slots=True)
class Saved:
    """What a profile says besides its model."""

    key: Annotated[str | None, typer.Option("--key", metavar="KEY", help="The id of a stored key.")] = None
    base_url: Annotated[
        str | None, typer.Option("--base-url", metavar="URL", help="Where the service is reached instead.")
    ] = None
    set: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="An option, such as quality=high; may be given several times."),
    ] = None
    default: Annotated[bool, typer.Option("--default", help="Make it the default profile.")] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Renewed:
    """What else may become different."""

    name: Annotated[str | None, typer.Option("--name", help="A new name.")] = None
    model: Annotated[str | None, typer.Option("--model", "-m", help="Another model.")] = None
    unset: Annotated[
        list[str] | None,
        typer.Option("--unset", metavar="NAME", help="An option to forget; also key or base-url."),
    ] = None


@app.add()
def add(name: Name, model: Model, saved: Saved, json: Json = False) -> int:
    """Save a profile: `limner profiles add posters -m openai/gpt-image-2 --set quality=high`."""
    output = Output(json=json)
    parameters = named_values(saved.set or [], "set")

    async def action(session: Session) -> int:
        profiles = _profiles(session)
        service, own_name = profiles.painter(model)
        draft = ProfileDraft(
            name=checked_text(name, "name"),
            service=service,
            model=own_name,
            key=saved.key,
            base_url=saved.base_url,
            parameters=parameters,
            is_default=saved.default,
        )
        return _told(output, await profiles.add(draft, session.studio.principal), "is saved")

    return with_studio(output, action, paints=False)


@app.add(name="list")
def list_profiles(json: Json = False) -> int:
    """List your profiles, the default first."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        found = await _profiles(session).all(session.studio.principal)
        if json:
            output.document({"profiles": [_document(profile) for profile in found]})
        elif found:
            output.rows(("Profile", "Model", "Options", "Key", ""), [_row(profile) for profile in found])
        else:
            output.say("There is no profile. `limner profiles add NAME -m MODEL` saves one.")
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def show(profile: Which, json: Json = False) -> int:
    """Show all that a profile says."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        found = await _profiles(session).get(profile, session.studio.principal)
        if json:
            output.document(_document(found))
        else:
            output.rows(("", ""), [(name, _word(value)) for name, value in _document(found).items()])
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def edit(profile: Which, saved: Saved, renewed: Renewed, json: Json = False) -> int:
    """Change a profile; what is not named stays as it is."""
    output = Output(json=json)
    parameters = named_values(saved.set or [], "set")

    async def action(session: Session) -> int:
        profiles, principal = _profiles(session), session.studio.principal
        before = await profiles.get(profile, principal)
        changes = _changes(before, saved, renewed, parameters)
        if renewed.model is not None:
            changes["service"], changes["model"] = profiles.painter(renewed.model)
        return _told(output, await profiles.change(before.id, principal, **changes), "is changed")

    return with_studio(output, action, paints=False)


@app.add()
def remove(profile: Which, json: Json = False) -> int:
    """Forget a profile; what was painted with it stays."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        return _told(output, await _profiles(session).remove(profile, session.studio.principal), "is removed")

    return with_studio(output, action, paints=False)


@app.add()
def default(
    profile: Which,
    no: Annotated[bool, typer.Option("--no", help="Let it be the default no longer.")] = False,
    json: Json = False,
) -> int:
    """Make a profile the default: chats and the studio take it where no other is chosen."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        changed = await _profiles(session).change(profile, session.studio.principal, is_default=not no)
        return _told(output, changed, "is the default no longer" if no else "is the default")

    return with_studio(output, action, paints=False)


def _profiles(session: Session) -> Profiles:
    return session.studio.runtime.profiles


def _changes(before: Profile, saved: Saved, renewed: Renewed, parameters: dict[str, object]) -> ProfileChanges:
    """What is to become different. Raises InvalidRequest for an option to forget that there is not."""
    changes = ProfileChanges()
    forgotten = set(renewed.unset or ())
    if renewed.name is not None:
        changes["name"] = checked_text(renewed.name, "name")
    if saved.key is not None or "key" in forgotten:
        changes["key"] = saved.key
    if saved.base_url is not None or "base-url" in forgotten:
        changes["base_url"] = saved.base_url
    if saved.default:
        changes["is_default"] = True
    options = forgotten - {"key", "base-url"}
    for name in sorted(options - set(before.parameters)):
        raise InvalidRequest(f"The profile has no option '{name}'.", field="unset")
    if parameters or options:
        kept = {name: value for name, value in before.parameters.items() if name not in options}
        changes["parameters"] = {**kept, **parameters}
    return changes


def _told(output: Output, profile: Profile, what: str) -> int:
    if output.json:
        output.document(_document(profile))
    else:
        output.say(f"The profile '{profile.name}' ({profile.model_id}) {what}.")
    return OK


def _row(profile: Profile) -> tuple[str, ...]:
    options = ", ".join(f"{name}={_word(value)}" for name, value in profile.parameters.items())
    key = "" if profile.key is None else profile.key
    return profile.name, profile.model_id, shortened(options, 60), key, "default" if profile.is_default else ""


def _word(value: object) -> str:
    return value if isinstance(value, str) else json_values.dumps(value)


def _document(profile: Profile) -> Document:
    return {
        "id": profile.id,
        "name": profile.name,
        "service": profile.service,
        "model": profile.model,
        "key": profile.key,
        "base_url": profile.base_url,
        "parameters": dict(profile.parameters),
        "default": profile.is_default,
        "tags": [tag.tag for tag in profile.tags],
        "created": moment(profile.created),
        "updated": moment(profile.updated),
    }
