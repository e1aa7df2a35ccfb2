"""Nobody sees another's work: every route of the server is tried with what somebody else has made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel
from sqlalchemy import Connection, create_engine, insert, select
from sqlalchemy.pool import NullPool

from limner.db import pictures, template_tables, templates, webhook_tables, webhooks
from limner.db.keeping import MARKED
from limner.db.schema import METADATA
from limner.db.statements import Statement
from limner.domain.people import Role
from limner.server import create_app
from tests.api.attempts import ATTEMPTS, Attempt
from tests.api.belongings import Person, Things, belongings
from tests.api.people import accounts_site, add_user, client_of, quick_hashes
from tests.api.served import Site, settings_for
from tests.api.talkers import Parlour, talker, talking
from tests.cli.conftest import in_a_thread
from tests.db.conftest import plain_connection
from tests.db.postgres import new_database
from tests.receiver import Receiver

pytestmark = pytest.mark.timeout(240)  # two people make everything there is, on two databases, before the first test

DOMAIN = "walls.example"
WASP = "wallwasp"
"""A word that no prompt may have."""
LAST = ("/users", "/reports", "")
"""Parts of paths whose routes an administrator tries last: they remove what others look at."""
PEOPLE = {"ann": Role.MEMBER, "ben": Role.MEMBER, "cal": Role.MEMBER, "ada": Role.ADMIN}
NOBODYS = frozenset({"service", "name", "model", "version", "letter"})
"""What stands in paths and is nobody's: services, models, the pages' files, places of a round."""
WITHIN = {"letter": "A"}
"""What such a one is called that lies within something of somebody's."""
FIELD_OF_A_NAME = re.compile(r"(^|_)(ids?|key|profile|template|presets)$|[a-z](Id|Ids|Url)$|^image_url$")
NO_NAMES = frozenset({"api_key", "apiKey", "baseUrl", "modelKey", "tagId"})
"""Fields that are called like those, and bring something new, a model's name, or a mark that is looked up nowhere."""
NEW = frozenset(
    {
        "change_template.template",
        "create_preset.id",
        "create_template.template",
        "images_save_style.id",
        "images_save_template.template",
        "unified_batch.project_id",
        "unified_generate.project_id",
    }
)
"""Fields that are what they are called like and do not name it, and those for a project of one's own."""
PLAIN = frozenset(
    {"act", "after", "again", "before", "code", "cursor", "download", "edge", "favorite", "format"}
).union(
    {"by", "everybody", "new", "page", "period"},
    {"hour", "kind", "limit", "model", "name", "offset", "operation", "original", "project", "provider", "providerId"},
    {"q", "rows", "select", "service", "since", "skip", "state", "status", "tag", "tag_id", "tag_type", "title"},
    {"language", "show", "theme", "trash", "until", "vary", "width"},
)
"""What queries say that is no thing of anybody's; a list that is asked for another's project or tag is empty."""
UUID_TEXT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PLACEHOLDER = re.compile(r"{(\w+)}")
ONCE = pytest.mark.parametrize("world", ["sqlite"], indirect=True)
"""For what has nothing to do with where the rows are."""
FORGETFUL = {
    "/api/v1/images": (pictures, "_joined", lambda owner, order: MARKED),
    "/api/v1/templates": (templates, "_ALL", Statement(select(template_tables.templates))),
    "/api/v1/webhooks": (webhooks, "_ALL", Statement(select(webhook_tables.webhooks))),
}
"""Lists, and their queries without the condition that says whose rows they are for."""
MANUAL = Path(__file__).parents[2] / "docs" / "people.md"


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """One method at one path, also of those that the description of the interface leaves out."""

    method: str
    path: str
    name: str
    queries: frozenset[str] = frozenset()

    @property
    def names(self) -> list[str]:
        return re.findall(r"{(\w+)(?::\w+)?}", self.path)

    @property
    def title(self) -> str:
        """As the manual says it: a surface's second address is not told apart."""
        return f"{self.method} {re.sub(r'^/compat/[a-z0-9]+', '', self.path.replace(':path}', '}'))}"

    @property
    def owned(self) -> list[str]:
        """The names in its path that are somebody's."""
        return [name for name in self.names if name not in NOBODYS]


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """A server, its people, and what two of them have."""

    site: Site
    folder: Path
    database: str | None
    """PostgreSQL, where its rows are in one, under a role for which row-level security holds."""
    people: dict[str, Person]
    anns: Things
    bens: Things


