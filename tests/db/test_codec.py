"""What is written is read back equal."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner.db import codec
from limner.domain.call import Call, CallInput, Finished, Landed, Painted
from limner.domain.errors import Problem, Spent
from limner.domain.money import Estimate, Money
from limner.domain.picture import PictureFile
from limner.domain.plan import Candidate, Plan, ReceiptLine, Rejection
from limner.domain.prices import Meter
from limner.domain.request import Aspect, ImageRequest, InputImage, Margins, Size

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
numbers = st.floats(allow_nan=False, allow_infinity=False)
whole = st.integers(-(2**70), 2**70)
plain = st.recursive(
    st.none() | st.booleans() | whole | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
mappings = st.dictionaries(texts, plain, max_size=3)
sizes = st.builds(Size, whole, whole)
amounts = st.builds(Money, whole)
margins = st.builds(Margins, left=whole, top=whole, right=whole, bottom=whole)
decimals = st.decimals(allow_nan=False, allow_infinity=False)
painted = st.builds(
    Painted,
    content=st.builds(Landed, digest=texts, size=whole),
    seed=st.none() | whole,
    revised_prompt=st.none() | texts,
    notes=mappings,
)

images = st.builds(InputImage)
aspects = st.builds(Aspect, whole, whole)
wanted = st.builds(
    ImageRequest,
    inputs=st.lists(images, max_size=2).map(tuple),
    size=st.none() | sizes,
    aspect=st.none() | aspects,
    margins=st.none() | margins,
    presets=st.lists(texts, max_size=2).map(tuple),
    guidance=st.none() | numbers,
    strength=st.none() | numbers,
    seed=st.none() | whole,
    max_cost=st.none() | amounts,
    extra=mappings,
)
call_inputs = st.builds(CallInput, data=st.binary(max_size=4))
calls = st.builds(
    Call,
    inputs=st.lists(call_inputs, max_size=2).map(tuple),
    size=st.none() | sizes,
    guidance=st.none() | numbers,
    strength=st.none() | numbers,
    timeout=numbers,
    extra=mappings,
)
candidates = st.builds(
    Candidate,
    calls=st.lists(calls, max_size=2).map(tuple),
    receipt=st.lists(st.builds(ReceiptLine), max_size=2).map(tuple),
    estimate=st.none() | st.builds(Estimate, floor=amounts, likely=amounts, ceiling=amounts),
    seconds=numbers,
)
plans = st.builds(
    Plan,
    candidates=st.lists(candidates, max_size=2).map(tuple),
    rejections=st.lists(st.builds(Rejection), max_size=2).map(tuple),
)
answers = st.builds(
    Finished,
    pictures=st.lists(painted, max_size=2).map(tuple),
    usage=st.dictionaries(st.sampled_from(Meter), decimals, max_size=3),
    cost=st.none() | amounts,
)


def without_bytes(call: Call) -> Call:
    return replace(call, inputs=tuple(replace(image, data=b"") for image in call.inputs))


@settings(max_examples=60, deadline=None)
@given(wanted)
def test_requests(value: ImageRequest) -> None:
    assert codec.requests().read(codec.requests().write(value)) == value


@settings(max_examples=60, deadline=None)
@given(calls)
def test_calls_without_their_bytes(value: Call) -> None:
    assert codec.calls().read(codec.calls().write(value)) == without_bytes(value)


@settings(max_examples=60, deadline=None)
@given(plans)
def test_plans_without_the_bytes_of_their_calls(value: Plan) -> None:
    bare = tuple(
        replace(candidate, calls=tuple(without_bytes(call) for call in candidate.calls))
        for candidate in value.candidates
    )
    assert codec.plans().read(codec.plans().write(value)) == replace(value, candidates=bare)


@settings(max_examples=60, deadline=None)
@given(answers)
def test_answers_with_exact_decimals(value: Finished) -> None:
    found = codec.answers().read(codec.answers().write(value))
    assert found == value
    assert [amount.as_tuple() for amount in found.usage.values()] == [
        amount.as_tuple() for amount in value.usage.values()
    ]
    assert all(isinstance(amount, Decimal) for amount in found.usage.values())


@settings(max_examples=60, deadline=None)
@given(mappings)
def test_mappings(value: dict[str, object]) -> None:
    assert codec.mappings().read(codec.mappings().write(value)) == value


@settings(max_examples=40, deadline=None)
@given(st.builds(Problem, retry_after=st.none() | numbers), st.builds(PictureFile), st.lists(texts).map(tuple))
def test_the_rest(problem: Problem, file: PictureFile, words: tuple[str, ...]) -> None:
    assert codec.problems().read(codec.problems().write(problem)) == problem
    assert isinstance(codec.problems().read(codec.problems().write(problem)).spent, Spent)
    assert codec.files().read(codec.files().write(file)) == file
    assert codec.words().read(codec.words().write(words)) == words


FIRST = datetime.fromisoformat("0001-01-03")
LAST = datetime.fromisoformat("9999-12-29")
zones = st.just(UTC) | st.integers(-12, 14).map(lambda hours: timezone(timedelta(hours=hours)))
moments = st.datetimes(FIRST, LAST, timezones=zones)


@settings(max_examples=80, deadline=None)
@given(moments, moments)
def test_moments_sort_as_they_read(one: datetime, two: datetime) -> None:
    texts = codec.stamp(one), codec.stamp(two)
    assert (codec.moment(texts[0]), codec.moment(texts[1])) == (one, two)
    assert (texts[0] < texts[1]) == (one < two)


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        codec.stamp(datetime(2026, 11, 21, tzinfo=UTC).replace(tzinfo=None))
