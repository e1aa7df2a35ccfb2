"""Joins what chats need."""

from __future__ import annotations

from limner.db.chats import SqlChats
from limner.db.pictures import SqlPictures
from limner.domain.text_calls import Texts
from limner.engine.answering import Answerer
from limner.engine.chat_buying import ChatBuyer
from limner.engine.chat_keeping import ChatKeeper
from limner.engine.chat_live import LiveAnswers
from limner.engine.chat_memory import ChatMemory
from limner.engine.chatting import Chatting
from limner.engine.engine import Engine
from limner.engine.wanting import Wanting
from limner.runtime.ground import Ground
from limner.runtime.installation import worker_locks
from limner.storage.uploads import Uploads


def chatting_of(ground: Ground, engine: Engine, texts: Texts, uploads: Uploads) -> Chatting:
    """The chats of an installation, with the answers that this process writes."""
    chats, pictures, answers = SqlChats(ground.database), SqlPictures(ground.database), LiveAnswers()
    worker = engine.dispatch.worker
    buyer = ChatBuyer(chats=chats, jobs=engine.jobs, engine=engine, clock=ground.clock, worker=worker)
    answerer = Answerer(
        texts=texts,
        chats=chats,
        memory=ChatMemory(pictures=pictures, blobs=ground.blobs, imaging=ground.imaging),
        wanting=Wanting(pictures=pictures, takes=uploads.kept),
        buyer=buyer,
        follower=engine.follower,
        answers=answers,
        clock=ground.clock,
        ids=ground.ids,
    )
    return Chatting(
        chats=chats,
        texts=texts,
        answerer=answerer,
        answers=answers,
        buyer=buyer,
        keeper=ChatKeeper(chats=chats, texts=texts, profiles=engine.profiles, clock=ground.clock, ids=ground.ids),
        pictures=pictures,
        locks=worker_locks(ground.settings),
        clock=ground.clock,
        ids=ground.ids,
        worker=worker,
    )
