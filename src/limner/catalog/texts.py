"""Facts about text models, from `texts.toml` and what an installation says beside it."""

from __future__ import annotations

import re
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
PRICES = "LIMNER_TEXT_PRICES"
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


def load_texts(data_dir: Path | None = None, prices: str = "") -> TomlTexts:
    """What ships with Limner, with an installation's own words over it: later ones win, `prices` over all.

    `prices` are as LIMNER_TEXT_PRICES has them. Reads files: call it in a thread, or before the event loop runs. Raises
    NotConfigured with the name of the file or of the setting.
    """
    said = _Said()
    for number, (label, text) in enumerate(_texts(data_dir)):
        try:
            said.add(tomllib.loads(text), own=number > 0)
        except (tomllib.TOMLDecodeError, ValidationError, KeyError, TypeError, ValueError) as error:
            raise NotConfigured(f"{label} is wrong: {error}. Correct it.", code="catalog_invalid") from error
    said.add({"model": _priced(prices, said.services)}, own=True)
    order = {id: number for number, id in enumerate(said.services)}
    cards = [
        _card(model, said.services[model.service], own_price=key in said.own) for key, model in said.models.items()
    ]
    return TomlTexts(
        services=tuple(_place(place) for place in said.services.values()),
        models=tuple(sorted(cards, key=lambda card: order[card.service])),
    )


class _Said:
    """What all files say together."""

    def __init__(self) -> None:
        self.services: dict[str, _Service] = {}
        self.models: dict[tuple[str, str], _Model] = {}
        self.own: set[tuple[str, str]] = set()
        """Models whose price the installation has said itself."""

    def add(self, file: Mapping[str, Any], *, own: bool) -> None:
        """Takes in a file, the installation's `own` or not. Raises ValueError and its kin for what is no such table."""
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
            if own and entry.get("input_usd") is not None and entry.get("output_usd") is not None:
                self.own.add(key)


def _texts(data_dir: Path | None) -> Iterable[tuple[str, str]]:
    yield "texts.toml", files("limner.catalog").joinpath("texts.toml").read_text(encoding="utf-8")
    folder = None if data_dir is None else data_dir / CORRECTIONS
    for path in sorted(folder.glob("*.toml")) if folder is not None and folder.is_dir() else ():
        try:
            yield str(path), path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise NotConfigured(f"{path} cannot be read: {error}. Correct it.", code="catalog_invalid") from error


def _priced(text: str, services: Mapping[str, _Service]) -> list[dict[str, object]]:
    """The models of LIMNER_TEXT_PRICES with what they cost. Raises NotConfigured."""
    found: list[dict[str, object]] = []
    for said in filter(None, (part.strip() for part in text.split(","))):
        name, _, amounts = said.rpartition("=")
        service, _, model = name.strip().partition("/")
        written = [part.strip() for part in amounts.split("/")]
        if not model or len(written) != 2 or not all(map(_is_amount, written)):
            raise _no_price(f"'{said}' is no price. Write SERVICE/MODEL=IN/OUT, such as openai/gpt-6-luna=0.25/2.")
        if service.casefold() not in services:
            raise _no_price(f"There is no service {service} with text models. There are {', '.join(services)}.")
        asked, answered = written
        found.append(
            {"service": service.casefold(), "name": model, "input_usd": asked, "output_usd": answered}
            | {"source": PRICES, "as_of": None}
        )
    return found


def _is_amount(text: str) -> bool:
    return bool(re.fullmatch(r"\d{1,6}(\.\d{1,6})?", text))


def _no_price(message: str) -> NotConfigured:
    return NotConfigured(f"{PRICES} is wrong: {message}", code="settings_invalid")


def _place(said: _Service) -> TextServiceCard:
    return TextServiceCard(**said.model_dump())


def _card(said: _Model, place: _Service, *, own_price: bool) -> TextCard:
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
        own_price=own_price,
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
