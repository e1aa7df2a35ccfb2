"""One thing of each kind that somebody can have on a server, and its name in paths, queries and bodies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from limner.domain.people import User
from limner.testing.faults import Drop, Fault
from tests.api.talkers import Parlour

PAID = {"prompt": "a harbour", "model": "openai/gpt-image-2", "size": "1024x1024", "quality": "low"}
WAIT = {"Prefer": "wait=30"}
LATE = Fault(delay=60)
"""An answer that comes after all is over: its job stays open until then."""
LOST = Fault(drop=Drop.AFTER_READING)

Things = Mapping[str, tuple[str, ...]]
"""Ids and names by what routes call them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody who is signed in, and a word that stands in all that they wrote."""

    user: User
    client: httpx2.Client
    word: str

    def make(self, path: str, body: object, **headers: str) -> Any:
        """What a POST gives."""
        answer = self.client.post(path, json=body, headers=headers)
        assert answer.is_success, (path, answer.text)
        return answer.json()


def belongings(talks: Parlour, who: Person, administrator: Person, hook: str, guest: User) -> Things:
    """One thing of each kind, all of them somebody's; `guest` becomes a member of their shared project."""
    site = talks.site
    word = who.word
    hooked = who.make("/api/v1/webhooks", {"url": hook})["id"]
    sketch = {"prompt": f"{word} at dawn", "model": "sketch", "size": "64x64", "project": word, "tags": [word]}
    finished = who.make("/api/v1/jobs", sketch, **WAIT)
    picture = finished["images"][0]["id"]
    site.stand_in.faults.add(LOST)
    lost = who.make("/api/v1/jobs", {**PAID, "prompt": word}, **WAIT)
    assert lost["state"] == "ambiguous", lost
    site.stand_in.faults.add(LATE)
    going = who.make("/api/v1/jobs", {**PAID, "prompt": f"{word} goes on"})
    generated = who.make("/unified/generate", {"prompt": word, "provider": "sketch", "project_id": word})
    return {
        "job_id": (lost["id"], going["id"], finished["id"]),
        "image_id": (picture,),
        "call_id": tuple(call["id"] for call in lost["calls"]),
        "filename": (f"{picture}.png",),
        "path": (generated["images"][0]["local_url"].partition("/storage/images/")[2],),
        "user_id": (who.user.id,),
        "tag": (word,),
        "webhook_id": (hooked,),
        "delivery_id": (who.client.get(f"/api/v1/webhooks/{hooked}/deliveries").json()["items"][0]["id"],),
        **_marked(who, picture),
        **_written(who, administrator),
        **_shared(who, guest),
        **_talked(who, talks),
        **_compared(who),
    }


def _compared(who: Person) -> Things:
    """A round that is voted on, and one that waits for its vote."""
    found = []
    for vote in ("A", None):
        words = [f"{who.word} by day", f"{who.word} by night"]
        contenders = [{"model": "sketch", "prompt": each} for each in words]
        begun = who.make("/api/v1/comparisons", {"contenders": contenders, "size": "64x64"})
        _painted(who, begun["links"]["self"])
        if vote is not None:
            who.make(begun["links"]["vote"], {"vote": vote})
        found.append(begun["id"])
    return {"comparison_id": tuple(found)}


def _painted(who: Person, comparison: str) -> None:
    """Waits until all pictures of a round have come."""
    for _ in range(5000):
        if not who.client.get(comparison).json()["waiting"]:
            return
    raise AssertionError("the round goes on and on")


def _marked(who: Person, picture: str) -> Things:
    """What is made of a picture."""
    collection = who.make("/api/v1/collections", {"name": who.word})["id"]
    who.make(f"/api/v1/collections/{collection}/images", {"ids": [picture]})
    assert who.client.put(f"/api/v1/images/{picture}/favorite").is_success
    share = who.make(f"/api/v1/collections/{collection}/shares", {})
    return {
        "collection_id": (collection,),
        "share_id": (share["id"],),
        "token": (share["url"].rpartition("/")[2],),
        "report_id": (who.make(f"/api/v1/images/{picture}/report", {"reason": who.word})["id"],),
    }


def _written(who: Person, administrator: Person) -> Things:
    """What is set up once."""
    word = who.word
    key = who.make("/api/v1/keys", {"service": "openai", "api_key": f"sk-{word}-0123456789", "label": word})["id"]
    style = {"id": word, "name": word, "value": f"as {word} likes it"}
    profile = {"name": word, "model": "openai/gpt-image-2", "key": key}
    template = {"name": word, "template": f"{word} at {{hour}}"}
    budget = {"kind": "user", "name": who.user.id, "window": "month", "usd": "25"}
    sketch = {"prompt": word, "model": "sketch", "size": "64x64"}
    return {
        "key_id": (key,),
        "preset_id": (who.make("/api/v1/presets", style)["id"],),
        "profile_id": (who.make("/api/v1/profiles", profile)["id"],),
        "template_id": (who.make("/api/v1/templates", template)["id"],),
        "token_id": (who.make("/api/v1/tokens", {"name": word})["id"],),
        "batch_id": (_ended(who, {"requests": [sketch], "name": word}),),
        "budget_id": (administrator.make("/api/v1/budgets", budget)["id"],),
        "invitation_id": (administrator.make("/api/v1/invitations", {"email": f"{word}@guests.example"})["id"],),
    }


def _talked(who: Person, talks: Parlour) -> Things:
    """A chat in which a picture was offered, with the profile of this person."""
    tag = {"tagType": "THEME", "tagId": who.word}
    chat = who.make("/api/v1/chats", {"title": who.word, "image_profile": who.word, "tags": [tag]})
    talks.say(f"For {who.word}.", {"prompt": who.word})
    answer = who.make(f"/api/v1/chats/{chat['id']}/messages", {"text": who.word}, **WAIT)
    return {
        "chat_id": (chat["id"],),
        "message_id": (answer["parent_id"], answer["id"]),
        "block_id": (answer["imageGenerations"][0]["id"],),
        "tag_id": (chat["tags"][0]["id"],),
    }


def _ended(who: Person, body: object) -> str:
    """A batch that is over: nothing changes by itself any more."""
    batch: str = who.make("/api/v1/batches", body)["id"]
    for _ in range(5000):
        if who.client.get(f"/api/v1/batches/{batch}").json()["state"] != "running":
            return batch
    raise AssertionError("the batch goes on and on")


def _shared(who: Person, guest: User) -> Things:
    project = who.make("/api/v1/projects", {"name": who.word})["id"]
    let_in = who.client.put(f"/api/v1/projects/{project}/members", json={"email": guest.email, "role": "member"})
    assert let_in.is_success, let_in.text
    return {"project_id": (project,)}
