"""The routes of agents that ask: put a question, wait for its end, read and list.

A refusal by people or by policy is an answer here, not an error: the request says how it ended.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import cast

from approvals.domain import door_errors
from approvals.domain.approval_request import Status
from approvals.domain.compared import Compared
from approvals.domain.deed import read_deed
from approvals.domain.ids import ChannelId, RequestId, UserId
from approvals.domain.key import Scope
from approvals.domain.tool_call import ToolCall
from approvals.domain.tool_schema import ToolSchema
from approvals.gate import wire
from approvals.gate.waiting_room import Waiter
from approvals.operations.ask_by_key import AskedByKey, ask_by_key
from approvals.operations.authenticate import authenticate_again
from approvals.operations.read_by_key import (
    PAGE_MAX,
    Seen,
    Wanted,
    answer_to,
    list_by_key,
    named_by_key,
    request_by_key,
)
from bot.http import shown
from bot.http.routes import Called, Method, Query, Reply, Route
from bot.http.texts import duration

UNDECLARED_FINGERPRINT = "0" * 64
"""Of a tool of which its caller declares nothing."""
_MAY_READ = frozenset({Scope.READ, Scope.REQUEST, Scope.DECIDE})
_MAY_ASK = frozenset({Scope.REQUEST})
_PATH = "/v1/approvals/{id}"
WAIT = Query(
    name="wait",
    says="How long to wait for the request to end before it is told as it stands: `25s`, "
    "at most 60 s.",
)


def asking_routes() -> list[Route]:
    """Return the routes."""
    return [
        Route(
            method=Method.POST,
            path="/v1/approvals",
            name="askApproval",
            says="Ask whether a tool call may run. The same Idempotency-Key finds the same "
            "question, and so do the same `run_id` and `tool_call_id`.",
            scopes=_MAY_ASK,
            handle=_ask,
            asks=wire.AskApproval,
            answers=wire.Approval,
            statuses=(200, 201),
            refuses=(409, 429),
            takes_idempotency_key=True,
        ),
        Route(
            method=Method.GET,
            path="/v1/approvals",
            name="listApprovals",
            says="List what the key may see, newest first. A page may be short although more "
            "follow.",
            scopes=_MAY_READ,
            handle=_list,
            answers=wire.Approvals,
            queries=(
                Query(
                    name="status",
                    says="Only those.",
                    schema={"type": "string", "enum": [each.value for each in Status]},
                ),
                Query(name="channel", says="A channel of the policy, by id or name."),
                Query(name="cursor", says="`next_cursor` of the page before."),
                Query(
                    name="limit",
                    says="How many at most.",
                    schema={"type": "integer", "minimum": 1, "maximum": PAGE_MAX},
                ),
                Query(
                    name="key",
                    says="Only the one that was asked under this Idempotency-Key, the latest if it "
                    "was asked again.",
                ),
            ),
        ),
        Route(
            method=Method.GET,
            path=_PATH,
            name="readApproval",
            says="Read one request, or wait for its end.",
            scopes=_MAY_READ,
            handle=_read,
            answers=wire.Approval,
            queries=(WAIT,),
            refuses=(404,),
        ),
    ]


async def _ask(called: Called) -> Reply:
    asked, desk = cast("wire.AskApproval", called.body), called.ports.desk
    request, is_new = await ask_by_key(
        desk, called.key, _asked(asked, called.idempotency_key), limits=called.ports.limits
    )
    seen = await answer_to(desk, called.key, request.id)
    return Reply(body=shown.approval(seen), status=201 if is_new else 200)


def _asked(asked: wire.AskApproval, idempotency_key: str | None) -> AskedByKey:
    return AskedByKey(
        call=ToolCall.of(
            asked.tool,
            asked.fingerprint or UNDECLARED_FINGERPRINT,
            asked.args,
        ),
        name=_name(asked, idempotency_key),
        channel=asked.channel,
        reason=asked.reason,
        on_behalf_of=[UserId(each) for each in asked.on_behalf_of],
        tool_call_id=asked.tool_call_id,
        turn=asked.turn,
        callback=asked.callback,
        timeout=None if asked.timeout is None else duration("timeout", asked.timeout),
        code_effect=asked.effect,
        schema=None if asked.arguments_schema is None else _schema(asked),
        injected=tuple(asked.injected),
        deed=_deed(asked.deed),
        compared=_compared(asked),
    )


def _name(asked: wire.AskApproval, idempotency_key: str | None) -> str | None:
    if idempotency_key is not None:
        return _idempotent(idempotency_key)
    if asked.run_id is None or asked.tool_call_id is None:
        return None
    return f"call:{len(asked.run_id)}:{asked.run_id}:{asked.tool_call_id}"


def _idempotent(idempotency_key: str) -> str:
    return f"key:{idempotency_key}"


def _schema(asked: wire.AskApproval) -> ToolSchema:
    found = ToolSchema.of(asked.arguments_schema)
    if found is None:
        raise door_errors.RequestMistyped("arguments_schema: it is no JSON Schema.")
    return found


def _deed(deed: str | None) -> str:
    try:
        return "" if deed is None else read_deed(deed)
    except ValueError as mistake:
        raise door_errors.RequestMistyped(f"deed: {mistake}") from None


def _compared(asked: wire.AskApproval) -> Compared | None:
    if asked.before is None and asked.after is None:
        return None
    try:
        return Compared(before=asked.before or "", after=asked.after or "")
    except ValueError as mistake:
        raise door_errors.RequestMistyped(f"before, after: {mistake}") from None


async def _list(called: Called) -> Reply:
    query = called.query
    if "key" in query:
        return await _named(called, query)
    page = await list_by_key(
        called.ports.desk,
        called.key,
        Wanted(
            status=_status(query.get("status")),
            channel=_channel(called, query.get("channel")),
            before=RequestId(query["cursor"]) if "cursor" in query else None,
            limit=_limit(query.get("limit")),
        ),
    )
    items = [shown.approval(each) for each in page.seen]
    return Reply(body=wire.Approvals(items=items, next_cursor=page.last))


async def _named(called: Called, query: Mapping[str, str]) -> Reply:
    if len(query) > 1:
        raise door_errors.RequestMistyped("key: it names one request, so nothing stands beside it.")
    seen = await named_by_key(called.ports.desk, called.key, _idempotent(query["key"]))
    items = [] if seen is None else [shown.approval(seen)]
    return Reply(body=wire.Approvals(items=items, next_cursor=None))


def _status(text: str | None) -> Status | None:
    try:
        return None if text is None else Status(text)
    except ValueError:
        raise door_errors.RequestMistyped("status: there is no such status.") from None


def _channel(called: Called, text: str | None) -> ChannelId | None:
    return None if text is None else called.ports.desk.policy().channel(text).id


def _limit(text: str | None) -> int:
    if text is None:
        return PAGE_MAX
    if not (text.isascii() and text.isdigit()) or not 0 < int(text[:9]) <= PAGE_MAX:
        raise door_errors.RequestMistyped(f"limit: a whole number from 1 to {PAGE_MAX}.")
    return int(text)


async def _read(called: Called) -> Reply:
    request_id = RequestId(called.path["id"])
    wait = called.query.get("wait")
    seen = await request_by_key(called.ports.desk, called.key, request_id)
    if wait is not None and seen.request.is_pending:
        seen = await _waited(
            called, request_id, duration("wait", wait, longest=called.ports.wait_max)
        )
    return Reply(body=shown.approval(seen))


async def _waited(called: Called, request_id: RequestId, wait: timedelta) -> Seen:
    desk, key = called.ports.desk, called.key
    waiter: Waiter = asyncio.get_running_loop().create_future()
    with called.ports.room.waiting(request_id, waiter):
        # It may have ended before there was a place to wait in.
        seen = await request_by_key(desk, key, request_id)
        if not seen.request.is_pending:
            return seen
        await asyncio.wait([waiter], timeout=wait.total_seconds())
    # What was true of the key when it came in may have changed while it waited.
    return await request_by_key(desk, await authenticate_again(desk, key), request_id)
