"""Chats as rows: a tree of messages, one answer at a time, a ceiling that holds, each person alone."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from limner.db.chats import SqlChats
from limner.domain.chat_rows import AnswerEnd, ChatFilter, NewMessage, Saying
from limner.domain.chats import (
    Author,
    Chat,
    ChatBusy,
    ChatMode,
    ChatTag,
    MessageState,
    PictureState,
    TagKind,
    TextPart,
    ToolPart,
)
from limner.domain.errors import IdempotencyConflict, NotFound, Problem
from limner.domain.job import JobState
from limner.domain.model_card import SizeRule
from limner.domain.money import Money
from limner.domain.plan import Constraints, Quote
from limner.domain.records import Ending, Lease
from limner.domain.request import ImageRequest
from tests.db.conftest import Stores
from tests.db.test_profiles import a_profile
from tests.db.values import NOON, a_job, a_plan, later, new_id

PROBLEM = Problem(code="budget_exceeded", message="There is too little left.")


def a_chat(owner: str = "ann", **fields: object) -> Chat:
    chat = Chat(
        id=new_id("chat"),
        owner=owner,
        title="Harbours",
        mode=ChatMode.CONFIRM,
        profile=None,
        text_model=None,
        ceiling=None,
        head=None,
        created=NOON,
        updated=NOON,
    )
    return replace(chat, **fields)  # type: ignore[arg-type]  # tests name fields as they are


def a_quote() -> Quote:
    rule = Constraints(sizes=SizeRule(), max_count=1, qualities=(), styles=(), formats=("png",), prompt_limit=1000)
    return Quote(
        id=new_id("quote"),
        request=ImageRequest(prompt="a lighthouse"),
        plan=a_plan(),
        estimate=None,
        ceiling=Money(900),
        constraints=rule,
        expires=later(900),
        token="a token",
    )


def a_saying(
    chat: Chat,
    text: str = "paint a harbour",
    *,
    parent: str | None = None,
    key: str | None = None,
    fingerprint: str = "",
) -> Saying:
    said = NewMessage(
        id=new_id("said"), author=Author.USER, state=MessageState.COMPLETE, parent=parent, at=NOON, text=text
    )
    answer = NewMessage(
        id=new_id("answer"),
        author=Author.ASSISTANT,
        state=MessageState.WRITING,
        parent=said.id,
        at=NOON,
        text_model="ollama/one",
        worker="w1",
    )
    return Saying(chat_id=chat.id, owner=chat.owner, said=said, answer=answer, key=key, fingerprint=fingerprint)


def said(saying: Saying) -> str:
    """The id of what a person said."""
    assert saying.said is not None
    return saying.said.id


@pytest.fixture
def kept(stores: Stores) -> SqlChats:
    return SqlChats(stores.database)


async def ended(kept: SqlChats, saying: Saying, *parts: TextPart | ToolPart) -> None:
    assert await kept.end(AnswerEnd(message_id=saying.answer.id, state=MessageState.COMPLETE, at=later(5), parts=parts))


async def a_tool(kept: SqlChats, chat: Chat) -> ToolPart:
    """A tool call in a message of its own."""
    saying = a_saying(chat)
    await kept.say(saying)
    part = await kept.call(
        saying.answer.id,
        ToolPart(id=new_id("tool"), call_id="call-1", tool="generate_image", arguments={"prompt": "a harbour"}),
    )
    await ended(kept, saying, part)
    return part


async def test_what_was_said_is_read_in_its_order(kept: SqlChats) -> None:
    tag = ChatTag(id=new_id("tag"), kind=TagKind.CHARACTER, tag="0193502a", created=NOON)
    chat = a_chat(ceiling=Money(5_000_000), mode=ChatMode.DIRECT, text_model="ollama/one", tags=(tag,))
    await kept.add(chat)
    assert await kept.get(chat.id, "ann") == chat
    saying = a_saying(chat)
    assert await kept.say(saying) == (saying.answer.id, True)
    part = ToolPart(id=new_id("tool"), call_id="c", tool="generate_image", arguments={"prompt": "a harbour"})
    part = await kept.call(saying.answer.id, part)
    pieces = (TextPart(text="Here it is: "), part, TextPart(text="A \0 harbour."))
    assert await kept.note(saying.answer.id, pieces[:1], ["t1"])
    growing = await kept.message(saying.answer.id, "ann")
    assert (growing.state, growing.text, growing.text_calls) == (MessageState.WRITING, "Here it is: ", ("t1",))
    await ended(kept, saying, *pieces)
    said, answer = await kept.messages(chat.id, "ann")
    assert (said.author, said.text, said.state) == (Author.USER, "paint a harbour", MessageState.COMPLETE)
    assert (answer.author, answer.parts, answer.parent) == (Author.ASSISTANT, pieces, said.id)
    assert (answer.state, answer.ended) == (MessageState.COMPLETE, later(5))
    assert answer.tools[0].state is PictureState.PENDING
    assert (await kept.get(chat.id, "ann")).head == answer.id
    assert not await kept.note(answer.id, (), ())
    assert not await kept.end(AnswerEnd(message_id=answer.id, state=MessageState.STOPPED, at=NOON, parts=()))


async def test_of_two_answers_at_the_same_moment_one_begins(kept: SqlChats, other: Stores) -> None:
    chat = a_chat()
    await kept.add(chat)
    outcomes = await asyncio.gather(
        kept.say(a_saying(chat)), SqlChats(other.database).say(a_saying(chat)), return_exceptions=True
    )
    assert sorted(type(each) is ChatBusy for each in outcomes) == [False, True]
    assert len(await kept.messages(chat.id, "ann")) == 2
    [open_answer] = [each for each in await kept.open_answers() if each.owner == "ann"]
    assert open_answer.worker == "w1"


async def test_the_same_key_is_the_same_answer(kept: SqlChats) -> None:
    chat = a_chat()
    await kept.add(chat)
    first = a_saying(chat, key="k", fingerprint="f")
    await kept.say(first)
    again = a_saying(chat, key="k", fingerprint="f")
    assert await kept.say(again) == (first.answer.id, False)
    assert await kept.known("ann", "k", "f") == first.answer.id
    assert await kept.known("ben", "k", "f") is None
    with pytest.raises(IdempotencyConflict):
        await kept.say(a_saying(chat, key="k", fingerprint="another"))
    assert [message.id for message in await kept.messages(chat.id, "ann")] == [said(first), first.answer.id]


async def test_messages_are_a_tree(kept: SqlChats) -> None:
    chat = a_chat()
    await kept.add(chat)
    first = a_saying(chat, "one")
    await kept.say(first)
    await ended(kept, first, TextPart(text="uno"))
    edited = a_saying(chat, "two")
    await kept.say(edited)
    await ended(kept, edited, TextPart(text="due"))
    resent = replace(a_saying(chat), said=None)
    resent = replace(resent, answer=replace(resent.answer, parent=said(edited)))
    await kept.say(resent)
    await ended(kept, resent, TextPart(text="zwei"))
    found = {message.id: message for message in await kept.messages(chat.id, "ann")}
    assert (found[said(first)].branch, found[said(first)].branches) == (1, 2)
    assert (found[said(edited)].branch, found[said(edited)].branches) == (2, 2)
    assert [found[each.answer.id].branch for each in (first, edited, resent)] == [1, 1, 2]
    assert (await kept.get(chat.id, "ann")).head == resent.answer.id
    assert (await kept.turn_to(chat.id, "ann", said(first))).head == first.answer.id
    assert (await kept.turn_to(chat.id, "ann", said(edited))).head == resent.answer.id
    stranger = a_chat()
    await kept.add(stranger)
    with pytest.raises(NotFound):
        await kept.say(a_saying(stranger, parent=first.answer.id))
    with pytest.raises(NotFound):
        await kept.turn_to(stranger.id, "ann", first.answer.id)


async def test_a_call_of_the_same_name_is_the_same_call(kept: SqlChats) -> None:
    chat = a_chat()
    await kept.add(chat)
    part = await a_tool(kept, chat)
    message = (await kept.messages(chat.id, "ann"))[1]
    again = await kept.call(message.id, replace(part, id=new_id("tool"), arguments={"prompt": "another"}))
    assert again == part
    with pytest.raises(NotFound):
        await kept.call("nothing", part)


@pytest.mark.req("S3-003")
async def test_an_offer_is_kept_with_its_plan(kept: SqlChats) -> None:
    chat = a_chat()
    await kept.add(chat)
    part = await a_tool(kept, chat)
    await kept.refuse(part.id, PROBLEM)
    assert (await kept.tool(part.id, "ann"))[1].state is PictureState.ERROR
    quote = a_quote()
    await kept.offer(part.id, quote.request, quote)
    of, found = await kept.tool(part.id, "ann")
    assert (of.id, found.quote, found.request, found.problem) == (chat.id, quote, quote.request, None)
    assert found.state is PictureState.PENDING
    with pytest.raises(NotFound):
        await kept.tool(part.id, "ben")


async def test_two_calls_at_the_same_moment_do_not_pass_the_ceiling(kept: SqlChats, other: Stores) -> None:
    chat = a_chat(ceiling=Money(1500))
    await kept.add(chat)
    parts = [await a_tool(kept, chat) for _ in range(2)]
    elsewhere = SqlChats(other.database)
    got = await asyncio.gather(
        kept.reserve(parts[0].id, Money(1000), "w1"), elsewhere.reserve(parts[1].id, Money(1000), "w1")
    )
    assert sorted(got) == [False, True]
    assert await kept.spent(chat.id, "ann") == Money(1000)
    taken, left = (parts[0], parts[1]) if got[0] else (parts[1], parts[0])
    assert not await kept.reserve(taken.id, Money(1), "w1")  # it is being bought
    await kept.refuse(taken.id, PROBLEM)
    assert await kept.spent(chat.id, "ann") == Money(0)
    assert await kept.reserve(left.id, Money(1500), "w1")
    assert not await kept.reserve(taken.id, Money(1), "w1")


async def test_what_a_job_cost_counts_and_a_fruitless_one_may_be_tried_again(kept: SqlChats, stores: Stores) -> None:
    chat = a_chat(ceiling=Money(2000))
    await kept.add(chat)
    part = await a_tool(kept, chat)
    assert await kept.reserve(part.id, Money(1000), "w1")
    job, _ = await stores.jobs.submit(a_job(worker="w1"))
    await kept.note_job(part.id, job.id)
    assert (await kept.tool(part.id, "ann"))[1].state is PictureState.GENERATING
    assert await kept.spent(chat.id, "ann") == Money(1000)
    await kept.refuse(part.id, PROBLEM)  # too late: it has a job
    assert (await kept.tool(part.id, "ann"))[1].job_id == job.id
    assert not await kept.reserve(part.id, Money(1), "w1")
    cancelled = await stores.jobs.request_cancel(job.id, "ann", later(9))
    assert cancelled.state is JobState.CANCELLED
    assert (await kept.tool(part.id, "ann"))[1].state is PictureState.ERROR
    assert await kept.spent(chat.id, "ann") == Money(0)
    assert await kept.reserve(part.id, Money(2000), "w1")
    _, again = await kept.tool(part.id, "ann")
    assert (again.job_id, again.hold) == (None, Money(2000))


async def test_a_picture_that_is_there_is_not_bought_again(kept: SqlChats, stores: Stores) -> None:
    chat = a_chat()
    await kept.add(chat)
    part = await a_tool(kept, chat)
    assert await kept.reserve(part.id, Money(1000), "w1")
    new = a_job(worker="w1")
    job, _ = await stores.jobs.submit(new)
    await kept.note_job(part.id, job.id)
    taken = await stores.jobs.take(
        next(each for each in await stores.jobs.open_jobs() if each.id == job.id), "w1", NOON
    )
    assert taken is not None
    await stores.jobs.finish(Lease(job.id, taken.attempt), Ending(state=JobState.AMBIGUOUS, at=NOON), ())
    assert not await kept.reserve(part.id, Money(1), "w1")


@pytest.mark.req("S2-058")
async def test_a_chat_outlives_its_profile(kept: SqlChats, stores: Stores) -> None:
    profile = a_profile()
    await stores.profiles.add(profile)
    chat = a_chat(profile=profile.id)
    await kept.add(chat)
    assert (await kept.get(chat.id, "ann")).profile == profile.id
    await stores.profiles.remove(profile.id, "ann")
    assert (await kept.get(chat.id, "ann")).profile is None


async def test_nobody_reads_or_changes_anothers(kept: SqlChats) -> None:
    chat = a_chat()
    await kept.add(chat)
    part = await a_tool(kept, chat)
    answer = (await kept.messages(chat.id, "ann"))[1]
    tag = ChatTag(id=new_id("tag"), kind=TagKind.THEME, tag="sea", created=NOON)
    for work in (
        kept.get(chat.id, "ben"),
        kept.change(replace(chat, owner="ben")),
        kept.remove(chat.id, "ben"),
        kept.tag(chat.id, "ben", tag),
        kept.untag(chat.id, "ben", tag.id),
        kept.turn_to(chat.id, "ben", answer.id),
        kept.messages(chat.id, "ben"),
        kept.message(answer.id, "ben"),
        kept.say(replace(a_saying(chat), owner="ben")),
        kept.tool(part.id, "ben"),
        kept.spent(chat.id, "ben"),
    ):
        with pytest.raises(NotFound):
            await work
    assert (await kept.page("ben", ChatFilter(), limit=9, cursor=None)).items == ()
    assert (await kept.search("ben", "harbour", limit=9, cursor=None)).items == ()
    assert await kept.get(chat.id, "ann") == replace(chat, head=answer.id)


async def test_chats_are_found_by_what_they_go_with(kept: SqlChats) -> None:
    quiet, loud = a_chat(title="quiet"), a_chat(title="loud", updated=later(60))
    for chat in (quiet, loud):
        await kept.add(chat)
    tag = ChatTag(id=new_id("tag"), kind=TagKind.PERSONA, tag="0193502a", created=NOON)
    tagged = await kept.tag(quiet.id, "ann", tag)
    assert tagged.tags == (tag,)
    assert (await kept.tag(quiet.id, "ann", replace(tag, id=new_id("tag")))).tags == (tag,)
    page = await kept.page("ann", ChatFilter(), limit=1, cursor=None)
    assert [chat.title for chat in page.items] == ["loud"]
    assert [chat.title for chat in (await kept.page("ann", ChatFilter(), limit=9, cursor=page.next)).items] == ["quiet"]
    found = await kept.page("ann", ChatFilter(tag_kind=TagKind.PERSONA, tag="0193502a"), limit=9, cursor=None)
    assert found.items == (tagged,)
    assert (await kept.page("ann", ChatFilter(tag_kind=TagKind.THEME), limit=9, cursor=None)).items == ()
    assert (await kept.untag(quiet.id, "ann", tag.id)).tags == ()
    with pytest.raises(NotFound):
        await kept.untag(quiet.id, "ann", tag.id)
    changed = replace(quiet, title="new", mode=ChatMode.DIRECT, ceiling=Money(7), text_model="x/y", updated=later(99))
    await kept.change(changed)
    assert await kept.get(quiet.id, "ann") == changed


async def test_messages_are_found_by_their_words(kept: SqlChats) -> None:
    chat = a_chat()
    await kept.add(chat)
    for number in range(3):
        saying = a_saying(chat, f"a Café by the harbour, number {number}")
        await kept.say(saying)
        assert (await kept.search("ann", "gulls", limit=9, cursor=None)).items == ()
        await ended(kept, saying, TextPart(text="It is quiet."))
    assert len((await kept.search("ann", "café harb", limit=9, cursor=None)).items) == 3
    page = await kept.search("ann", "HARBOUR café", limit=2, cursor=None)
    assert [found.text[-1] for found in page.items] == ["2", "1"]
    rest = await kept.search("ann", "HARBOUR café", limit=2, cursor=page.next)
    assert ([found.text[-1] for found in rest.items], rest.next) == (["0"], None)
    assert [found.author for found in (await kept.search("ann", "quiet", limit=9, cursor=None)).items] == [
        Author.ASSISTANT
    ] * 3
    assert (await kept.search("ann", '"*:', limit=9, cursor=None)).items == ()
    await kept.remove(chat.id, "ann")
    assert (await kept.search("ann", "harbour", limit=9, cursor=None)).items == ()
    with pytest.raises(NotFound):
        await kept.get(chat.id, "ann")
