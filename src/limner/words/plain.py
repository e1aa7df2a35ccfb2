"""What is known about prompts as plain values, ready to be written as JSON."""

from __future__ import annotations

from limner.domain.rewriting import Rewriting
from limner.words.analysis import analysed
from limner.words.asking import Condition
from limner.words.enhancing import Enhanced
from limner.words.optimising import SHORT, Tally
from limner.words.protecting import protected

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
        "seconds": done.seconds,
        "added": done.added,
        "dropped": done.dropped,
    }
