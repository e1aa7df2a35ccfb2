"""Whether a file is whole, and what it says about its making."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from limner import __version__
from limner.cli.exits import FAILED, OK
from limner.cli.opening import Session
from limner.cli.options import App, Json
from limner.cli.output import Output
from limner.cli.surroundings import settings_here
from limner.domain.errors import BadPicture

if TYPE_CHECKING:
    from limner.settings import Settings
    from limner.storage.story import Verdict

app = App()

File = Annotated[Path, typer.Argument(metavar="FILE", help="A picture's file.")]

STATES = {
    "whole": "Whole: nothing was changed since it was signed.",
    "broken": "Broken: it was changed since it was signed, or its signature is not in order.",
    "unsigned": "Unsigned: nothing in the file says how it was made.",
}


@app.add()
def verify(file: File, json: Json = False) -> int:
    """Check a picture's provenance: exit code 0 where it is whole, 1 where it is broken or unsigned."""
    output = Output(json=json)
    verdict = asyncio.run(_verdict(settings_here(), file))
    if json:
        output.document({"file": str(file), **asdict(verdict)})
    else:
        _tell(output, verdict)
    return OK if verdict.state.value == "whole" else FAILED


async def verdict_on(session: Session, path: Path) -> Verdict:
    """What verifying a file of this machine finds. Raises BadPicture."""
    return await _verdict(session.studio.runtime.settings, path)


async def _verdict(settings: Settings, path: Path) -> Verdict:
    # Imported here because --help must not pay for what reads signatures.
    from limner.storage.provenance import Provenance
    from limner.system import SystemClock

    try:
        data = await asyncio.to_thread(path.read_bytes)
    except OSError as error:
        raise BadPicture(f"{path} cannot be read: {error.strerror}. Check the name.", field="file") from error
    provenance = Provenance(settings.data_dir / "provenance", version=__version__, now=SystemClock().now)
    async with provenance:
        return await provenance.verify(data, name=str(path))


def _tell(output: Output, verdict: Verdict) -> None:
    output.show(STATES[verdict.state.value], style="bold")
    facts = (
        ("signed by", f"{verdict.signer}{' (this installation)' if verdict.ours else ''}" if verdict.signer else None),
        ("made with", verdict.generator),
        ("painted by", verdict.agent),
        ("kind", verdict.source_type),
        ("actions", ", ".join(verdict.actions) or None),
    )
    for name, value in facts:
        if value is not None:
            output.show(f"  {name:<11} {value}")
    for ingredient in verdict.ingredients:
        state = "" if ingredient.whole else " (broken)"
        output.show(f"  made from   {ingredient.title}, signed by {ingredient.signer or 'nobody'}{state}")
    for problem in verdict.problems:
        output.show(f"  problem     {problem}")
