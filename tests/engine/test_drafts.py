"""Drafts that are kept: a plan with them is the plan that is made from scratch, whatever has changed in between."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner.catalog.lookup import TomlCatalog
from limner.catalog.texts import load_texts
from limner.domain.errors import FailureCode, LimnerError
from limner.domain.health import Breaker, BreakerKey, BreakerRules, BreakerState, Failure
from limner.domain.model_card import ModelCard, StandIn
from limner.domain.money import Money
from limner.domain.plan import Plan
from limner.domain.request import Aspect, ImageRequest, InputImage, Margins, Operation, Role, Size, Strictness
from limner.domain.stores import BreakerStep
from limner.engine.balancing import Balance
from limner.engine.drafting import Draft, drafted
from limner.engine.drafts import LOOKED_AT_ELSEWHERE, MOST, Drafts
from limner.engine.health import HealthWatch
from limner.engine.routing import Router
from limner.testing.fakes import FakeClock, FakeProvider, FakeServices
from tests.shipped import shipped

SERVICES = tuple(card.id for card in shipped().services)
MODELS = tuple(card.id for card in shipped().models)


@dataclass(kw_only=True)
class Failing:
    """What is known of the services' health."""

    known: dict[BreakerKey, Breaker] = field(default_factory=dict)

    async def all(self) -> Mapping[BreakerKey, Breaker]:
        return dict(self.known)

    async def change(
        self, keys: Sequence[BreakerKey], step: BreakerStep, at: object
    ) -> tuple[Mapping[BreakerKey, Breaker], Mapping[BreakerKey, Breaker]]:
        raise AssertionError("A plan writes nothing.")

    async def forget(self, name: str) -> None:
        raise AssertionError("A plan writes nothing.")


class World:
    """Everything that a plan depends on beside the request, and what may become of it."""

    def __init__(self) -> None:
        self.services = FakeServices({service: FakeProvider() for service in SERVICES})
        self.failing, self.clock = Failing(), FakeClock()
        self.health = HealthWatch(
            catalog=shipped(),
            texts=load_texts(),
            services=self.services,
            store=self.failing,
            clock=self.clock,
            rules=BreakerRules(),
        )
        self.router = Router(
            catalog=shipped(),
            services=self.services,
            health=self.health,
            balance=Balance(self.services),
            clock=self.clock,
        )

    async def renewed(self) -> None:
        self.clock.advance(2)
        await self.health.renew()

    def key(self, service: str) -> None:
        """Another key for a service, or none."""
        if self.services.unready.pop(service, None) is None:
            self.services.unready[service] = "Needs a key."
        self.services.keys[service] = f"{service} {len(self.services.unready)}"

    def failed(self, service: str) -> None:
        """A service has failed once, then it is blocked, then all is well."""
        key = BreakerKey(service, self.services.credential(service))
        before = self.failing.known.pop(key, None)
        failures = (Failure(self.clock.now(), "an attempt"),)
        if before is None:
            self.failing.known[key] = Breaker(failures=failures, code=FailureCode.OVERLOADED)
        elif before.state is BreakerState.CLOSED:
            self.failing.known[key] = replace(before, state=BreakerState.OPEN, opened=self.clock.now())

    def dearer(self, service: str) -> None:
        """The catalog is read again, and a service has other prices."""
        old = self.router.catalog
        models = tuple(_dearer(card) if card.service == service else card for card in old.models)
        self.router = replace(
            self.router, catalog=TomlCatalog(services=tuple(old.services), models=models, service_aliases={})
        )

    def busy(self, service: str) -> None:
        """More is under way there."""
        self.services.loads[service] = self.services.load(service) + 1

    def later(self, _: str) -> None:
        """Models are shut down meanwhile, and breakers try again."""
        self.clock.advance(timedelta(days=45).total_seconds())

    def unpriced(self, _: str) -> None:
        """An administrator allows models without a price, or no longer does."""
        allowed = None if self.router.unpriced_ceiling else Money.usd("0.05")
        self.router = replace(self.router, unpriced_ceiling=allowed)

    def nothing(self, _: str) -> None:
        """All is as it was."""


def _dearer(card: ModelCard) -> ModelCard:
    rates = tuple(replace(rate, usd=rate.usd * 3) for rate in card.prices.rates)
    return replace(card, prices=replace(card.prices, rates=rates))


CHANGES: tuple[Callable[[World, str], None], ...] = (
    World.nothing,
    World.key,
    World.failed,
    World.dearer,
    World.busy,
    World.later,
    World.unpriced,
)


def picture(role: Role) -> InputImage:
    return InputImage(role=role, digest="a" * 64, media_type="image/png", width=640, height=480)


def options() -> st.SearchStrategy[ImageRequest]:
    """Requests of all kinds, about half of them for a picture from words."""
    sizes = [{"size": Size(1024, 1024)}, {"size": Size(2000, 700)}]
    shapes = st.sampled_from([{}, {}, *sizes, {"aspect": Aspect(16, 9)}, {"aspect": Aspect(1, 1)}])
    maybe = st.sampled_from
    return st.builds(
        lambda shape, **rest: ImageRequest(**shape, **rest),
        shapes,
        operation=maybe([Operation.GENERATE] * 5 + [each for each in Operation if each is not Operation.UPLOAD]),
        inputs=maybe([(), (picture(Role.SOURCE),), (picture(Role.SOURCE), picture(Role.MASK)), (picture(Role.STYLE),)]),
        negative_prompt=maybe([None, None, "snow. "]),
        count=maybe([1, 1, 2, 7]),
        margins=maybe([None, None, Margins(right=100)]),
        quality=maybe([None, "high", "hd", "best"]),
        style=maybe([None, None, "vivid", "ink"]),
        presets=maybe([(), ("watercolor",)]),
        steps=maybe([None, 20, 500]),
        guidance=maybe([None, 7, 7.0, 0.0, -0.0]),
        seed=maybe([None, None, 7]),
        strength=maybe([None, 1, 1.0]),
        scale=maybe([None, 2, 4]),
        format=maybe([None, "png", "jpg", "bmp"]),
        background=maybe([None, "transparent"]),
        previews=maybe([0, 2]),
        strictness=maybe([Strictness.ADAPT, Strictness.ADAPT, Strictness.STRICT]),
        extra=maybe([{}, {}, {"cfg": 1}]),
    )


