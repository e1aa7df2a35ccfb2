"""Comparing at a shell: pictures without names, a vote, and then the names."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperGroup

from limner.cli.asking import agreed, must_ask, typed
from limner.cli.copies import Target
from limner.cli.exits import OK
from limner.cli.finding import the_one
from limner.cli.opening import Session, with_studio
from limner.cli.options import App, Json, MaxCost, Prompt, Show, Yes
from limner.cli.output import Output
from limner.cli.rounds import Copies, board_document, round_document, tell_board, tell_round, tell_rounds
from limner.cli.telling import money_words
from limner.cli.watching import span
from limner.cli.wishes import amount, checked_text, prompt_from
from limner.domain.comparisons import LETTERS, Ballot, Outcome, Round, RoundState
from limner.domain.errors import ConfirmationRequired, InvalidRequest
from limner.domain.leaderboards import By
from limner.domain.request import DEFAULT_PROJECT

if TYPE_CHECKING:
    from limner.engine.comparing import RoundQuote, RoundWish

HERE = "round"
"""The command that is meant where none is named: `limner compare "a fox" --models a,b`."""
WORDS = {"=": Outcome.EQUAL, "equal": Outcome.EQUAL, "0": Outcome.NONE, "none": Outcome.NONE, "skip": Outcome.SKIPPED}
NEWEST = 100
"""Rounds among which an id is looked for by its beginning or end."""


class Rounds(TyperGroup):
    """Commands of which one need not be named."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]  # typer's context
        """Puts the name of that one in front of what names no command."""
        if args and args[0] not in self.commands and args[0] != "--help":
            args = [HERE, *args]
        return super().parse_args(ctx, args)


app = App(
    cls=Rounds,
    help=f"Compare models blind, and see which win. `limner compare PROMPT` is `limner compare {HERE} PROMPT`.",
    no_args_is_help=True,
)

Which = Annotated[str, typer.Argument(metavar="ID", help="The id of a comparison, or the beginning or end of it.")]
Vote = Annotated[str, typer.Argument(metavar="VOTE", help="A, B, C or D; equal, none, or skip.")]


@dataclass(frozen=True, kw_only=True, slots=True)
class Contest:
    """Who takes part, and what all of them are to paint."""

    models: Annotated[str, typer.Option("--models", "-m", metavar="A,B", help="The models, with commas between them.")]
    second: Annotated[
        str | None, typer.Option("--second", metavar="PROMPT", help="Other words, which each model paints as well.")
    ] = None
    size: Annotated[str | None, typer.Option("--size", metavar="WxH", help="Pixels, such as 1024x1024.")] = None
    aspect: Annotated[str | None, typer.Option("--aspect", metavar="W:H", help="A shape, such as 3:2.")] = None
    quality: Annotated[str | None, typer.Option("--quality", help="Such as low, medium or high.")] = None
    negative: Annotated[str | None, typer.Option("--negative", help="What should not be in the picture.")] = None
    seed: Annotated[int | None, typer.Option("--seed", help="The same seed gives the same picture again.")] = None
    project: Annotated[str | None, typer.Option("--project", help="The project the pictures belong to.")] = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Manner:
    """How pictures are shown, and how the answer is written."""

    out: Annotated[
        str | None,
        typer.Option("--out", "-o", metavar="DIR", help="Copy the pictures there, named by their letters alone."),
    ] = None
    show: Show = True
    json: Json = False


@app.add(HERE)
def compare_round(prompt: Prompt, contest: Contest, manner: Manner, max_cost: MaxCost = None, yes: Yes = False) -> int:
    """Paint one prompt with 2 to 4 models, or two prompts, and show the pictures without names.

    The whole round is priced first and bought as a whole. At a terminal you are asked for your vote; else, and later,
    `limner compare vote` takes it. The names are told after that.
    """
    output, target = Output(json=manner.json), target_of(manner.out)
    words, limit = prompt_from(prompt), amount(max_cost)

    async def action(session: Session) -> int:
        await session.check_going()
        comparing = session.studio.runtime.comparing
        quote = await comparing.quote(await _wish(session, words, contest), session.studio.principal)
        ceiling = None if quote.estimate is None else quote.estimate.ceiling
        output.say(_priced(quote))
        if limit is not None and (ceiling is None or limit < ceiling):
            raise ConfirmationRequired(
                f"The round may cost {money_words(ceiling)}, more than the {limit} that you allow. "
                "Raise --max-cost or leave a model out.",
                field="max_cost",
            )
        if must_ask(session, ceiling, yes=yes) and not await agreed(session, "Go on?"):
            raise ConfirmationRequired("Not confirmed. Nothing was spent.")
        with session.interruption.answered_by(lambda: None):
            found = await comparing.begin(quote.token, session.studio.principal, counted=False)
        name = found.comparison.id
        session.interruption.last_words = f"Stopped. The round goes on: limner compare show {name}"
        return await _shown(session, await _painted(session, found), Copies(target=target, show=manner.show))

    return with_studio(output, action, paints=True)


@app.add()
def vote(which: Which, choice: Vote, json: Json = False) -> int:
    """Say which picture of a round is the best, once; then who painted what is told."""
    output, ballot = Output(json=json), ballot_of(choice)

    async def action(session: Session) -> int:
        found = await _named(session, which)
        comparing, principal = session.studio.runtime.comparing, session.studio.principal
        return _told(output, await comparing.vote(found.comparison.id, ballot, principal))

    return with_studio(output, action, paints=False)


