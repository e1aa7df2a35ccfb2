"""Shared projects in the database: whose they are, who is in them, and which jobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, delete, exists, func, select, text, tuple_

from limner.db import codec, cursors, rows
from limner.db.audit import noted, write
from limner.db.database import Database
from limner.db.keeping import IN_TRASH, MARKED, seen_by
from limner.db.people_tables import members, placed, shared, users
from limner.db.statements import Columns, Statement, insertion
from limner.db.tables import images, jobs, plans
from limner.db.walls import EVERYBODY
from limner.domain.audit import Record
from limner.domain.errors import Forbidden, InvalidRequest, NotFound
from limner.domain.job import Job
from limner.domain.people import Role
from limner.domain.picture import Picture
from limner.domain.records import NewJob, Page
from limner.domain.request import DEFAULT_PROJECT
from limner.domain.sharing import Member, SharedProject

_ADD = insertion(shared)
_LOCK_USER = Statement(select(users.c.id).where(users.c.id == bindparam("person")).with_for_update())
_LOCK_SHARED = Statement(select(shared.c.id).where(shared.c.id == bindparam("project")).with_for_update())
_OWN = Statement(
    select(func.count().label("number")).select_from(shared).where(shared.c.user_id == bindparam("person"))
)
_PUT = Statement(
    text(
        """
        INSERT INTO project_members (project_id, user_id, role, added_at) VALUES (:project, :person, :role, :at)
        ON CONFLICT (project_id, user_id) DO UPDATE SET role = :role
        """
    )
)
_LEAVE = Statement(
    delete(members).where(members.c.project_id == bindparam("project"), members.c.user_id == bindparam("person"))
)
_TAKE_IN = Statement(
    text(
        """
        INSERT INTO shared_jobs (job_id, project_id)
        SELECT id, :shared FROM generation_jobs j WHERE user_id = :person AND project = :name
           AND NOT EXISTS (SELECT 1 FROM shared_jobs s WHERE s.job_id = j.id)
        """
    )
)
_REMOVE = Statement(delete(shared).where(shared.c.id == bindparam("project"), shared.c.user_id == bindparam("person")))
_IN_COMMON = (
    select(shared, members.c.role.label("own_role"))
    .join_from(shared, members, members.c.project_id == shared.c.id)
    .where(members.c.user_id == bindparam("person"))
)
_ALL = Statement(_IN_COMMON.order_by(shared.c.name, shared.c.id))
_GET = Statement(_IN_COMMON.where(shared.c.id == bindparam("project")))
_NAMED = Statement(_IN_COMMON.where(shared.c.name == bindparam("name")))
_MEMBERS = Statement(
    select(members.c.user_id, users.c.email, members.c.role, members.c.added_at)
    .join_from(members, users)
    .where(members.c.project_id == bindparam("project"))
    .order_by(users.c.email)
)
_PLACE = insertion(placed)


def place(connection: Connection, new: NewJob) -> None:
    """Puts a new job where others see it, if its project is one that its owner shares.

    Raises Forbidden for somebody who may only look there, and InvalidRequest where they share several of that name.
    """
    if new.request.project == DEFAULT_PROJECT:
        return
    found = _NAMED.rows(connection, {"person": new.owner, "name": new.request.project})
    if not found:
        return
    if len(found) > 1:
        raise InvalidRequest(
            f"You share several projects called '{new.request.project}'. Leave all but one of them.", field="project"
        )
    if found[0]["own_role"] == Role.VIEWER.value:
        raise Forbidden(f"You may look at the project '{new.request.project}', not make pictures in it.")
    _PLACE.many(connection, [{"job_id": new.id, "project_id": found[0]["id"]}])


def in_common(job: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether `person` is a member of the project that a job is in."""
    return exists(
        select(placed.c.job_id)
        .join_from(placed, members, members.c.project_id == placed.c.project_id)
        .where(placed.c.job_id == job, members.c.user_id == bindparam("person"))
    )


