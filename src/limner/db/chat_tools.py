"""The tool calls of chats as rows, each bought by one job at most, and what a chat has spent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, func, or_, select, text, update

from limner.db import codec, reading
from limner.db.chat_tables import chats, tools
from limner.db.statements import Columns, Statement, one_of
from limner.db.tables import jobs
from limner.domain.chat_rows import OpenPurchase
from limner.domain.chats import FRUITLESS, ToolPart
from limner.domain.errors import NotFound, Problem
from limner.domain.money import Money
from limner.domain.plan import Quote
from limner.domain.request import ImageRequest

_ADD = Statement(
    text(
        """
        INSERT INTO chat_tool_calls
            (id, message_id, chat_id, user_id, call_id, tool, arguments, request, quote, earlier_micro, problem)
        SELECT :id, m.id, m.chat_id, m.user_id, :call_id, :tool, :arguments, :request, :quote, 0, :problem
        FROM chat_messages m WHERE m.id = :message
        ON CONFLICT (message_id, call_id) DO NOTHING
        """
    )
)
_NAMED = Statement(
    select(tools).where(tools.c.message_id == bindparam("message"), tools.c.call_id == bindparam("call"))
)
_ONE = Statement(select(tools).where(tools.c.id == bindparam("tool"), tools.c.user_id == bindparam("owner")))
_OF_MESSAGE = Statement(select(tools).where(tools.c.message_id == bindparam("message")).order_by(tools.c.id))
_OF_CHAT = Statement(select(tools).where(tools.c.chat_id == bindparam("chat")).order_by(tools.c.id))
_THIS = tools.c.id == bindparam("part")
_OFFER = Statement(
    update(tools).where(_THIS).values(request=bindparam("wish"), quote=bindparam("priced"), problem=None)
)
_job_of = jobs.c.id == tools.c.job_id
# What was booked and what is held; where nobody knows the cost, or the job is not there yet, what was set aside.
_SPENT: ColumnElement[int] = tools.c.earlier_micro + case(
    (jobs.c.id.is_not(None), func.coalesce(jobs.c.cost_micro, tools.c.hold_micro, 0) + jobs.c.held_micro),
    else_=func.coalesce(tools.c.hold_micro, 0),
)
_TOTAL = Statement(
    select(func.coalesce(func.sum(_SPENT), 0).label("spent"))
    .select_from(tools.outerjoin(jobs, _job_of))
    .where(tools.c.chat_id == bindparam("chat"))
)
_IN_TURN = Statement(
    text("UPDATE chats SET mode = mode WHERE id = (SELECT chat_id FROM chat_tool_calls WHERE id = :part)")
)
_LIMIT = Statement(
    select(chats.c.id, chats.c.ceiling_micro).where(
        chats.c.id == select(tools.c.chat_id).where(_THIS).scalar_subquery()
    )
)
_FRUITLESS = one_of(jobs.c.state, [state.value for state in FRUITLESS])
_FREE = Statement(
    select(tools.c.id, _SPENT.label("spent"))
    .select_from(tools.outerjoin(jobs, _job_of))
    .where(
        _THIS,
        or_(
            tools.c.hold_micro.is_(None),
            and_(tools.c.job_id.is_not(None), _FRUITLESS),
        ),
    )
)
_OPEN = Statement(
    select(tools.c.id, tools.c.user_id, tools.c.worker).where(tools.c.hold_micro.is_not(None), tools.c.job_id.is_(None))
)
_RESERVE = Statement(
    update(tools)
    .where(_THIS)
    .values(
        hold_micro=bindparam("amount"),
        earlier_micro=bindparam("earlier"),
        worker=bindparam("buyer"),
        job_id=None,
        problem=None,
    )
)
_NOTE_JOB = Statement(update(tools).where(_THIS).values(job_id=bindparam("job"), problem=None))
_REFUSE = Statement(
    update(tools).where(_THIS, tools.c.job_id.is_(None)).values(hold_micro=None, problem=bindparam("why"))
)

Called = Mapping[str, Mapping[str, ToolPart]]
"""Tool calls by their messages and their own ids, in the order in which they were called."""


def add(connection: Connection, message_id: str, part: ToolPart) -> ToolPart:
    """Writes a tool call down; the one that is there for the model's own name of it."""
    values = {
        "id": part.id,
        "message": message_id,
        "call_id": part.call_id,
        "tool": part.tool,
        "arguments": codec.mappings().write(part.arguments),
        "request": None if part.request is None else codec.requests().write(part.request),
        "quote": None if part.quote is None else codec.quotes().write(part.quote),
        "problem": codec.problems().write_optional(part.problem),
    }
    _ADD.run(connection, values)
    row = _NAMED.row(connection, {"message": message_id, "call": part.call_id})
    if row is None:
        raise NotFound("There is no message with this id.")
    return _part(connection, row)


