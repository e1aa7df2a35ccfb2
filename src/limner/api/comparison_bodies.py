"""What callers may send to compare models, and to vote."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from limner.api.bodies import RequestBody, StrictBody, Text, Word, money_from
from limner.domain.comparisons import LETTERS, MOST, Ballot, Outcome
from limner.domain.errors import InvalidRequest
from limner.domain.money import Money
from limner.engine.comparing import Entrant, RoundWish

EXAMPLE: JsonDict = {
    "prompt": "a still mountain lake at dusk",
    "contenders": [{"model": "sketch"}, {"model": "openai/gpt-image-2"}],
    "aspect": "3:2",
}


class ContenderBody(StrictBody):
    """A model that is to take part."""

    model: Word = Field(description="`service/model`, a bare name or an alias.")
    prompt: Text | None = Field(default=None, description="Words of its own, in place of the round's.")


class RoundBody(StrictBody):
    """What is to be compared: the same request for each contender."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    prompt: Text = Field(default="", description="What all of them paint that have no words of their own.")
    contenders: Annotated[list[ContenderBody], Field(max_length=MOST)] = Field(
        default=[], description="2 to 4: each another model, or the same model with another prompt."
    )
    negative_prompt: Text | None = None
    size: str | None = Field(default=None, max_length=20, description='Pixels, such as "1024x768".')
    aspect: str | None = Field(
        default=None, max_length=20, description='A shape, such as "3:2"; 1:1 where neither is given.'
    )
    quality: Word | None = None
    style: Word | None = None
    presets: Annotated[list[Word], Field(max_length=10)] = Field(default=[])
    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    project: Word = "default"
    tags: Annotated[list[Word], Field(max_length=50)] = Field(default=[])
    max_cost: str | None = Field(
        default=None,
        max_length=20,
        description='Dollars, such as "0.50", for all of them together: refuse rather than spend more.',
    )

    def asked(self) -> RoundWish:
        """The round that is meant. Raises InvalidRequest, naming the field."""
        plain = self.model_dump(exclude={"contenders", "max_cost", "quote"})
        return RoundWish(
            request=RequestBody(**plain).asked(()),
            entrants=[Entrant(model=each.model, prompt=each.prompt) for each in self.contenders],
        )

    def most(self) -> Money | None:
        """What all of them may cost. Raises InvalidRequest."""
        return money_from("max_cost", self.max_cost)


class ComparisonBody(RoundBody):
    """A round to begin, or in its place the token of a quote."""

    quote: str | None = Field(
        default=None, min_length=1, max_length=2_000_000, description="The token of a quote; nothing else beside it."
    )

    def token(self) -> str | None:
        """The token alone. Raises InvalidRequest where something else stands beside it."""
        if self.quote is not None and self.model_fields_set != {"quote"}:
            raise InvalidRequest("A quote already says everything: send it alone.", field="quote")
        return self.quote


class VoteBody(StrictBody):
    """Which picture is the best; or that they are equal, or that none will do."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"vote": "A"}]})

    vote: Literal["A", "B", "C", "D", "equal", "none"]

    def ballot(self) -> Ballot:
        """The vote that is meant."""
        if self.vote in LETTERS:
            return Ballot(Outcome.BEST, LETTERS.index(self.vote))
        return Ballot(Outcome(self.vote))
