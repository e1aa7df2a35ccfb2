"""The keys that open services: which are there, and whether they are taken."""

from __future__ import annotations

import asyncio
import sys
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from limner.cli.documents import moment
from limner.cli.exits import FAILED, OK
from limner.cli.opening import Session, with_studio
from limner.cli.options import App, Json
from limner.cli.output import Output
from limner.domain.accounts import Account, Inspection
from limner.domain.errors import FailureCode, InvalidRequest, NotFound
from limner.domain.model_card import ServiceCard
from limner.domain.vault import KeyChange, KeyState, StoredKey, last_signs
from limner.engine.vault import NewKey

if TYPE_CHECKING:
    from limner.cli.documents import Document
    from limner.domain.text_models import TextServiceCard
    from limner.runtime import Runtime

app = App(
    help="Store keys of services, see which there are, and ask the services whether they take them.",
    no_args_is_help=True,
)

Which = Annotated[
    list[str] | None, typer.Argument(metavar="[SERVICE]...", help="The services to ask; all that are ready if none.")
]
Service = Annotated[str, typer.Argument(metavar="SERVICE", help="The service that the key opens.")]
Stored = Annotated[str, typer.Argument(metavar="KEY", help="A stored key: its label, its id, or a part of that.")]
Label = Annotated[str, typer.Option("--label", "-l", help="What you call it; the service's name where left out.")]
Shared = Annotated[bool, typer.Option("--shared", help="Everybody's requests may use it who have no key of their own.")]
Weight = Annotated[float, typer.Option("--weight", help="How many times as often it is used as another one.")]
Check = Annotated[bool, typer.Option("--check/--no-check", help="Ask the service first whether it takes the key.")]
FromFile = Annotated[
    Path | None, typer.Option("--from-secret-file", metavar="FILE", help="A file with the old secret.")
]
WORDS = {
    KeyState.ACCEPTED: "accepted",
    KeyState.REFUSED: "refused",
    KeyState.UNKNOWN: "not known",
    KeyState.NOT_READY: "not ready",
}


@app.add()
def add(
    service: Service,
    label: Label = "",
    shared: Shared = False,
    weight: Weight = 1.0,
    check: Check = True,
    json: Json = False,
) -> int:
    """Store a key, sealed. It is read from stdin, or asked for without showing it; never from the command line.

    The service is asked first whether it takes the key; one that it refuses is not stored.
    """
    output = Output(json=json)
    new = NewKey(service=service, secret=_secret(), label=label, shared=shared, weight=weight)

    async def action(session: Session) -> int:
        vault, principal = session.studio.runtime.vault, session.studio.principal
        said = await vault.try_out(new) if check else None
        if said is not None and said.state is KeyState.REFUSED:
            raise InvalidRequest(f"The key was not stored. {said.message}", field="api_key", code="key_refused")
        key = await vault.add(new, principal, said)
        if json:
            output.document(_key_document(key))
        else:
            whose = "Everybody's requests use it" if key.shared else "Your requests use it"
            output.say(f"Stored as {key.id}. {whose} from now on.")
            if said is not None and said.state is not KeyState.ACCEPTED:
                output.say(f"Whether the service takes it is not known. {said.message}")
        return OK

    return with_studio(output, action, paints=False)


@app.add(name="list")
def list_keys(json: Json = False) -> int:
    """List the stored keys and those of the environment, but for their last signs hidden."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        runtime = session.studio.runtime
        stored = await runtime.vault.list(session.studio.principal)
        variables = runtime.settings.variables
        found = [
            (card, name, masked(variables[name].strip()))
            for card in _with_keys(runtime)
            for name in card.key_variables
            if variables.get(name, "").strip()
        ]
        if json:
            rows = [{"service": card.id, "variable": name, "key": key} for card, name, key in found]
            output.document({"keys": rows, "stored": [_key_document(key) for key in stored]})
        elif found or stored:
            kept = [(key.service, key.masked, _whose(key), key.label, _checked(key), key.id) for key in stored]
            set_here = [(card.id, key, name, "", "", "") for card, name, key in found]
            output.rows(("Service", "Key", "From", "Label", "Checked", "Id"), [*kept, *set_here])
        else:
            output.say(
                "There is no key. `limner keys add` stores one; `limner providers` says what each service needs."
            )
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def check(services: Which = None, json: Json = False) -> int:
    """Ask the services whether they take the keys, and what is left on the accounts; costs nothing."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        runtime, principal = session.studio.runtime, session.studio.principal
        cards = _asked(session, services or [])
        wanted = {card.id for card in cards}
        stored = [key for key in await runtime.vault.list(principal) if not services or key.service in wanted]
        without = wanted & {key.service for key in stored}
        cards = [card for card in cards if card.id not in without or runtime.services.readiness(card.id).ready]
        said = await asyncio.gather(
            *(runtime.vault.check(key.id, principal) for key in stored),
            *(runtime.asks.inspect(card.id) for card in cards),
        )
        labels = [*(key.label for key in stored), *("" for _ in cards)]
        found = list(zip(labels, said, strict=True))
        if json:
            output.document({"keys": [{**_document(one), "label": label or None} for label, one in found]})
        elif found:
            output.rows(
                ("Service", "Label", "Key", "Account", "Balance", ""), [_row(label, one) for label, one in found]
            )
        else:
            output.say("No service with a key is ready. `limner providers` says what each one needs.")
        return FAILED if any(one.state in (KeyState.REFUSED, KeyState.NOT_READY) for _, one in found) else OK

    return with_studio(output, action, paints=False)


