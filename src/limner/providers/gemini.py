"""Google's generateContent with pictures, on v1beta: v1 has refused responseModalities (js-genai#1322, 2026-02)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from limner.domain.call import Call, CallInput, Finished, Painted, Pending
from limner.domain.errors import FailureCode, Spent
from limner.domain.prices import Meter
from limner.domain.request import Operation, Role
from limner.wire.line import Line
from limner.wire.named import Naming
from limner.wire.outgoing import Outgoing, base64_text
from limner.wire.refusals import Refusal, by_status, meant
from limner.wire.reply import Answer, Json, Reply
from limner.wire.takes import Takes

TAKES = Takes(
    operations=frozenset({Operation.GENERATE, Operation.EDIT}),
    fields=frozenset({"aspect", "resolution", "quality", "seed"}),
    roles=frozenset({Role.SOURCE, Role.REFERENCE, Role.STYLE}),
    reserved=frozenset({"contents", "generationConfig", "candidateCount", "responseModalities", "imageConfig"})
    | frozenset({"thinkingConfig", "serviceTier", "tools"}),
)
"""Masks, negative prompts, formats and numbers of pictures do not exist there; the last three change the price."""
BESIDE = frozenset({"cachedContent", "safetySettings", "store", "systemInstruction", "toolConfig"})
"""Options that stand beside generationConfig; all others belong into it."""

POLICY = frozenset({"SAFETY", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "RECITATION"})
"""Reasons to block, for words; with IMAGE_ before them for pictures."""
STATES = {
    "PERMISSION_DENIED": FailureCode.FORBIDDEN,
    "FAILED_PRECONDITION": FailureCode.FORBIDDEN,
    "UNAUTHENTICATED": FailureCode.AUTHENTICATION,
    "NOT_FOUND": FailureCode.MODEL_GONE,
    "RESOURCE_EXHAUSTED": FailureCode.RATE_LIMITED,
    "UNAVAILABLE": FailureCode.OVERLOADED,
    "DEADLINE_EXCEEDED": FailureCode.TIMED_OUT,
}
"""Values of an error's `status`; FAILED_PRECONDITION is billing that is not set up, or a region without service."""
FIELDS = {"aspectratio": "aspect", "imagesize": "size", "thinkinglevel": "quality", "seed": "seed", "data": "inputs"}
"""Our names for Google's, which it writes in two ways: aspectRatio and aspect_ratio."""
NAMED = re.compile(r"(?:name|at|field) ['\"]([\w.\[\]]+)['\"]")
NO_QUOTA = re.compile(r"\blimit: 0\b")


class Gemini:
    """One key of the Gemini API. A call is one request; nothing goes on there afterwards."""

    def __init__(self, line: Line) -> None:
        key = line.connection.api_key
        self._line = line.adapted(headers={"x-goog-api-key": key} if key else {}, refusal=refusal)

    async def submit(self, call: Call) -> Finished:
        """Buys one picture and waits for it."""
        self._line.require(call, TAKES)
        outgoing = Outgoing(
            path=f"v1beta/models/{call.model}:generateContent",
            json=_body(call),
            deadline=call.timeout,
            purchase=True,
            pictures=("data",),
        )
        body = (await self._line.send(outgoing)).body
        pictures = _pictures(body)
        done = Finished(
            pictures=tuple(pictures),
            usage=_usage(body.part("usageMetadata"), painted=bool(pictures)),
            request_id=body.text("responseId"),
            served_by=body.text("modelVersion"),
        )
        if not pictures:
            bill = done if done.usage else None
            raise self._line.failure(_blocked(body, bill), request_id=done.request_id, bill=bill)
        return done

    async def poll(self, pending: Pending) -> Finished:
        """Never finds anything: Google paints while the line is open, and only then."""
        raise self._line.failure(Refusal(code=FailureCode.EXPIRED, said=f"no call under {dict(pending.ticket)}"))

    async def list_models(self) -> Sequence[str]:
        """The picture models of this key, by their names: no field says what a model makes (2026-11)."""
        names: list[str] = []
        page: str | None = ""
        while page is not None:
            query = {"pageSize": "1000", **({"pageToken": page} if page else {})}
            question = Outgoing(method="GET", path="v1beta/models", query=query, deadline=30.0, purchase=False)
            body = (await self._line.send(question)).body
            names += [(item.text("name") or "").removeprefix("models/") for item in body.items("models")]
            page = body.text("nextPageToken")
        return [name for name in names if "image" in name or "nano-banana" in name]


def refusal(answer: Answer) -> Refusal:
    """An error of Google's. A wrong key is a 400, and a quota of 0 is an account without billing."""
    error = answer.body.part("error")
    details = error.items("details")
    said = error.text("message") or answer.said
    code = STATES.get(error.text("status") or "", by_status(answer).code)
    if any((item.text("reason") or "").startswith("API_KEY_") for item in details):
        code = FailureCode.AUTHENTICATION
    if code is FailureCode.RATE_LIMITED and _no_quota(details, said):
        code = FailureCode.NO_CREDIT
    read = meant(answer, code, said=said, field=_field(code, details, said))
    if answer.status == 499:  # it stopped because the line broke somewhere, which may have been after the work
        return replace(read, code=FailureCode.TIMED_OUT, spent=Spent.UNKNOWN)
    return replace(read, retry_after=read.retry_after or _delay(details)) if read.retryable else read


