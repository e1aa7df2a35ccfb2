"""The options that commands share, in groups, and how a command takes a whole group at once."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from typing import Annotated, get_type_hints

import typer

Json = Annotated[bool, typer.Option("--json", help="Write one JSON document to stdout, everything else to stderr.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before money is spent.")]
MaxCost = Annotated[
    str | None, typer.Option("--max-cost", metavar="USD", help="Refuse rather than spend more than this.")
]
Show = Annotated[bool, typer.Option("--show/--no-show", help="Show pictures in the terminal where it can.")]
Out = Annotated[
    str | None,
    typer.Option("--out", "-o", metavar="DIR|FILE", help="Copy the pictures there; nothing is overwritten."),
]
Image = Annotated[str, typer.Argument(metavar="IMAGE", help="The file of a picture, or the id of a kept one.")]
Prompt = Annotated[str, typer.Argument(metavar="PROMPT", help="What to paint; - reads it from stdin.")]
OptionalPrompt = Annotated[str, typer.Argument(metavar="PROMPT", help="What to paint; - reads it from stdin.")]


@dataclass(frozen=True, kw_only=True, slots=True)
class Painter:
    """Who paints."""

    model: Annotated[
        str | None, typer.Option("--model", "-m", help="A model, such as openai/gpt-image-2 or sketch.")
    ] = None
    provider: Annotated[str | None, typer.Option("--provider", "-p", help="A service; its default model paints.")] = (
        None
    )
    profile: Annotated[str | None, typer.Option("--profile", "-P", help="A profile of yours, by its name or id.")] = (
        None
    )
    key: Annotated[
        str | None, typer.Option("--key", metavar="KEY", help="Pay with this stored key: its label or its id.")
    ] = None
    tier: Annotated[
        str | None, typer.Option("--tier", help="ultra, high, standard or fast; auto reads it from the prompt.")
    ] = None
    fallback: Annotated[
        bool, typer.Option("--fallback", help="Let another service paint where the one that is named cannot.")
    ] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What the pictures should be like; what is left out is the model's choice."""

    count: Annotated[int | None, typer.Option("--count", "-n", help="How many pictures, 1 to 10.")] = None
    size: Annotated[str | None, typer.Option("--size", metavar="WxH", help="Pixels, such as 1024x1024.")] = None
    aspect: Annotated[str | None, typer.Option("--aspect", metavar="W:H", help="A shape, such as 16:9.")] = None
    quality: Annotated[str | None, typer.Option("--quality", help="Such as low, medium or high.")] = None
    seed: Annotated[int | None, typer.Option("--seed", help="The same seed gives the same picture again.")] = None
    negative: Annotated[str | None, typer.Option("--negative", help="What should not be in the picture.")] = None
    presets: Annotated[
        list[str] | None, typer.Option("--preset", help="A saved style; may be given several times.")
    ] = None
    template: Annotated[str | None, typer.Option("--template", help="A template of yours, in place of a prompt.")] = (
        None
    )
    values: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="BLANK=WORDS", help="What stands in a blank of the template."),
    ] = None
    style: Annotated[str | None, typer.Option("--style", help="A style of the model's own.")] = None
    steps: Annotated[int | None, typer.Option("--steps", help="How many steps the model takes.")] = None
    guidance: Annotated[float | None, typer.Option("--guidance", help="How closely it keeps to the prompt.")] = None
    strength: Annotated[float | None, typer.Option("--strength", help="0 keeps the source, 1 repaints it.")] = None
    format: Annotated[str | None, typer.Option("--format", help="png, jpeg or webp.")] = None
    background: Annotated[str | None, typer.Option("--background", help="transparent, opaque or auto.")] = None
    references: Annotated[
        list[str] | None,
        typer.Option("--reference", metavar="FILE", help="A picture to look at; may be given several times."),
    ] = None
    project: Annotated[str | None, typer.Option("--project", help="The project the pictures belong to.")] = None
    tags: Annotated[list[str] | None, typer.Option("--tag", help="A tag; may be given several times.")] = None
    extra: Annotated[
        list[str] | None,
        typer.Option("--extra", metavar="KEY=VALUE", help="An option of the service's own, passed through as it is."),
    ] = None
    previews: Annotated[int | None, typer.Option("--previews", help="Partial pictures while it paints, 0 to 3.")] = None
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse rather than adapt an option the model cannot take.")
    ] = False
    reuse: Annotated[
        bool, typer.Option("--reuse", help="Take kept pictures of the same request, up to seven days old, for nothing.")
    ] = False
    optimise: Annotated[
        bool,
        typer.Option("--optimise", help="Shorten a prompt of 3,000 characters or more, so that every model takes it."),
    ] = False
    translate: Annotated[
        bool, typer.Option("--translate", help="Put the prompt into the language that the model reads best.")
    ] = False
    translate_to: Annotated[
        str | None, typer.Option("--translate-to", metavar="LANGUAGE", help="Put it into this one instead, such as en.")
    ] = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What may be spent, where the pictures go and how the answer is written."""

    max_cost: MaxCost = None
    yes: Yes = False
    out: Out = None
    show: Show = True
    json: Json = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Growth:
    """By how much a picture grows on each side."""

    left: Annotated[int, typer.Option("--left", metavar="PX", help="Pixels added on the left.")] = 0
    top: Annotated[int, typer.Option("--top", metavar="PX", help="Pixels added above.")] = 0
    right: Annotated[int, typer.Option("--right", metavar="PX", help="Pixels added on the right.")] = 0
    bottom: Annotated[int, typer.Option("--bottom", metavar="PX", help="Pixels added below.")] = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Region:
    """Which part of a picture may change."""

    mask: Annotated[
        str | None, typer.Option("--mask", metavar="FILE", help="White, or transparent, where the picture may change.")
    ] = None
    protect: Annotated[bool, typer.Option("--protect", help="Put the pixels outside the mask back as they were.")] = (
        False
    )


Command = Callable[..., int]


class App(typer.Typer):
    """A list of commands, each of which may take whole groups of options."""

    def add(self, name: str | None = None) -> Callable[[Command], Command]:
        """Registers a function as a command. A parameter whose type is a group of options becomes all of them.

        What the function returns is the exit code; its docstring is the help.
        """

        def register(function: Command) -> Command:
            self.command(name, help=inspect.getdoc(function))(_spread(function))
            return function

        return register


@dataclass(frozen=True, slots=True)
class _Parts:
    """How the parameters of a command are made from what typer gives."""

    groups: Mapping[str, type] = field(default_factory=dict)
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def gathered(self, given: Mapping[str, object]) -> dict[str, object]:
        """The arguments for the function itself."""
        taken = {member for members in self.members.values() for member in members}
        arguments = {name: value for name, value in given.items() if name not in taken}
        for name, group in self.groups.items():
            arguments[name] = group(**{member: given[member] for member in self.members[name]})
        return arguments


def _spread(function: Command) -> Command:
    """A function with the same behaviour whose signature holds single options only, as typer wants it."""
    hints = get_type_hints(function, include_extras=True)
    parameters: list[inspect.Parameter] = []
    groups: dict[str, type] = {}
    members: dict[str, tuple[str, ...]] = {}
    for parameter in inspect.signature(function).parameters.values():
        hint = hints[parameter.name]
        if isinstance(hint, type) and is_dataclass(hint):
            groups[parameter.name] = hint
            own = _options(hint)
            members[parameter.name] = tuple(option.name for option in own)
            parameters += own
        else:
            parameters.append(parameter.replace(annotation=hint, kind=inspect.Parameter.KEYWORD_ONLY))
    parts = _Parts(groups, members)

    def carry_out(**given: object) -> int:
        return function(**parts.gathered(given))

    carry_out.__name__ = function.__name__
    carry_out.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    vars(carry_out)["__signature__"] = inspect.Signature(parameters)
    return carry_out


def _options(group: type) -> list[inspect.Parameter]:
    """The fields of a group as parameters."""
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            each.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if each.default is MISSING else each.default,
            annotation=hints[each.name],
        )
        for each in fields(group)
    ]
