"""What is looked at before money is set aside, and what becomes of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from limner.catalog.forbidden import load_word_rules
from limner.domain.errors import ContentRefused, FailureCode, Problem, ProviderError
from limner.domain.moderation import Shown, Stage, Verdict, WordRule
from limner.domain.people import LOCAL
from limner.domain.request import ImageRequest, InputImage, Operation, Role, Size
from limner.engine.moderation import broken
from limner.testing.fakes import FakeProvider
from limner.testing.pictures import PictureMaker
from tests.engine.house import facts, house

SHOP = facts("shop", usd="0.04")
FREE = facts("here", usd=None, local=True)
RULES = load_word_rules(["Acme Corp", " zeppelin "])


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
