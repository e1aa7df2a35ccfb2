"""What goes with a person, and what stays.

With them goes what is theirs alone and what acts in their name: profiles, templates, styles, stored keys, webhooks,
share links, collections, favourites, comparisons with their votes, the names of their repeats, the pause of their
queue; what of theirs waits or runs is cancelled. What others have a share in stays: keys that everybody uses, and jobs,
pictures, bookings, statistics, reports and the audit log, under an id that is nobody's any more.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BindParameter, Connection, bindparam, delete, false, true, update

from limner.db.alert_tables import signs
from limner.db.batches import cancel_all
from limner.db.chat_tables import chats
from limner.db.comparison_tables import comparisons
from limner.db.library_tables import collections, favorites, shares
from limner.db.profile_tables import profiles
from limner.db.queue_tables import pauses
from limner.db.statements import Statement, one_of
from limner.db.tables import jobs, keys, metadata, recipes
from limner.db.template_tables import presets, templates
from limner.db.vault_tables import provider_keys
from limner.db.webhook_tables import webhooks
from limner.domain.job import OPEN_STATES

_PERSON: BindParameter[str] = bindparam("person")
projects = metadata.tables["projects"]
# Children before what they name: what is said in a chat, the votes of a comparison, a webhook's messages, a
# collection's pictures and a profile's tags go with their rows.
_GO = [
    Statement(delete(table).where(table.c.user_id == _PERSON))
    for table in (
        shares,
        collections,
        favorites,
        chats,
        comparisons,
        profiles,
        templates,
        presets,
        webhooks,
        keys,
        recipes,
        projects,
        signs,
        pauses,
    )
]
_KEYS = Statement(delete(provider_keys).where(provider_keys.c.user_id == _PERSON, provider_keys.c.shared == false()))
_STOP_JOBS = Statement(
    update(jobs).where(jobs.c.user_id == _PERSON, one_of(jobs.c.state, OPEN_STATES)).values(cancel_requested=true())
)


def remove_belongings(connection: Connection, person: str, at: datetime) -> None:
    """Takes what goes with a person, within the transaction that removes them."""
    cancel_all(connection, person, at)
    values = {"person": person}
    for statement in (_STOP_JOBS, *_GO, _KEYS):
        statement.run(connection, values)
