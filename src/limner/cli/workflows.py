"""ComfyUI workflows as models: those that Limner brings, and the installation's own."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from limner.cli.exits import FAILED, OK
from limner.cli.opening import Session, with_studio
from limner.cli.options import App, Json
from limner.cli.output import Output, shortened
from limner.cli.own_models import OwnModels
from limner.cli.surroundings import settings_here
from limner.domain.abilities import ChecksModel
from limner.domain.errors import InvalidRequest, LimnerError, NotFound
from limner.domain.model_card import ModelCard

if TYPE_CHECKING:
    from limner.workflows.sending import Sheet

app = App(help="Add your own ComfyUI workflows as models, and see what is bound to what.", no_args_is_help=True)

SERVICE = "comfyui"
SHOWN = 60
"""Signs of a value that are shown."""

File = Annotated[Path, typer.Argument(metavar="FILE", help="A workflow in API format, as Export (API) writes it.")]
Called = Annotated[str | None, typer.Option("--name", help="The model's name; the file's, if none.")]
Titled = Annotated[str | None, typer.Option("--title", help="What people call it.")]
Bound = Annotated[
    list[str] | None,
    typer.Option(
        "--bind",
        metavar="FIELD=NODE.INPUT",
        help="Bind a field by hand, as prompt=6.text or seed=3.seed+9.seed; nothing after = unbinds it.",
    ),
]
Replace = Annotated[bool, typer.Option("--replace", help="Take the place of an earlier one of the same name.")]
Named = Annotated[str, typer.Argument(metavar="NAME", help="A workflow, such as flux-dev or one of your own.")]


@app.add()
def add(
    file: File,
    name: Called = None,
    title: Titled = None,
    bind: Bound = None,
    replace: Replace = False,
    json: Json = False,
) -> int:
    """Make a workflow a model: find its prompt, seed, size and pictures, and remember them.

    ComfyUI is asked at once whether it has the nodes and files, where it answers.
    """
    # Imported here because --help must not pay for what reads workflows.
    from limner.catalog.installed import WORKFLOWS
    from limner.workflows.describing import Description, name_from
    from limner.workflows.graph import Graph
    from limner.workflows.reading import propose

    output, data_dir = Output(json=json), settings_here().data_dir
    text = _read(file)
    graph = Graph.parse(text)
    binding = propose(graph).with_places(graph, _given(bind or []))
    own = OwnModels(kind="workflow", folder=data_dir / WORKFLOWS, cards=lambda: _cards(data_dir), ours=OURS)
    called = own.free_name(name or name_from(file), replace=replace)
    description = Description(name=called, title=title or called, graph=graph, binding=binding)
    own.keep(called, {".json": text, ".toml": description.text(SERVICE)})
    card = _kept(data_dir, called)
    missing = _missing_now(card, output)
    if json:
        output.document({**_document(card, warnings=binding.warnings), "missing": missing})
        return OK
    _show(card, output)
    for warning in binding.warnings:
        output.say(warning)
    output.say(f"Kept as {card.id} in {own.folder / f'{called}.toml'}; what is not right can be corrected there.")
    if missing is None:
        output.say(f"`limner workflows check {called}` asks ComfyUI whether it has what this needs.")
    else:
        _tell(card, missing, output)
    return OK


@app.add(name="list")
def list_workflows(json: Json = False) -> int:
    """List the workflows that can be asked for as models."""
    output, data_dir = Output(json=json), settings_here().data_dir
    cards = _cards(data_dir)
    if json:
        output.document({"workflows": [_document(card) for card in cards]})
        return OK
    columns = ("Model", "Title", "Operations", "From")
    output.rows(columns, [(card.id, card.title, _operations(card), _origin(card)) for card in cards])
    return OK


@app.add()
def show(name: Named, json: Json = False) -> int:
    """Show which input of a workflow carries which field, and the files that it needs."""
    output, card = Output(json=json), _kept(settings_here().data_dir, name)
    if json:
        output.document(_document(card))
    else:
        _show(card, output)
    return OK


@app.add()
def check(name: Named, json: Json = False) -> int:
    """Ask ComfyUI whether it has the nodes and files that a workflow needs; nothing is queued."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        card = _kept(session.studio.runtime.settings.data_dir, name)
        missing = await _missing(card, session)
        if json:
            output.document({"id": card.id, "ready": not missing, "missing": missing})
        else:
            _tell(card, missing, output)
        return FAILED if missing else OK

    return with_studio(output, action, paints=False)