def said() -> st.SearchStrategy[dict[str, object]]:
    """What no draft depends on: the words, who is asked, and what becomes of the pictures."""
    words = {"prompt": st.sampled_from(["a fox", "a fox. ", "", " \n", "a detailed fox", "fur" * 400, "\u00e9" * 40])}
    asked: st.SearchStrategy[dict[str, object]] = st.one_of(
        st.fixed_dictionaries({"tier": st.sampled_from(["ultra", "high", "standard", "fast", "auto"])}),
        st.fixed_dictionaries({"model": st.sampled_from(MODELS), "fallback": st.booleans()}),
        st.fixed_dictionaries({"provider": st.sampled_from(SERVICES), "fallback": st.booleans()}),
        st.just({}),
    )
    around = st.fixed_dictionaries(
        {
            **words,
            "without": st.sampled_from([(), ("openai",)]),
            "project": st.sampled_from(["default", "harbour"]),
            "tags": st.sampled_from([(), ("sea",)]),
            "max_cost": st.sampled_from([None, Money.usd("0.01")]),
            "protect": st.booleans(),
            "reuse": st.booleans(),
            "optimise": st.booleans(),
            "profile": st.sampled_from([None, "mine"]),
            "template": st.sampled_from([None, "one"]),
            "values": st.sampled_from([{}, {"animal": "fox"}]),
        }
    )
    return st.builds(lambda first, second: {**first, **second}, around, asked)


def planned(router: Router, request: ImageRequest) -> Plan | str:
    """A plan, or all that is told instead."""
    try:
        return router.plan(request)
    except LimnerError as error:
        return f"{error!r} {error.problem()}"


STEPS = st.lists(
    st.tuples(st.sampled_from(CHANGES), st.sampled_from(SERVICES), st.integers(0, 1), said()), min_size=2, max_size=8
)


@given(wanted=st.lists(options(), min_size=2, max_size=2), steps=STEPS)
@settings(max_examples=100)
async def test_a_plan_with_kept_drafts_is_the_one_that_is_made_from_scratch(
    wanted: list[ImageRequest], steps: list[tuple[Callable[[World, str], None], str, int, dict[str, object]]]
) -> None:
    world = World()
    for change, service, which, words in steps:
        change(world, service)
        await world.renewed()
        request = replace(wanted[which], **words)  # type: ignore[arg-type]  # fields of ImageRequest
        fresh = planned(replace(world.router, drafts=Drafts()), request)
        # Text tells apart what is equal: 7 from 7.0, and 0.0 from -0.0.
        assert repr(planned(world.router, request)) == repr(fresh)


@given(request=options(), words=said())
def test_no_draft_depends_on_what_it_is_said_not_to_depend_on(request: ImageRequest, words: dict[str, object]) -> None:
    other = replace(request, **words)  # type: ignore[arg-type]  # fields of ImageRequest
    card = shipped().models[len(repr(words)) % len(MODELS)]
    stand_in = card.operations.get(request.operation, StandIn.NATIVE)
    assert _told(drafted(other, card, stand_in)) == _told(drafted(request, card, stand_in))


def _told(draft: Draft) -> str:
    return repr((draft.calls, draft.counts, draft.before, draft.after, draft.estimates, str(draft.refusal)))


def test_everything_about_a_request_is_either_an_option_or_named_as_none() -> None:
    assert {each.name for each in fields(ImageRequest)} > LOOKED_AT_ELSEWHERE


def test_drafts_are_kept_for_the_same_options_in_other_words() -> None:
    drafts, request = Drafts(), ImageRequest(prompt="a fox", guidance=7, tier="fast")
    kept = drafts.alike(request)
    assert drafts.alike(replace(request, prompt="an owl", tier="high", project="harbour")) is kept
    assert drafts.alike(replace(request, guidance=7.0)) is not kept
    assert drafts.alike(replace(request, size=Size(64, 64))) is not kept


def test_what_has_options_of_the_service_is_not_kept() -> None:
    drafts, request = Drafts(), ImageRequest(prompt="a fox", extra={"cfg": 1})
    assert drafts.alike(request) is not drafts.alike(request)


def test_the_options_that_were_asked_for_longest_ago_are_forgotten() -> None:
    drafts, request = Drafts(), ImageRequest(prompt="a fox")
    first = drafts.alike(replace(request, seed=0))
    second = drafts.alike(replace(request, seed=1))
    for seed in range(2, MOST):
        drafts.alike(replace(request, seed=seed))
    assert drafts.alike(replace(request, seed=0)) is first
    drafts.alike(replace(request, seed=MOST))
    assert drafts.alike(replace(request, seed=0)) is first
    assert drafts.alike(replace(request, seed=1)) is not second


def test_a_refusal_that_is_kept_holds_on_to_no_request() -> None:
    world, request = World(), ImageRequest(prompt="a fox", model="openai/gpt-image-2", format="bmp")
    for _ in range(2):
        with pytest.raises(LimnerError, match="bmp"):
            world.router.plan(request)
    refusals = [draft.refusal for draft in world.router.drafts.alike(request).values()]
    assert [refusal is not None and refusal.__traceback__ is None for refusal in refusals] == [True]
