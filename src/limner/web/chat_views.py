"""What the pages of chats are given: plain, frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from limner.web.gallery_views import Choice
from limner.web.views import Another, Fact, Shell, Tile


@dataclass(frozen=True, kw_only=True, slots=True)
class ConversationRow:
    """A chat in the list."""

    id: str
    title: str
    when: str
    current: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ConversationGroup:
    """Chats of one stretch of time."""

    title: str
    rows: tuple[ConversationRow, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundRow:
    """A message with the words that were looked for."""

    chat_id: str
    message_id: str
    title: str
    excerpt: str
    when: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Conversations:
    """The list beside a chat."""

    groups: tuple[ConversationGroup, ...]
    older: str
    """Where older ones are; empty at the end."""
    words: str
    """What is looked for; empty where the chats themselves are listed."""
    found: tuple[FoundRow, ...] = ()
    tag: str = ""
    """The tag that all of these have, where only those were asked for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Painter:
    """Who paints in a chat."""

    name: str
    """The profile's."""
    model: str
    service: str
    colour: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Manner:
    """What is set of a chat, and what there is to choose from."""

    profiles: tuple[Choice, ...]
    painter: Painter | None
    owned: bool
    """Whether there is a profile of one's own to choose."""
    off: str
    """Why no pictures are made; empty where they are."""
    direct: bool
    ceiling: str
    models: tuple[Choice, ...]
    """Text models."""
    missing: str
    """What to set before a text model can answer; empty where one can."""
    blind: str
    """The text model that answers and cannot see pictures; empty where it can."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """A stretch of a message's words."""

    kind: ClassVar[str] = "words"
    plain: str
    html: str
    """The same as a text model formatted it; empty for a person's own words, which stand as they were typed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BlockView:
    """Document 3's block of a picture in a message, in one of its four states."""

    kind: ClassVar[str] = "block"
    id: str
    state: str
    provider: str
    colour: str
    chips: tuple[str, ...]
    prompt: str
    short: str
    """The prompt, cut; empty where it is short enough."""
    price: str
    agreed: str
    """What the button agrees to at most, in dollars; empty where nobody knows a price."""
    terms: str
    """Count and time, and how much more it might be."""
    limits: tuple[Fact, ...]
    alternatives: tuple[Another, ...]
    fallback: bool
    tiles: tuple[Tile, ...]
    call: tuple[Fact, ...]
    error: str
    buys: bool
    """Whether its button may be pressed again after an error."""
    job: str
    """Where a lost purchase is settled; empty where there is none."""
    held: bool
    """Whether it waits because its person's queue is paused."""
    ratio: float


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageView:
    """One message of the branch that is looked at."""

    id: str
    mine: bool
    parts: tuple[Words | BlockView, ...]
    shown: tuple[Tile, ...]
    """Pictures that the person shows with it."""
    writing: bool
    note: str
    """Why it ends where it does, if not by itself."""
    plain: str
    branch: int
    branches: int
    before: str
    """The message beside it on the branch before; empty for none."""
    after: str
    took: str
    """Who answered, and what the words cost."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TagView:
    """What a chat goes with."""

    id: str
    word: str
    kind: str
    tag: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Thread:
    """A chat with the branch that is looked at."""

    id: str
    title: str
    messages: tuple[MessageView, ...]
    earlier: int
    """Messages before those, which are not shown."""
    writing: str
    """The message that is being written; empty for none."""
    spent: str
    tags: tuple[TagView, ...]

    @property
    def tiles(self) -> tuple[Tile, ...]:
        """All pictures of it."""
        shown = [tile for message in self.messages for tile in message.shown]
        return (*shown, *(tile for block in self.blocks for tile in block.tiles))

    @property
    def blocks(self) -> tuple[BlockView, ...]:
        """All blocks of it."""
        return tuple(part for message in self.messages for part in message.parts if isinstance(part, BlockView))


@dataclass(frozen=True, kw_only=True, slots=True)
class Attaching:
    """Pictures that go with the next message, and what there is to choose from."""

    chosen: tuple[Tile, ...]
    recent: tuple[Tile, ...]
    most: int
    megabytes: int
    """Of one file that is brought."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ChatPage:
    """All chats, and one of them or the beginning of a new one."""

    template: ClassVar[str] = "pages/chat.html"
    shell: Shell
    conversations: Conversations
    manner: Manner
    thread: Thread | None
    kinds: tuple[tuple[str, str], ...]
    """Of tags."""
    services: str
    """Names and colours of services, as JSON for the script."""
    key: str
    """Sent with the form, so that sending it twice says it once."""
    attaching: Attaching
    text: str = ""
    """What stood in the field."""
    error: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ThreadPart:
    """The messages of a chat alone, for the script that keeps them fresh."""

    template: ClassVar[str] = "parts/chat_thread.html"
    thread: Thread


@dataclass(frozen=True, kw_only=True, slots=True)
class MessagePart:
    """One message alone."""

    template: ClassVar[str] = "parts/chat_message.html"
    chat_id: str
    message: MessageView


@dataclass(frozen=True, kw_only=True, slots=True)
class ShelfPart:
    """Somebody's newest pictures, to be taken along."""

    template: ClassVar[str] = "parts/chat_shelf.html"
    recent: tuple[Tile, ...]