def _no_quota(details: Sequence[Reply], said: str) -> bool:
    values = [str(limit.at("quotaValue")) for item in details for limit in item.items("violations")]
    return "0" in values or NO_QUOTA.search(said) is not None


def _delay(details: Sequence[Reply]) -> float | None:
    """Seconds in a `retryDelay` such as 37s or 0.5s; Google sends no header for it."""
    texts = [text for item in details if (text := item.text("retryDelay"))]
    found = re.fullmatch(r"(\d+(?:\.\d+)?)s", texts[0]) if texts else None
    return float(found[1]) if found else None


def _field(code: FailureCode, details: Sequence[Reply], said: str) -> str | None:
    """What an error is about, from its details, else from its words."""
    if code is FailureCode.MODEL_GONE:
        return "model"
    if code is not FailureCode.BAD_PARAMETER:
        return None
    named = [text for item in details for part in item.items("fieldViolations") if (text := part.text("field"))]
    named += NAMED.findall(said)
    if not named:
        return None
    name = re.sub(r"\[\d*\]", "", named[0]).rpartition(".")[2]
    return FIELDS.get(name.replace("_", "").lower(), f"extra.{name}")


def _body(call: Call) -> dict[str, object]:
    """The words first, then the picture to change, then the others."""
    pictures = sorted(call.inputs, key=lambda image: image.role is not Role.SOURCE)
    config = Naming.of(call.wire).body(replace(call, prompt="", inputs=(), extra={}))
    body: dict[str, object] = {
        "contents": [{"role": "user", "parts": [{"text": call.prompt}, *map(_inline, pictures)]}],
        "generationConfig": config,
    }
    for name, value in call.extra.items():
        (body if name in BESIDE else config)[name] = value
    return body


def _inline(image: CallInput) -> Json:
    return {"inlineData": {"mimeType": image.media_type, "data": base64_text(image)}}


def _pictures(body: Reply) -> list[Painted]:
    """The pictures that are no drafts: what a model thinks is marked as a thought. A reply may hold several."""
    parts = [part for one in body.items("candidates") for part in one.items("content", "parts")]
    parts = [part for part in parts if part.at("thought") is not True]
    words = " ".join(text for part in parts if (text := part.text("text")))
    landed = [content for part in parts if (content := part.landed("inlineData", "data"))]
    return [Painted(content=content, notes={"said": words} if words else {}) for content in landed]


def _usage(said: Reply, *, painted: bool) -> dict[Meter, Decimal]:
    """Tokens by price; the output counts as picture where a picture came whose tokens are not told apart."""
    sent, made = said.whole("promptTokenCount") or 0, said.whole("candidatesTokenCount") or 0
    shown = _of_pictures(said, "promptTokensDetails")
    drawn = _of_pictures(said, "candidatesTokensDetails") or (made if painted else 0)
    counts = {
        Meter.INPUT_TEXT_TOKEN: max(0, sent - shown),
        Meter.INPUT_IMAGE_TOKEN: shown,
        Meter.OUTPUT_IMAGE_TOKEN: drawn,
        Meter.OUTPUT_TEXT_TOKEN: max(0, made - drawn) + (said.whole("thoughtsTokenCount") or 0),
    }
    return {meter: Decimal(count) for meter, count in counts.items()} if any(counts.values()) else {}


def _of_pictures(said: Reply, details: str) -> int:
    return sum(row.whole("tokenCount") or 0 for row in said.items(details) if row.text("modality") == "IMAGE")


def _blocked(body: Reply, bill: Finished | None) -> Refusal:
    """A success without a picture: a refusal, or a model that only wrote.

    What it read and thought is charged, the picture is not (litellm#20357, 2026-02); a refusal that counts nothing
    is taken to have cost nothing.
    """
    blocked, ended = body.text("promptFeedback", "blockReason"), body.text("candidates", 0, "finishReason") or ""
    written = [text for part in body.items("candidates", 0, "content", "parts") if (text := part.text("text"))]
    words = [blocked or ended, body.text("candidates", 0, "finishMessage"), *written, body.unkept]
    said = ": ".join(word for word in words if word) or "there is no picture in it"
    if blocked or ended.removeprefix("IMAGE_") in POLICY:
        return Refusal(code=FailureCode.REFUSED, said=said, spent=Spent.YES if bill else Spent.NO)
    passing = ended in {"NO_IMAGE", "IMAGE_OTHER", "OTHER", "MAX_TOKENS", "STOP"}
    return Refusal(code=FailureCode.BAD_ANSWER, said=said, retryable=passing, spent=Spent.YES)
