"""Comparisons: one prompt on 2 to 4 models, blind, with a vote, and the names after it."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from limner.api.answers import answer
from limner.api.batches import HEADERS
from limner.api.collections import PageQuery
from limner.api.comparison_bodies import ComparisonBody, RoundBody, VoteBody
from limner.api.comparison_schemas import ComparisonAnswer, ComparisonPage, ComparisonQuoteAnswer, LeaderboardAnswer
from limner.api.deps import checked_id, idempotency_key, read_json
from limner.api.documents import PAINTING, answers, body_of
from limner.api.downloads import file_answer
from limner.api.images import FILES
from limner.api.shapes import API, Body, amount, estimate_body, problem_body, receipt_body
from limner.domain.comparisons import LETTERS, Ballot, Contender, Outcome, Round, RoundState
from limner.domain.leaderboards import By, Score
from limner.engine.comparing import Comparing, RoundQuote
from limner.runtime.asking import principal_of, runtime_of

router = APIRouter(prefix="/comparisons", tags=["comparisons"])

ComparisonId = Annotated[str, Path(description="The comparison's id.")]
Letter = Annotated[str, Path(description="What the picture's place is called: A, B, C or D.")]


class BoardQuery(BaseModel):
    """Which votes are wanted, and what they are to set against each other."""

    model_config = ConfigDict(extra="forbid")

    by: By = Field(default=By.MODEL, description="Models that painted the same words, or words that one model painted.")
    everybody: bool = Field(default=False, description="Everybody's votes, which administrators may see.")


@router.post(
    "/quote",
    summary="Price a comparison",
    responses=answers(ComparisonQuoteAnswer, "What all pictures together would cost, signed.", *PAINTING),
    openapi_extra=body_of(RoundBody),
)
async def quote_comparison(request: Request) -> Response:
    """Prices the whole round. Spends nothing, sends nothing; the token begins it once, within 15 minutes."""
    wish = (await read_json(request, RoundBody)).asked()
    return answer(quote_body(await _comparing(request).quote(wish, principal_of(request))))


@router.post(
    "",
    summary="Begin a comparison",
    status_code=202,
    responses=answers(ComparisonAnswer, "The round, at the address in Location.", *PAINTING, status=202),
    openapi_extra={**body_of(ComparisonBody), "parameters": HEADERS},
)
async def create_comparison(request: Request) -> Response:
    """Begins a round, or the quote named in its place: all its pictures are bought, or none is.

    The places are drawn by lot; who has which is told after the vote.
    """
    principal, key = principal_of(request), idempotency_key(request)
    body = await read_json(request, ComparisonBody)
    token = body.token()
    if token is not None:
        found = await _comparing(request).begin(token, principal, key=key)
    else:
        found = await _comparing(request).submit(body.asked(), principal, key=key, most=body.most())
    return answer(round_body(found), 202, {"Location": comparison_url(found.comparison.id)})


@router.get("", summary="List comparisons", responses=answers(ComparisonPage, "One page of rounds, newest first."))
async def list_comparisons(request: Request, query: Annotated[PageQuery, Query()]) -> Response:
    """Your rounds, newest first."""
    page = await _comparing(request).page(principal_of(request), limit=query.limit, cursor=query.cursor)
    return answer({"items": [round_body(each) for each in page.items], "next": page.next})


@router.get(
    "/leaderboard",
    summary="Show the leaderboard",
    responses=answers(LeaderboardAnswer, "Who wins how often, best first.", 403),
)
async def show_leaderboard(request: Request, query: Annotated[BoardQuery, Query()]) -> Response:
    """What your votes say, or everybody's. Rounds that were skipped, or are not decided yet, count nowhere."""
    board = await _comparing(request).board(principal_of(request), query.by, everybody=query.everybody)
    items = [score_body(score) for score in board.scores]
    return answer({"by": query.by, "everybody": query.everybody, "votes": board.votes, "items": items})


@router.get("/{comparison_id}", summary="Show a comparison", responses=answers(ComparisonAnswer, "The round.", 404))
async def get_comparison(request: Request, comparison_id: ComparisonId) -> Response:
    """How far a round is. Before the vote: nothing of who paints what. After it: names, prices, times and receipts."""
    found = await _comparing(request).look(checked_id(comparison_id, "comparison"), principal_of(request))
    return answer(round_body(found))


@router.get(
    "/{comparison_id}/pictures/{letter}",
    summary="Show a picture of a comparison",
    response_class=Response,
    responses=FILES,
)
async def get_comparison_picture(
    request: Request,
    comparison_id: ComparisonId,
    letter: Letter,
    edge: Annotated[
        Literal["256", "384", "512", "1024"] | None, Query(description="The longer edge of a thumbnail, in pixels.")
    ] = None,
) -> Response:
    """A WebP that does not tell who painted it: the whole picture, or a thumbnail. There once all of them have come."""
    runtime = runtime_of(request)
    name = checked_id(comparison_id, "comparison")
    picture = await runtime.comparing.picture(name, letter, principal_of(request))
    delivery = await (runtime.library.plain(picture) if edge is None else runtime.thumbnail(picture, int(edge)))
    return file_answer(request, replace(delivery, filename=f"{letter}.webp"))


