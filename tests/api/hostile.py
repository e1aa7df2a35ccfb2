"""What bad input is sent to, and what has to be true after it has been refused."""

from __future__ import annotations

import hashlib
import logging
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import orjson

from limner.api.dialects import SURFACES
from limner.api.errors import document
from limner.domain.errors import Problem
from tests.api.served import Site

JSON = {"Content-Type": "application/json"}
ACCESS = "limner.access"
NOBODYS = "0190e1a2-0000-7000-8000-000000000000"
"""An id that nothing has."""

Body = Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Front:
    """A route that takes what people write, and the least that it needs."""

    name: str
    path: str
    surface: str | None = None
    """None for the native interface."""
    body: Body = field(default_factory=dict)
    prompt: str = "prompt"
    """Where in the body the words stand."""

    def again(self) -> Front:
        """The same route below /compat."""
        return Front(
            name=f"{self.name} again",
            path=f"/compat/{self.surface}{self.path}",
            surface=self.surface,
            body=self.body,
            prompt=self.prompt,
        )


def twice(fronts: list[Front]) -> list[Front]:
    """Each route, and those of documents once more below /compat."""
    return [each for front in fronts for each in ([front] if front.surface is None else [front, front.again()])]


PAID = "openai/gpt-image-2"
PAINTING = twice(
    [
        Front(name="native", path="/api/v1/jobs", body={"prompt": "a lake", "model": PAID}),
        Front(
            name="openai",
            surface="openai",
            path="/v1/images/generations",
            body={"prompt": "a lake", "model": "gpt-image-2"},
        ),
        Front(
            name="document0",
            surface="document0",
            path="/api/generation",
            body={"prompt": "a lake", "provider": "openai"},
        ),
        Front(
            name="document1",
            surface="document1",
            path="/api/images/generate",
            body={"prompt": "a lake", "provider": "dalle3"},
        ),
        Front(
            name="document2",
            surface="document2",
            path="/api/images/generate",
            body={"prompt": "a lake", "profileId": NOBODYS},
        ),
        Front(
            name="document3",
            surface="document3",
            path="/generate-image",
            body={"prompt": "a lake", "provider": "openai"},
        ),
        Front(
            name="document4",
            surface="document4",
            path="/unified/generate",
            body={"prompt": "a lake", "provider": "openai"},
        ),
    ]
)
"""Where pictures are bought."""
NATIVE = PAINTING[0]


def check_shape(front: Front, answer: httpx2.Response, status: int) -> str:
    """An error in the words of the surface that was asked; what it says."""
    assert answer.status_code == status, answer.text
    problem = Problem(code="x", message="y")
    known = {surface.name: surface for surface in SURFACES.known}
    if front.surface is None:
        wanted = document(problem, status=status, instance=front.path, request_name="z")
        assert answer.headers["content-type"] == "application/problem+json"
    else:
        wanted = dict(known[front.surface].shape(status, problem))
        assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    body = answer.json()
    _check_keys(orjson.loads(orjson.dumps(wanted)), body)
    return _said(front, body)


def _check_keys(wanted: Mapping[str, object], body: Mapping[str, object]) -> None:
    assert wanted.keys() <= body.keys(), body
    for name, value in wanted.items():
        if isinstance(value, Mapping):
            found = body[name]
            assert isinstance(found, Mapping), body
            _check_keys(value, found)
        elif value is not None:
            assert type(body[name]) is type(value), body


def _said(front: Front, body: Mapping[str, object]) -> str:
    told = body["detail"] if front.surface is None else body["error"]
    told = told["message"] if isinstance(told, Mapping) else told
    assert isinstance(told, str), body
    assert len(told) > 3, body
    return f"{told} {body.get('details', '')}"


@dataclass(frozen=True, slots=True)
class Target:
    """A server of its own."""

    site: Site
    folder: Path
    profile: str
    """The id of a profile on it."""

    def body(self, front: Front, **fields: object) -> dict[str, object]:
        """What a route takes, with these fields in it."""
        whole = {name: self.profile if value == NOBODYS else value for name, value in front.body.items()}
        return {**whole, **fields}


@dataclass(frozen=True, slots=True)
class Watch:
    """Sees that what was refused was logged, bought nothing, changed nothing and broke nothing."""

    target: Target
    lines: list[logging.LogRecord]

    @property
    def site(self) -> Site:
        """The server."""
        return self.target.site

    @contextmanager
    def nothing_happens(self, *, secret: str = "") -> Iterator[Callable[[httpx2.Response], None]]:
        """Everything is as it was when the block ends; the answer that it notes stands in the log by its name."""
        noted: list[httpx2.Response] = []
        bought, rows = len(self.site.stand_in.log), self.rows()
        self.lines.clear()
        yield noted.append
        # The line about a request is written after its answer: whoever is answered next comes after it.
        assert self.site.client.get("/health").status_code == 200
        assert len(self.site.stand_in.log) == bought
        assert self.rows() == rows
        for answer in noted:
            name = answer.headers["x-request-id"]
            (line,) = [vars(each) for each in self.lines if vars(each).get("request_id") == name]
            assert line["status"] == answer.status_code
        if secret:
            assert all(secret not in str(vars(each)) for each in self.lines)
        assert not [each for each in self.lines if each.levelno > logging.WARNING]

    def rows(self) -> str:
        """What stands in all tables, as one hash."""
        digest = hashlib.sha256()
        with closing(
            sqlite3.connect(f"file:{self.target.folder / 'data' / 'limner.db'}?mode=ro", uri=True)
        ) as database:
            tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in tables:
                digest.update(repr((table, database.execute(f"SELECT * FROM {table}").fetchall())).encode())
        return digest.hexdigest()


class Listening(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps a line."""
        self.lines.append(record)


@contextmanager
def watched(target: Target) -> Iterator[Watch]:
    """Hears everything that the server logs until the block is left."""
    handler, loggers = Listening(), [logging.getLogger(name) for name in ("limner", ACCESS)]
    before = [each.level for each in loggers]
    for each in loggers:
        each.setLevel(logging.INFO)
    loggers[0].addHandler(handler)
    try:
        yield Watch(target, handler.lines)
    finally:
        loggers[0].removeHandler(handler)
        for each, level in zip(loggers, before, strict=True):
            each.setLevel(level)
