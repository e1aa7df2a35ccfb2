"""What is known about prompts as plain values, ready to be written as JSON."""

from __future__ import annotations

from limner.domain.describing import Described, DescribingQuote
from limner.domain.money import Money
from limner.domain.rewriting import Rewriting
from limner.domain.text_calls import TextCall
from limner.domain.text_models import TextCard
from limner.words.analysis import analysed
from limner.words.asking import Condition
from limner.words.enhancing import Enhanced
from limner.words.negating import Negative
from limner.words.optimising import SHORT, Tally
from limner.words.protecting import protected
from limner.words.translating import Translated

Body = dict[str, object]


def analysis_body(prompt: str) -> Body:
    """The measures of a prompt. A long one takes some milliseconds: call it from a thread."""
    found = analysed(prompt)
    return {
        "characters": found.characters,
        "words": found.words,
        "sentences": found.sentences,
        "complexity_score": found.complexity,
        "readability": found.readability,
        "keywords": [{"phrase": each.phrase, "score": each.score} for each in found.keywords],
    }


def check_body(prompt: str, problem: str | None) -> Body:
    """The measures of a prompt, what of it has to stay, and what becomes of it. Call it from a thread as well."""
    terms = protected(prompt)
    treatment = "as_it_is" if len(prompt) < SHORT else "shortened"
    return {
        "valid": problem is None,
        "problem": problem,
        "treatment": treatment if problem is None else "refused",
        "analysis": analysis_body(prompt),
        "protected": {"quality": terms.quality, "style": terms.style, "concepts": terms.concepts},
    }


def optimised_body(prompt: str, done: tuple[str, Rewriting] | None) -> Body:
    """What became of a prompt; None where it was short enough."""
    text, rewriting = done or (prompt, None)
    return {
        "prompt": text,
        "original_length": len(prompt),
        "optimised_length": len(text),
        "changed": rewriting is not None,
        "by": None if rewriting is None else rewriting.by,
        "why": "" if rewriting is None else rewriting.why,
        "seconds": 0.0 if rewriting is None else rewriting.seconds,
        "kept": () if rewriting is None else rewriting.kept,
        "dropped": () if rewriting is None else rewriting.dropped,
    }


def health_body(condition: Condition, tally: Tally) -> Body:
    """Who shortens prompts, and how well that has gone since this process started."""
    before = tally.characters_before
    return {
        "available": condition.available,
        "model": condition.model,
        "version": condition.version,
        "models": condition.models,
        "reason": condition.reason,
        "prompts": tally.prompts,
        "by_model": tally.by_model,
        "characters_before": before,
        "characters_after": tally.characters_after,
        "average_seconds": round(tally.seconds / tally.prompts, 3) if tally.prompts else None,
        "average_saving": round(1 - tally.characters_after / before, 3) if before else None,
    }


def enhanced_body(prompt: str, done: Enhanced) -> Body:
    """More of a prompt, and how it differs from the one that came."""
    return {
        "original": prompt,
        "prompt": done.richer.prompt,
        "suggestions": done.richer.suggestions,
        "tags": done.richer.tags,
        "by": done.by,
        "why": done.why,
        "cost_usd": None if done.cost is None else done.cost.text,
        "seconds": done.seconds,
        "added": done.added,
        "dropped": done.dropped,
    }


def text_model_body(card: TextCard, objection: str | None) -> Body:
    """A text model, its prices in dollars for a million tokens, and why it cannot be used where it cannot."""
    price = card.price
    return {
        "id": card.id,
        "service": card.service,
        "title": card.title,
        "local": card.local,
        "sees": card.sees,
        "uses_tools": card.uses_tools,
        "context": card.context or None,
        "input_usd": None if price is None else Money(price.input).text,
        "output_usd": None if price is None else Money(price.output).text,
        "own_price": card.own_price,
        "shutdown": None if card.shutdown is None else card.shutdown.isoformat(),
        "ready": objection is None,
        "reason": objection,
    }


def text_call_body(call: TextCall) -> Body:
    """What a text model was asked and charged: document 3's llmApiCall, and how it stands with the money."""
    usage = call.usage
    return {
        "id": call.id,
        "purpose": call.purpose.value,
        "provider": call.provider,
        "model": call.model,
        "project": call.project,
        "state": call.state.value,
        "spent": call.spent.value,
        "created": call.created,
        "duration_ms": call.milliseconds,
        "tokens_in": None if usage is None else usage.input,
        "tokens_out": None if usage is None else usage.output,
        "cost_usd": None if call.cost is None else call.cost.text,
        "held_usd": call.hold.text,
        "request_id": call.request_id,
        "problem": None if call.problem is None else call.problem.message,
    }


def described_body(described: Described) -> Body:
    """What is in a picture, who says so, and what it cost."""
    said = described.description
    return {
        "caption": said.caption,
        "objects": said.objects,
        "text": said.text,
        "colours": said.colours,
        "colour_names": said.colour_names,
        "style": said.style,
        "safe": None if described.why else not said.concerns,
        "concerns": said.concerns,
        "suggested_prompt": said.suggested_prompt,
        "alt_text": said.alt_text,
        "tags": said.tags,
        "width": said.width,
        "height": said.height,
        "by": described.by,
        "why": described.why,
        "cost_usd": None if described.cost is None else described.cost.text,
        "created": described.at,
    }


def describing_quote_body(quote: DescribingQuote) -> Body:
    """What describing so many pictures may cost."""
    estimate = quote.estimate
    return {
        "pictures": quote.pictures,
        "model": quote.model,
        "why": quote.why,
        "likely_usd": None if estimate is None else estimate.likely.text,
        "ceiling_usd": None if estimate is None else estimate.ceiling.text,
    }


def translated_body(prompt: str, done: Translated) -> Body:
    """A prompt in another language, and the one that came."""
    return {
        "original": prompt,
        "prompt": done.prompt,
        "language": done.language,
        "changed": done.prompt != prompt,
        "by": done.by or None,
        "why": done.why,
        "cost_usd": None if done.cost is None else done.cost.text,
    }


def negative_body(done: Negative) -> Body:
    """What a picture should not have."""
    return {
        "negative_prompt": done.prompt,
        "terms": done.terms,
        "by": done.by,
        "why": done.why,
        "cost_usd": None if done.cost is None else done.cost.text,
    }
