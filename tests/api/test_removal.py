"""What goes with a person who is removed, and what stays: every table, as the manual has it."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from limner.domain.people import Role
from tests.api.belongings import Person, belongings
from tests.api.people import accounts_site, add_user, client_of, quick_hashes
from tests.api.talkers import Parlour, talker, talking
from tests.cli.conftest import in_a_thread
from tests.receiver import Receiver

KEPT = {
    "audit_log",
    "batches",
    "budget_counters",
    "budgets",
    "daily_bookings",
    "daily_outcomes",
    "generated_images",
    "generation_jobs",
    "image_generation_stats",
    "image_reports",
    "image_tags",
    "job_holds",
    "ledger_entries",
    "text_calls",
}
"""What others have a share in: bookings and budgets, pictures, and what was done."""
GONE = {
    "api_tokens",
    "chat_messages",
    "chat_tool_calls",
    "chats",
    "comparisons",
    "generation_recipes",
    "image_collections",
    "image_favorites",
    "image_profiles",
    "image_shares",
    "project_members",
    "projects",
    "prompt_templates",
    "provider_keys",
    "queue_pauses",
    "shared_projects",
    "style_presets",
    "user_sessions",
    "users",
    "webhooks",
}


def tables_with(folder: Path, word: str) -> set[str]:
    """The tables in which a word stands in some row."""
    with closing(sqlite3.connect(next(folder.glob("data/*.db")))) as database:
        named = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%_words_%'")
        return {
            name
            for (name,) in named.fetchall()
            if any(word in repr(row) for row in database.execute(f'SELECT * FROM "{name}"'))
        }


@pytest.mark.timeout(240)  # two people make everything there is
@pytest.mark.req("S2-055")
def test_with_somebody_who_is_removed_goes_what_is_theirs_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick_hashes(monkeypatch)
    with ExitStack() as stack:
        receiver = stack.enter_context(in_a_thread(Receiver()))
        text_model = stack.enter_context(in_a_thread(talker()))
        site = stack.enter_context(
            accounts_site(tmp_path, fetch_allowlist=receiver.place, variables=talking(text_model))
        )
        talks = Parlour(site=site, talker=text_model)
        people = {}
        for name, role in (("goes", Role.MEMBER), ("stays", Role.MEMBER), ("removes", Role.ADMIN)):
            user = add_user(tmp_path, f"{name}@ids.example", role)
            client = stack.enter_context(client_of(site, user.email))
            people[name] = Person(user=user, client=client, word=f"{name}sword")
        goes, stays, removes = people["goes"], people["stays"], people["removes"]
        for each in (goes, stays):
            belongings(talks, each, removes, receiver.url, removes.user)
            assert each.client.patch("/api/v1/queue", json={"paused": True}).json()["paused"] is True
        shared = {"service": "openai", "api_key": "sk-of-all-0123456789", "label": "of all", "shared": True}
        removes.make("/api/v1/keys", shared)
        before = tables_with(tmp_path, goes.user.id)
        assert before >= GONE | KEPT
        assert removes.client.delete(f"/api/v1/users/{goes.user.id}").status_code == 204
        after = tables_with(tmp_path, goes.user.id)
        assert after & GONE == set()
        assert after >= KEPT
        assert tables_with(tmp_path, stays.user.id) >= GONE | KEPT
        keys = [key["label"] for key in stays.client.get("/api/v1/keys").json()["items"]]
        assert keys == [stays.word, "of all"]
