"""Puts the prompt of a request into the language that its model reads best: once, and within what was agreed to.

The negative prompt goes along in the same purchase, unless it is told to be in such a language already.

A translation is bought before the job is written down, as a text call with a hold of its own. Under an Idempotency-Key,
or for a quote, it is kept as the answer to a text request is: whatever dies in between, it is not bought again.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field, replace
from weakref import WeakValueDictionary

from limner.domain.describing import Wish
from limner.domain.errors import InvalidRequest, PolicyError
from limner.domain.interpreting import Translates
from limner.domain.languages import BEST, NAMES, ForeseenTranslation, PromptTranslation, Wording
from limner.domain.money import ZERO
from limner.domain.people import Principal
from limner.domain.plan import Plan, ReceiptLine, Treatment
from limner.domain.ports import Catalog, Clock
from limner.domain.request import ImageRequest, Strictness
from limner.domain.text_repeats import AnswerLost, TextRepeats
from limner.engine.codec import RequestCodec

UNTOLD = (
    "Its language cannot be told from these words, so it is painted as it is. Name the language that it is to be in, "
    "such as en, to have it translated all the same."
)

Rehearse = Callable[[], Awaitable[None]]
"""Raises where what a translation is for would be refused: then nobody pays for the translation."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Interpreter:
    """Decides whether a prompt is translated, into what, and has it done."""

    catalog: Catalog
    translates: Translates
    repeats: TextRepeats
    codec: RequestCodec
    clock: Clock
    _turns: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary, init=False, repr=False)
    """Whoever asks for the same thing at the same moment waits for the first."""

    async def foreseen(self, request: ImageRequest, plan: Plan, principal: Principal) -> tuple[ImageRequest, Plan]:
        """The request and its plan with what a translation may cost, or with what became of it where none is bought.

        Buys nothing. Raises InvalidRequest where it cannot be had and the request is strict.
        """
        card = self.catalog.find(plan.candidates[0].model)
        if not request.translate or request.translated is not None or not request.prompt.strip():
            return request, plan
        targets = card.languages if request.translate == BEST else (request.translate,)
        language = self.translates.language_of(request.prompt)
        if language in targets:
            return _left(request, plan, language, "")
        if not language and request.translate == BEST:
            return _left(request, plan, targets[0], UNTOLD)
        wish = Wish(principal=principal, project=request.project)
        wording = Wording(request.prompt, self._negative(request, targets))
        found = await self.translates.foreseen(wording, targets[0], wish)
        if not found.by:
            return _left(request, plan, targets[0], found.why)
        return request, noted(replace(plan, translation=found), _line_before(request, found))

    async def translated(
        self,
        request: ImageRequest,
        foreseen: ForeseenTranslation,
        principal: Principal,
        key: str | None,
        rehearse: Rehearse,
    ) -> ImageRequest:
        """The request with its prompt in the other language; the same `key` never buys that twice.

        Nothing is bought that `rehearse` raises for. Raises PolicyError where a rule forbids it, AnswerLost where it
        broke off under this key before, and InvalidRequest where no text model managed it and the request is strict.
        """
        if key is None:
            await rehearse()
            done = await self._bought(request, foreseen, principal)
        else:
            name = f"translation\n{key}"  # no header of a client's can hold a line break
            async with self._turns.setdefault(f"{principal.id}\n{name}", asyncio.Lock()):
                done = await self._once(name, request, foreseen, principal, rehearse)
        if done.translated is not None:
            _check(request, done.translated)
        negative = done.negative_prompt or request.negative_prompt
        return replace(request, prompt=done.prompt, negative_prompt=negative, translated=done.translated)

    def _negative(self, request: ImageRequest, targets: Collection[str]) -> str:
        """The negative prompt, where it goes along. Of a few nouns nobody can tell the language: they are sent too."""
        negative = request.negative_prompt or ""
        return "" if not negative.strip() or self.translates.language_of(negative) in targets else negative

    async def _once(
        self,
        name: str,
        request: ImageRequest,
        foreseen: ForeseenTranslation,
        principal: Principal,
        rehearse: Rehearse,
    ) -> ImageRequest:
        """What was kept under this name, else what is bought now, which is kept."""
        words = f"{foreseen.to}\n{request.prompt}" + (f"\0{foreseen.negative}" if foreseen.negative else "")
        fingerprint = hashlib.sha256(words.encode()).hexdigest()
        try:
            kept = await self.repeats.begin(principal.id, name, fingerprint, self.clock.now())
        except AnswerLost:
            raise AnswerLost("The translation of this request's prompt") from None
        if kept is not None:
            return self.codec.load(json.loads(kept))
        try:
            await rehearse()
        except BaseException:  # whatever it was, called off included: nothing was bought, and the name is free again
            await self.repeats.forget(principal.id, name)
            raise
        try:
            done = await self._bought(request, foreseen, principal)
        except PolicyError:  # a rule forbids to ask: nothing was bought, and the name is free again
            await self.repeats.forget(principal.id, name)
            raise
        await self.repeats.keep(principal.id, name, json.dumps(self.codec.dump(done)).encode())
        return done

    async def _bought(self, request: ImageRequest, foreseen: ForeseenTranslation, principal: Principal) -> ImageRequest:
        """A request that has nothing but its words as they are now, and how they came to be so."""
        most = foreseen.estimate.ceiling
        wish = Wish(principal=principal, model=foreseen.by, project=request.project, max_cost=most, admitted=True)
        words, told = await self.translates.rendered(Wording(request.prompt, foreseen.negative), foreseen.to, wish)
        return ImageRequest(prompt=words.prompt, negative_prompt=words.negative, translated=replace(told, most=most))


