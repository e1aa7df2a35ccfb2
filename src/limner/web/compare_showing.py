"""From rounds and votes to what the pages of comparisons say about them."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from limner.domain.comparisons import LETTERS, Contender, Round
from limner.domain.leaderboards import Board, By, Score
from limner.domain.plan import Treatment
from limner.domain.ports import Catalog
from limner.web import compare_words, showing, wording
from limner.web.compare_views import (
    BlindRound,
    BlindTile,
    BoardRow,
    BoardView,
    Entry,
    EntryGroup,
    RoundLink,
    Told,
    ToldRound,
)
from limner.web.links import Links
from limner.web.views import ModelGroup, ModelOption

EDGE = 1024
"""The longer edge of a place of a round, in pixels: what each model really made would tell it apart."""


def entries(
    groups: tuple[ModelGroup, ...], catalog: Catalog, chosen: tuple[str, ...], *, ready: bool
) -> tuple[EntryGroup, ...]:
    """The models that can paint now, or those that cannot, by service."""
    found = []
    for group in groups:
        options = tuple(
            _entry(option, catalog.find(option.id).title, option.ready and option.id in chosen)
            for option in group.options
            if option.ready is ready
        )
        if options:
            found.append(EntryGroup(name=group.name, entries=options))
    return tuple(found)


def _entry(option: ModelOption, title: str, chosen: bool) -> Entry:
    facts = option.label.removeprefix(title).removeprefix(" · ")
    return Entry(id=option.id, title=title, facts=facts, note=option.note, chosen=chosen)


def blind(found: Round) -> BlindRound:
    """A round before its vote: all its places alike, and nothing of who has which."""
    comparison, shown = found.comparison, found.shown
    ratio = comparison.shape.ratio
    return BlindRound(
        id=comparison.id,
        number=comparison.number,
        prompts=tuple(comparison.prompts),
        summary=compare_words.summary(comparison),
        painting=found.waiting > 0,
        progress=compare_words.progress(found),
        missing=compare_words.missing(found),
        ratio=round(min(max(ratio, 0.3), 3.5), 4),
        width=EDGE if ratio >= 1 else round(EDGE * ratio),
        height=round(EDGE / ratio) if ratio >= 1 else EDGE,
        tiles=tuple(
            BlindTile(letter=each.letter, key=each.place + 1, shown=each.place in shown)
            for each in comparison.contenders
            if found.waiting or each.place in shown
        ),
    )


def waiting(blind: Sequence[Round], current: Round | None) -> tuple[RoundLink, ...]:
    """Links to the other rounds that wait for a vote."""
    here = None if current is None else current.comparison.id
    return tuple(
        RoundLink(id=each.comparison.id, number=each.comparison.number, prompt=each.comparison.prompts[0])
        for each in blind
        if each.comparison.id != here
    )


def told(found: Round, links: Links) -> ToldRound:
    """A round after its vote."""
    comparison = found.comparison
    prompts = comparison.prompts
    return ToldRound(
        id=comparison.id,
        number=comparison.number,
        prompt=prompts[0] if len(prompts) == 1 else "",
        verdict=compare_words.verdict(comparison.ballot),
        ratio=round(min(max(comparison.shape.ratio, 0.3), 3.5), 4),
        told=tuple(_told(found, each, links, alone=len(prompts) == 1) for each in comparison.contenders),
    )


def _told(found: Round, contender: Contender, links: Links, *, alone: bool) -> Told:
    result, job = found.result(contender.place), found.jobs.get(contender.place)
    picture = found.shown.get(contender.place)
    lines = () if job is None else job.receipt
    ballot = found.comparison.ballot
    return Told(
        letter=LETTERS[contender.place],
        title=contender.title,
        colour=showing.colour(contender.model),
        prompt="" if alone else contender.prompt,
        tile=None if picture is None else showing.tile(picture),
        page="" if picture is None else links.image(picture.id),
        won=ballot is not None and ballot.place == contender.place,
        facts=compare_words.facts(result.cost, result.seconds) if job is None or job.ended else "",
        missing="" if picture is not None else compare_words.absent(job, result),
        reason="" if picture is not None else compare_words.why_absent(job),
        receipt=() if all(line.treatment is Treatment.USED for line in lines) else showing.receipt_rows(lines),
        summary=wording.receipt_summary(tuple(line.treatment for line in lines)),
    )


def board(found: Board, by: By, everybody: bool, may_see_all: bool, links: Links) -> BoardView:
    """What votes say."""
    other = By.MODEL if by is By.PROMPT else By.PROMPT
    return BoardView(
        rows=tuple(_row(rank, score, by) for rank, score in enumerate(found.scores, start=1)),
        votes=compare_words.votes(found.votes),
        by_prompt=by is By.PROMPT,
        everybody=everybody,
        may_see_all=may_see_all,
        other=_address(links, other, everybody),
        widened=_address(links, by, not everybody),
    )


def _row(rank: int, score: Score, by: By) -> BoardRow:
    share = compare_words.percent(score.won)
    return BoardRow(
        rank=rank,
        title=score.title,
        colour=showing.colour(score.name) if by is By.MODEL else "",
        won=wording.percent(share),
        bar=share,
        bounds=compare_words.bounds(score),
        price=wording.price(score.cost),
        time="" if score.seconds is None else compare_words.took(score.seconds),
        votes=score.votes,
    )


def _address(links: Links, by: By, everybody: bool) -> str:
    said = {**({"by": by.value} if by is By.PROMPT else {}), **({"everybody": "1"} if everybody else {})}
    return f"{links.compare}{'?' + urlencode(said) if said else ''}#board"