def routes_of(app: FastAPI) -> list[Route]:
    """All routes, pages and second addresses too."""
    return [
        Route(method=method, path=str(context.path), name=str(context.name), queries=queries_of(context.original_route))
        for context in iter_route_contexts(app.routes)
        for method in sorted((context.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def queries_of(route: object) -> frozenset[str]:
    """What a route takes in its query."""
    found: set[str] = set()
    for parameter in route.dependant.query_params if isinstance(route, APIRoute) else ():
        kind = parameter.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found |= set(kind.model_fields)
        else:
            found.add(parameter.alias)
    return frozenset(found)


APP = create_app(settings_for(Path("unused"), auth="accounts"))
ROUTES = routes_of(APP)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder, database = tmp_path_factory.mktemp("walls"), None
    if request.param == "postgresql":
        database = new_database(request.getfixturevalue("postgres_server"), f"walls_{uuid4().hex}")
    with ExitStack() as stack:
        quick_hashes(stack.enter_context(pytest.MonkeyPatch.context()))
        receiver = stack.enter_context(in_a_thread(Receiver()))
        text_model = stack.enter_context(in_a_thread(talker()))
        told_of = {"alert_refusals": 1, "blocked_words": WASP, "fetch_allowlist": receiver.place}
        site = stack.enter_context(
            accounts_site(folder, database_url=database, variables=talking(text_model), **told_of)
        )
        talks = Parlour(site=site, talker=text_model)
        people = {}
        for name, role in PEOPLE.items():
            user = add_user(folder, f"{name}@{DOMAIN}", role, database_url=database)
            client = stack.enter_context(client_of(site, user.email))
            people[name] = Person(user=user, client=client, word=f"{name}sword")
        anns, bens = (
            {
                **belongings(talks, people[name], people["ada"], receiver.url, people["cal"].user),
                "text_call_id": (text_call_of(folder, database, people[name].user.id),),
            }
            for name in ("ann", "ben")
        )
        for name in ("ann", "ben"):  # administrators are told of both
            assert people[name].client.post("/api/v1/jobs", json={"prompt": WASP, "model": "sketch"}).status_code == 403
        yield World(site=site, folder=folder, database=database, people=people, anns=anns, bens=bens)


def text_call_of(folder: Path, database: str | None, user_id: str) -> str:
    """An ambiguous text call of somebody's, written down as a process left it that died: a real one takes seconds."""
    name = str(uuid4())
    row: dict[str, object] = {
        "id": name,
        "user_id": user_id,
        "project": "default",
        "purpose": "chat",
        "provider": "anthropic",
    }
    row |= {"model": "anthropic/claude-sonnet-5-5", "state": "ambiguous", "worker": "gone", "held_micro": 0}
    row |= {"created_at": "2026-11-21T12:00:00.000000Z", "finished_at": "2026-11-21T12:00:01.000000Z"}
    with opened(folder, database) as connection:
        connection.execute(insert(METADATA.tables["text_calls"]).values(row))
        connection.commit()
    return name


def opened(folder: Path, database: str | None) -> Connection:
    """The database of a site, past the second wall."""
    if database is not None:
        return plain_connection(database)
    return create_engine(f"sqlite:///{next(folder.glob('data/*.db'))}", poolclass=NullPool).connect()


def attempts() -> list[tuple[Route, Attempt]]:
    """All requests that name somebody's things."""
    found = []
    for route in ROUTES:
        given = ATTEMPTS.get(route.name, (Attempt(),) if route.owned else ())
        found += [(route, each) for each in given]
    return found


def filled(value: Any, words: dict[str, str]) -> Any:
    """The same with things in place of their names in braces."""
    if isinstance(value, dict):
        return {name: filled(each, words) for name, each in value.items()}
    if isinstance(value, list):
        return [filled(each, words) for each in value]
    return PLACEHOLDER.sub(lambda found: words.get(found[1], found[0]), value) if isinstance(value, str) else value


def unknown(thing: str) -> str:
    """A thing of the same form that nobody has."""
    if UUID_TEXT.search(thing):
        return UUID_TEXT.sub(lambda _: str(uuid4()), thing)
    return "x" * len(thing)


def tried(client: httpx2.Client, route: Route, attempt: Attempt, words: dict[str, str]) -> httpx2.Response:
    path = re.sub(r"{(\w+)(?::\w+)?}", lambda found: {**WITHIN, **words}[found[1]], route.path)
    sent = {"json": filled(attempt.body, words)} if attempt.form is None else {"data": filled(attempt.form, words)}
    return client.request(route.method, path, params=filled(attempt.query, words), **sent)


def seen(answer: httpx2.Response, words: dict[str, str]) -> tuple[object, ...]:
    """What tells two answers apart, but for the things that were named and what is new in each."""
    text = answer.text
    for word in sorted(words.values(), key=len, reverse=True):
        text = text.replace(word, "THING")
    text = re.sub(r'"request_id":"[^"]*"|nonce="[^"]*"', "", UUID_TEXT.sub("ID", text))
    text = re.sub(r'"(created|started|finished|updated)":"[^"]*"', "", text)
    kinds = {name: value for name, value in answer.headers.items() if name in {"content-type", "cache-control"}}
    return answer.status_code, text, kinds, sorted(set(answer.headers) - {"content-length"})


def pairs(world: World, asker: str) -> Iterator[tuple[Route, Attempt, httpx2.Response, bool]]:
    """Each request with Ann's things and with things that nobody has, and whether the answers are the same."""
    client = world.people[asker].client
    for route, attempt in sorted(attempts(), key=lambda each: LAST.index(next(filter(each[0].path.count, LAST)))):
        text = f"{route.path} {attempt.body} {attempt.form} {attempt.query}"
        used = sorted({name for name in world.anns if f"{{{name}}}" in text or f"{{{name}:" in text})
        own = {name: world.bens[name][0] for name in attempt.own}
        for things in product(*(world.anns[name] for name in used)):
            theirs = dict(zip(used, things, strict=True))
            nobodys = {name: unknown(thing) for name, thing in theirs.items()}
            without = tried(client, route, attempt, {**nobodys, **own})
            answer = tried(client, route, attempt, {**theirs, **own})
            yield route, attempt, answer, seen(answer, {**theirs, **own}) == seen(without, {**nobodys, **own})


def rows_of(world: World) -> set[tuple[str, str]]:
    """All of Ann's rows, with the names of their tables."""
    hers = [thing for things in world.anns.values() for thing in things]
    with opened(world.folder, world.database) as connection:
        found = {
            (name, repr(tuple(row)))
            for name, table in METADATA.tables.items()
            for row in connection.execute(select(table))
        }
    return {(name, row) for name, row in found if any(thing in row for thing in hers) and name != "user_sessions"}


def listed_in_the_manual(heading: str) -> set[str]:
    """The routes that stand below a heading of the page about people."""
    part = MANUAL.read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return set(re.findall(r"`((?:GET|POST|PUT|PATCH|DELETE) /[^` ]*)`", part))


def tells_of(world: World, answer: httpx2.Response) -> bool:
    """Whether anything of Ann's stands in an answer."""
    ann = world.people["ann"]
    hers = {ann.word, ann.user.email, *(thing for things in world.anns.values() for thing in things)}
    return any(thing in answer.text for thing in hers)


def lists_that_tell(world: World, asker: str) -> set[str]:
    """The lists and pages, from their beginning and from a place in Ann's, that tell something of hers."""
    found = set()
    for route in ROUTES:
        if route.method != "GET" or route.names or "sessionId" in route.queries:
            continue
        page = world.people["ann"].client.get(route.path, params={"limit": 1} if "limit" in route.queries else {})
        kind = page.headers.get("content-type", "")
        place = page.json().get("next") if kind == "application/json" and isinstance(page.json(), dict) else None
        for query in [{}, *([{"cursor": place}] if place else [])]:
            answer = world.people[asker].client.get(route.path, params=query)
            # Nobody has set an issuer here: that route says so.
            assert answer.status_code < 500 or answer.json()["code"] == "not_configured", (route, answer.text)
            if tells_of(world, answer):
                found.add(route.title)
    return found


def fields_of(schema: Any, schemas: dict[str, Any], passed: frozenset[str] = frozenset()) -> set[str]:
    """The names of all fields below a schema."""
    if isinstance(schema, list):
        return set().union(*(fields_of(each, schemas, passed) for each in schema))
    if not isinstance(schema, dict):
        return set()
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    if name:
        return set() if name in passed else fields_of(schemas[name], schemas, passed | {name})
    found = set(schema["properties"]) if isinstance(schema.get("properties"), dict) else set()
    return found.union(*(fields_of(each, schemas, passed) for each in schema.values()))


@ONCE
def test_every_route_that_names_a_thing_is_tried(world: World) -> None:
    """Whoever adds a parameter says whose it is: in `belongings`, in `attempts`, or that it is nobody's."""
    assert len(ROUTES) > 250
    document = APP.openapi()
    schemas = document["components"]["schemas"]
    for route in ROUTES:
        tried_with = ATTEMPTS.get(route.name, ())
        assert set(route.owned) <= set(world.anns), route
        assert route.name not in ATTEMPTS or tried_with or route.owned == ["token"], route
        asked = PLAIN.union(*(each.query for each in tried_with))
        assert route.queries - asked <= set(), route
    for methods in document["paths"].values():
        for operation in methods.values():
            name = operation["operationId"]
            fields = fields_of(operation.get("requestBody", {}), schemas)
            naming = {each for each in fields if FIELD_OF_A_NAME.search(each)} - NO_NAMES
            sent = repr([each.body for each in ATTEMPTS.get(name, ())])
            assert {each for each in naming if f"'{each}'" not in sent and f"{name}.{each}" not in NEW} == set(), name


@pytest.mark.req("S2-082", "S2-084", "S4-055")
def test_what_is_somebody_elses_is_answered_like_what_nobody_has(world: World) -> None:
    before = rows_of(world)
    assert len({table for table, _ in before}) > 20
    tried_of = set()
    for route, attempt, answer, same in pairs(world, "ben"):
        where = (route.title, attempt, answer.status_code, answer.text[:300])
        assert answer.status_code == attempt.status, where
        assert same, where
        tried_of.add(route.name)
    assert len(tried_of) > 90
    assert before - rows_of(world) == set()


def test_no_list_and_no_page_tells_of_others(world: World) -> None:
    assert lists_that_tell(world, "ben") == set()


@pytest.mark.req("S4-055")
@pytest.mark.parametrize("path", FORGETFUL)
def test_a_query_that_forgets_its_owner_tells_of_others_only_without_the_second_wall(
    world: World, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*FORGETFUL[path])
    answer = world.people["ben"].client.get(path)
    assert answer.status_code == 200
    assert world.people["ben"].word in answer.text or world.bens["webhook_id"][0] in answer.text
    assert tells_of(world, answer) is (world.database is None)


def test_an_administrator_sees_of_others_what_the_manual_says(world: World) -> None:
    """Comes last: it removes what administrators may remove."""
    documented = listed_in_the_manual("What administrators see of others")
    found = lists_that_tell(world, "ada")
    found |= {route.title for route, _, _, same in pairs(world, "ada") if not same}
    assert found == documented


@ONCE
def test_without_a_sign_in_only_what_the_manual_says_is_there(world: World) -> None:
    opened = set()
    with httpx2.Client(base_url=world.site.url, timeout=30) as nobody:
        for route in ROUTES:
            nobody.cookies.clear()  # what one route gives is shown to no other
            path = re.sub(r"{\w+(?::\w+)?}", "x", route.path)
            answer = nobody.request(route.method, path, json=None if route.method == "GET" else {})
            if (answer.status_code, answer.headers.get("www-authenticate")) != (401, "Bearer"):
                opened.add(route.title)
    assert opened == listed_in_the_manual("Open to everybody")