@router.post(
    "/{comparison_id}/vote",
    summary="Vote on a comparison",
    responses=answers(ComparisonAnswer, "The round with its names.", 404, 409, 415),
    openapi_extra=body_of(VoteBody),
)
async def vote_on_comparison(request: Request, comparison_id: ComparisonId) -> Response:
    """Votes, once. The answer tells who painted what, for how much, in what time, and what each receipt says."""
    ballot = (await read_json(request, VoteBody)).ballot()
    return await _decided(request, comparison_id, ballot)


@router.post(
    "/{comparison_id}/skip",
    summary="Skip a comparison",
    responses=answers(ComparisonAnswer, "The round with its names.", 404, 409),
)
async def skip_comparison(request: Request, comparison_id: ComparisonId) -> Response:
    """Tells the names without a vote; the round counts nowhere. What is being painted is painted and paid for."""
    return await _decided(request, comparison_id, Ballot(Outcome.SKIPPED))


async def _decided(request: Request, comparison_id: str, ballot: Ballot) -> Response:
    name = checked_id(comparison_id, "comparison")
    return answer(round_body(await _comparing(request).vote(name, ballot, principal_of(request))))


def _comparing(request: Request) -> Comparing:
    return runtime_of(request).comparing


def comparison_url(comparison_id: str) -> str:
    """Where a round is found."""
    return f"{API}/comparisons/{comparison_id}"


def round_body(found: Round) -> Body:
    """A round; blind before the vote."""
    comparison, ballot, here = found.comparison, found.comparison.ballot, comparison_url(found.comparison.id)
    return {
        "id": comparison.id,
        "number": comparison.number,
        "state": found.state,
        "prompts": comparison.prompts,
        "aspect": str(comparison.shape),
        "size": len(comparison.contenders),
        "waiting": found.waiting,
        "estimate": estimate_body(comparison.estimate),
        "pictures": [_blind_body(here, LETTERS[place]) for place in _places(found)],
        "outcome": None if ballot is None else ballot.outcome,
        "best": None if ballot is None or ballot.place is None else LETTERS[ballot.place],
        "contenders": None if found.is_blind else [_revealed_body(found, each) for each in comparison.contenders],
        "created": comparison.created,
        "decided": comparison.decided,
        "links": {
            "self": here,
            "vote": f"{here}/vote",
            "skip": f"{here}/skip",
            "page": f"/compare/{comparison.id}",
        },
    }


def _places(found: Round) -> list[int]:
    """Where pictures can be looked at: those of its jobs, or of a decided round without them, those that there were."""
    if found.jobs or found.state is not RoundState.DECIDED:
        return list(found.shown)
    return [each.place for each in found.comparison.contenders if each.result and each.result.picture_id]


def _blind_body(here: str, letter: str) -> Body:
    url = f"{here}/pictures/{letter}"
    return {"letter": letter, "url": url, "thumbnail_url": f"{url}?edge=512"}


def _revealed_body(found: Round, contender: Contender) -> Body:
    result, job, ballot = found.result(contender.place), found.jobs.get(contender.place), found.comparison.ballot
    return {
        "letter": contender.letter,
        "model": contender.model,
        "title": contender.title,
        "prompt": contender.prompt,
        "best": ballot is not None and ballot.place == contender.place,
        "painted": result.picture_id is not None,
        "image_id": result.picture_id,
        "job_id": contender.job_id,
        "cost": amount(result.cost),
        "seconds": result.seconds,
        "receipt": None if job is None else receipt_body(job.receipt),
        "problem": None if job is None else problem_body(job.problem),
    }


def quote_body(quote: RoundQuote) -> Body:
    """A priced round and the token that begins it."""
    return {
        "token": quote.token,
        "expires": quote.expires,
        "aspect": str(quote.shape),
        "seconds": quote.seconds,
        "estimate": estimate_body(quote.estimate),
        "contenders": [
            {
                "model": entrant.candidate.model,
                "title": entrant.candidate.title,
                "prompt": entrant.request.prompt,
                "seconds": entrant.candidate.seconds,
                "estimate": estimate_body(entrant.candidate.estimate),
                "receipt": receipt_body(entrant.candidate.receipt),
            }
            for entrant in quote.entrants
        ],
    }


def score_body(score: Score) -> Body:
    """One line of a leaderboard."""
    return {**score.counted, "cost": amount(score.cost), "seconds": score.seconds}
