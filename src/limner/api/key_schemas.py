"""Bodies and answers about stored keys."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, RootModel

from limner.api.bodies import StrictBody
from limner.api.schemas import EXAMPLE_ID, Answer
from limner.domain.vault import KeyChange, KeyState
from limner.engine.vault import LONGEST_KEY, LONGEST_LABEL, NewKey

NO_NUL = r"^[^\x00]*$"
Service = Annotated[str, Field(min_length=1, max_length=200, pattern=NO_NUL, examples=["openai"])]
Secret = Annotated[str, Field(min_length=1, max_length=LONGEST_KEY, pattern=NO_NUL)]
Label = Annotated[str, Field(max_length=LONGEST_LABEL, pattern=NO_NUL, examples=["Mine"])]
Weight = Annotated[float, Field(gt=0, le=1000)]


class NewKeyBody(StrictBody):
    """A key of a service to store, sealed."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"service": "openai", "label": "Mine", "api_key": "sk-your-key"}]}
    )

    service: Service
    api_key: Secret = Field(repr=False)
    label: Label = ""
    shared: bool = Field(default=False, description="Everybody's requests may use it; for administrators.")
    weight: Weight = Field(default=1.0, description="How many times as often it is used as another of this service.")
    check: bool = Field(default=False, description="Ask the service first; a key that it refuses is not stored.")

    def wanted(self) -> NewKey:
        """The key that is meant."""
        return NewKey(
            service=self.service, secret=self.api_key, label=self.label, shared=self.shared, weight=self.weight
        )


class KeyChangeBody(StrictBody):
    """What is to be changed about a stored key; the rest stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"label": "Of the team"}]})

    api_key: Secret | None = Field(default=None, repr=False)
    label: Label | None = None
    shared: bool | None = None
    weight: Weight | None = None

    def wanted(self) -> KeyChange:
        """The change that is meant."""
        return KeyChange(label=self.label, secret=self.api_key, shared=self.shared, weight=self.weight)


class DocumentKeyBody(BaseModel):
    """A stored key in the words of document 2."""

    model_config = ConfigDict(extra="ignore", strict=True)

    provider: Service
    label: Label = ""
    api_key: Secret = Field(alias="apiKey", repr=False)


class DocumentKeyChange(BaseModel):
    """A change of one in the words of document 2."""

    model_config = ConfigDict(extra="ignore", strict=True)

    provider: Service | None = None
    label: Label | None = None
    api_key: Secret | None = Field(default=None, alias="apiKey", repr=False)


class KeyCheckAnswer(Answer):
    """How a service answered when it was last asked about a key."""

    at: datetime
    state: KeyState
    code: str | None = Field(description="What a refusal means; no_credit where the account is empty.")


class KeyAnswer(Answer):
    """A stored key; the key itself is never shown again."""

    id: str = Field(examples=[EXAMPLE_ID])
    service: str
    label: str
    last_four: str = Field(description="Its last signs; empty where it is too short to show any.")
    shared: bool
    mine: bool = Field(description="Whether you stored it.")
    weight: float
    created: datetime
    changed: datetime
    checked: KeyCheckAnswer | None = Field(description="Null where nobody asked since the key is what it is.")


class KeyList(Answer):
    """Your keys and the shared ones, oldest first."""

    items: list[KeyAnswer]


class DocumentKeyAnswer(Answer):
    """A stored key in the words of document 2."""

    id: str = Field(examples=[EXAMPLE_ID])
    provider: str
    label: str


class DocumentKeyList(RootModel[list[DocumentKeyAnswer]]):
    """Your keys and the shared ones, oldest first."""