class SqlSharing:
    """The `Sharing` of `domain.sharing`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, project: SharedProject, most: int, record: Record | None = None) -> bool:
        """Writes it down, with its owner as the only member and all that they made in it; False where they have `most`.

        Raises InvalidRequest where they share one of this name already.
        """

        def add(connection: Connection) -> bool:
            return noted(connection, record, done=_add(connection, project, most))

        return await self._database.write(add, owner=EVERYBODY)

    async def all(self, person: str) -> Sequence[SharedProject]:
        """Those that somebody shares, by name."""

        def read(connection: Connection) -> list[SharedProject]:
            return [_whole(connection, row) for row in _ALL.rows(connection, {"person": person})]

        return await self._database.read(read, owner=EVERYBODY)

    async def get(self, project_id: str, person: str) -> SharedProject:
        """One that somebody shares. Raises NotFound, for one of others too."""

        def read(connection: Connection) -> SharedProject | None:
            row = _GET.row(connection, {"project": project_id, "person": person})
            return None if row is None else _whole(connection, row)

        found = await self._database.read(read, owner=EVERYBODY)
        if found is None:
            raise _no_project()
        return found

    async def remove(self, project_id: str, owner: str, record: Record | None = None) -> None:
        """Ends the sharing: what each made in it is theirs alone again. Raises NotFound."""
        values = {"project": project_id, "person": owner}

        def remove(connection: Connection) -> bool:
            return noted(connection, record, done=bool(_REMOVE.run(connection, values)))

        if not await self._database.write(remove, owner=EVERYBODY):
            raise _no_project()

    async def put_member(
        self, project_id: str, user_id: str, role: Role, at: datetime, record: Record | None = None
    ) -> None:
        """Adds somebody, or gives them another role. Raises NotFound."""
        values = {"project": project_id, "person": user_id, "role": role.value, "at": codec.stamp(at)}

        def put(connection: Connection) -> None:
            if _LOCK_SHARED.row(connection, values) is None or _LOCK_USER.row(connection, values) is None:
                raise _no_project()
            _PUT.run(connection, values)
            write(connection, record)

        await self._database.write(put, owner=EVERYBODY)

    async def remove_member(self, project_id: str, user_id: str, record: Record | None = None) -> bool:
        """Somebody leaves; what they made in it stays in it. False where they were no member."""
        values = {"project": project_id, "person": user_id}

        def leave(connection: Connection) -> bool:
            return noted(connection, record, done=bool(_LEAVE.run(connection, values)))

        return await self._database.write(leave, owner=EVERYBODY)

    async def pictures(self, project_id: str, person: str, *, limit: int, cursor: str | None) -> Page[Picture]:
        """What is in a project, the newest job first, with the marks of whoever looks."""

        def read(connection: Connection) -> Page[Picture]:
            page = _pictures(connection, project_id, limit, cursor)
            return replace(page, items=seen_by(connection, page.items, person))

        return await self._database.read(read, owner=EVERYBODY)

    async def jobs(self, project_id: str, *, limit: int, cursor: str | None) -> Page[Job]:
        """The jobs of a project, newest first, without their calls."""
        return await self._database.read(
            lambda connection: _jobs(connection, project_id, limit, cursor), owner=EVERYBODY
        )


def _add(connection: Connection, project: SharedProject, most: int) -> bool:
    person = {"person": project.owner}
    if _LOCK_USER.row(connection, person) is None:
        raise NotFound(f"There is no user {project.owner}. Projects are shared by people with an account.")
    if _NAMED.row(connection, {**person, "name": project.name}) is not None:
        raise InvalidRequest(
            f"You share a project called '{project.name}' already. Choose another name.",
            field="name",
            code="project_exists",
        )
    if (_OWN.row(connection, person) or {})["number"] >= most:
        return False
    at = codec.stamp(project.created)
    row = {"id": project.id, "name": project.name, "user_id": project.owner, "created_at": at}
    _ADD.many(connection, [row])
    _PUT.run(connection, {**person, "project": project.id, "role": Role.OWNER.value, "at": at})
    _TAKE_IN.run(connection, {**person, "shared": project.id, "name": project.name})
    return True


def _whole(connection: Connection, row: Columns) -> SharedProject:
    return SharedProject(
        id=row["id"],
        name=row["name"],
        owner=row["user_id"],
        created=codec.moment(row["created_at"]),
        members=tuple(
            Member(
                user_id=each["user_id"],
                email=each["email"],
                role=Role(each["role"]),
                added=codec.moment(each["added_at"]),
            )
            for each in _MEMBERS.rows(connection, {"project": row["id"]})
        ),
    )


# Ids of jobs begin with the time they were made at, so that the index of a project's jobs is in their order.
def _pictures(connection: Connection, project_id: str, limit: int, cursor: str | None) -> Page[Picture]:
    query = MARKED.select_from(placed.join(images, images.c.job_id == placed.c.job_id))
    query = query.where(placed.c.project_id == project_id, ~IN_TRASH)
    if cursor is not None:
        job, number, serial = cursors.unseal(cursor, str, int, int)
        place = tuple_(placed.c.job_id, -images.c.number, -images.c.serial)
        query = query.where(place < tuple_(job, -int(number), -int(serial)))
    query = query.order_by(placed.c.job_id.desc(), images.c.number, images.c.serial).limit(limit + 1)
    found = [dict(row) for row in connection.execute(query).mappings()]
    last = found[limit - 1] if len(found) > limit else None
    following = None if last is None else cursors.seal(last["job_id"], last["number"], last["serial"])
    return Page(tuple(rows.picture(row) for row in found[:limit]), following)


def _jobs(connection: Connection, project_id: str, limit: int, cursor: str | None) -> Page[Job]:
    query = (
        select(jobs, plans.c.request, plans.c.plan)
        .join_from(placed, jobs, jobs.c.id == placed.c.job_id)
        .join(plans, plans.c.job_id == jobs.c.id)
        .where(placed.c.project_id == project_id)
    )
    if cursor is not None:
        query = query.where(placed.c.job_id < cursors.unseal(cursor, str)[0])
    query = query.order_by(placed.c.job_id.desc()).limit(limit + 1)
    found = [dict(row) for row in connection.execute(query).mappings()]
    shown = found[:limit]
    following = cursors.seal(shown[-1]["id"]) if len(found) > limit else None
    return Page(tuple(rows.job(row, (), ()) for row in shown), following)


def _no_project() -> NotFound:
    return NotFound("You share no project with this id. Look at the list of shared projects.")
