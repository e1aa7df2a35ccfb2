"""Prompts with blanks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.domain.errors import InvalidRequest
from limner.domain.template import Blank, Template, blanks_of
from limner.testing.fakes import NOON


def a_template(text: str) -> Template:
    return Template(id="1", owner="ann", name="harbour", text=text, description="", uses=0, created=NOON, updated=NOON)


@pytest.mark.req("S1-027")
def test_blanks_are_filled_with_values_and_defaults() -> None:
    template = a_template("a {subject} {light=at dusk}, {subject}, {{raw}} {mood=}")
    assert template.blanks == (Blank("subject", None), Blank("light", "at dusk"), Blank("mood", ""))
    assert template.filled({"subject": "boat"}) == "a boat at dusk, boat, {raw} "
    assert template.filled({"subject": "{light}", "light": "at \\1 noon"}) == "a {light} at \\1 noon, {light}, {raw} "


def test_the_first_default_of_a_blank_holds_everywhere() -> None:
    assert a_template("{a} {a=one} {a=two}").filled({}) == "one one one"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "needs a value for subject"),
        ({"subject": "boat", "ligth": "noon"}, "Did you mean 'light'?"),
        ({"subject": "boat", "xyz": "1"}, "There are: subject, light."),
    ],
)
def test_values_that_do_not_fit_are_told(values: dict[str, str], said: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        a_template("a {subject} {light=at dusk}").filled(values)
    assert said in refused.value.message
    assert refused.value.field == "values"


@pytest.mark.parametrize("text", ["a {", "a } b", "{two words}", "{1}", "{a={b}}", "{}", "{{{"])
def test_lone_braces_are_refused(text: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        blanks_of(text)
    assert refused.value.field == "template"


@given(st.text())
def test_text_with_its_braces_doubled_comes_out_as_it_is(text: str) -> None:
    assert a_template(text.replace("{", "{{").replace("}", "}}")).filled({}) == text