@app.add()
def show(which: Which, manner: Manner) -> int:
    """Show a round: its pictures without names before the vote, and everything after it."""
    output, target = Output(json=manner.json), target_of(manner.out)

    async def action(session: Session) -> int:
        found = await _painted(session, await _named(session, which))
        return await _shown(session, found, Copies(target=target, show=manner.show))

    return with_studio(output, action, paints=True)


@app.add("list")
def list_rounds(json: Json = False) -> int:
    """List your rounds, the newest first."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        comparing = session.studio.runtime.comparing
        page = await comparing.page(session.studio.principal, limit=NEWEST)
        if json:
            output.document({"comparisons": [round_document(each) for each in page.items]})
        else:
            tell_rounds(output, page.items)
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def board(
    by: Annotated[By, typer.Option("--by", help="Models on the same prompt, or prompts on the same model.")] = By.MODEL,
    everybody: Annotated[bool, typer.Option("--everybody", help="Everybody's votes, not only yours.")] = False,
    json: Json = False,
) -> int:
    """Show who wins how often, at what price and in what time."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        found = await session.studio.runtime.comparing.board(session.studio.principal, by, everybody=everybody)
        if json:
            output.document(board_document(found, by))
        else:
            tell_board(output, found)
        return OK

    return with_studio(output, action, paints=False)


def ballot_of(text: str) -> Ballot:
    """The vote that somebody has typed. Raises InvalidRequest."""
    said = text.strip()
    if len(said) == 1 and said.upper() in LETTERS:
        return Ballot(Outcome.BEST, LETTERS.index(said.upper()))
    outcome = WORDS.get(said.lower())
    if outcome is None:
        raise InvalidRequest(f"'{said}' is no vote. Say A, B, C or D, or equal, none or skip.", field="vote")
    return Ballot(outcome)


def target_of(out: str | None) -> Target | None:
    """The folder of the copies. Raises InvalidRequest for the name of a file."""
    target = None if out is None else Target(out)
    if target is not None and not target.is_folder:
        raise InvalidRequest(f"{out} is a file. Name a folder for the pictures.", field="out")
    return target


async def _wish(session: Session, words: str, contest: Contest) -> RoundWish:
    """The round that a command line makes. Raises UsageError."""
    # Imported here because `limner --help` reads this module too.
    from limner.engine.comparing import Entrant, RoundWish

    request = await session.studio.request(
        words,
        size=contest.size,
        aspect=contest.aspect,
        quality=contest.quality,
        negative_prompt=None if contest.negative is None else checked_text(contest.negative, "negative prompt"),
        seed=contest.seed,
        project=contest.project or DEFAULT_PROJECT,
    )
    prompts = [words, *([] if contest.second is None else [checked_text(contest.second, "second prompt")])]
    models = [each.strip() for each in contest.models.split(",") if each.strip()]
    entrants = [Entrant(model=model, prompt=each) for model in models for each in prompts]
    return RoundWish(request=request, entrants=entrants)


def _priced(quote: RoundQuote) -> str:
    likely = "at a price that nobody knows" if quote.estimate is None else f"for {money_words(quote.estimate.likely)}"
    likely = "for nothing" if quote.estimate is not None and not quote.estimate.ceiling else likely
    return f"{len(quote.entrants)} pictures {likely} together, about {span(quote.seconds)}."


async def _painted(session: Session, found: Round) -> Round:
    """The round when all of its pictures have come; how many are there is said meanwhile, and not which."""
    runtime = session.studio.runtime
    going = [job for job in found.jobs.values() if not job.ended]
    left = {asyncio.ensure_future(runtime.engine.follower.wait(job, None)) for job in going}
    try:
        while left:
            done, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
            for each in done:
                each.result()
            session.output.say(f"{len(found.jobs) - len(left)} of {len(found.jobs)} are ready.")
    finally:
        for each in left:
            each.cancel()
    return await runtime.comparing.look(found.comparison.id, session.studio.principal)


async def _shown(session: Session, found: Round, copies: Copies) -> int:
    """Shows a round; where somebody sits there and it waits for a vote, asks for that and tells the names."""
    output = session.output
    await copies.show_all(session, found)
    if found.state is RoundState.VOTING and output.talks and not output.json:
        found = await _asked(session, found)
    return _told(output, found)


async def _asked(session: Session, found: Round) -> Round:
    """The round after whoever sits there has voted, or as it is where they would rather not yet."""
    comparing, principal = session.studio.runtime.comparing, session.studio.principal
    letters = ", ".join(LETTERS[place] for place in found.shown)
    question = f"Which is best? {letters}, = equal, 0 none, skip; nothing is later: "
    while said := (await typed(session, question)).strip():
        try:
            return await comparing.vote(found.comparison.id, ballot_of(said), principal)
        except InvalidRequest as error:
            session.output.say(error.message)
    return found


def _told(output: Output, found: Round) -> int:
    if output.json:
        output.document(round_document(found))
    else:
        tell_round(output, found)
    return OK


async def _named(session: Session, text: str) -> Round:
    """One round. Raises NotFound, or InvalidRequest where several fit."""
    comparing, principal = session.studio.runtime.comparing, session.studio.principal
    page = await comparing.comparisons.page(principal.id, limit=NEWEST, cursor=None)
    found = the_one(page.items, text, "comparison", "limner compare list")
    return await comparing.look(found.id, principal)
