"""From OpenAI's words to a request."""

from collections.abc import Mapping

import pytest

from limner.api.dialects.openai.bodies import GenerationBody
from limner.api.dialects.openai.wishes import named_by, wish_of
from limner.domain.errors import UnknownModel
from limner.domain.request import ImageRequest, Size
from tests.shipped import shipped

CATALOG = shipped()


def wish(**fields: object) -> ImageRequest:
    return wish_of(GenerationBody.model_validate({"prompt": "a boat", **fields}), (), CATALOG)


@pytest.mark.parametrize(
    "model,named",
    [
        (None, {}),
        ("sketch", {"provider": "sketch"}),
        ("gpt-image-2", {"model": "openai/gpt-image-2"}),
        ("dall-e-3", {"model": "openai/dall-e-3"}),
        ("openai", {"provider": "openai"}),
        ("grok", {"provider": "xai"}),
        ("tier/fast", {"tier": "fast"}),
        ("tier/auto", {"tier": "auto"}),
        ("profile/posters", {"profile": "posters"}),
    ],
)
def test_a_model_may_be_named_in_many_ways(model: str | None, named: Mapping[str, str]) -> None:
    assert named_by(model, CATALOG) == named


@pytest.mark.parametrize("model", ["tier/splendid", "nobody", "openai/nothing"])
def test_what_is_no_model_is_said_so(model: str) -> None:
    with pytest.raises(UnknownModel):
        named_by(model, CATALOG)


def test_what_is_left_to_the_model_is_not_asked_for() -> None:
    fields = {"size": "auto", "quality": "auto", "background": "auto", "n": None, "style": None}
    assert wish(**fields) == ImageRequest(prompt="a boat")


@pytest.mark.parametrize("word,quality", [("hd", "high"), ("standard", "medium"), ("low", "low")])
def test_old_words_for_quality_are_todays(word: str, quality: str) -> None:
    assert wish(model="gpt-image-2", quality=word).quality == quality


def test_a_models_own_words_for_quality_are_taken_where_it_is_named() -> None:
    assert wish(model="gemini/gemini-3.1-flash-image", quality="minimal").quality == "minimal"


def test_options_go_only_to_models_that_have_them() -> None:
    options = {"output_compression": 80, "moderation": "low", "output_format": "webp", "size": "1536x1024"}
    openais = wish(model="dall-e-3", **options)
    assert openais.extra == {"output_compression": 80, "moderation": "low"}
    assert (openais.format, openais.size) == ("webp", Size(1536, 1024))
    assert wish(model="sketch", **options).extra == {}


def test_partial_pictures_are_for_streams() -> None:
    assert wish(partial_images=2).previews == 0
    assert wish(partial_images=2, stream=True).previews == 2
