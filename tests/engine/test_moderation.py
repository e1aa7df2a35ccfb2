"""What is looked at before money is set aside, and what becomes of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from limner.catalog.forbidden import load_word_rules
from limner.domain.errors import ContentRefused, FailureCode, PictureWithheld, Problem, ProviderError, Spent
from limner.domain.events import EventKind
from limner.domain.job import JobState
from limner.domain.moderation import Shown, Stage, Verdict, WordRule
from limner.domain.people import LOCAL
from limner.domain.request import ImageRequest, InputImage, Operation, Role, Size
from limner.engine.moderation import broken
from limner.testing.fakes import FakeProvider
from limner.testing.pictures import PictureMaker
from tests.engine.house import facts, house

SHOP = facts("shop", usd="0.04")
FREE = facts("here", usd=None, local=True)
RULES = load_word_rules(["Acme Corp", " zeppelin ", "Coca-Cola", "Mr. X", " - "])


VIOLENT = Verdict(stage=Stage.INPUTS, categories=("violence",), by="somebody")
AWAY = ProviderError(Problem(code=FailureCode.OVERLOADED, message="The judge is overloaded.", retryable=True))


@dataclass
class PictureJudge:
    """Somebody who finds nothing wrong with words, and says of each finished picture what the script says."""

    script: list[Sequence[Verdict] | ProviderError]
    seen: int = 0

    async def judge(self, prompt: str, pictures: Sequence[Shown]) -> Iterable[Verdict]:
        if prompt:
            return []
        self.seen += len(pictures)
        said = self.script.pop(0) if self.script else []
        if isinstance(said, ProviderError):
            raise said
        return said


@dataclass
class Judge:
    """Somebody who looks, and what they were shown."""

    verdicts: Sequence[Verdict] = ()
    error: ProviderError | None = None
    seen: list[tuple[str, Sequence[Shown]]] = field(default_factory=list)

    async def judge(self, prompt: str, pictures: Sequence[Shown]) -> Iterable[Verdict]:
        self.seen.append((prompt, pictures))
        if self.error is not None:
            raise self.error
        return self.verdicts


@pytest.mark.parametrize(
    ("prompt", "category"),
    [
        ("A nude schoolgirl", "sexual/minors"),
        ("erotic picture of a\nlittle   girl", "sexual/minors"),
        ("\N{FULLWIDTH LATIN CAPITAL LETTER N}ude child", "sexual/minors"),
        ("the logo of acme, corp.", "blocked words"),
        ("the logo of ACME corporation", None),
        ("a Zeppelin over a lake", "blocked words"),
        ("zeppelins over a lake", None),
        ("a bottle of coca cola", "blocked words"),
        ("a bottle of COCA-COLA!", "blocked words"),
        ("a portrait of Mr X", "blocked words"),
        ("a portrait of mr. xander", None),
        ("nude_child", "sexual/minors"),
        ("a nu\N{ZERO WIDTH SPACE}de ch\N{SOFT HYPHEN}ild", "sexual/minors"),
        ("a boat - at sea", None),
        ("children playing in the snow", None),
        ("a nude by Titian", None),
        ("a kidney, a childish minority of Essex", None),
    ],
)
@pytest.mark.req("S1-105")
def test_whole_words_of_each_group_break_a_rule(prompt: str, category: str | None) -> None:
    found = [verdict.categories for verdict in broken(RULES, prompt)]
    assert found == ([] if category is None else [(category,)])


def test_without_own_words_there_is_no_rule_of_them() -> None:
    assert [rule.category for rule in load_word_rules(["", " "])] == ["sexual/minors"]


@pytest.mark.req("S3-087")
async def test_a_broken_rule_ends_it_before_anything_is_written(tmp_path: Path) -> None:
    painter = FakeProvider()
    rules = [WordRule(category="blocked words", groups=(("zeppelin",),))]
    async with house(tmp_path, {"shop": painter}, SHOP, words=rules) as opened:
        request = ImageRequest(prompt="a zeppelin", model="shop/one")
        quote = await opened.engine.estimate(request, LOCAL)
        for attempt in (opened.engine.submit(request, LOCAL), opened.engine.confirm(quote.token, LOCAL)):
            with pytest.raises(ContentRefused) as caught:
                await attempt
            assert caught.value.message.startswith("Content policy violation detected.")
            assert "blocked words by this installation's rules" in caught.value.message
            assert caught.value.field == "prompt"
        assert (await opened.jobs.page(LOCAL.id, limit=5, cursor=None, states=frozenset())).items == ()
    assert painter.submits == []


@pytest.mark.parametrize(
    "extra", [{"prompt_2": "a Zeppelin"}, {"texts": [{"lines": ["a", "zeppelin!"]}]}, {"note": "data:zeppelin"}]
)
async def test_the_services_own_options_are_looked_at_as_the_prompt_is(
    tmp_path: Path, extra: dict[str, object]
) -> None:
    painter = FakeProvider()
    rules = load_word_rules(["zeppelin"])
    async with house(tmp_path, {"shop": painter}, SHOP, words=rules) as opened:
        with pytest.raises(ContentRefused):
            await opened.engine.submit(ImageRequest(prompt="a boat", model="shop/one", extra=extra), LOCAL)
    assert painter.submits == []


async def test_a_judge_reads_what_options_say_and_not_the_files_within_them(tmp_path: Path) -> None:
    judge = Judge()
    extra = {"loud": True, "rows": [1, "two"], "logo": "data:image/png;base64,iVBORw0KGgo=", "more": {"says": "three"}}
    async with house(tmp_path, {"shop": FakeProvider()}, SHOP, judge=judge) as opened:
        await opened.engine.submit(ImageRequest(prompt="a boat", model="shop/one", extra=extra), LOCAL)
    assert [prompt for prompt, _ in judge.seen] == ["a boat two three"]


async def test_what_is_forbidden_by_now_is_not_given_again(tmp_path: Path) -> None:
    rules: list[WordRule] = []
    async with house(tmp_path, {"shop": FakeProvider()}, SHOP, words=rules) as opened:
        request = ImageRequest(prompt="a zeppelin", model="shop/one", reuse=True)
        await opened.engine.generate(request, LOCAL, timeout=20)
        rules += load_word_rules(["zeppelin"])
        with pytest.raises(ContentRefused):
            await opened.engine.submit(request, LOCAL)


async def test_a_judge_sees_words_and_small_pictures_before_what_costs_money(tmp_path: Path) -> None:
    judge = Judge()
    async with house(tmp_path, {"shop": FakeProvider()}, SHOP, judge=judge) as opened:
        source = PictureMaker().png(Size(1600, 800), 1)
        mask = PictureMaker().png(Size(1600, 800), 2)
        images = []
        for role, data in ((Role.SOURCE, source), (Role.MASK, mask)):
            landed = await opened.blobs.put(data)
            images.append(InputImage(role=role, digest=landed.digest, media_type="image/png", width=1600, height=800))
        request = ImageRequest(
            prompt="a boat", style="ink", operation=Operation.INPAINT, inputs=tuple(images), model="shop/one"
        )
        await opened.engine.submit(request, LOCAL)
        ((prompt, pictures),) = judge.seen
        assert prompt == "a boat ink"
        (shown,) = pictures
        kept = await opened.imaging.probe(shown.data)
        assert (kept.media_type, kept.width) == (shown.media_type, 1024)


async def test_nobody_is_asked_about_what_costs_nothing(tmp_path: Path) -> None:
    judge = Judge()
    async with house(tmp_path, {"here": FakeProvider()}, FREE, judge=judge) as opened:
        await opened.engine.submit(ImageRequest(prompt="a boat", model="here/one"), LOCAL)
    assert judge.seen == []


async def test_a_verdict_about_a_picture_names_the_inputs(tmp_path: Path) -> None:
    judge = Judge([Verdict(stage=Stage.INPUTS, categories=("violence", "sexual"), by="somebody")])
    async with house(tmp_path, {"shop": FakeProvider()}, SHOP, judge=judge) as opened:
        with pytest.raises(
            ContentRefused, match="A picture that goes in is refused for violence, sexual by somebody"
        ) as caught:
            await opened.engine.submit(ImageRequest(prompt="a boat", model="shop/one"), LOCAL)
        assert caught.value.field == "inputs"


async def test_a_judge_who_cannot_be_asked_stops_the_purchase(tmp_path: Path) -> None:
    problem = Problem(code=FailureCode.OVERLOADED, message="OpenAI is overloaded.", retryable=True)
    painter = FakeProvider()
    async with house(tmp_path, {"shop": painter}, SHOP, judge=Judge(error=ProviderError(problem))) as opened:
        with pytest.raises(ProviderError, match="overloaded"):
            await opened.engine.submit(ImageRequest(prompt="a boat", model="shop/one"), LOCAL)
    assert painter.submits == []


@pytest.mark.req("S1-105")
async def test_a_finished_picture_that_is_flagged_is_kept_paid_and_withheld_never_bought_again(tmp_path: Path) -> None:
    painter, judge = FakeProvider(), PictureJudge([[VIOLENT]])
    async with house(tmp_path, {"shop": painter}, SHOP, judge=judge, looks=True) as opened:
        job = await opened.paint(model="shop/one")
        assert (job.state, painter.purchases) == (JobState.REFUSED, 1)
        (picture,) = job.pictures
        assert picture.withheld == "somebody flags it for violence."
        assert job.problem is not None
        assert (job.problem.code, job.problem.field) == (PictureWithheld.code, "output")
        assert (job.problem.spent, job.problem.retryable) == (Spent.YES, False)
        assert job.problem.message == (
            "Content policy violation detected. The finished picture is withheld: somebody flags it for violence. "
            "It was charged and is kept; an administrator can release it. Describe something else."
        )
        told = [event.data for event in await opened.story(job) if event.kind is EventKind.PROBLEM]
        assert [data["code"] for data in told] == [PictureWithheld.code]
        assert judge.seen == 1
        await opened.books_are_right()


async def test_the_pictures_beside_a_flagged_one_are_handed_out(tmp_path: Path) -> None:
    painter, judge = FakeProvider(), PictureJudge([[], [VIOLENT], []])
    async with house(tmp_path, {"shop": painter}, SHOP, judge=judge, looks=True) as opened:
        job = await opened.paint(model="shop/one", count=3)
        assert job.state is JobState.PARTIAL
        assert [picture.withheld is None for picture in job.pictures] == [True, False, True]
        assert job.problem is not None
        assert "1 of 3 finished pictures are withheld" in job.problem.message
        assert painter.purchases == 1


async def test_a_picture_that_nobody_could_look_at_is_withheld_after_three_tries(tmp_path: Path) -> None:
    judge = PictureJudge([AWAY, AWAY, AWAY])
    async with house(tmp_path, {"shop": FakeProvider()}, SHOP, judge=judge, looks=True) as opened:
        job = await opened.paint(model="shop/one")
        assert job.pictures[0].withheld == "It could not be looked at, so it is withheld. The judge is overloaded."
        assert judge.seen == 3
        assert {1.0, 4.0} <= set(opened.clock.slept)


async def test_a_judge_who_is_away_for_a_moment_is_asked_again(tmp_path: Path) -> None:
    judge = PictureJudge([AWAY, []])
    async with house(tmp_path, {"shop": FakeProvider()}, SHOP, judge=judge, looks=True) as opened:
        assert (await opened.paint(model="shop/one")).state is JobState.SUCCEEDED


async def test_what_is_painted_here_for_nothing_is_shown_to_nobody(tmp_path: Path) -> None:
    judge = PictureJudge([[VIOLENT]])
    async with house(tmp_path, {"here": FakeProvider()}, FREE, judge=judge, looks=True) as opened:
        assert (await opened.paint(model="here/one")).state is JobState.SUCCEEDED
    assert judge.seen == 0


async def test_pictures_are_looked_at_only_where_that_is_set(tmp_path: Path) -> None:
    judge = PictureJudge([[VIOLENT]])
    async with house(tmp_path, {"shop": FakeProvider()}, SHOP, judge=judge) as opened:
        assert (await opened.paint(model="shop/one")).state is JobState.SUCCEEDED
    assert judge.seen == 0
