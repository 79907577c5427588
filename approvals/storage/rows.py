"""Nouns to rows and back: one `…_to_row` and one `…_from_row` per noun.

Called by the transaction and by reads outside the writer. Rows are plain dicts of column values
on the way in and anything indexable by column name on the way out. A row that contradicts itself
is refused as corrupt, never repaired.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Protocol

from approvals.domain import errors, follow_up
from approvals.domain.approval_request import ApprovalRequest, Cause, Requester, Status
from approvals.domain.audit import SealedEvent
from approvals.domain.card import Card, CardKind
from approvals.domain.decision import Decision, Verdict
from approvals.domain.ids import CardId, ChannelId, RequestId, TeamId, UserId
from approvals.domain.jobs import Job, JobKind
from approvals.domain.permit import Permit, PermitState
from approvals.domain.requirement import Requirement
from approvals.domain.tool_call import ToolCall

Columns = dict[str, Any]


class Row(Protocol):
    """A stored row: `sqlite3.Row`, or a dict."""

    def __getitem__(self, column: str, /) -> Any:
        """Return the value of *column*."""
        ...


def time_to_text(at: datetime) -> str:
    """Return 32 characters of UTC that sort as the moments do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def time_from_text(stored: str) -> datetime:
    """Return the aware moment that `time_to_text` wrote."""
    return datetime.fromisoformat(stored)


def request_to_row(request: ApprovalRequest) -> Columns:
    """Return all columns of a new request."""
    return {
        "id": request.id,
        "tool": request.call.tool,
        "fingerprint": request.call.fingerprint,
        "arguments_json": request.call.arguments_json,
        "digest": request.call.digest,
        "injected": _texts(request.injected),
        "agent": request.requester.agent,
        "person": request.requester.person,
        "team": request.requester.team,
        "on_behalf_of": _texts(request.requester.on_behalf_of),
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
        "due_at": _time(follow_up.due_at(request)),
        "ended_at": _time(request.ended_at),
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
        ended_at=_moment(row["ended_at"]),
        ended_by=row["ended_by"],
        ended_reason=row["ended_reason"],
    )


def decision_to_row(decision: Decision) -> Columns:
    """Return all columns of a decision."""
    return {
        "request_id": decision.request_id,
        "user": decision.user,
        "team": decision.team,
        "verdict": decision.verdict.value,
        "reason": decision.reason,
        "at": time_to_text(decision.at),
        "sets": _texts(decision.sets),
    }


def decision_from_row(row: Row) -> Decision:
    """Read a decision back."""
    return Decision(
        request_id=RequestId(row["request_id"]),
        user=UserId(row["user"]),
        team=TeamId(row["team"]),
        verdict=Verdict(row["verdict"]),
        reason=row["reason"],
        at=time_from_text(row["at"]),
        sets=tuple(json.loads(row["sets"])),
    )


def permit_to_row(permit: Permit) -> Columns:
    """Return all columns of a permit."""
    return {
        "request_id": permit.request_id,
        "digest": permit.digest,
        "state": permit.state.value,
        "attempt": permit.attempt,
        "owner": permit.owner,
        "approved_at": time_to_text(permit.approved_at),
        "delivered_at": _time(permit.delivered_at),
        "claimed_at": _time(permit.claimed_at),
        "ended_at": _time(permit.ended_at),
        "result": permit.result,
    }


def permit_from_row(row: Row) -> Permit:
    """Read a permit back."""
    return Permit(
        request_id=RequestId(row["request_id"]),
        digest=row["digest"],
        state=PermitState(row["state"]),
        attempt=row["attempt"],
        owner=row["owner"],
        approved_at=time_from_text(row["approved_at"]),
        delivered_at=_moment(row["delivered_at"]),
        claimed_at=_moment(row["claimed_at"]),
        ended_at=_moment(row["ended_at"]),
        result=row["result"],
    )


def card_to_row(card: Card) -> Columns:
    """Return all columns of a card."""
    return {
        "id": card.id,
        "request_id": card.request_id,
        "kind": card.kind.value,
        "channel": card.channel,
        "ts": card.ts,
        "nonce": card.nonce,
        "shows_everything": card.shows_everything,
        "viewer": card.viewer,
        "version_shown": card.version_shown,
    }


def card_from_row(row: Row) -> Card:
    """Read a card back."""
    return Card(
        id=CardId(row["id"]),
        request_id=RequestId(row["request_id"]),
        kind=CardKind(row["kind"]),
        channel=ChannelId(row["channel"]),
        ts=row["ts"],
        nonce=row["nonce"],
        shows_everything=bool(row["shows_everything"]),
        viewer=row["viewer"],
        version_shown=row["version_shown"],
    )


def job_to_row(job: Job) -> Columns:
    """Return all columns of a new job; it is due when it is to run."""
    run_at = time_to_text(job.run_at)
    return {
        "kind": job.kind.value,
        "subject": job.subject,
        "run_at": run_at,
        "due_at": run_at,
        "generation": job.generation,
        "attempt": job.attempt,
        "owner": job.owner,
    }


def job_from_row(row: Row) -> Job:
    """Read a job back; its lease stays with the store."""
    return Job(
        kind=JobKind(row["kind"]),
        subject=row["subject"],
        run_at=time_from_text(row["run_at"]),
        generation=row["generation"],
        attempt=row["attempt"],
        owner=row["owner"],
    )


def event_to_row(event: SealedEvent) -> Columns:
    """Return all columns of a sealed event."""
    return {
        "seq": event.seq,
        "name": event.name.value,
        "subject": event.subject,
        "body": event.body,
        "prev_hash": event.prev_hash,
        "hash": event.hash,
    }


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


def _texts(values: Iterable[str]) -> str:
    return json.dumps(list(values), separators=(",", ":"))


def _time(at: datetime | None) -> str | None:
    return None if at is None else time_to_text(at)


def _moment(stored: str | None) -> datetime | None:
    return None if stored is None else time_from_text(stored)
