"""What is sent and answered about prompts."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from limner.api.bodies import StrictBody
from limner.api.schemas import Answer
from limner.domain.describing import Wish
from limner.domain.money import Money
from limner.domain.people import Principal


class PromptBody(StrictBody):
    """A prompt to look at or to shorten; nothing is painted."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"prompt": "an oil painting of a lighthouse at dusk"}]})

    prompt: Annotated[str, Field(min_length=1, max_length=100_000)]


class HelpedBody(PromptBody):
    """A prompt that a text model is to work on."""

    model: Annotated[str | None, Field(max_length=200, description="A text model, such as anthropic/...")] = None
    max_cost: Annotated[Decimal | None, Field(ge=0, le=1000, description="Dollars; more is not bought.")] = None

    def wish(self, principal: Principal) -> Wish:
        """Who wants help, and what it may cost."""
        most = None if self.max_cost is None else Money.usd(self.max_cost)
        return Wish(principal=principal, model=self.model, max_cost=most)


class EnhanceBody(HelpedBody):
    """A prompt to make more of."""

    style: Annotated[str, Field(max_length=200, description="The style that it is to have, in words.")] = ""


class TranslateBody(HelpedBody):
    """A prompt to put into another language."""

    to: Annotated[str, Field(min_length=2, max_length=60, description="The language, such as `English`.")] = "English"


class TranslatedAnswer(Answer):
    """A prompt in another language."""

    original: str
    prompt: str
    language: str = Field(description="The language it was in, by the model's word; empty where none was asked.")
    changed: bool
    by: str | None = Field(description="The text model; null where the prompt is as it was.")
    why: str = Field(description="Why it is as it was.")
    cost_usd: str | None


class NegativeAnswer(Answer):
    """What a picture should not have."""

    negative_prompt: str
    terms: list[str]
    by: str = Field(description="The text model, or `phrasebook` for Limner itself.")
    why: str
    cost_usd: str | None


class EnhancedAnswer(Answer):
    """More of a prompt; its subject stays."""

    original: str
    prompt: str
    suggestions: list[str] = Field(description="Other prompts for the same subject.")
    tags: list[str]
    by: str = Field(description="The text model, or `phrasebook` for Limner itself.")
    why: str = Field(description="Why the text model did not do it; empty where it did.")
    cost_usd: str | None = Field(description="Of all tries; null where it is not known.")
    seconds: float
    added: list[str] = Field(description="Words that the prompt had not.")
    dropped: list[str] = Field(description="Words that it has no more.")


class KeywordAnswer(Answer):
    """A key phrase."""

    phrase: str
    score: float = Field(description="RAKE: the higher, the more the prompt is about this.")


class AnalysisAnswer(Answer):
    """What can be measured about a prompt."""

    characters: int
    words: int
    sentences: int
    complexity_score: float = Field(description="0 (one plain thing) to 100: clauses, different words, long sentences.")
    readability: float | None = Field(description="Flesch reading ease, 0 (hard) to 100 (easy).")
    keywords: list[KeywordAnswer]


class ProtectedAnswer(Answer):
    """What no shortening takes out."""

    quality: list[str]
    style: list[str]
    concepts: list[str]


class CheckAnswer(Answer):
    """What a prompt is like, and what would become of it."""

    valid: bool
    problem: str | None
    treatment: Literal["as_it_is", "shortened", "refused"] = Field(
        description="What becomes of it where a request asks to `optimise`."
    )
    analysis: AnalysisAnswer
    protected: ProtectedAnswer


class OptimisedAnswer(Answer):
    """A prompt that every model takes."""

    prompt: str
    original_length: int
    optimised_length: int
    changed: bool
    by: str | None = Field(description="The text model, or `compressor` for Limner itself; null where nothing changed.")
    why: str = Field(description="Why the text model did not do it; empty where it did.")
    seconds: float
    kept: list[str] = Field(description="Protected terms; all of them stand in the new prompt.")
    dropped: list[str] = Field(description="Words that the new prompt has not, the most frequent first; at most 40.")
    analysis: AnalysisAnswer = Field(description="Of the original.")


class PromptHealthAnswer(Answer):
    """The text model that shortens prompts, and what this process has shortened since it started."""

    available: bool
    model: str
    version: str | None
    models: list[str]
    reason: str = Field(description="What to do where it is not available; prompts are shortened all the same.")
    prompts: int
    by_model: int
    characters_before: int
    characters_after: int
    average_seconds: float | None
    average_saving: float | None = Field(description="The share of characters that went, 0 to 1.")
