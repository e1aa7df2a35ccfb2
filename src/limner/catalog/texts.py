"""Facts about text models, from `texts.toml` and what an installation says beside it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from limner.domain.errors import NotConfigured, UnknownModel
from limner.domain.text_models import TextCard, TextPrice, TextServiceCard

CORRECTIONS = Path("catalog.d") / "texts"
"""Where an installation corrects and adds, within its data directory."""
SOURCE = "anthropic.com vision page, litellm 1.109.1, genai-prices 0.2.3"
AS_OF = date(2026, 11, 20)


class _Service(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str
    name: str
    wire: str
    base_url: str
    base_url_variable: str
    path: str = ""
    key_variables: tuple[str, ...] = ()
    organization_variable: str = ""
    key_optional: bool = False
    model_variable: str = ""
    default_model: str = ""
    local: bool = False


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")

    service: str
    name: str
    title: str = ""
    context: int = Field(0, ge=0)
    longest_answer: int = Field(0, ge=0)
    sees: bool = True
    uses_tools: bool = True
    pixels_a_token: int = Field(0, ge=0)
    input_usd: Decimal | None = Field(None, ge=0)
    output_usd: Decimal | None = Field(None, ge=0)
    cached_input_usd: Decimal | None = Field(None, ge=0)
    shutdown: date | None = None
    source: str = SOURCE
    as_of: date | None = AS_OF


@dataclass(frozen=True, slots=True)
class TomlTexts:
    """The `TextCatalog` of `domain.texts`."""

    services: tuple[TextServiceCard, ...]
    models: tuple[TextCard, ...]
    _places: Mapping[str, TextServiceCard] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_places", {card.id: card for card in self.services})

    def service(self, name: str) -> TextServiceCard | None:
        """One service by its id."""
        return self._places.get(name)

    def find(self, name: str) -> TextCard:
        """One model by `service/name` or bare name, in any case. Raises UnknownModel with the nearest names.

        A model that a known service may have and the catalog does not know is taken on: its price is unknown.
        """
        wanted = name.strip().casefold()
        for card in self.models:
            if wanted in (card.id.casefold(), card.name.casefold()):
                return card
        service, _, model = name.strip().partition("/")
        place = self._places.get(service.casefold())
        if place is not None and model:
            return unlisted(place, model)
        near = tuple(get_close_matches(wanted, [card.id for card in self.models], n=3))
        hint = f" Nearest: {', '.join(near)}." if near else " `limner texts models` lists them."
        raise UnknownModel(f"There is no text model called '{name}'.{hint}", suggestions=near)


def unlisted(service: TextServiceCard, model: str) -> TextCard:
    """A model that the catalog does not know."""
    return TextCard(
        service=service.id,
        name=model,
        title=model,
        context=0,
        longest_answer=0,
        sees=True,
        uses_tools=True,
        local=service.local,
        price=None,
    )


def load_texts(data_dir: Path | None = None) -> TomlTexts:
    """What ships with Limner, with an installation's own words over it: later ones win.

    Reads files: call it in a thread, or before the event loop runs. Raises NotConfigured with the name of the file.
    """
    said = _Said()
    for label, text in _texts(data_dir):
        try:
            said.add(tomllib.loads(text))
        except (tomllib.TOMLDecodeError, ValidationError, KeyError, TypeError, ValueError) as error:
            raise NotConfigured(f"{label} is wrong: {error}. Correct it.", code="catalog_invalid") from error
    order = {id: number for number, id in enumerate(said.services)}
    cards = [_card(model, said.services[model.service]) for model in said.models.values()]
    return TomlTexts(
        services=tuple(_place(place) for place in said.services.values()),
        models=tuple(sorted(cards, key=lambda card: order[card.service])),
    )


class _Said:
    """What all files say together."""

    def __init__(self) -> None:
        self.services: dict[str, _Service] = {}
        self.models: dict[tuple[str, str], _Model] = {}

    def add(self, file: Mapping[str, Any]) -> None:
        """Takes one file in. Raises ValueError and its kin for what is no table of this kind."""
        if strange := set(file) - {"service", "model"}:
            raise ValueError(f"there is no table {min(strange)}")
        for entry in file.get("service", ()):
            known = self.services.get(entry["id"])
            base = {} if known is None else known.model_dump(exclude_unset=True)
            self.services[entry["id"]] = _Service.model_validate({**base, **entry})
        for entry in file.get("model", ()):
            key = (entry["service"], entry["name"])
            if key[0] not in self.services:
                raise ValueError(f"there is no service {key[0]}")
            base = self.models[key].model_dump(exclude_unset=True) if key in self.models else {}
            self.models[key] = _Model.model_validate({**base, **entry})


def _texts(data_dir: Path | None) -> Iterable[tuple[str, str]]:
    yield "texts.toml", files("limner.catalog").joinpath("texts.toml").read_text(encoding="utf-8")
    folder = None if data_dir is None else data_dir / CORRECTIONS
    for path in sorted(folder.glob("*.toml")) if folder is not None and folder.is_dir() else ():
        try:
            yield str(path), path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise NotConfigured(f"{path} cannot be read: {error}. Correct it.", code="catalog_invalid") from error


def _place(said: _Service) -> TextServiceCard:
    return TextServiceCard(**said.model_dump())


def _card(said: _Model, place: _Service) -> TextCard:
    return TextCard(
        service=said.service,
        name=said.name,
        title=said.title or said.name,
        context=said.context,
        longest_answer=said.longest_answer,
        sees=said.sees,
        uses_tools=said.uses_tools,
        local=place.local,
        price=_price(said),
        pixels_a_token=said.pixels_a_token,
        shutdown=said.shutdown,
        source=said.source,
        as_of=said.as_of,
    )


def _price(said: _Model) -> TextPrice | None:
    if said.input_usd is None or said.output_usd is None:
        return None
    cached = None if said.cached_input_usd is None else _micro(said.cached_input_usd)
    return TextPrice(input=_micro(said.input_usd), output=_micro(said.output_usd), cached_input=cached)


def _micro(dollars: Decimal) -> int:
    """Micro-dollars for a million tokens, rounded up."""
    return -int(-dollars * 1_000_000 // 1)