def find_tool(connection: Connection, part_id: str, owner: str) -> tuple[str, ToolPart]:
    """The id of a chat and one of its tool calls. Raises NotFound, for somebody else's too."""
    row = _ONE.row(connection, {"tool": part_id, "owner": owner})
    if row is None:
        raise NotFound("There is no picture with this id in a chat of yours.")
    return row["chat_id"], _part(connection, row)


def of_message(connection: Connection, message_id: str) -> Called:
    """The tool calls of a message, by the message and their own ids."""
    return _by_message(connection, _OF_MESSAGE.rows(connection, {"message": message_id}))


def of_chat(connection: Connection, chat_id: str) -> Called:
    """The tool calls of a chat, by their messages and their own ids."""
    return _by_message(connection, _OF_CHAT.rows(connection, {"chat": chat_id}))


def _by_message(connection: Connection, rows: Sequence[Columns]) -> Called:
    found: dict[str, dict[str, ToolPart]] = defaultdict(dict)
    for row in rows:
        found[row["message_id"]][row["id"]] = _part(connection, row)
    return found


def offer(connection: Connection, part_id: str, request: ImageRequest, quote: Quote) -> None:
    """Writes down what a call comes to and what it would cost, unless it is being bought or was."""
    _IN_TURN.run(connection, {"part": part_id})
    if _FREE.row(connection, {"part": part_id}) is None:
        return
    wish, priced = codec.requests().write(request), codec.quotes().write(quote)
    _OFFER.run(connection, {"part": part_id, "wish": wish, "priced": priced})


def reserve(connection: Connection, part_id: str, amount: Money, worker: str | None) -> bool:
    """Sets money of the chat's ceiling aside; False where too little is left, or the call is being bought already.

    Of two calls of one chat the second waits for the first.
    """
    _IN_TURN.run(connection, {"part": part_id})
    free, limit = _FREE.row(connection, {"part": part_id}), _LIMIT.row(connection, {"part": part_id})
    if free is None or limit is None:
        return False
    most = limit["ceiling_micro"]
    if most is not None and spent(connection, limit["id"]).micro + amount.micro > most:
        return False
    values = {"amount": amount.micro, "earlier": int(free["spent"]), "buyer": worker}
    _RESERVE.run(connection, {"part": part_id, **values})
    return True


def note_job(connection: Connection, part_id: str, job_id: str) -> None:
    """Writes down which job buys it."""
    _NOTE_JOB.run(connection, {"part": part_id, "job": job_id})


def refuse(connection: Connection, part_id: str, problem: Problem) -> None:
    """Writes down why nothing was bought, and gives back what was set aside."""
    _REFUSE.run(connection, {"part": part_id, "why": codec.problems().write(problem)})


def open_purchases(connection: Connection) -> list[OpenPurchase]:
    """Tool calls for which money is set aside and no job is known."""
    return [OpenPurchase(row["id"], row["user_id"], row["worker"]) for row in _OPEN.rows(connection, {})]


def spent(connection: Connection, chat_id: str) -> Money:
    """What the pictures of a chat have cost or may still cost."""
    row = _TOTAL.row(connection, {"chat": chat_id})
    return Money(0 if row is None else int(row["spent"]))


def _part(connection: Connection, row: Columns) -> ToolPart:
    return ToolPart(
        id=row["id"],
        call_id=row["call_id"],
        tool=row["tool"],
        arguments=codec.mappings().read(row["arguments"]),
        request=None if row["request"] is None else codec.requests().read(row["request"]),
        quote=codec.quotes().read_optional(row["quote"]),
        worker=row["worker"],
        hold=None if row["hold_micro"] is None else Money(row["hold_micro"]),
        job_id=row["job_id"],
        job=None if row["job_id"] is None else reading.found_job(connection, row["job_id"]),
        problem=codec.problems().read_optional(row["problem"]),
    )
