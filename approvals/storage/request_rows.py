"""Approval requests to rows and back.

Called by the transaction and by reads outside the writer. A row whose arguments are not the ones
its digest was made of is refused as corrupt, never repaired.
"""

import json
from functools import lru_cache

from approvals.domain import errors, follow_up
from approvals.domain.approval_request import ApprovalRequest, Cause, Requester, Status
from approvals.domain.ids import ChannelId
from approvals.domain.requirement import Requirement
from approvals.domain.tool_call import ToolCall
from approvals.storage.columns import (
    Columns,
    Row,
    optional_text,
    optional_time,
    texts,
    time_from_text,
    time_to_text,
)


def request_to_row(request: ApprovalRequest) -> Columns:
    """Return all columns of a new request."""
    return {
        "id": request.id,
        "tool": request.call.tool,
        "fingerprint": request.call.fingerprint,
        "arguments_json": request.call.arguments_json,
        "digest": request.call.digest,
        "injected": texts(request.injected),
        "agent": request.requester.agent,
        "person": request.requester.person,
        "team": request.requester.team,
        "on_behalf_of": texts(request.requester.on_behalf_of),
        "requirement": json.dumps(request.requirement.to_json(), separators=(",", ":")),
        "channel": request.channel,
        "thread_ts": request.thread_ts,
        "reason": request.reason,
        "key": request.key,
        "ask_number": request.ask_number,
        "earlier": request.earlier,
        "run_id": request.run_id,
        "tool_call_id": request.tool_call_id,
        "salt": request.salt,
        "created_at": time_to_text(request.created_at),
        **request_changes(request),
    }


def request_changes(request: ApprovalRequest) -> Columns:
    """Return the columns that may change after a request was asked."""
    return {
        "status": request.status.value,
        "cause": request.cause and request.cause.value,
        "version": request.version,
        "expires_at": time_to_text(request.expires_at),
        "due_at": optional_text(follow_up.due_at(request)),
        "ended_at": optional_text(request.ended_at),
        "ended_by": request.ended_by,
        "ended_reason": request.ended_reason,
    }


def request_from_row(row: Row) -> ApprovalRequest:
    """Read a request back.

    Raises:
        StoreCorrupt: the arguments are not the ones the stored digest was made of.
    """
    return ApprovalRequest(
        id=row["id"],
        status=Status(row["status"]),
        cause=row["cause"] and Cause(row["cause"]),
        call=_call_from_row(row),
        injected=tuple(json.loads(row["injected"])),
        requester=Requester(
            agent=row["agent"],
            person=row["person"],
            team=row["team"],
            on_behalf_of=tuple(json.loads(row["on_behalf_of"])),
        ),
        requirement=_requirement(row["requirement"]),
        channel=ChannelId(row["channel"]),
        thread_ts=row["thread_ts"],
        reason=row["reason"],
        key=row["key"],
        ask_number=row["ask_number"],
        earlier=row["earlier"],
        run_id=row["run_id"],
        tool_call_id=row["tool_call_id"],
        salt=row["salt"],
        version=row["version"],
        created_at=time_from_text(row["created_at"]),
        expires_at=time_from_text(row["expires_at"]),
        ended_at=optional_time(row["ended_at"]),
        ended_by=row["ended_by"],
        ended_reason=row["ended_reason"],
    )


def _call_from_row(row: Row) -> ToolCall:
    """Read the call; its text was canonical when it was stored, which the digest proves."""
    text: str = row["arguments_json"]
    try:
        call = ToolCall.canonical(row["tool"], row["fingerprint"], json.loads(text), text)
    except (ValueError, errors.InvalidArguments) as fault:
        raise errors.StoreCorrupt(request=row["id"]) from fault
    if call.digest != row["digest"]:
        raise errors.StoreCorrupt(request=row["id"])
    return call


@lru_cache(maxsize=256)
def _requirement(stored: str) -> Requirement:
    """Read a requirement; requests under the same rules share one frozen noun."""
    return Requirement.from_json(json.loads(stored))
