"""Approval requests to rows and back.

Called by the transaction and by reads outside the writer. A row whose arguments are not the ones
its digest was made of is refused as corrupt, never repaired.
"""

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from approvals.domain import errors, follow_up
from approvals.domain.approval_request import ApprovalRequest, Cause, Requester, Status
from approvals.domain.asked_back import UNASKED, AskingBack
from approvals.domain.edit import Edit
from approvals.domain.followed_up import NOTHING_YET, FollowedUp
from approvals.domain.ids import TeamId, UserId
from approvals.domain.permit import Permit
from approvals.domain.requirement import Requirement
from approvals.domain.tool_call import ToolCall
from approvals.storage.columns import (
    Columns,
    json_text,
    optional_text,
    optional_time,
    texts,
    texts_from_json,
    time_from_text,
    time_to_text,
)
from approvals.storage.tables import ApprovalRequestRow, table_of

CACHED_MAX_CHARS = 4_096
_COLUMNS = tuple(column.name for column in table_of(ApprovalRequestRow).columns)


def request_to_row(request: ApprovalRequest, permit: Permit | None = None) -> Columns:
    """Return all columns of a new request, *permit* with it."""
    return {
        "id": request.id,
        "tool": request.call.tool,
        "fingerprint": request.call.fingerprint,
        **call_changes(request),
        "schema_digest": request.schema_digest,
        "injected": texts(request.injected),
        "agent": request.requester.agent,
        "person": request.requester.person,
        "team": request.requester.team,
        "on_behalf_of": texts(request.requester.on_behalf_of),
        "channel": request.channel,
        "thread_ts": request.thread_ts,
        "reason": request.reason,
        "key": request.key,
        "ask_number": request.ask_number,
        "earlier": request.earlier,
        "run_id": request.run_id,
        "tool_call_id": request.tool_call_id,
        "joined": request.joined,
        "turn": request.turn,
        "callback": request.callback,
        "policy_channel": _other_than(request.channel, request.requirement.channel),
        "salt": request.salt,
        "created_at": time_to_text(request.created_at),
        **request_changes(request, permit),
    }


def _other_than(channel: str, policy_channel: str) -> str | None:
    return None if policy_channel == channel else policy_channel


def call_changes(request: ApprovalRequest) -> Columns:
    """Return the columns that change when people change the call."""
    edits = [edit.to_json() for edit in request.edits]
    return {
        "arguments_json": request.call.arguments_json,
        "digest": request.call.digest,
        "edits": json_text(edits) if edits else None,
        "requirement": json_text(request.requirement.to_json()),
    }


def request_changes(request: ApprovalRequest, permit: Permit | None = None) -> Columns:
    """Return the columns that may change after a request was asked, *permit* with it."""
    return {
        "status": request.status.value,
        "cause": request.cause and request.cause.value,
        "version": request.version,
        "joiners": request.joiners,
        "expires_at": time_to_text(request.expires_at),
        "due_at": optional_text(follow_up.due_at(request, permit)),
        "asked_back": _asked_to_text(request.asking_back),
        "followed_up": _facts_to_text(request.followed_up),
        "ended_at": optional_text(request.ended_at),
        "ended_by": request.ended_by,
        "ended_reason": request.ended_reason,
        "answer": request.answer,
        "held_until": optional_text(request.held_until),
    }


def request_from_row(row: Iterable[Any]) -> ApprovalRequest:
    """Read a request back from all columns of its table, in their order.

    Raises:
        StoreCorrupt: the arguments are not the ones the stored digest was made of.
    """
    # Looking thirty names up in an sqlite3.Row costs more than making a dict of them.
    of = dict(zip(_COLUMNS, row, strict=True))
    return ApprovalRequest(
        id=of["id"],
        status=Status(of["status"]),
        cause=of["cause"] and Cause(of["cause"]),
        call=_call(of),
        edits=tuple(map(Edit.from_json, json.loads(of["edits"]))) if of["edits"] else (),
        schema_digest=of["schema_digest"],
        injected=texts_from_json(of["injected"]),
        requester=_requester(of["agent"], of["person"], of["team"], of["on_behalf_of"]),
        requirement=_requirement(of["requirement"]),
        channel=of["channel"],
        thread_ts=of["thread_ts"],
        reason=of["reason"],
        key=of["key"],
        ask_number=of["ask_number"],
        earlier=of["earlier"],
        run_id=of["run_id"],
        tool_call_id=of["tool_call_id"],
        joined=of["joined"],
        turn=of["turn"],
        callback=of["callback"],
        joiners=of["joiners"],
        salt=of["salt"],
        version=of["version"],
        created_at=time_from_text(of["created_at"]),
        expires_at=time_from_text(of["expires_at"]),
        followed_up=_facts_from_text(of["followed_up"]),
        ended_at=optional_time(of["ended_at"]),
        ended_by=of["ended_by"],
        ended_reason=of["ended_reason"],
        answer=of["answer"],
        held_until=optional_time(of["held_until"]),
        asking_back=_asking_back(of["asked_back"]),
    )


def _asking_back(stored: str | None) -> AskingBack:
    return UNASKED if stored is None else AskingBack.from_json(json.loads(stored))


def _asked_to_text(asking_back: AskingBack) -> str | None:
    return None if asking_back == UNASKED else json_text(asking_back.to_json())


def _facts_to_text(facts: FollowedUp) -> str | None:
    return None if facts == NOTHING_YET else json_text(facts.to_json())


def _facts_from_text(stored: str | None) -> FollowedUp:
    return NOTHING_YET if stored is None else FollowedUp.from_json(json.loads(stored))


def _call(of: Columns) -> ToolCall:
    parts = (of["tool"], of["fingerprint"], of["arguments_json"])
    read = _short_call if len(of["arguments_json"]) <= CACHED_MAX_CHARS else _read_call
    try:
        call = read(*parts)
    except (ValueError, errors.InvalidArguments) as fault:
        raise errors.StoreCorrupt(request=of["id"]) from fault
    if call.digest != of["digest"]:
        raise errors.StoreCorrupt(request=of["id"])
    return call


def _read_call(tool: str, fingerprint: str, text: str) -> ToolCall:
    """Read a call; its text was canonical when it was stored, which the digest proves."""
    return ToolCall.canonical(tool, fingerprint, json.loads(text), text)


_short_call = lru_cache(maxsize=256)(_read_call)
"""A request is read half a dozen times in its life; its frozen call is made once."""


@lru_cache(maxsize=256)
def _requester(
    agent: str, person: UserId | None, team: TeamId | None, on_behalf_of: str, /
) -> Requester:
    """Read a requester; its requests share one frozen noun, whose people are checked once."""
    people = tuple(map(UserId, texts_from_json(on_behalf_of)))
    return Requester(agent=agent, person=person, team=team, on_behalf_of=people)


@lru_cache(maxsize=256)
def _requirement(stored: str) -> Requirement:
    """Read a requirement; requests under the same rules share one frozen noun."""
    return Requirement.from_json(json.loads(stored))
