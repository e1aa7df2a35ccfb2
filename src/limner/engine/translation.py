"""From a request to the calls that one model takes, with a receipt of what became of each option."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass

from limner.domain.call import Call
from limner.domain.model_card import ModelCard, StandIn
from limner.domain.money import Estimate
from limner.domain.plan import ReceiptLine, Treatment
from limner.domain.request import ImageRequest, Operation, Strictness
from limner.engine.drafting import Draft, drafted, dropped
from limner.engine.options import knows
from limner.engine.prompting import words_for
from limner.engine.untranslatable import Untranslatable


@dataclass(frozen=True, kw_only=True, slots=True)
class Translation:
    """The calls, and what became of each option: put together when asked for, since most models are passed over."""

    draft: Draft
    prompt: str
    """The words as they are sent."""
    words: tuple[ReceiptLine, ...]
    """What the receipt says about them."""

    @property
    def receipt(self) -> tuple[ReceiptLine, ...]:
        """What became of each option."""
        return (*self.draft.before, *self.words, *self.draft.after)

    @property
    def dropped(self) -> int:
        """How many wishes are not kept."""
        return self.draft.dropped + dropped(self.words)

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls, each time anew."""
        return self.draft.worded(self.prompt)

    @property
    def stand_in(self) -> StandIn:
        """How the operation is done."""
        return self.draft.stand_in

    @property
    def estimates(self) -> tuple[Estimate | None, ...]:
        """What each call may cost; None where the price is unknown."""
        return self.draft.priced(self.prompt)


def translate(request: ImageRequest, card: ModelCard, drafts: MutableMapping[str, Draft] | None = None) -> Translation:
    """The request in one model's own terms. Raises Untranslatable where it cannot be done.

    `drafts` are those of requests with the same options, by model; what is missing there is added.
    """
    stand_in = card.operations.get(request.operation)
    if stand_in is None:
        raise Untranslatable("operation", f"{card.title} cannot {spoken(request.operation)}.")
    _require_own_options(request, card)
    draft = None if drafts is None else drafts.get(card.id)
    if draft is None or draft.card is not card:
        draft = drafted(request, card, stand_in)
        if drafts is not None:
            drafts[card.id] = draft
    lines: list[ReceiptLine] = []
    prompt = _prompt(request, card, lines)
    if draft.refusal is not None:
        raise draft.refusal.again()
    done = Translation(draft=draft, prompt=prompt, words=tuple(lines))
    if request.strictness is Strictness.STRICT:
        _refuse_changes(done.receipt)
    return done


def spoken(operation: Operation) -> str:
    """An operation as words in a sentence: "cannot ..."."""
    return {
        Operation.GENERATE: "make pictures from words alone",
        Operation.VARIATIONS: "make variations",
        Operation.STYLE_TRANSFER: "transfer a style",
        Operation.REMOVE_BACKGROUND: "remove a background",
        Operation.EDIT: "edit pictures",
    }.get(operation, operation.value)


def _prompt(request: ImageRequest, card: ModelCard, lines: list[ReceiptLine]) -> str:
    prompt = request.prompt.strip()
    if not card.prompt_limit:
        if prompt:
            why = f"{card.title} works without words."
            lines.append(ReceiptLine(field="prompt", treatment=Treatment.IGNORED, wanted=prompt, why=why))
        return ""
    prompt = prompt or words_for(request, card, lines)
    if request.negative_prompt and card.parameter("negative_prompt") is None:
        prompt = _joined(prompt, f"Avoid: {request.negative_prompt.strip()}.")
        lines.append(
            ReceiptLine(
                field="negative_prompt",
                treatment=Treatment.MAPPED,
                wanted=request.negative_prompt,
                sent="prompt",
                why=f"{card.title} has no negative prompt; it is folded into the prompt.",
            )
        )
    if request.style and not knows(request.style, "style", card):
        prompt = _joined(prompt, f"Style: {request.style}.")
        lines.append(
            ReceiptLine(
                field="style",
                treatment=Treatment.MAPPED,
                wanted=request.style,
                sent="prompt",
                why=f"{card.title} has no option for this style; it is folded into the prompt.",
            )
        )
    if len(prompt) > card.prompt_limit:
        raise Untranslatable(
            "prompt",
            f"{card.title} takes at most {card.prompt_limit:,} characters; this prompt has {len(prompt):,}. "
            "Shorten it.",
            "prompt_too_long",
        )
    return prompt


def _joined(prompt: str, words: str) -> str:
    """A prompt with a sentence behind it; the sentence alone where there is no prompt."""
    return f"{prompt.rstrip('. ')}. {words}" if prompt else words


def _require_own_options(request: ImageRequest, card: ModelCard) -> None:
    for rule in card.parameters:
        if rule.required and rule.name not in request.extra:
            raise Untranslatable(f"extra.{rule.name}", f"{card.title} needs its option {rule.name}. Give it in extra.")


def _refuse_changes(lines: Sequence[ReceiptLine]) -> None:
    """In strict mode every option is taken as given or the model is not."""
    for line in lines:
        if line.treatment not in (Treatment.USED, Treatment.SPLIT) and line.field != "presets":
            instead = f", only as {line.sent}" if line.treatment is Treatment.ROUNDED else ""
            why = f"{line.field}={line.wanted} cannot be taken as given{instead}: {line.why}"
            raise Untranslatable(line.field, f"{why} Change it, or do without strict.", "strict")
