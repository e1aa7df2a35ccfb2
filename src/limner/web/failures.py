"""What went wrong, in the language of the page: a sentence of ours by its code, and below it what was said in English.

Engine, services and the interface say in English what happened and what to do about it. Pages in English show that
alone. Elsewhere a sentence in the reader's language comes first, and the English one is marked as English.
"""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from limner.domain.errors import FailureCode, LimnerError, Problem
from limner.web.languages import ENGLISH, Said, message, spoken
from limner.web.languages import gettext as _

UNKNOWN = message("This did not work.")
HEADLINES: Mapping[str, str] = {
    FailureCode.AUTHENTICATION: message("The provider does not accept the key."),
    FailureCode.NO_CREDIT: message("The account at the provider has no credit left."),
    FailureCode.FORBIDDEN: message("This is not allowed."),
    FailureCode.RATE_LIMITED: message("The provider wants fewer requests at a time."),
    FailureCode.REFUSED: message("The content was refused."),
    FailureCode.BAD_PARAMETER: message("The provider does not accept a part of the request."),
    FailureCode.MODEL_GONE: message("The model is no longer there."),
    FailureCode.OVERLOADED: message("The provider is overloaded."),
    FailureCode.FAILED: message("Something failed at the provider."),
    FailureCode.UNREACHABLE: message("The provider cannot be reached."),
    FailureCode.UNAVAILABLE: message("The provider rests after failures."),
    FailureCode.LINE_DROPPED: message("The line to the provider broke."),
    FailureCode.TIMED_OUT: message("The provider did not answer in time."),
    FailureCode.BAD_ANSWER: message("The answer of the provider cannot be used."),
    FailureCode.EXPIRED: message("The result is no longer there."),
    FailureCode.CANCELLED: message("This was cancelled."),
    "answer_cut": message("The answer was cut short."),
    "answer_lost": message("The answer was lost. Nothing is asked again by itself."),
    "bad_picture": message("This file cannot be used as a picture."),
    "body_late": message("The request took too long to arrive."),
    "body_too_large": message("This is too large."),
    "budget_exceeded": message("A budget has too little left."),
    "budget_exists": message("There is such a budget already."),
    "chat_busy": message("This chat is still answering."),
    "confirmation_required": message("The price is above what was agreed to."),
    "disk_full": message("The disk is full."),
    "idempotency_conflict": message("The same form was sent before with other values. Load the page anew."),
    "interrupted": message("The server is stopping. What was begun goes on after its next start."),
    "invitation_refused": message("This invitation is used, withdrawn or too old."),
    "invalid_request": message("A value does not fit."),
    "issuer_unavailable": message("Whoever signs people in cannot be reached."),
    "last_owner": message("Somebody has to stay the owner."),
    "limit_reached": message("A limit is reached."),
    "malformed_form": message("The form cannot be read. Load the page anew."),
    "malformed_json": message("The request cannot be read."),
    "model_not_found": message("There is no such model."),
    "name_taken": message("This name is taken."),
    "no_text_model": message("No text model can be used."),
    "not_configured": message("A key or a setting is missing."),
    "not_found": message("This is not there, or not for you."),
    "nothing_to_retry": message("There is nothing to buy again."),
    "out_of_memory": message("There is not enough memory for this."),
    "picture_withheld": message("The picture is withheld."),
    "port_in_use": message("The port is taken."),
    "price_risen": message("The price has risen since it was confirmed. Nothing was sent."),
    "price_unknown": message("The price is not known."),
    "profile_changed": message("The profile was changed meanwhile. Load the page anew."),
    "profile_exists": message("There is a profile of this name already."),
    "prompt_empty": message("The prompt is empty."),
    "prompt_too_long": message("The prompt is too long."),
    "queue_paused": message("Your queue is paused."),
    "quote_refused": message("This offer cannot be used any more."),
    "refused": message("A rule of this installation refuses it."),
    "round_painting": message("The round is still being painted."),
    "seal_broken": message("A kept key cannot be opened."),
    "sign_in_refused": message("The sign-in was refused."),
    "sign_in_required": message("Please sign in."),
    "storage_failed": message("The place where pictures are kept cannot be used."),
    "switched_off": message("This is switched off."),
    "text_model_unavailable": message("The text model cannot be used."),
    "too_many_requests": message("There were too many requests. Wait a little."),
    "unknown_model": message("There is no such model."),
    "unsupported_media_type": message("This kind of file is not read here."),
    "usage": message("This cannot be done as it was asked for."),
    "user_exists": message("There is an account with this address already."),
    "wrong_arguments": message("A value does not fit."),
}
"""What each code means, still to be said."""
MANY = message("Some of the pictures did not come.")


def headline(code: str, kind: type[LimnerError] = LimnerError) -> str:
    """A code in a short sentence; where that has none, the kind of error."""
    known = [code, *(each.code for each in kind.__mro__ if issubclass(each, LimnerError))]
    return _(next((HEADLINES[each] for each in known if each in HEADLINES), UNKNOWN))


def told(error: LimnerError | Problem | None, short: str = "", *after: str) -> str:
    """An error in a text of a page, as `told_of`; empty for none."""
    if error is None:
        return ""
    kind = type(error) if isinstance(error, LimnerError) else LimnerError
    return told_of(short or headline(error.code, kind), error.message, *after)


def told_of(short: str, detail: str, *after: str) -> str:
    """What somebody said in English, below our own sentences where the page speaks another language.

    `after` are sentences of ours that follow; empty ones are left out. In another language it is markup, for the text
    of an element and never for an attribute.
    """
    if not _is_foreign(detail):
        return " ".join(filter(None, (detail, *after)))
    ours = " ".join(filter(None, (short, *after)))
    return Markup('{} <span class="original" lang="en" dir="ltr">{}</span>').format(ours, detail)


def in_english(text: str) -> str:
    """A remark of engine or service by itself, marked as English where the page is not."""
    return Markup('<span lang="en" dir="ltr">{}</span>').format(text) if _is_foreign(text) else text


def parted(error: LimnerError) -> Mapping[str, str]:
    """The same for a script: `detail`, and `original` for what was said in English where that is something else."""
    if not _is_foreign(error.message):
        return {"detail": error.message}
    return {"detail": headline(error.code, type(error)), "original": error.message}


def in_short(code: str, detail: str) -> str:
    """A sentence for an attribute: ours, or the English one on a page in English."""
    return headline(code) if _is_foreign(detail) else detail


def _is_foreign(text: str) -> bool:
    """Whether a text is in another language than the page; what was said by `gettext` is not."""
    return spoken() is not ENGLISH and bool(text) and not isinstance(text, Said)