@app.add()
def replace(key: Stored, json: Json = False) -> int:
    """Put another key in the place of a stored one. It is read from stdin, or asked for without showing it."""
    output, secret = Output(json=json), _secret()

    async def action(session: Session) -> int:
        vault, principal = session.studio.runtime.vault, session.studio.principal
        changed = await vault.replace((await _meant(session, key)).id, KeyChange(secret=secret), principal)
        if json:
            output.document(_key_document(changed))
        else:
            output.say(f"{changed.label} is {changed.masked} now.")
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def remove(key: Stored, json: Json = False) -> int:
    """Remove a stored key. What was bought with it and is still being painted can then not be fetched any more."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        removed = await session.studio.runtime.vault.remove((await _meant(session, key)).id, session.studio.principal)
        if json:
            output.document(_key_document(removed))
        else:
            output.say(f"{removed.label} for {removed.service} is removed.")
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def rotate(from_secret_file: FromFile = None, json: Json = False) -> int:
    """Seal all stored keys and webhooks' secrets under another secret of the installation.

    Where LIMNER_SECRET_KEY is set, it is the new secret and the file has the old one; otherwise a new one is made in
    the data directory. Quotes that are out are void afterwards.
    """
    output = Output(json=json)

    async def action(session: Session) -> int:
        runtime = session.studio.runtime
        done = await runtime.rotation.rotate(session.studio.principal, from_secret_file)
        if json:
            output.document({"sealed": done.sealed, "unreadable": done.unreadable})
        else:
            output.say(f"Sealed under the new secret: {done.sealed}.")
            if done.unreadable:
                output.say(f"No known secret opens {done.unreadable} more; they are as they were.")
        return FAILED if done.unreadable else OK

    return with_studio(output, action, paints=False)


def _secret() -> str:
    """The key: typed without being shown, or all of stdin."""
    return getpass("Key: ") if sys.stdin.isatty() else sys.stdin.read()


async def _meant(session: Session, text: str) -> StoredKey:
    """The stored key whose id begins or ends so, or whose label it is. Raises NotFound and InvalidRequest."""
    found = await session.studio.runtime.vault.list(session.studio.principal)
    part = text.strip()
    fitting = [key for key in found if key.label == part] or [
        key for key in found if part and (key.id.startswith(part.lower()) or key.id.endswith(part.lower()))
    ]
    if len(fitting) > 1:
        raise InvalidRequest(f"'{text}' means several keys. Type the id of the one you mean.", field="key")
    if not fitting:
        raise NotFound(f"There is no stored key '{text}'. `limner keys list` shows them.", field="key")
    return fitting[0]


def _asked(session: Session, names: list[str]) -> list[ServiceCard]:
    """The services that are meant. Raises UnknownModel with the nearest names."""
    runtime = session.studio.runtime
    if names:
        return [runtime.catalog.service(name) for name in names]
    return [
        card for card in runtime.catalog.services if card.key_variables and runtime.services.readiness(card.id).ready
    ]


def masked(key: str) -> str:
    """A key that can be told from others and not used; a short one shows nothing."""
    return f"...{last_signs(key)}"


def _whose(key: StoredKey) -> str:
    return "stored, for everybody" if key.shared else "stored"


def _row(label: str, found: Inspection) -> tuple[str, ...]:
    account = found.account or Account()
    said = "" if found.state is KeyState.ACCEPTED else found.message
    return found.service, label, WORDS[found.state], account.name or "", balance_words(account), said


def balance_words(account: Account) -> str:
    """What is left, in the service's own unit."""
    return "" if account.balance is None else f"{account.balance:f} {account.unit}"


def _document(found: Inspection) -> Document:
    account = found.account or Account()
    balance = None if account.balance is None else f"{account.balance:f}"
    known = {"account": account.name, "balance": balance, "unit": account.unit if balance else None}
    return {"service": found.service, "state": found.state.value, "message": found.message, **known}


def _checked(key: StoredKey) -> str:
    """How its service answered when it was last asked, and when."""
    if key.checked is None:
        return "not asked yet"
    broke = key.checked.code == FailureCode.NO_CREDIT
    return f"{'out of credit' if broke else WORDS[key.checked.state]}, {moment(key.checked.at)}"


def _key_document(key: StoredKey) -> Document:
    return {
        "id": key.id,
        "service": key.service,
        "label": key.label,
        "key": key.masked,
        "shared": key.shared,
        "weight": key.weight,
        "created": moment(key.created),
        "changed": moment(key.changed),
        "checked": None
        if key.checked is None
        else {"at": moment(key.checked.at), "state": key.checked.state.value, "code": key.checked.code or None},
    }


def _with_keys(runtime: Runtime) -> list[ServiceCard | TextServiceCard]:
    """The services that paint, then those that only write."""
    painting = {card.id for card in runtime.catalog.services}
    writing = [card for card in runtime.texts.catalog.services if card.id not in painting]
    return [*runtime.catalog.services, *writing]
