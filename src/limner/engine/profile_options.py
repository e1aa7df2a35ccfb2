"""What the parameters of a profile mean: options of a request, and what is the service's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace

from limner.domain.errors import InvalidRequest
from limner.domain.interpreting import wanted_language
from limner.domain.model_card import ModelCard, ParameterKind
from limner.domain.request import Aspect, ImageRequest, Size
from limner.engine.admission import LOOKED_AT, PRICED, admit

ALIASES: Mapping[str, str] = {
    "negativePrompt": "negative_prompt",
    "aspectRatio": "aspect",
    "aspect_ratio": "aspect",
    "guidanceScale": "guidance",
    "guidance_scale": "guidance",
    "cfgScale": "guidance",
    "cfg_scale": "guidance",
    "outputFormat": "format",
    "output_format": "format",
    "n": "count",
}
"""The words of document 2 and of services for options of a request."""
EVERYWHERE = frozenset({"standard", "hd", "vivid", "natural"})
"""Words of document 2 that every model is adapted to."""
LONGEST = 4000
"""Characters of a text among the parameters."""
_DEFAULTS = ImageRequest()


@dataclass(frozen=True, kw_only=True, slots=True)
class ProfileOptions:
    """The parameters of a profile, read."""

    options: Mapping[str, object] = field(default_factory=dict)
    """By the fields of `ImageRequest`."""
    extra: Mapping[str, object] = field(default_factory=dict)
    """The service's own options."""

    def into(self, request: ImageRequest) -> ImageRequest:
        """The request, with these options where it says nothing itself."""
        given = {each.name for each in fields(request) if getattr(request, each.name) != getattr(_DEFAULTS, each.name)}
        if given & {"size", "aspect"}:
            given |= {"size", "aspect"}  # of size and shape only one can be said
        options = {name: value for name, value in self.options.items() if name not in given}
        return replace(request, **options, extra={**self.extra, **request.extra})  # type: ignore[arg-type]  # by name


def read_parameters(parameters: Mapping[str, object], card: ModelCard | None = None) -> ProfileOptions:
    """What parameters mean. An option that the model of `card` lacks is adapted when it paints, and told then; a word
    that none of its choices has is refused here. Raises InvalidRequest, with `parameters.` and the name.
    """
    options: dict[str, object] = {}
    extra: dict[str, object] = {}
    for name, value in parameters.items():
        if value is not None:
            _take(name, value, options, extra)
    if "size" in options and "aspect" in options:
        raise _refused("aspect", "Give a size or a shape (aspect), not both.")
    found = ProfileOptions(options=options, extra=extra)
    _check_ranges(found)
    if card is not None:
        _check_choices(parameters, options, card)
    return found


def _take(name: str, value: object, options: dict[str, object], extra: dict[str, object]) -> None:
    """Adds one parameter to the options it belongs to."""
    known = ALIASES.get(name, name)
    if known == "count":
        _check_count(name, value)
    elif known in _READERS:
        meant, read = _READERS[known](name, value)
        if (meant or known) in options:
            raise _refused(name, f"'{meant or known}' is given twice.")
        options[meant or known] = read
    elif name in PRICED:
        raise _refused(name, f"'{name}' decides the price; say it with each request.")
    elif name in LOOKED_AT:
        raise _refused(name, f"'{name}' is looked at before it is sent; say it with each request.")
    else:
        extra[name] = value


Read = tuple[str, object]
"""The field that is meant, empty for the one of the same name, and its value."""


def _text(name: str, value: object) -> Read:
    if not isinstance(value, str):
        raise _refused(name, f"Expected string, received {kind_of(value)}", "invalid_type")
    if not value.strip():
        raise _refused(name, "String must contain at least 1 character(s)", "too_small")
    if len(value) > LONGEST:
        raise _refused(name, f"String must contain at most {LONGEST} character(s)", "too_big")
    return "", value


def _whole(name: str, value: object) -> Read:
    if isinstance(value, float):
        raise _refused(name, "Expected integer, received float", "invalid_type")
    if isinstance(value, bool) or not isinstance(value, int):
        raise _refused(name, f"Expected number, received {kind_of(value)}", "invalid_type")
    return "", value


def _number(name: str, value: object) -> Read:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _refused(name, f"Expected number, received {kind_of(value)}", "invalid_type")
    return "", float(value)


def _size(name: str, value: object) -> Read:
    """Pixels; or a shape, which document 2 writes in the same place."""
    _text(name, value)
    return _aspect(name, value) if ":" in str(value) else ("size", _parsed(Size.parse, name, value))


def _aspect(name: str, value: object) -> Read:
    _text(name, value)
    return "aspect", _parsed(Aspect.parse, name, value)


def _language(name: str, value: object) -> Read:
    if not isinstance(value, bool | str):
        raise _refused(name, f"Expected boolean, received {kind_of(value)}", "invalid_type")
    try:
        return "", wanted_language(value)
    except InvalidRequest as error:
        raise _refused(name, error.message) from None


def _parsed(parse: Callable[[str], object], name: str, value: object) -> object:
    try:
        return parse(str(value))
    except ValueError as error:
        raise _refused(name, str(error)) from None


_READERS: Mapping[str, Callable[[str, object], Read]] = {
    "negative_prompt": _text,
    "quality": _text,
    "style": _text,
    "size": _size,
    "aspect": _aspect,
    "steps": _whole,
    "guidance": _number,
    "seed": _whole,
    "strength": _number,
    "format": _text,
    "background": _text,
    "translate": _language,
}
"""How each option is read."""


def _check_count(name: str, value: object) -> None:
    """A profile that multiplies what is bought would surprise whoever asked for one picture."""
    if value != 1 or isinstance(value, bool):
        raise _refused(name, "How many pictures is said with each request, not in a profile.")


def _check_ranges(found: ProfileOptions) -> None:
    try:
        admit(found.into(ImageRequest(prompt="a picture")))
    except InvalidRequest as error:
        raise _refused(error.field or "", error.message) from None


def _check_choices(parameters: Mapping[str, object], options: Mapping[str, object], card: ModelCard) -> None:
    """A word for an option that the model has must be one that it knows."""
    for name in parameters:
        known = ALIASES.get(name, name)
        rule, word = card.parameter(known), options.get(known)
        if rule is None or rule.kind is not ParameterKind.CHOICE or not isinstance(word, str):
            continue
        plain = word.strip().lower()
        if plain not in rule.choices and plain not in rule.aliases and plain not in EVERYWHERE:
            expected = " | ".join(f"'{choice}'" for choice in (*rule.choices, *rule.aliases))
            raise _refused(name, f"Invalid enum value. Expected {expected}, received '{word}'", "invalid_enum_value")


_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),
    (int, "number"),
    (float, "number"),
    (str, "string"),
    (list, "array"),
    (Mapping, "object"),
)


def kind_of(value: object) -> str:
    """What JSON calls a value of this kind."""
    return next((word for kind, word in _KINDS if isinstance(value, kind)), "null")


def _refused(name: str, message: str, code: str = "custom") -> InvalidRequest:
    said = message if message.endswith(".") else f"{message}."
    return InvalidRequest(said, field=f"parameters.{name}", code=code)
