"""Text models: who runs them, what they can do, and what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from limner.domain.money import Money

MILLION = 1_000_000
WRITES = "Text models: it writes and does not paint."
"""What is said of a service that has text models alone."""
LONGEST_WAIT = 600.0
"""Seconds for a whole answer at most, where nothing shorter is said."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TextUsage:
    """Tokens as the service counted them."""

    input: int
    """All of the question, what the service had kept included."""
    output: int
    """All of the answer, thoughts included."""
    cached_input: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class TextPrice:
    """What tokens cost, in micro-dollars for a million of them."""

    input: int
    output: int
    cached_input: int | None = None
    """Input that the service had kept; None where no such price is known: it is then counted as other input."""

    def of(self, usage: TextUsage) -> Money:
        """What a call costs by what the service counted, rounded up."""
        cached = usage.cached_input if self.cached_input is not None else 0
        total = (usage.input - cached) * self.input + cached * (self.cached_input or 0) + usage.output * self.output
        return Money(-(-total // MILLION))


@dataclass(frozen=True, kw_only=True, slots=True)
class TextCard:
    """What one text model can do and cost, as the catalog knows it."""

    service: str
    name: str
    """The service's own name for it."""
    title: str
    context: int
    """Tokens that question and answer have together; 0 where nobody knows."""
    longest_answer: int
    """Tokens of one answer; 0 where nobody knows."""
    sees: bool
    """Whether it can be shown pictures."""
    uses_tools: bool
    local: bool
    """It runs on a machine of one's own and costs nothing by nature."""
    price: TextPrice | None
    """None where it is unknown, or where it costs nothing by nature."""
    pixels_a_token: int = 0
    """How many pixels of a picture make a token; 0 where nobody knows."""
    shutdown: date | None = None
    own_price: bool = False
    """Whether the installation itself has said what it costs."""
    source: str = ""
    as_of: date | None = None

    @property
    def id(self) -> str:
        """`service/name`."""
        return f"{self.service}/{self.name}"

    @property
    def timeout(self) -> float:
        """Seconds that a call may take at most."""
        return LONGEST_WAIT


@dataclass(frozen=True, kw_only=True, slots=True)
class TextServiceCard:
    """Where text models are asked: an address, a key and a wire format."""

    id: str
    name: str
    wire: str
    """Which of the formats that `words.sending` speaks: anthropic, openai or openai_chat."""
    base_url: str
    base_url_variable: str
    path: str = ""
    """What follows the base URL before the wire format's own paths."""
    key_variables: tuple[str, ...] = ()
    """Environment names that may hold its key, first one wins; none where no key is needed."""
    organization_variable: str = ""
    """Environment name of the account's organization; it goes with the installation's own key alone."""
    key_optional: bool = False
    """Whether it can be asked without a key once its address is given."""
    local: bool = False
    model_variable: str = ""
    """Environment name of the model that is used where none is named; empty where the catalog's order decides."""
    default_model: str = ""
    """That model where the environment does not say."""


class TextCatalog(Protocol):
    """Facts about text models."""

    @property
    def services(self) -> tuple[TextServiceCard, ...]:
        """All services, in the order in which they are chosen."""
        ...

    @property
    def models(self) -> tuple[TextCard, ...]:
        """All models, in the order in which they are chosen."""
        ...

    def service(self, name: str) -> TextServiceCard | None:
        """One service by its id."""
        ...

    def find(self, name: str) -> TextCard:
        """One model by `service/name` or bare name, in any case; of a known service also one that the catalog lacks.

        Raises UnknownModel with the nearest names.
        """
        ...
