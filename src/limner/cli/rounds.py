"""Rounds and leaderboards as people and programs read them at a shell; nothing before a vote says who painted what."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass

from limner.cli.copies import Target, write_copy
from limner.cli.documents import Document, estimate_document, moment, receipt_document, usd
from limner.cli.exits import described
from limner.cli.keeping import THUMBNAIL, bytes_of
from limner.cli.opening import Session
from limner.cli.output import Output, shortened
from limner.cli.pictures import Protocol, protocol_of, show_picture
from limner.cli.telling import money_words, receipt_words, short
from limner.cli.watching import span
from limner.domain.comparisons import LETTERS, Contender, Outcome, Round, RoundState
from limner.domain.leaderboards import Board, By, Score

SAID = {
    Outcome.EQUAL: "You called them equal.",
    Outcome.NONE: "You took none of them.",
    Outcome.SKIPPED: "You skipped this round. It counts nowhere.",
}
WHERE = {
    RoundState.PAINTING: "is being painted",
    RoundState.VOTING: "waits for your vote",
    RoundState.DECIDED: "is decided",
    RoundState.VOID: "has fewer than two pictures",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Copies:
    """Where the pictures of a round are shown, and copied to."""

    target: Target | None
    show: bool

    async def show_all(self, session: Session, found: Round) -> None:
        """Every picture under its letter. What cannot be copied raises StorageError: nothing is lost."""
        output, runtime, protocol = session.output, session.studio.runtime, Protocol.NONE
        if self.show and not output.json:
            protocol = await asyncio.to_thread(protocol_of, output.results, os.environ)
        for place, picture in found.shown.items():
            letter = LETTERS[place]
            if protocol is not Protocol.NONE:
                output.show(letter, style="bold")
                preview = await bytes_of(await runtime.thumbnail(picture, THUMBNAIL))
                await asyncio.to_thread(show_picture, output.results, preview, protocol)
            if self.target is not None:
                data = await bytes_of(await runtime.library.plain(picture))
                name = self.target.path / f"round-{found.comparison.number}-{letter}.webp"
                copy = await asyncio.to_thread(write_copy, name, data)
                output.say(f"{letter}  {copy.path}")


def round_document(found: Round) -> Document:
    """A round; blind before its vote."""
    comparison, ballot = found.comparison, found.comparison.ballot
    return {
        "id": comparison.id,
        "number": comparison.number,
        "state": found.state.value,
        "prompts": list(comparison.prompts),
        "aspect": str(comparison.shape),
        "size": len(comparison.contenders),
        "waiting": found.waiting,
        "estimate": estimate_document(comparison.estimate),
        "letters": [LETTERS[place] for place in found.shown],
        "outcome": None if ballot is None else ballot.outcome.value,
        "best": None if ballot is None or ballot.place is None else LETTERS[ballot.place],
        "contenders": None if found.is_blind else [_contender_document(found, each) for each in comparison.contenders],
        "created": moment(comparison.created),
        "decided": moment(comparison.decided),
    }


def _contender_document(found: Round, contender: Contender) -> Document:
    result, job = found.result(contender.place), found.jobs.get(contender.place)
    return {
        "letter": contender.letter,
        "model": contender.model,
        "title": contender.title,
        "prompt": contender.prompt,
        "image_id": result.picture_id,
        "job_id": contender.job_id,
        "cost_usd": usd(result.cost),
        "seconds": result.seconds,
        "receipt": None if job is None else receipt_document(job.receipt),
        "error": None if job is None or job.problem is None else described(job.problem),
    }


def tell_round(output: Output, found: Round) -> None:
    """What a person reads of a round."""
    comparison, ballot = found.comparison, found.comparison.ballot
    if found.is_blind:
        output.say(f"Round {comparison.number} {WHERE[found.state]}.")
        for place in sorted({each.place for each in comparison.contenders} - set(found.shown)):
            if not found.waiting:
                output.say(f"{LETTERS[place]} could not be painted. You are told who it was after you vote.")
        votes = [*(LETTERS[place] for place in found.shown), "equal", "none", "skip"]
        output.show(f"limner compare vote {comparison.id} {'|'.join(votes)}")
        return
    best = None if ballot is None else ballot.place
    rows = [_row(found, each, is_best=each.place == best) for each in comparison.contenders]
    output.rows(("", "Model", "Prompt", "Cost", "Time", ""), rows)
    for contender in comparison.contenders:
        job = found.jobs.get(contender.place)
        for line in () if job is None else receipt_words(job.receipt):
            output.show(f"{contender.letter}: {line}")
        if job is not None and job.problem is not None:
            output.show(f"{contender.letter}: {job.problem.message}")
    if ballot is None:
        output.say("Fewer than two pictures came in this round: there is nothing to compare.")
    else:
        output.say(SAID.get(ballot.outcome) or f"You chose {LETTERS[ballot.place or 0]}.")


def _row(found: Round, contender: Contender, *, is_best: bool) -> tuple[str, ...]:
    result = found.result(contender.place)
    took = "" if result.seconds is None else span(result.seconds)
    word = "your pick" if is_best else "" if result.picture_id is not None else "could not paint"
    prompt = shortened(contender.prompt, 40)
    return contender.letter, contender.model, prompt, money_words(result.cost), took, word


def tell_rounds(output: Output, rounds: Sequence[Round]) -> None:
    """One line for each round."""
    if not rounds:
        output.say("There is no comparison. `limner compare PROMPT --models A,B` begins one.")
        return
    rows = []
    for found in rounds:
        comparison, ballot = found.comparison, found.comparison.ballot
        said = WHERE[found.state] if ballot is None else ballot.outcome.value
        if ballot is not None and ballot.place is not None:
            said = f"{LETTERS[ballot.place]}: {comparison.contenders[ballot.place].title}"
        prompt = shortened(" / ".join(comparison.prompts), 48)
        rows.append((short(comparison.id), str(comparison.number), prompt, str(len(comparison.contenders)), said))
    output.rows(("Id", "Round", "Prompt", "Pictures", "Vote"), rows)


def board_document(found: Board, by: By) -> Document:
    """A leaderboard."""
    return {"by": by.value, "votes": found.votes, "items": [_score_document(each) for each in found.scores]}


def _score_document(score: Score) -> Document:
    return {**score.counted, "cost_usd": usd(score.cost), "seconds": score.seconds}


def tell_board(output: Output, found: Board) -> None:
    """Who wins how often, best first."""
    if not found.scores:
        output.say("Nobody has won anything yet. `limner compare PROMPT --models A,B` begins a round.")
        return
    rows = [_score_row(rank, score) for rank, score in enumerate(found.scores, start=1)]
    output.rows(("#", "Who", "Won", "Between", "Price", "Time", "Votes"), rows)
    output.say(
        f"{found.votes} votes. Won is the share of meetings; it lies between the two others 95 times in 100, and the "
        "order is by the lower one."
    )


def _score_row(rank: int, score: Score) -> tuple[str, ...]:
    low, high = score.bounds
    took = "" if score.seconds is None else span(score.seconds)
    name = shortened(score.title, 48)
    return (
        str(rank),
        name,
        f"{score.won:.0%}",
        f"{low:.0%} to {high:.0%}",
        money_words(score.cost),
        took,
        str(score.votes),
    )