def paid_before(request: ImageRequest) -> ImageRequest:
    """A request whose prompt was translated for an earlier one, which has paid for that."""
    done = request.translated
    return request if done is None else replace(request, translated=replace(done, cost=ZERO))


def with_translation(request: ImageRequest, plan: Plan) -> Plan:
    """The plan with what a translation that was made has cost, and a line in the receipt that tells of it."""
    done = request.translated
    if done is None:
        return plan
    found = ForeseenTranslation(
        to=done.to, negative=done.negative, language=done.language, by=done.by, estimate=done.estimate
    )
    return noted(replace(plan, translation=found), _line_after(request, done))


def noted(plan: Plan, line: ReceiptLine) -> Plan:
    """The plan with one more line in every receipt."""
    return replace(plan, candidates=tuple(replace(one, receipt=(*one.receipt, line)) for one in plan.candidates))


def _left(request: ImageRequest, plan: Plan, to: str, why: str) -> tuple[ImageRequest, Plan]:
    """As it is: it is in that language already, or nobody can translate it."""
    language = "" if why else NAMES[to]
    done = PromptTranslation(original=request.prompt, language=language, to=to, why=why)
    _check(request, done)
    told = replace(request, translated=done)
    return told, with_translation(told, plan)


def _check(request: ImageRequest, done: PromptTranslation) -> None:
    """A strict request is painted as it was asked for, or not at all."""
    if done.why and request.strictness is Strictness.STRICT:
        paid = "" if done.cost == ZERO else f" The text model charged {_amount(done)}."
        raise InvalidRequest(
            f"The prompt is to be translated and cannot be. {done.why}{paid} Ask without translate, or without strict.",
            field="translate",
            code="strict",
        )


def _amount(done: PromptTranslation) -> str:
    if done.cost is None:
        return f"up to {done.most}, and nobody knows how much"
    return "nothing" if done.cost == ZERO else str(done.cost)


def _from(language: str) -> str:
    return f" from {language}" if language else ""


def _wanted(request: ImageRequest) -> str:
    return "true" if request.translate == BEST else request.translate


def _line_before(request: ImageRequest, found: ForeseenTranslation) -> ReceiptLine:
    price = found.estimate.ceiling
    cost = f"for up to {price}, which the price holds" if price else "for nothing"
    what = "It and the negative prompt" if found.negative else "It"
    why = f"{what} will be translated{_from(found.language)} by {found.by} before it is painted, {cost}."
    return ReceiptLine(
        field="translate", treatment=Treatment.MAPPED, wanted=_wanted(request), sent=NAMES[found.to], why=why
    )


def _line_after(request: ImageRequest, done: PromptTranslation) -> ReceiptLine:
    language = NAMES[done.to]
    if done.by:
        treatment = Treatment.MAPPED
        along = "; so was the negative prompt; both originals are kept." if done.negative else "; the original is kept."
        why = f"Translated{_from(done.language)} by {done.by}, for {_amount(done)}{along}"
    elif done.why:
        treatment, why = Treatment.IGNORED, done.why
    else:
        treatment, why = Treatment.USED, f"It is in {language} already; no text model was asked."
    sent = None if done.why else language
    return ReceiptLine(field="translate", treatment=treatment, wanted=_wanted(request), sent=sent, why=why)
