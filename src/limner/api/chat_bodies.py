"""What callers send about chats."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from limner.api.bodies import NO_NUL, StrictBody, Word, money_from
from limner.domain.chats import ChatChanges, ChatDraft, ChatMode, TagKind
from limner.engine.chat_wishes import LONGEST_TEXT, MOST_SHOWN

Said = Annotated[str, Field(max_length=LONGEST_TEXT, pattern=NO_NUL)]
PictureId = Annotated[str, Field(max_length=64, pattern=NO_NUL)]
MessageId = Annotated[str, Field(max_length=64, pattern=NO_NUL)]


class ChatTagBody(StrictBody):
    """What a chat goes with, in document 2's words."""

    tag_type: TagKind = Field(alias="tagType", strict=False)
    tag_id: Word = Field(alias="tagId", description="An id of your own.")


class ChatBody(StrictBody):
    """A chat that is wanted."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"title": "Harbours", "mode": "confirm"}]})

    title: Annotated[str, Field(max_length=200, pattern=NO_NUL)] = ""
    mode: ChatMode = Field(
        default=ChatMode.CONFIRM,
        strict=False,
        description="confirm: pictures are priced, and bought by a button. direct: they are bought at once. off: none.",
    )
    image_profile: Word | None = Field(default=None, description="Which profile paints: its name or id.")
    text_model: Word | None = Field(default=None, description="Which text model answers.")
    ceiling: str | None = Field(
        default=None, max_length=20, description='Dollars, such as "1.00", that all its pictures may cost together.'
    )
    tags: Annotated[list[ChatTagBody], Field(max_length=50)] = Field(default=[])

    def draft(self) -> ChatDraft:
        """The chat. Raises InvalidRequest."""
        return ChatDraft(
            title=self.title,
            mode=self.mode,
            profile=self.image_profile,
            text_model=self.text_model,
            ceiling=money_from("ceiling", self.ceiling),
            tags=tuple((tag.tag_type, tag.tag_id) for tag in self.tags),
        )


class ChatChangeBody(StrictBody):
    """What is to become different about a chat; null takes a choice away."""

    title: Annotated[str, Field(max_length=200, pattern=NO_NUL)] | None = None
    mode: ChatMode | None = Field(default=None, strict=False)
    image_profile: Word | None = None
    text_model: Word | None = None
    ceiling: str | None = Field(default=None, max_length=20)

    def changes(self) -> ChatChanges:
        """What was given. Raises InvalidRequest."""
        given, changes = self.model_fields_set, ChatChanges()
        if "title" in given:
            changes["title"] = self.title or ""
        if self.mode is not None:
            changes["mode"] = self.mode
        if "image_profile" in given:
            changes["profile"] = self.image_profile
        if "text_model" in given:
            changes["text_model"] = self.text_model
        if "ceiling" in given:
            changes["ceiling"] = money_from("ceiling", self.ceiling)
        return changes


class MessageBody(StrictBody):
    """What is said."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "Paint a harbour at dusk."}]})

    text: Said = ""
    pictures: Annotated[list[PictureId], Field(max_length=MOST_SHOWN)] = Field(
        default=[],
        description="Ids of kept pictures of yours: the text model sees them where it can, and its tools may change "
        "them or take them as references.",
    )
    parent_id: MessageId | None = Field(
        default=None, description="The message that it follows; the end of the branch that is looked at unless given."
    )


class EditBody(StrictBody):
    """The same message in other words."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "Paint a harbour at dawn."}]})

    text: Said


class BranchBody(StrictBody):
    """The message whose branch is to be looked at."""

    message_id: MessageId


class BuyBody(StrictBody):
    """What a person has agreed to."""

    max_cost: str | None = Field(
        default=None, max_length=20, description='Dollars, such as "0.04"; what was offered unless given.'
    )


class RepriceBody(StrictBody):
    """Another price for what was offered."""

    model: Word | None = Field(default=None, description="Another model in place of the profile's.")
