"""What types alone cannot say about a model: its parts have to agree with one another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from limner.catalog.positions import KeyPath
from limner.catalog.schema import TIERS, ModelTable, ParameterTable, ServiceTable
from limner.domain.model_card import USUAL_ROLES, MaskKind, ParameterKind, StandIn, Status
from limner.domain.request import NEEDS_NO_PROMPT, Operation, Role, Size

Faults = Iterator[tuple[KeyPath, str]]
"""The place of each fault in the table, and the sentence about it."""


def service_faults(service: ServiceTable) -> Faults:
    """Whether the parts of a service agree."""
    if not service.local and service.base_url is None:
        yield ("base_url",), "base_url is missing; only a local service may do without an address."
    if (service.base_url is None) != (service.base_url_variable is None):
        yield ("base_url_variable",), "base_url and base_url_variable go together; give both or neither."
    if not service.local and service.documentation is None:
        yield ("documentation",), "documentation is missing; give the address where the facts come from."


def model_faults(model: ModelTable, service: ServiceTable) -> Faults:
    """Whether the parts of a model agree, prices apart."""
    for check in _CHECKS:
        yield from check(model)
    yield from _life(model, model.as_of or service.as_of)


def _operations(model: ModelTable) -> Faults:
    native = set(model.operations)
    for operation, stand_in in model.stand_ins.items():
        path = ("stand_ins", operation.value)
        if operation in native:
            yield path, f"stand_ins.{operation} is also in operations; an operation is native or has a stand-in."
            continue
        needed = _NEEDS.get(stand_in)
        if needed is None:
            yield path, f'stand_ins.{operation} must be edit or canvas (got "{stand_in}").'
        elif needed not in native:
            yield path, f'stand_ins.{operation} = "{stand_in}" needs {needed} among the operations.'
    if Operation.INPAINT in native and model.mask is MaskKind.NONE:
        yield ("mask",), 'mask must say how pixels are marked, since the model inpaints (got "none").'
    if native - {Operation.GENERATE} and not model.max_inputs:
        yield ("max_inputs",), "max_inputs must be at least 1, since the model works on pictures (got 0)."


def _words(model: ModelTable) -> Faults:
    for operation in model.default_prompts:
        if operation not in model.operations or operation not in NEEDS_NO_PROMPT:
            fault = (
                f"default_prompts.{operation} is for an operation that the model has and that may come without words."
            )
            yield ("default_prompts", operation.value), fault
    for name, rule in model.parameters.items():
        if rule.required and rule.default is not None:
            yield ("parameters", name, "required"), f"parameters.{name} has a default and is not required."


_NEEDS = {StandIn.EDIT: Operation.EDIT, StandIn.CANVAS: Operation.INPAINT}


def _sizes(model: ModelTable) -> Faults:
    sizes, grid = model.sizes, model.sizes.grid
    if grid is not None and grid.min_edge > grid.max_edge:
        yield ("sizes", "grid", "min_edge"), f"sizes.grid.min_edge must be at most max_edge, {grid.max_edge}."
    if grid is not None and grid.min_pixels > grid.max_pixels:
        yield ("sizes", "grid", "min_pixels"), f"sizes.grid.min_pixels must be at most max_pixels, {grid.max_pixels}."
    shapes_only = bool(sizes.aspects) and not sizes.fixed and grid is None
    if sizes.default is not None and not shapes_only and not makes(model, sizes.default):
        yield ("sizes", "default"), f"sizes.default is {sizes.default}, which the model does not make."
    if sizes.resolutions and not shapes_only:
        yield (
            ("sizes", "resolutions"),
            "sizes.resolutions is for models that take shapes only: give aspects, nothing else.",
        )
    if sizes.resolutions and sizes.default is None:
        yield ("sizes", "default"), "sizes.default is missing; it says which of the resolutions is the usual one."


def _source_shapes(model: ModelTable) -> Faults:
    for key, operations in (("keeps", model.sizes.keeps), ("follows", model.sizes.follows)):
        for index, operation in enumerate(operations):
            if operation not in model.operations:
                fault = f"sizes.{key} names {operation}, which is not among the operations."
                yield ("sizes", key, index), fault
    if model.sizes.reframes and (Operation.OUTPAINT not in model.operations or not model.sizes.fixed):
        fault = "sizes.reframes is for models that outpaint to one of their fixed sizes; outpaint or fixed is missing."
        yield ("sizes", "reframes"), fault


def _roles(model: ModelTable) -> Faults:
    if (model.roles or model.needs) and not model.max_inputs:
        yield ("max_inputs",), "max_inputs must be at least 1, since the model takes pictures in some roles (got 0)."
    if Role.MASK in {*model.roles, *model.needs}:
        yield ("roles",), "roles and needs do not name masks; mask says how they are marked."
    missing = [role for role in model.needs if role not in (model.roles or USUAL_ROLES)]
    if missing:
        yield ("needs",), f"needs names {missing[0]}, which is not among the roles."


def makes(model: ModelTable, size: Size) -> bool:
    """Whether a size is in the list or on the grid."""
    grid = model.sizes.grid
    if size in model.sizes.fixed:
        return True
    if grid is None:
        return False
    short, long = sorted((size.width, size.height))
    return (
        short % grid.multiple == long % grid.multiple == 0
        and grid.min_edge <= short
        and long <= grid.max_edge
        and grid.min_pixels <= size.pixels <= grid.max_pixels
        and long / short <= grid.max_ratio
    )


def _parameters(model: ModelTable) -> Faults:
    for name, rule in model.parameters.items():
        for key, text in _rule_faults(rule):
            yield ("parameters", name, key), f"parameters.{name}.{key} {text}"
    written = model.parameters.get("format")
    if written is not None and written.choices != model.formats:
        yield ("parameters", "format", "choices"), "parameters.format.choices must be the same list as formats."


def _rule_faults(rule: ParameterTable) -> Iterator[tuple[str, str]]:
    numeric, chosen = rule.kind in (ParameterKind.INTEGER, ParameterKind.NUMBER), rule.kind is ParameterKind.CHOICE
    if chosen != bool(rule.choices):
        yield "choices", "must be given for a choice." if chosen else f"has no meaning for the kind {rule.kind}."
    for key, bound in (("minimum", rule.minimum), ("maximum", rule.maximum)):
        if bound is not None and not numeric:
            yield key, f"has no meaning for the kind {rule.kind}."
    if rule.minimum is not None and rule.maximum is not None and rule.minimum > rule.maximum:
        yield "minimum", f"must be at most the maximum, {rule.maximum} (got {rule.minimum})."
    for word, choice in rule.aliases.items():
        if choice not in rule.choices or word in rule.choices:
            yield "aliases", f'must lead from other words to choices ("{word}" leads to "{choice}").'
    if rule.default is not None and not _fits(rule, rule.default):
        yield "default", f"must be a value that the parameter takes (got {rule.default!r})."


def _fits(rule: ParameterTable, value: str | float | bool) -> bool:
    match rule.kind:
        case ParameterKind.CHOICE:
            return value in rule.choices
        case ParameterKind.FLAG:
            return isinstance(value, bool)
        case ParameterKind.TEXT:
            return isinstance(value, str)
    whole = isinstance(value, int) or rule.kind is ParameterKind.NUMBER
    return (
        whole
        and not isinstance(value, bool | str)
        and (rule.minimum is None or value >= rule.minimum)
        and (rule.maximum is None or value <= rule.maximum)
    )


def _tiers(model: ModelTable) -> Faults:
    for tier in model.tiers:
        if tier not in TIERS:
            yield ("tiers", tier), f"tiers.{tier} is not a tier; the tiers are {', '.join(TIERS)}."
    if model.tiers and model.status is not Status.LIVE:
        yield ("tiers",), f"tiers are for live models; this one is {model.status}."


def _time(model: ModelTable) -> Faults:
    if model.timeout <= model.seconds:
        yield ("timeout",), f"timeout must be more than seconds, {model.seconds:g} (got {model.timeout:g})."


def _life(model: ModelTable, as_of: date) -> Faults:
    """A date of end that contradicts the status on the day of the facts."""
    end = model.shutdown
    if model.status is Status.RETIRED and end is None:
        yield ("shutdown",), "shutdown is missing; say when the retired model ended."
    if model.status is Status.RETIRED and end is not None and end > as_of:
        yield ("shutdown",), f"shutdown is {end}, after as_of {as_of}: the model is deprecated, not yet retired."
    if model.status in (Status.LIVE, Status.UNLISTED) and end is not None:
        yield ("shutdown",), f"shutdown is for deprecated and retired models; this one is {model.status}."
    if model.status is Status.DEPRECATED and end is not None and end <= as_of:
        yield ("shutdown",), f"shutdown is {end}, not after as_of {as_of}: the model is retired."
    if model.successor is not None and model.status not in (Status.DEPRECATED, Status.RETIRED):
        yield ("successor",), f"successor is for deprecated and retired models; this one is {model.status}."


_CHECKS: Iterable[Callable[[ModelTable], Faults]] = (
    _operations,
    _words,
    _sizes,
    _source_shapes,
    _roles,
    _parameters,
    _tiers,
    _time,
)