async def _missing(card: ModelCard, session: Session) -> list[str]:
    """What ComfyUI lacks for a workflow, in sentences."""
    provider = session.studio.runtime.services.provider(card.service)
    return list(await provider.check_model(card)) if isinstance(provider, ChecksModel) else []


def _missing_now(card: ModelCard, output: Output) -> list[str] | None:
    """The same; None where it cannot be asked now."""
    found: list[str] | None = None

    async def action(session: Session) -> int:
        nonlocal found
        services = session.studio.runtime.services
        await services.knock()
        if services.readiness(card.service).ready:
            found = await _missing(card, session)
        return OK

    with suppress(LimnerError):  # the workflow is kept, and what is wrong with the rest is told by other commands
        with_studio(output, action, paints=False)
    return found


def _tell(card: ModelCard, missing: Sequence[str], output: Output) -> None:
    for sentence in missing:
        output.show(sentence)
    if not missing:
        output.say(f"{card.id} can be painted with: ComfyUI has everything that it needs.")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise InvalidRequest(f"There is no file {file}.", field="file") from error
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise InvalidRequest(f"{file} cannot be read: {reason}.", field="file") from error


def _given(bind: list[str]) -> dict[str, str]:
    """What `--bind` says. Raises InvalidRequest."""
    found: dict[str, str] = {}
    for entry in bind:
        name, sign, place = entry.partition("=")
        if not name.strip() or not sign:
            raise InvalidRequest(f"--bind {entry} is no binding; write it like prompt=6.text.", field="bind")
        found[name.strip()] = place.strip()
    return found


def _cards(data_dir: Path) -> list[ModelCard]:
    """All models that are workflows."""
    # Imported here because --help must not pay for pydantic.
    from limner.catalog.installed import load_installed

    return [card for card in load_installed(data_dir).models if "graph" in card.wire and card.service == SERVICE]


def _kept(data_dir: Path, name: str) -> ModelCard:
    """One of them. Raises NotFound with all names."""
    cards = _cards(data_dir)
    found = next((card for card in cards if name in (card.name, card.id)), None)
    if found is None:
        names = ", ".join(card.name for card in cards)
        raise NotFound(f"There is no workflow {name}; there are {names}.", field="name")
    return found


OURS = "the workflow itself"
"""What our own cards give as their source."""


def _origin(card: ModelCard) -> str:
    return "this installation" if card.source == OURS else "Limner"


def _operations(card: ModelCard) -> str:
    return ", ".join(operation.value.replace("_", " ") for operation in card.operations)


def _sheet(card: ModelCard) -> Sheet:
    # Imported here because --help must not pay for what reads workflows.
    from limner.workflows.sending import Sheet

    return Sheet.of(card.wire)


def _show(card: ModelCard, output: Output) -> None:
    sheet = _sheet(card)
    output.show(f"{card.id}: {card.title}", style="bold")
    output.show(f"{_operations(card)}; pictures from node {sheet.binding.output}")
    rows = []
    for name, places in sheet.binding.places.items():
        place = places[0]
        node = sheet.graph.nodes[place.node]
        at = " + ".join(map(str, places)) + (f" x {place.times:g}" if place.times != 1.0 else "")
        rows.append((name, at, node.kind, shortened(str(node.inputs[place.input]), SHOWN)))
    output.rows(("Field", "Input", "Node", "Now"), rows)
    files = _files(sheet)
    if files:
        output.show(f"Needs {', '.join(files)}")


def _files(sheet: Sheet) -> tuple[str, ...]:
    # Imported here because --help must not pay for what reads workflows.
    from limner.workflows.reading import files_of

    return files_of(sheet.graph)


def _document(card: ModelCard, *, warnings: tuple[str, ...] = ()) -> dict[str, object]:
    sheet = _sheet(card)
    return {
        "id": card.id,
        "title": card.title,
        "operations": [operation.value for operation in card.operations],
        "from": _origin(card),
        "output": sheet.binding.output,
        "bind": {name: [str(place) for place in places] for name, places in sheet.binding.places.items()},
        "files": list(_files(sheet)),
        "warnings": list(warnings),
    }
