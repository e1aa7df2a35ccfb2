"""Sharing projects: who lets whom in, and who goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from limner.domain.audit import Act, Audit, Deed, Record
from limner.domain.errors import Forbidden, InvalidRequest, NotFound
from limner.domain.job import Job
from limner.domain.membership import People
from limner.domain.people import Principal, Role
from limner.domain.picture import Picture
from limner.domain.ports import Clock, Ids
from limner.domain.records import Page
from limner.domain.request import DEFAULT_PROJECT
from limner.domain.sharing import SharedProject, Sharing

MOST = 200
"""Projects that one person may share with others."""
MOST_MEMBERS = 200
LONGEST_NAME = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class SharedProjects:
    """Everybody's shared projects; who is not in one learns nothing of it."""

    sharing: Sharing
    people: People
    audit: Audit
    clock: Clock
    ids: Ids

    async def add(self, name: str, principal: Principal) -> SharedProject:
        """Shares one's own project of a name, with all that one has made in it and will. Raises InvalidRequest."""
        if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
            raise InvalidRequest(f"A project has a name of 1 to {LONGEST_NAME} printable characters.", field="name")
        if name == DEFAULT_PROJECT:
            raise InvalidRequest("Everybody's pictures without a project are in this one. Name another.", field="name")
        project = SharedProject(id=self.ids.new(), name=name, owner=principal.id, created=self.clock.now(), members=())
        if not await self.sharing.add(project, MOST, self._record(Act.PROJECT_SHARED, name, principal)):
            raise InvalidRequest(f"You share {MOST} projects already. End one first.", code="too_many_projects")
        return await self.sharing.get(project.id, principal.id)

    async def all(self, principal: Principal) -> Sequence[SharedProject]:
        """Those that somebody shares, by name."""
        return await self.sharing.all(principal.id)

    async def get(self, project_id: str, principal: Principal) -> SharedProject:
        """One that somebody shares. Raises NotFound."""
        return await self.sharing.get(project_id, principal.id)

    async def remove(self, project_id: str, principal: Principal) -> None:
        """Ends the sharing: what each made in it is theirs alone again. Raises NotFound, and Forbidden for a member."""
        project = await self._own(project_id, principal)
        record = self._record(Act.SHARING_ENDED, project.name, principal)
        await self.sharing.remove(project_id, principal.id, record)

    async def put_member(self, project_id: str, email: str, role: Role, principal: Principal) -> SharedProject:
        """Lets somebody in, or gives them another role. Raises NotFound, Forbidden and InvalidRequest."""
        project = await self._own(project_id, principal)
        if role not in {Role.MEMBER, Role.VIEWER}:
            raise InvalidRequest("In a project one is a member or a viewer.", field="role")
        user = await self.people.named(email.strip().lower())
        if user is None:
            raise InvalidRequest("Nobody here has this address. Ask an administrator to add them.", field="email")
        if user.id == project.owner:
            raise InvalidRequest("The project is yours.", field="email")
        if len(project.members) >= MOST_MEMBERS:
            raise InvalidRequest(f"The project has {MOST_MEMBERS} members already.", code="too_many_members")
        record = self._record(Act.MEMBER_ADDED, project.name, principal, f"{user.email} as {role}")
        await self.sharing.put_member(project_id, user.id, role, self.clock.now(), record)
        return await self.sharing.get(project_id, principal.id)

    async def remove_member(self, project_id: str, user_id: str, principal: Principal) -> None:
        """Somebody leaves, by themselves or sent by the owner; what they made stays. Raises NotFound and Forbidden."""
        project = await self.sharing.get(project_id, principal.id)
        if principal.id not in {project.owner, user_id}:
            raise Forbidden("Only the owner of a project sends somebody out of it.")
        if user_id == project.owner:
            raise Forbidden("The project is its owner's. End the sharing instead.")
        member = next((each for each in project.members if each.user_id == user_id), None)
        record = None if member is None else self._record(Act.MEMBER_REMOVED, project.name, principal, member.email)
        if record is None or not await self.sharing.remove_member(project_id, user_id, record):
            raise NotFound("They do not share this project. Look at its members.")

    async def pictures(self, project_id: str, principal: Principal, *, limit: int, cursor: str | None) -> Page[Picture]:
        """What is in a project, the newest job first. Raises NotFound."""
        project = await self.sharing.get(project_id, principal.id)
        return await self.sharing.pictures(project.id, principal.id, limit=limit, cursor=cursor)

    async def jobs(self, project_id: str, principal: Principal, *, limit: int, cursor: str | None) -> Page[Job]:
        """The jobs of a project, newest first. Raises NotFound."""
        project = await self.sharing.get(project_id, principal.id)
        return await self.sharing.jobs(project.id, limit=limit, cursor=cursor)

    async def _own(self, project_id: str, principal: Principal) -> SharedProject:
        project = await self.sharing.get(project_id, principal.id)
        if project.owner != principal.id:
            raise Forbidden("Only the owner of a project says who shares it.")
        return project

    def _record(self, act: Act, project: str, principal: Principal, detail: str = "") -> Record:
        return self.audit.record(Deed(act=act, who=principal.id, name=principal.name, subject=project, detail=detail))
