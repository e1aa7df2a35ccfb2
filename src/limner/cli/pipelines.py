"""Pipelines of the diffusers library as models: those that the installation has named."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from limner.cli.exits import OK
from limner.cli.options import App, Json
from limner.cli.output import Output
from limner.cli.own_models import OwnModels
from limner.cli.surroundings import settings_here
from limner.cli.wishes import named_values
from limner.domain.errors import InvalidRequest, NotConfigured
from limner.domain.model_card import ModelCard, ServiceCard

if TYPE_CHECKING:
    from limner.settings import Settings
    from limner.wire.connection import Connection

app = App(help="Name pipelines of the diffusers library as models of this machine.", no_args_is_help=True)

SERVICE = "diffusers"
OURS = "the pipeline itself"
"""What our own cards give as their source."""
KINDS_OF_NUMBER = frozenset({"dtype", "torch_dtype"})
PYTHON_WORDS = ("True", "False", "None")
"""As text they would mean something else than whoever writes them wants."""
NOT_FOUND = "no file named"
"""What diffusers says of weights that are not there under their plain names."""
PATIENCE = 4 * 3600.0
"""Seconds that loading may take: by its id a pipeline is fetched first, and may have many gigabytes."""

Source = Annotated[
    str, typer.Argument(metavar="FOLDER-OR-ID", help="A folder with a model_index.json, or an id on Hugging Face.")
]
Called = Annotated[str | None, typer.Option("--name", help="The model's name; the last part of the source, if none.")]
Titled = Annotated[str | None, typer.Option("--title", help="What people call it.")]
Loading = Annotated[
    list[str] | None,
    typer.Option("--load", metavar="NAME=VALUE", help="An option of diffusers for loading it, such as variant=fp16."),
]
Replace = Annotated[bool, typer.Option("--replace", help="Take the place of an earlier one of the same name.")]


@app.add()
def add(
    source: Source,
    name: Called = None,
    title: Titled = None,
    load: Loading = None,
    replace: Replace = False,
    json: Json = False,
) -> int:
    """Make a pipeline a model: load it once, look what it can do, and remember it."""
    # Imported here because --help must not pay for it.
    from limner.catalog.installed import PIPELINES
    from limner.pipelines.describing import Description, name_of

    output, settings = Output(json=json), settings_here()
    data_dir = settings.data_dir
    own = OwnModels(kind="pipeline", folder=data_dir / PIPELINES, cards=lambda: _cards(data_dir), ours=OURS)
    pipeline, loading = _place(source), loading_from(load or ())
    called = own.free_name(name or name_of(pipeline), replace=replace)
    card = _service(data_dir)
    connection = _ready(card, settings)
    output.say(f"Loading {pipeline}. By its id it is fetched first, which may take long.")
    told = asyncio.run(_described(_wish(pipeline, loading), card, connection))
    description = Description(name=called, title=title or called, pipeline=pipeline, load=loading, told=told)
    own.keep(called, {".toml": description.text(SERVICE)})
    model = next(card for card in _cards(data_dir) if card.name == called)
    if json:
        output.document(_document(model))
        return OK
    output.say(f"Kept as {model.id} in {own.folder / f'{called}.toml'}; what is not right can be corrected there.")
    output.say(f"It can {_operations(model)}. Try it: limner generate -m {model.id} PROMPT")
    return OK


@app.add(name="list")
def list_pipelines(json: Json = False) -> int:
    """List the pipelines that can be asked for as models."""
    output = Output(json=json)
    cards = _cards(settings_here().data_dir)
    if json:
        output.document({"pipelines": [_document(card) for card in cards]})
        return OK
    columns = ("Model", "Title", "Operations", "From")
    output.rows(columns, [(card.id, card.title, _operations(card), str(card.wire["pipeline"])) for card in cards])
    return OK


def _place(source: str) -> str:
    """A folder by its whole path, or an id as it is. Raises InvalidRequest."""
    folder = Path(source).expanduser()
    if folder.is_dir():
        if not (folder / "model_index.json").is_file():
            said = f"{source} is no pipeline of diffusers: it has no model_index.json. Convert a single file first."
            raise InvalidRequest(said, field="source")
        return str(folder.resolve())
    if source.count("/") == 1 and source[0] not in "./~" and not source.endswith("/"):
        return source
    raise InvalidRequest(
        f"There is no folder {source}, and an id on Hugging Face looks like owner/name.", field="source"
    )


def loading_from(pairs: Sequence[str]) -> Mapping[str, object]:
    """Options of diffusers for loading a pipeline, as its file can hold them. Raises InvalidRequest.

    Whether there is such an option only the pipeline knows: it is asked when it is loaded.
    """
    options = named_values(pairs, "load")
    for name, value in options.items():
        if not name.isidentifier():
            raise InvalidRequest(
                f"--load: diffusers has no option '{name}'; names are like use_safetensors.", field="load"
            )
        if name in KINDS_OF_NUMBER:
            said = f"--load {name}: what numbers a pipeline computes with is said by DIFFUSERS_DTYPE."
            raise InvalidRequest(said, field="load")
        if value in PYTHON_WORDS or not _can_be_written(value):
            said = f"--load {name}: give text, a number, true or false, or a list or an object of them."
            raise InvalidRequest(said, field="load")
    return options


def _can_be_written(value: object) -> bool:
    """Whether TOML has such a value: it has no null."""
    if isinstance(value, Mapping):
        return all(_can_be_written(item) for item in value.values())
    if isinstance(value, list):
        return all(_can_be_written(item) for item in value)
    return isinstance(value, str | int) or (isinstance(value, float) and isfinite(value))


def _ready(card: ServiceCard, settings: Settings) -> Connection:
    """Where torch and diffusers are. Raises NotConfigured where they are nowhere."""
    # Imported here because --help must not pay for it.
    from limner.providers import is_installed
    from limner.providers.connecting import connections

    connection = connections((card,), settings.variables)[card.id]
    if connection.python is None and not all(map(is_installed, card.packages)):
        needs = f"{card.name} needs {' and '.join(card.packages)}: {card.installed_by}"
        raise NotConfigured(f"{needs}, or set {card.python_variable} to a Python that has them.")
    return connection


async def _described(wish: Mapping[str, object], card: ServiceCard, connection: Connection) -> Mapping[str, object]:
    """What a pipeline says of itself once it is loaded. Raises InvalidRequest and NotConfigured."""
    # Imported here because --help must not pay for it.
    from limner.pipelines.companion import Companion, Ended

    pipeline = wish["pipeline"]
    companion = Companion(connection.python or sys.executable, dict(connection.options), idle_seconds=PATIENCE)
    try:
        async with asyncio.timeout(PATIENCE), aclosing(companion.order(wish)) as news:
            async for item in news:
                if item.kind == "failed":
                    said = f"{pipeline} cannot be used: {item.told['said']}{_advice(wish, str(item.told['said']))}"
                    raise InvalidRequest(said, field="source")
                if item.is_last:
                    return item.told
        raise InvalidRequest(f"{pipeline} says nothing of itself.", field="source")
    except Ended as error:
        raise NotConfigured(f"{card.name} failed: {error}.") from error
    except TimeoutError as error:
        raise NotConfigured(f"{pipeline} was not loaded within {PATIENCE / 3600:g} hours.") from error
    except OSError as error:
        raise NotConfigured(f"{card.name} failed: its process cannot be started: {error}.") from error
    finally:
        await companion.close()


def _advice(wish: Mapping[str, object], said: str) -> str:
    """What helps where the weights are not found: many pipelines are kept as halves alone (diffusers 0.42, run)."""
    loading = wish["load"]
    if NOT_FOUND not in said or (isinstance(loading, Mapping) and "variant" in loading):
        return ""
    return " If its files have fp16 in their names, add --load variant=fp16."


def _wish(pipeline: str, loading: Mapping[str, object]) -> Mapping[str, object]:
    return {"id": "describe", "does": "describe", "pipeline": pipeline, "load": loading}


def _service(data_dir: Path) -> ServiceCard:
    # Imported here because --help must not pay for it.
    from limner.catalog.installed import load_installed

    return load_installed(data_dir).service(SERVICE)


def _cards(data_dir: Path) -> list[ModelCard]:
    """All models that are pipelines."""
    # Imported here because --help must not pay for it.
    from limner.catalog.installed import load_installed

    return [card for card in load_installed(data_dir).models if card.service == SERVICE]


def _operations(card: ModelCard) -> str:
    return ", ".join(operation.value.replace("_", " ") for operation in card.operations)


def _document(card: ModelCard) -> dict[str, object]:
    return {
        "id": card.id,
        "title": card.title,
        "operations": [operation.value for operation in card.operations],
        "pipeline": card.wire["pipeline"],
        "load": card.wire.get("load", {}),
    }
