"""Asks the person whether a price is right, before anything is bought.

Up to the protocol of 2025-11-25 the question goes to the client while the call waits; from that of 2026-07-28 on the
call is answered with the question, and made again with the person's word (https://modelcontextprotocol.io, read
2026-11-28). What is carried over in between is sealed and bound to the same tool, arguments and person.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import anyio
from mcp.shared.exceptions import MCPError, NoBackChannelError
from mcp_types import (
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
    InputResponseRequestParams,
)
from mcp_types.version import is_version_at_least

from limner.domain.errors import ConfirmationRequired
from limner.domain.money import Money
from limner.domain.plan import Quote
from limner.mcp.callers import Context
from limner.mcp.shapes import NAME, SENTENCE, cut

ASKED_BY_ANSWER = "2026-07-28"
"""The first protocol in which a question is an answer."""
QUESTION = "price"
THINKS_AT_MOST = 600.0
"""Seconds that a person may take."""
FORM: dict[str, object] = {
    "type": "object",
    "properties": {
        "agree": {"type": "boolean", "title": "Pay for it", "description": "Whether it may cost that.", "default": True}
    },
    "required": ["agree"],
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """What a person has agreed to pay, and under which key: it is good for one purchase, however often it is sent."""

    most: Money
    key: str


def can_ask(context: Context) -> bool:
    """Whether the client shows questions with a form to its person."""
    capabilities = context.session.client_capabilities
    asks = None if capabilities is None else capabilities.elicitation
    # One that is empty stands for forms: there was nothing else when it came about.
    has_forms = asks is not None and (asks.form is not None or asks.url is None)
    return has_forms and (_by_answer(context) or context.session.can_send_request)


async def asked(context: Context, quote: Quote, ceiling: Money, key: str) -> Money | InputRequiredResult:
    """The price that the person agrees to, or the question that the call is answered with.

    Raises ConfirmationRequired where they do not agree, or do not answer.
    """
    form = ElicitRequestFormParams(message=question(quote, ceiling), requested_schema=FORM)
    if _by_answer(context):
        state = json.dumps({"most": ceiling.micro, "key": key})
        return InputRequiredResult(input_requests={QUESTION: ElicitRequest(params=form)}, request_state=state)
    try:
        with anyio.fail_after(THINKS_AT_MOST):
            told = await context.session.elicit_form(form.message, form.requested_schema, context.request_id)
    except TimeoutError:
        raise _unanswered() from None
    except (MCPError, NoBackChannelError) as error:
        raise ConfirmationRequired(
            f"The person could not be asked: {cut(str(error), SENTENCE)}. Nothing was bought. Ask them for a price "
            "that they agree to, and give it as max_cost_usd.",
            field="max_cost_usd",
        ) from error
    _check_agreed(told)
    return ceiling


def word_in(params: InputResponseRequestParams) -> Word | None:
    """What a person has said to a question that an earlier call was answered with; None where there was none.

    Raises ConfirmationRequired where they do not agree.
    """
    if params.request_state is None:
        return None
    told = (params.input_responses or {}).get(QUESTION)
    if not isinstance(told, ElicitResult):
        raise _unanswered()
    _check_agreed(told)
    kept = json.loads(params.request_state)  # it was sealed when it was given out
    return Word(most=Money(kept["most"]), key=kept["key"])


def question(quote: Quote, ceiling: Money) -> str:
    """What the person is asked. The price stands before the prompt, which may be written so as to look like another."""
    first, request = quote.plan.candidates[0], quote.request
    likely = "" if quote.estimate is None or quote.estimate.likely == ceiling else f", probably {quote.estimate.likely}"
    pictures = "a picture" if request.count == 1 else f"{request.count} pictures"
    does = request.operation.value.replace("_", " ")
    words = cut(" ".join(request.prompt.split()), NAME).replace('"', "'")
    asked = f"This costs up to {ceiling}{likely}. May {first.title} {does} {pictures}?"
    return f'{asked} The prompt: "{words}"' if words else asked


def _by_answer(context: Context) -> bool:
    return is_version_at_least(context.protocol_version, ASKED_BY_ANSWER)


def _check_agreed(told: ElicitResult) -> None:
    """Raises ConfirmationRequired unless a person has agreed in so many words."""
    if told.action != "accept" or not told.content or told.content.get("agree") is not True:
        raise ConfirmationRequired(
            "The person does not agree to the price. Nothing was bought. Ask what they would rather have: a cheaper "
            "model, a lower quality, fewer pictures, or nothing.",
            code="price_declined",
        )


def _unanswered() -> ConfirmationRequired:
    return ConfirmationRequired(
        "The person has not said whether they agree to the price. Nothing was bought. Ask them.", code="price_declined"
    )
