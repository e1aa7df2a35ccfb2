"""Clears away old pictures, the trash, and files that nothing names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

import typer

from limner.cli.asking import agreed
from limner.cli.exits import OK, REFUSED
from limner.cli.opening import Session, with_studio
from limner.cli.options import App, Json
from limner.cli.output import Output
from limner.domain.cleaning import CleanupRules, Due, Tally
from limner.domain.errors import InvalidRequest

app = App()

SPANS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1), "y": timedelta(days=365)}
SIZES = {"": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}


@dataclass(frozen=True, kw_only=True, slots=True)
class Taking:
    """What is to go."""

    older_than: Annotated[
        str | None, typer.Option("--older-than", metavar="AGE", help="Pictures older than this, such as 90d or 1y.")
    ] = None
    larger_than: Annotated[
        str | None,
        typer.Option(
            "--larger-than", metavar="SIZE", help="The oldest, until all that stay fit into this, such as 10GB."
        ),
    ] = None
    trash: Annotated[bool, typer.Option("--trash", help="Everything in the trash.")] = False
    orphans: Annotated[bool, typer.Option("--orphans", help="Files that no picture and no job names.")] = False
    project: Annotated[str | None, typer.Option("--project", help="Only pictures of this project.")] = None
    keep_favorites: Annotated[bool, typer.Option(help="Leave favourites alone.")] = True
    keep_collections: Annotated[bool, typer.Option(help="Leave pictures in collections alone.")] = True
    keep_shared: Annotated[bool, typer.Option(help="Leave pictures alone that a share link shows.")] = True

    def rules(self) -> CleanupRules:
        """The rules that are meant. Raises InvalidRequest."""
        return CleanupRules(
            older_than=None if self.older_than is None else span(self.older_than),
            larger_than=None if self.larger_than is None else size(self.larger_than),
            keep_favorites=self.keep_favorites,
            keep_collected=self.keep_collections,
            keep_shared=self.keep_shared,
            project=self.project,
        )


DryRun = Annotated[bool, typer.Option("--dry-run", help="Only tell what would go.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before pictures go for good.")]


@app.add()
def clean(taking: Taking, dry_run: DryRun = False, yes: Yes = False, json: Json = False) -> int:
    """Clear away old pictures for good; favourites, collections and shared pictures stay unless you say otherwise."""
    output, rules = Output(json=json), taking.rules()
    if not (rules or taking.trash or taking.orphans):
        raise InvalidRequest("Say what is to go: --older-than, --larger-than, --trash or --orphans.", field="clean")
    if not (dry_run or yes or output.talks):
        raise InvalidRequest("Nobody can be asked here. Add --yes, or --dry-run to see what would go.", field="yes")

    async def action(session: Session) -> int:
        due = await _due(session, taking, rules)
        orphans = await session.studio.runtime.keeping.cleaner.orphans() if taking.orphans else Tally()
        if dry_run:
            _tell(output, due.tally, orphans, "would go", ids=due.ids)
            return OK
        if not yes and not await agreed(session, f"{_words(due.tally, orphans)} go for good?"):
            output.say("Nothing was cleared away.")
            return REFUSED
        _tell(output, await _clear(session, taking, rules), await _swept(session, taking), "went")
        return OK

    return with_studio(output, action, paints=False)


def span(text: str) -> timedelta:
    """An age such as 90d. Raises InvalidRequest."""
    found = re.fullmatch(r"\s*(\d{1,5})\s*([hdwy])\s*", text.lower())
    if found is None:
        raise InvalidRequest(f"'{text}' is no age. Write it like 12h, 90d, 6w or 1y.", field="older-than")
    return int(found[1]) * SPANS[found[2]]


def size(text: str) -> int:
    """A number of bytes, such as 10GB. Raises InvalidRequest."""
    found = re.fullmatch(r"\s*(\d{1,12})\s*([kmgt]b)?\s*", text.lower())
    if found is None:
        raise InvalidRequest(f"'{text}' is no size. Write it like 500MB or 10GB.", field="larger-than")
    return int(found[1]) * SIZES[found[2] or ""]


async def _due(session: Session, taking: Taking, rules: CleanupRules) -> Due:
    cleaner, principal = session.studio.runtime.keeping.cleaner, session.studio.principal
    due = await cleaner.preview(rules, principal) if rules else Due((), Tally())
    trash = await cleaner.in_trash(principal) if taking.trash else Due((), Tally())
    return Due((*due.ids, *trash.ids), due.tally + trash.tally)


async def _clear(session: Session, taking: Taking, rules: CleanupRules) -> Tally:
    cleaner, principal = session.studio.runtime.keeping.cleaner, session.studio.principal
    tally = await cleaner.clean(rules, principal) if rules else Tally()
    return tally + (await cleaner.empty(principal) if taking.trash else Tally())


async def _swept(session: Session, taking: Taking) -> Tally:
    cleaner = session.studio.runtime.keeping.cleaner
    await cleaner.sweep()
    return await cleaner.orphans(remove=True) if taking.orphans else Tally()


def _words(tally: Tally, orphans: Tally) -> str:
    parts = [f"{tally.pictures} pictures ({bytes_words(tally.bytes)})"]
    if orphans.pictures:
        parts.append(f"{orphans.pictures} files that nothing names ({bytes_words(orphans.bytes)})")
    return " and ".join(parts)


def _tell(output: Output, tally: Tally, orphans: Tally, verb: str, *, ids: tuple[str, ...] = ()) -> None:
    if output.json:
        output.document(
            {
                "images": tally.pictures,
                "bytes": tally.bytes,
                "orphans": orphans.pictures,
                "orphan_bytes": orphans.bytes,
                "dry_run": verb != "went",
                "ids": list(ids),
            }
        )
        return
    output.say(f"{_words(tally, orphans)} {verb}.")
    for name in ids:
        output.show(name)


def bytes_words(count: int) -> str:
    """A number of bytes as people say it."""
    for unit, each in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= each:
            return f"{count / each:.1f} {unit}"
    return f"{count} bytes"
